"""Acts: a clinic closes, opens again, and says what becomes of a day that was cancelled at once."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from matching import lapses
from notifications.states import Kind
from waitlist import calendar, masses, schedule, slots
from waitlist.live import hint
from waitlist.models import (
    Appointment,
    Clinic,
    Closure,
    MassCancellation,
    Practitioner,
    Slot,
    WorkedHoliday,
)
from waitlist.nudge import nudge
from waitlist.states import LIVE_SLOT_STATES, AppointmentStatus, CancelledBy, ClosedBecause


@transaction.atomic(durable=True)
def close(clinic: Clinic, *, now: datetime, **fields: Any) -> tuple[Closure, bool]:
    """Nobody is booked then any more: open times under it end at once, those asked are told. Booked visits stay.

    And whether it is new: the same span closed twice is one closure. ValidationError, by field, where it cannot be.
    """
    return put(clinic, now=now, **fields)


@transaction.atomic(durable=True)
def reopen(closure: Closure, *, now: datetime) -> None:
    """It closes nothing any more. No time opens by that; a public holiday is not closed again by itself."""
    lock(closure.clinic)
    found = Closure.objects.filter(pk=closure.pk).first()
    if found is None:
        return
    if found.holiday is not None:
        WorkedHoliday.objects.get_or_create(clinic=found.clinic, location=found.location, day=found.holiday)
    found.delete()
    hint(found.clinic_id, "board")


def booked_under(closure: Closure, *, now: datetime) -> QuerySet[Appointment]:
    """What is booked then all the same, from now on, by time."""
    return _under(closure, now=now).filter(status=AppointmentStatus.BOOKED)


def cancelled_under(closure: Closure, *, now: datetime) -> QuerySet[Appointment]:
    """What the clinic has cancelled of it, from now on, by time."""
    return _under(closure, now=now).filter(status=AppointmentStatus.CANCELLED, cancelled_by=CancelledBy.CLINIC)


def _under(closure: Closure, *, now: datetime) -> QuerySet[Appointment]:
    rows = Appointment.objects.filter(
        _scope(closure), clinic=closure.clinic_id, starts_at__lt=closure.ends_at, ends_at__gt=closure.starts_at
    )
    whole = rows.filter(starts_at__gt=now).select_related("patient", "practitioner", "service", "location__clinic")
    return whole.order_by("starts_at", "pk")


def coming(clinic: Clinic, *, now: datetime) -> QuerySet[Closure]:
    """Its closures that are not over, by time, each with how many visits are `booked` then all the same."""
    then = Appointment.objects.filter(
        clinic=OuterRef("clinic_id"),
        status=AppointmentStatus.BOOKED,
        starts_at__gt=now,
        starts_at__lt=OuterRef("ends_at"),
        ends_at__gt=OuterRef("starts_at"),
        location=Coalesce(OuterRef("location_id"), F("location_id")),
        practitioner=Coalesce(OuterRef("practitioner_id"), F("practitioner_id")),
    )
    count = then.order_by().values("clinic").annotate(count=Count("pk")).values("count")
    rows = clinic.closures.filter(ends_at__gt=now).select_related("clinic", "location__clinic", "practitioner")
    return rows.annotate(booked=Coalesce(Subquery(count), 0)).order_by("starts_at", "pk")


def cancel_booked(closure: Closure, *, now: datetime) -> int:
    """Cancel everything booked then, an act each; none is filled again. How many were."""
    reason = "clinic is closed" if closure.practitioner_id is None else "practitioner is away"
    found = list(booked_under(closure, now=now).values_list("pk", flat=True))
    by = CancelledBy.CLINIC
    done = [schedule.cancel(pk, reason=reason, by=by, keep_empty=True, now=now).outcome == "done" for pk in found]
    return sum(done)


@transaction.atomic(durable=True)
def answer(mass: MassCancellation, said: MassCancellation.Answer, user_id: int | None, *, now: datetime) -> bool:
    """Refill: each goes on as its policy says. Keep empty: the day is closed for them, those asked are told.

    False if somebody said so before.
    """
    keeps_empty = said == MassCancellation.Answer.KEEP_EMPTY
    if keeps_empty:
        calendar.lock_practitioners(*_practitioners(mass.clinic, mass.practitioner))
    waiting = list(masses.slots_of(mass).select_for_update(no_key=True, of=("self",)))
    if not masses.answer(mass, said, user_id, now=now):
        return False
    if keeps_empty:
        span = {"starts_at": mass.starts_at, "ends_at": mass.ends_at}
        whose = {"location": mass.location, "practitioner": mass.practitioner}
        reason = f"{mass.practitioner.name} is away" if mass.practitioner else "Cancelled, kept empty"
        put(mass.clinic, reason=reason[:100], now=now, **span, **whose)
    else:
        slots.let_ask([slot for slot in waiting if not slot.wave], now=now)
        for slot in waiting:
            nudge("matching.tasks.advance", slot.pk)
    return True


def still_booked(mass: MassCancellation, *, now: datetime) -> int:
    """How many visits are left of a day that is kept empty."""
    whose = {"practitioner": mass.practitioner_id, "location": mass.location_id, "starts_at": mass.starts_at}
    closure = Closure.objects.filter(clinic=mass.clinic_id, **whose).last()
    return booked_under(closure, now=now).count() if closure is not None else 0


def lock(clinic: Clinic) -> Clinic:
    """One at a time: whoever says which days close reads what the one before has left."""
    return Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)


def put(clinic: Clinic, *, now: datetime, **fields: Any) -> tuple[Closure, bool]:
    """The row and what follows from it, inside an act; and whether it is new.

    Their practitioners are locked first: whoever frees a time, or closes the same, at the same moment comes before, or
    sees it closed.
    """
    row = Closure(clinic=clinic, **fields)
    row.full_clean(exclude={"clinic"})
    calendar.lock_practitioners(*_practitioners(clinic, row.practitioner))
    if same := _same(row).first():
        return same, False
    row.save()
    live = Slot.objects.select_for_update(no_key=True).filter(
        _scope(row),
        clinic=clinic,
        state__in=LIVE_SLOT_STATES,
        starts_at__lt=row.ends_at,
        ends_at__gt=row.starts_at,
    )
    for slot in live.order_by("pk"):
        lapses.withdraw(slot, ClosedBecause.CLOSURE, Kind.WITHDRAWN, now=now)
    hint(clinic.pk, "board")
    return row, True


def _same(closure: Closure) -> QuerySet[Closure]:
    names = ("clinic", "location", "practitioner", "starts_at", "ends_at", "holiday")
    return Closure.objects.filter(**{name: getattr(closure, name) for name in names})


def _practitioners(clinic: Clinic, one: Practitioner | None) -> list[int]:
    return [one.pk] if one is not None else list(clinic.practitioners.values_list("pk", flat=True))


def _scope(closure: Closure) -> Q:
    """Where and whose: everything it does not leave open."""
    where = Q() if closure.location_id is None else Q(location=closure.location_id)
    return where if closure.practitioner_id is None else where & Q(practitioner=closure.practitioner_id)
