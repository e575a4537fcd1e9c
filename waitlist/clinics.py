"""Acts: a new clinic begins; people come to work there, and leave."""

from dataclasses import dataclass
from datetime import datetime

import phonenumbers
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from audit import trail
from matching.policy import policybook, presets
from waitlist.models import Clinic, Location, Membership, User
from waitlist.states import Role


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
    """The clinic with the default policy, its first location and somebody who may do everything there."""
    clinic.phone, clinic.sms_sender = number(clinic.phone, "phone"), number(clinic.sms_sender, "sms_sender")
    clinic.full_clean(exclude=["policy"])
    clinic.save()
    clinic.policy = policybook.save(clinic, presets.scored(clinic.threshold), after=0, now=now)
    clinic.save(update_fields=["policy"])
    location.clinic = clinic
    location.full_clean()
    location.save()
    try:
        admin, is_new = _user(admin_email, admin_name, password)
    except ValidationError as error:
        raise ValidationError({f"admin_{field}": texts for field, texts in error.message_dict.items()}) from None
    membership = Membership.objects.create(user=admin, clinic=clinic, role=Role.ADMIN)
    trail.record("clinic.founded", [clinic, location, membership], now=now, clinic_id=clinic.pk)
    return Founded(clinic, location, admin, is_new)


@transaction.atomic(durable=True)
def employ(clinic: Clinic, *, email: str, name: str, role: Role, password: str | None) -> tuple[User, bool]:
    """This user has this one role at the clinic; True if they are new. A user there is keeps name and password."""
    user, is_new = _user(email, name, password)
    Membership.objects.update_or_create(user=user, clinic=clinic, defaults={"role": role})
    return user, is_new


@transaction.atomic(durable=True)
def dismiss(clinic: Clinic, *, email: str) -> User:
    """They may do nothing at this clinic any more; the user, and what the trail says of them, stays."""
    mine = Membership.objects.filter(clinic=clinic, user__email=email.strip().lower())
    membership = mine.select_related("user").first()
    if membership is None:
        raise ValidationError({"email": f"Nobody with the address “{email}” works at {clinic.name}."})
    membership.delete()
    return membership.user


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


def _user(email: str, name: str, password: str | None) -> tuple[User, bool]:
    """The user with this address, or a new one with this password."""
    known = User.objects.filter(email=email.strip().lower()).first()
    if known is not None:
        return known, False
    user = User(email=email.strip().lower(), name=name)
    if not password:
        raise ValidationError({"password": "A new user needs a password."})
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise ValidationError({"password": error.messages}) from None
    user.set_password(password)
    user.full_clean()
    user.save()
    return user, True
