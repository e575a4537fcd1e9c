"""Acts: a new clinic begins, in a dry run; and says who it is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import phonenumbers
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from audit import trail
from matching.policy import policybook, presets
from waitlist import team
from waitlist.models import Clinic, Location, Membership, User
from waitlist.states import Launch, Role

IDENTITY = ("name", "phone", "email", "timezone", "sms_sender", "max_live_offers")


@dataclass(frozen=True)
class Founded:
    """A clinic with its first place and first admin; `is_new_user` False: that person works elsewhere already."""

    clinic: Clinic
    location: Location
    admin: User
    is_new_user: bool


@transaction.atomic(durable=True)
def found(
    clinic: Clinic, location: Location, *, admin_email: str, admin_name: str, password: str | None, now: datetime
) -> Founded:
    """The clinic with the default policy, its first location and somebody who may do everything there; nothing goes out
    to patients until an admin ends its dry run."""
    clinic.launch = Launch.REHEARSAL
    clinic.phone, clinic.sms_sender = number(clinic.phone, "phone"), number(clinic.sms_sender, "sms_sender")
    clinic.full_clean(exclude=["policy"])
    clinic.save()
    clinic.policy = policybook.save(clinic, presets.scored(clinic.threshold), after=0, now=now)
    clinic.save(update_fields=["policy"])
    location.clinic = clinic
    location.full_clean()
    location.save()
    try:
        admin, is_new = team.new_user(admin_email, admin_name, password)
    except ValidationError as error:
        raise ValidationError({f"admin_{field}": texts for field, texts in error.message_dict.items()}) from None
    membership = Membership.objects.create(user=admin, clinic=clinic, role=Role.ADMIN)
    trail.record("clinic.founded", [clinic, location, membership], now=now, clinic_id=clinic.pk)
    return Founded(clinic, location, admin, is_new)


@transaction.atomic(durable=True)
def set_identity(clinic: Clinic, **fields: Any) -> None:
    """Who it is, where its clock stands and, once, which number its texts come from. ValidationError by field;
    django-auditlog writes the line. What is on its way says it as it was.

    A number that texts come from stays: STOP is said to it. One that another clinic texts from is that clinic's.
    """
    clinic = Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    before = clinic.sms_sender
    for name in IDENTITY:
        setattr(clinic, name, fields[name])
    clinic.phone, clinic.sms_sender = number(clinic.phone, "phone"), number(clinic.sms_sender, "sms_sender")
    if clinic.sms_sender != before:
        if before:
            raise ValidationError({"sms_sender": "It stays: patients say STOP to it."})
        if Clinic.objects.filter(sms_sender=clinic.sms_sender).exists():
            raise ValidationError({"sms_sender": "Another clinic’s texts come from that number."})
    others = {field.name for field in Clinic._meta.get_fields()} - set(IDENTITY)
    clinic.full_clean(exclude=others, validate_unique=False)
    clinic.save(update_fields=IDENTITY)


def number(value: str, field: str) -> str:
    """A clinic's own number in E.164: toll-free ones too, for nobody texts a patient there."""
    if not value:
        return ""
    try:
        parsed = phonenumbers.parse(value, settings.PHONENUMBER_DEFAULT_REGION)
    except phonenumbers.NumberParseException:
        raise ValidationError({field: f"“{value}” is not a phone number."}) from None
    if not phonenumbers.is_valid_number(parsed):
        raise ValidationError({field: f"“{value}” is not a phone number that exists."})
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
