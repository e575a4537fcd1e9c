"""Acts: a clinic closes, opens again, keeps its public holidays, and says what becomes of a day cancelled at once."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from matching import cascade
from notifications.states import Kind
from waitlist import calendar, holidays, masses, schedule
from waitlist.live import hint
from waitlist.models import (
    Appointment,
    Clinic,
    Closure,
    Location,
    MassCancellation,
    Practitioner,
    Slot,
    WorkedHoliday,
)
from waitlist.nudge import nudge
from waitlist.states import LIVE_SLOT_STATES, AppointmentStatus, ClosedBecause

HOLIDAY_SETTINGS = ("country", "closes_on_holidays", "mass_cancellation_count")


@transaction.atomic(durable=True)
def close(clinic: Clinic, *, now: datetime, **fields: Any) -> Closure:
    """Nobody is booked then any more: open times under it end at once, those asked are told. Booked visits stay.

    ValidationError, by field, where it cannot be.
    """
    return _close(clinic, now=now, **fields)


@transaction.atomic(durable=True)
def reopen(closure: Closure, *, now: datetime) -> None:
    """It closes nothing any more. No time opens by that; a public holiday is not closed again by itself."""
    _lock(closure.clinic)
    found = Closure.objects.filter(pk=closure.pk).first()
    if found is None:
        return
    if found.holiday is not None:
        WorkedHoliday.objects.get_or_create(clinic=found.clinic, location=found.location, day=found.holiday)
    found.delete()
    hint(found.clinic_id, "board")


@transaction.atomic(durable=True)
def keep_holidays(clinic: Clinic, *, now: datetime, **fields: Any) -> int:
    """Whose public holidays there are, and whether each closes by itself; how many days closed by that.

    Days staff closed or worked one by one stay as they said; what is no holiday in another country opens again.
    """
    clinic = _lock(clinic)
    for name in HOLIDAY_SETTINGS:
        setattr(clinic, name, fields[name])
    others = {field.name for field in Clinic._meta.get_fields()} - set(HOLIDAY_SETTINGS)
    clinic.full_clean(exclude=others, validate_unique=False)
    clinic.save(update_fields=HOLIDAY_SETTINGS)
    for place in clinic.locations.select_related("clinic"):
        days = holidays.ahead(place, now=now)
        for row in clinic.closures.filter(location=place, holiday__gte=now.astimezone(place.zone).date()):
            if row.holiday not in days:
                row.delete()
    return _close_holidays(clinic, now=now)


@transaction.atomic(durable=True)
def keep_holiday(location: Location, day: date, *, is_closed: bool, now: datetime) -> bool:
    """One public holiday: closed, or a day they work. False if it is none, or was so already."""
    _lock(location.clinic)
    name = holidays.ahead(location, now=now).get(day)
    found = Closure.objects.filter(location=location, holiday=day).first()
    if name is None or is_closed == (found is not None):
        return False
    if found is not None:
        found.delete()
        WorkedHoliday.objects.get_or_create(clinic=location.clinic, location=location, day=day)
        return True
    for row in WorkedHoliday.objects.filter(location=location, day=day):
        row.delete()
    _close_holiday(location, day, name, now=now)
    return True


@transaction.atomic(durable=True)
def refresh_holidays(clinic: Clinic, *, now: datetime) -> int:
    """Where they close by themselves, those of the next twelve months are closed; how many are new."""
    return _close_holidays(_lock(clinic), now=now)


def booked_under(closure: Closure, *, now: datetime) -> QuerySet[Appointment]:
    """What is booked then all the same, from now on, by time."""
    rows = Appointment.objects.filter(
        _scope(closure),
        clinic=closure.clinic_id,
        status=AppointmentStatus.BOOKED,
        starts_at__lt=closure.ends_at,
        ends_at__gt=closure.starts_at,
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
    return sum(schedule.cancel(pk, reason=reason, keep_empty=True, now=now).outcome == "done" for pk in found)


@transaction.atomic(durable=True)
def answer(mass: MassCancellation, said: MassCancellation.Answer, user_id: int | None, *, now: datetime) -> bool:
    """Refill: each goes on as its policy says. Keep empty: the day is closed for them, those asked are told.

    False if somebody said so before.
    """
    keeps_empty = said == MassCancellation.Answer.KEEP_EMPTY
    if keeps_empty:
        calendar.lock_practitioners(*_practitioners(mass.clinic, mass.practitioner))
    if not masses.answer(mass, said, user_id, now=now):
        return False
    if keeps_empty:
        span = {"starts_at": mass.starts_at, "ends_at": mass.ends_at}
        whose = {"location": mass.location, "practitioner": mass.practitioner}
        reason = f"{mass.practitioner.name} is away" if mass.practitioner else "Cancelled, kept empty"
        _close(mass.clinic, reason=reason[:100], now=now, **span, **whose)
    else:
        for slot in masses.slots_of(mass):
            nudge("matching.tasks.advance", slot.pk)
    return True


def _lock(clinic: Clinic) -> Clinic:
    """One at a time: whoever says which days close reads what the one before has left."""
    return Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)


def _close(clinic: Clinic, *, now: datetime, **fields: Any) -> Closure:
    """Their practitioners are locked first: whoever frees a time at the same moment comes before, or sees it closed."""
    row = Closure(clinic=clinic, **fields)
    row.full_clean(exclude={"clinic"})
    calendar.lock_practitioners(*_practitioners(clinic, row.practitioner))
    row.save()
    live = Slot.objects.select_for_update(no_key=True).filter(
        _scope(row),
        clinic=clinic,
        state__in=LIVE_SLOT_STATES,
        starts_at__lt=row.ends_at,
        ends_at__gt=row.starts_at,
    )
    for slot in live.order_by("pk"):
        cascade.withdraw(slot, ClosedBecause.CLOSURE, Kind.WITHDRAWN, now=now)
    hint(clinic.pk, "board")
    return row


def _close_holidays(clinic: Clinic, *, now: datetime) -> int:
    """Those nobody said otherwise of."""
    if not clinic.closes_on_holidays:
        return 0
    worked = WorkedHoliday.objects.filter(clinic=clinic).values_list("location_id", "day")
    closed = clinic.closures.filter(holiday__isnull=False).values_list("location_id", "holiday")
    said = {*worked, *closed}
    count = 0
    for place in clinic.locations.filter(retired_at=None).select_related("clinic").order_by("pk"):
        for day, name in holidays.ahead(place, now=now).items():
            if (place.pk, day) not in said:
                _close_holiday(place, day, name, now=now)
                count += 1
    return count


def _close_holiday(location: Location, day: date, name: str, *, now: datetime) -> None:
    starts_at, ends_at = calendar.day_span(location.zone, day)
    span = {"starts_at": starts_at, "ends_at": ends_at, "holiday": day}
    _close(location.clinic, location=location, reason=name[:100], now=now, **span)


def _practitioners(clinic: Clinic, one: Practitioner | None) -> list[int]:
    return [one.pk] if one is not None else list(clinic.practitioners.values_list("pk", flat=True))


def _scope(closure: Closure) -> Q:
    """Where and whose: everything it does not leave open."""
    where = Q() if closure.location_id is None else Q(location=closure.location_id)
    return where if closure.practitioner_id is None else where & Q(practitioner=closure.practitioner_id)
