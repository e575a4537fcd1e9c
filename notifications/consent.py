"""Who may be written to: numbers and addresses, and the ledger of what their users allowed."""

from datetime import datetime
from typing import Any

import phonenumbers
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from phonenumbers import NumberParseException, PhoneNumberType

from audit.trail import record as record_trail
from notifications.models import Consent, ContactPoint, PatientContact
from notifications.states import ContactKind
from waitlist.models import Clinic, Patient, User

NEVER_A_PERSON = {
    PhoneNumberType.TOLL_FREE: "a toll-free number",
    PhoneNumberType.PREMIUM_RATE: "a premium-rate number",
    PhoneNumberType.SHARED_COST: "a shared-cost number",
    PhoneNumberType.VOICEMAIL: "a voicemail number",
    PhoneNumberType.UAN: "a company-wide number",
}


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


def email(value: str) -> str:
    """The address in lower case; refuses what is none, naming the field."""
    address = value.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise ValidationError({"email": f"“{value}” is not an e-mail address."}) from None
    return address


def contact(clinic: Clinic, kind: str, value: str, *, now: datetime) -> ContactPoint:
    """The clinic's contact point for this number or address: the one there is, or a new one."""
    normal = phone(value) if kind == ContactKind.PHONE else email(value)
    point, made = ContactPoint.objects.get_or_create(
        clinic=clinic, kind=kind, value=normal, defaults={"created_at": now}
    )
    if made:
        record_trail("contact.added", point, now=now, clinic_id=clinic.pk, changes={"kind": kind})
    return point


def attach(patient: Patient, point: ContactPoint, position: int, *, now: datetime) -> PatientContact:
    """This person uses this contact point, tried in order of position."""
    if patient.clinic_id != point.clinic_id:
        raise ValueError(f"{patient} and {point} belong to different clinics.")
    link, made = PatientContact.objects.get_or_create(
        patient=patient, contact_point=point, defaults={"position": position}
    )
    if made or link.position != position:
        link.position = position
        link.save(update_fields=["position"])
        changes = {"patient": patient.pk, "position": position}
        record_trail("contact.attached", point, now=now, clinic_id=point.clinic_id, changes=changes)
    return link


@transaction.atomic
def record(
    point: ContactPoint,
    *,
    purpose: str,
    channel: str,
    granted: bool,
    source: str,
    at: datetime,
    now: datetime,
    recorded_by: User | None = None,
    remote_addr: str | None = None,
    text_version: str = "",
    note: str = "",
) -> Consent:
    """Add a line to the ledger. What is allowed from then on follows the latest word, not the latest line."""
    point = _lock(point)
    line = Consent.objects.create(
        contact_point=point,
        purpose=purpose,
        channel=channel,
        granted=granted,
        source=source,
        at=at,
        recorded_by=recorded_by,
        remote_addr=remote_addr,
        text_version=text_version,
        note=note,
        recorded_at=now,
    )
    latest = point.consents.filter(purpose=purpose, channel=channel).latest("at", "pk")
    allowed = set(point.granted) - {f"{purpose}:{channel}"}
    if latest.granted:
        allowed.add(f"{purpose}:{channel}")
    _save(point, "consent.granted" if granted else "consent.withdrawn", now, granted=sorted(allowed))
    return line


@transaction.atomic
def stop(point: ContactPoint, *, source: str, now: datetime, note: str = "") -> bool:
    """STOP: everything allowed here is withdrawn and nothing goes out any more. False: it had been said before."""
    point = _lock(point)
    if point.stopped_at is not None:
        return False
    _add_lines(point, point.granted, granted=False, source=source, now=now, note=note)
    _save(point, "contact.stopped", now, granted=[], stopped_at=now)
    return True


@transaction.atomic
def start(point: ContactPoint, *, source: str, now: datetime, note: str = "") -> list[str]:
    """START: what the last STOP withdrew is allowed again; openings where nothing had ever been. Only they can."""
    point = _lock(point)
    lines = point.consents.filter(granted=False, at=point.stopped_at) if point.stopped_at else Consent.objects.none()
    withdrawn = {f"{purpose}:{channel}" for purpose, channel in lines.values_list("purpose", "channel")}
    again = sorted(withdrawn | set(point.granted))
    again = again or ["offers:sms" if point.kind == ContactKind.PHONE else "offers:email"]
    if point.stopped_at is None and again == point.granted:
        return again
    _add_lines(point, sorted(set(again) - set(point.granted)), granted=True, source=source, now=now, note=note)
    _save(point, "contact.started", now, granted=again, stopped_at=None)
    return again


def on_one_line(point: ContactPoint) -> list[ContactPoint]:
    """This number at every clinic that texts from the same sender: for whoever uses it that is one conversation."""
    same = ContactPoint.objects.filter(kind=point.kind, value=point.value)
    sender = point.clinic.sms_sender
    return list(same.filter(clinic__sms_sender=sender).order_by("pk")) if sender else [point]


def _lock(point: ContactPoint) -> ContactPoint:
    return ContactPoint.objects.select_for_update(no_key=True).get(pk=point.pk)


def _add_lines(point: ContactPoint, grants: list[str], *, granted: bool, source: str, now: datetime, note: str) -> None:
    Consent.objects.bulk_create(
        Consent(
            contact_point=point,
            purpose=grant.split(":")[0],
            channel=grant.split(":")[1],
            granted=granted,
            source=source,
            at=now,
            note=note,
            recorded_at=now,
        )
        for grant in grants
    )


def _save(point: ContactPoint, verb: str, now: datetime, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(point, name, value)
    point.save(update_fields=list(fields))
    record_trail(verb, point, now=now, clinic_id=point.clinic_id, changes={"allowed": point.granted})
