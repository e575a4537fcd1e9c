"""A number or an address in its one form; what nobody could be written to on is refused by name."""

import phonenumbers
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext, gettext_noop
from phonenumbers import NumberParseException, PhoneNumberType

NEVER_A_PERSON = {
    PhoneNumberType.TOLL_FREE: gettext_noop("a toll-free number"),
    PhoneNumberType.PREMIUM_RATE: gettext_noop("a premium-rate number"),
    PhoneNumberType.SHARED_COST: gettext_noop("a shared-cost number"),
    PhoneNumberType.VOICEMAIL: gettext_noop("a voicemail number"),
    PhoneNumberType.UAN: gettext_noop("a company-wide number"),
}

NEAR = {"US": {"US", "CA", "PR", "VI", "GU", "MP", "AS"}}


def phone(value: str) -> str:
    """The number in E.164; refuses what nobody could be texted on, naming the field."""
    try:
        parsed = phonenumbers.parse(value, settings.PHONENUMBER_DEFAULT_REGION)
    except NumberParseException:
        raise ValidationError({"phone": gettext("“{value}” is not a phone number.").format(value=value)}) from None
    if parsed.extension or not phonenumbers.is_valid_number(parsed):
        raise ValidationError({"phone": gettext("“{value}” is not a phone number that exists.").format(value=value)})
    kind = phonenumbers.number_type(parsed)
    if kind in NEVER_A_PERSON:
        words = gettext("“{value}” is {kind}: no patient reads texts there.")
        raise ValidationError({"phone": words.format(value=value, kind=gettext(NEVER_A_PERSON[kind]))})
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
        raise ValidationError({"email": gettext("“{value}” is not an e-mail address.").format(value=value)}) from None
    return address
