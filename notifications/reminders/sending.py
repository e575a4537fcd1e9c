"""Visits whose reminders are due, found from their rows, and the reminders put into the outbox."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from notifications import askable, outbox, whom
from notifications.models import Message, MessageTemplate
from notifications.reminders.plan import TWO_HOURS, Due, planned
from notifications.states import REACHED_CARRIER, UNFINISHED, Kind, MessageStatus, Purpose, Rule
from waitlist.models import Appointment, Clinic, WaitlistEntry
from waitlist.states import WAITING_STATUSES, AppointmentStatus

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
    since = _known_since(visit)
    due = [one for one in plan if since <= one.at <= now < one.not_after]  # before that they knew of it
    made = sum(_enqueue(visit, one, now=now) for one in due if one.point is not None)
    if due and all(one.point is None for one in plan):
        outbox.refuse(Kind.REMINDER, visit, purpose=Purpose.REMINDERS, context=_freeze(visit, due[0]), now=now)
    next_one = min((one.at for one in plan if one.at > now), default=visit.starts_at)
    Appointment.objects.filter(pk=visit.pk).update(remind_at=next_one)
    return made


def _known_since(visit: Appointment) -> datetime:
    """When it was booked, or they were last told that it is at another time."""
    told = Message.objects.filter(appointment=visit, kind=Kind.MOVED, status__in=(*UNFINISHED, *REACHED_CARRIER))
    return max([visit.created_at, *told.order_by("-created_at").values_list("created_at", flat=True)[:1]])


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
    level = whom.level(visit.clinic, one.point, one.which.channel) if one.point is not None else 0
    known = {"is_confirmed": visit.confirmed_at is not None, "asks_earlier": _asks_earlier(visit, one)}
    return {"which": one.which.name, **known, **outbox.facts_of(visit, level=level)}


def _asks_earlier(visit: Appointment, one: Due) -> bool:
    """Whether it says that an earlier time can be had: to whom we may tell of one, and who does not wait for it yet.

    Not two hours before, and not where the clinic reminds in words of its own.
    """
    clinic, patient = visit.clinic, visit.patient
    if not clinic.reminders_ask_earlier or one.which == TWO_HOURS or patient is None or visit.service.retired_at:
        return False
    waits = WaitlistEntry.objects.filter(patient=patient, status__in=WAITING_STATUSES, silent_since=None)
    if waits.filter(services__contains=[visit.service_id]).exists() or not askable.may_be_asked(patient):
        return False
    return not MessageTemplate.objects.filter(clinic=clinic, kind=Kind.REMINDER, channel=one.which.channel).exists()
