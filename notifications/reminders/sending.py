"""Visits whose reminders are due, found from their rows, and the reminders put into the outbox."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from notifications import outbox, whom
from notifications.models import Message
from notifications.reminders.plan import Due, planned
from notifications.states import Kind, MessageStatus, Purpose, Rule
from waitlist.models import Appointment, Clinic
from waitlist.states import AppointmentStatus

FARTHEST = timedelta(days=3)  # before the start, a night put forward, nothing is due yet


def waiting(*, now: datetime, limit: int) -> list[int]:
    """Visits to come whose reminders are to be looked at, the nearest first."""
    soon = Appointment.objects.filter(
        clinic__in=list(Clinic.objects.filter(sends_reminders=True).values_list("pk", flat=True)),
        starts_at__gt=now,
        starts_at__lte=now + FARTHEST,
        status=AppointmentStatus.BOOKED,
        patient__isnull=False,
    )
    rows = soon.filter(Q(remind_at=None) | Q(remind_at__lte=now)).order_by("starts_at", "pk")
    return list(rows.values_list("pk", flat=True)[:limit])


@transaction.atomic(durable=True)
def remind(appointment_id: int, *, now: datetime) -> int:
    """What is due of this visit goes into the outbox, and it is looked at again when the next one is; how many."""
    rows = Appointment.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
    booked = rows.select_related("clinic", "patient", "location__clinic", "service", "practitioner").filter(
        pk=appointment_id, status=AppointmentStatus.BOOKED, patient__isnull=False
    )
    visit = booked.first()
    if visit is None or visit.starts_at <= now or not visit.clinic.sends_reminders:
        return 0
    if visit.remind_at is not None and visit.remind_at > now:  # another sweep was here first
        return 0
    plan = list(planned(visit))
    made = sum(_enqueue(visit, one, now=now) for one in plan if _is_due(visit, one, now))
    next_one = min((one.at for one in plan if one.at > now), default=visit.starts_at)
    Appointment.objects.filter(pk=visit.pk).update(remind_at=next_one)
    return made


def _is_due(visit: Appointment, one: Due, now: datetime) -> bool:
    """Now, still of use, and not from before there was a booking: of that they know."""
    return one.point is not None and one.at <= now < one.not_after and visit.created_at <= one.at


def _enqueue(visit: Appointment, one: Due, *, now: datetime) -> bool:
    """Once for the time the visit has; again where it was dropped because the visit was elsewhere meanwhile."""
    name = f"{Kind.REMINDER}:{visit.pk}:{one.which.name}:{int(visit.starts_at.timestamp())}"
    before = Message.objects.filter(appointment=visit, kind=Kind.REMINDER, context__which=one.which.name)
    dropped = before.filter(
        context__starts_at=visit.starts_at.isoformat(),
        status=MessageStatus.DROPPED,
        refused_by__in=(Rule.NOT_BOOKED, Rule.VISIT_MOVED),
    ).count()
    message = outbox.enqueue(
        Kind.REMINDER,
        clinic=visit.clinic,
        contact_point=one.point,
        channel=one.which.channel,
        purpose=Purpose.REMINDERS,
        dedupe_key=f"{name}:{dropped}" if dropped else name,
        context=_freeze(visit, one),
        patient=visit.patient,
        appointment=visit,
        not_after=one.not_after,
        now=now,
    )
    return message is not None


def _freeze(visit: Appointment, one: Due) -> dict[str, Any]:
    """All a template may need, as it was when the reminder was written."""
    assert visit.patient is not None
    starts_at = visit.starts_at.isoformat()
    return {
        "which": one.which.name,
        "is_confirmed": visit.confirmed_at is not None,
        "clinic_name": visit.clinic.name,
        "clinic_phone": visit.clinic.phone,
        "starts_at": starts_at,
        "expires_at": starts_at,
        "zone": visit.location.zone.key,
        "patient_zone": visit.patient.timezone,
        "minutes": int((visit.ends_at - visit.starts_at).total_seconds() // 60),
        "service": visit.service.name,
        "practitioner": visit.practitioner.name,
        "location": visit.location.name,
        "price_cents": visit.price_cents,
        "first_name": visit.patient.first_name,
        "level": whom.level(visit.clinic, one.point, one.which.channel) if one.point is not None else 0,
        "language": visit.patient.language,
    }
