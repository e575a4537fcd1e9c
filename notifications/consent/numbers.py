"""A number or an address in its one form; what nobody could be written to on is refused by name."""

import phonenumbers
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from phonenumbers import NumberParseException, PhoneNumberType

NEVER_A_PERSON = {
    PhoneNumberType.TOLL_FREE: "a toll-free number",
    PhoneNumberType.PREMIUM_RATE: "a premium-rate number",
    PhoneNumberType.SHARED_COST: "a shared-cost number",
    PhoneNumberType.VOICEMAIL: "a voicemail number",
    PhoneNumberType.UAN: "a company-wide number",
}

NEAR = {"US": {"US", "CA", "PR", "VI", "GU", "MP", "AS"}}


def phone(value: str) -> str:
    """The number in E.164; refuses what nobody could be texted on, naming the field."""
    try:
        parsed = phonenumbers.parse(value, settings.PHONENUMBER_DEFAULT_REGION)
    except NumberParseException:
        raise ValidationError({"phone": f"“{value}” is not a phone number."}) from None
    if parsed.extension or not phonenumbers.is_valid_number(parsed):
        raise ValidationError({"phone": f"“{value}” is not a phone number that exists."})
    kind = phonenumbers.number_type(parsed)
    if kind in NEVER_A_PERSON:
        raise ValidationError({"phone": f"“{value}” is {NEVER_A_PERSON[kind]}: no patient reads texts there."})
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def is_near(value: str) -> bool:
    """Whether it is a number of our own country, or one where a text costs the same: elsewhere one may cost dollars."""
    home = settings.PHONENUMBER_DEFAULT_REGION
    return phonenumbers.region_code_for_number(phonenumbers.parse(value, home)) in NEAR.get(home, {home})


def email(value: str) -> str:
    """The address in lower case; refuses what is none, naming the field."""
    address = value.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise ValidationError({"email": f"“{value}” is not an e-mail address."}) from None
    return address
