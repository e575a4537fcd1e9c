"""Rows: a clinic's contact points and who uses them. What was stopped for a sender starts out stopped (FACTS R15)."""

from datetime import datetime

from django.db import transaction

from audit.models import ActorKind
from audit.trail import Actor
from audit.trail import record as record_trail
from notifications.consent.numbers import email, phone
from notifications.models import ContactPoint, PatientContact
from notifications.states import ContactKind
from waitlist.models import Clinic, Patient


@transaction.atomic
def contact(clinic: Clinic, kind: str, value: str, *, now: datetime) -> ContactPoint:
    """The clinic's contact point for this number or address: the one there is, or a new one."""
    normal = phone(value) if kind == ContactKind.PHONE else email(value)
    point, made = ContactPoint.objects.get_or_create(
        clinic=clinic, kind=kind, value=normal, defaults={"created_at": now}
    )
    if made:
        record_trail("contact.added", point, now=now, clinic_id=clinic.pk, changes={"kind": kind})
        _stopped_already(point, now=now)
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


def whoever_uses(point: ContactPoint) -> Actor:
    """The patient behind a number; where a family shares it, the patient is not named."""
    patient_ids = list(point.users.values_list("patient_id", flat=True)[:2])
    return Actor(kind=ActorKind.PATIENT, ref=patient_ids[0] if len(patient_ids) == 1 else None)


def _stopped_already(point: ContactPoint, *, now: datetime) -> None:
    """Whoever said STOP to this sender is not written to by a clinic that is new behind it. A STOP that is just being
    heard is waited for; one that comes later looks for us."""
    if not point.clinic.sms_sender:
        return
    others = ContactPoint.objects.filter(kind=point.kind, value=point.value, clinic__sms_sender=point.clinic.sms_sender)
    locked = others.exclude(pk=point.pk).select_for_update(no_key=True, of=("self",)).order_by("pk")
    said = [other.stopped_at for other in locked if other.stopped_at is not None]
    if said:
        point.stopped_at = max(said)
        point.save(update_fields=["stopped_at"])
        record_trail("contact.stopped", point, now=now, clinic_id=point.clinic_id, changes={"allowed": point.granted})
