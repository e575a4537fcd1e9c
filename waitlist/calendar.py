"""Rows of the calendar: appointments and slots change here, one noun at a time, with no consequences."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from audit import trail
from waitlist.models import Appointment, Clinic, Closure, Location, Patient, Practitioner, Service, Slot
from waitlist.states import (
    APPOINTMENT_MOVES,
    LIVE_SLOT_STATES,
    AppointmentStatus,
    CancelledBy,
)

# At another time, or booked again, it is confirmed by nobody, and its reminders are due anew.
NOT_REMINDED: dict[str, Any] = {"confirmed_at": None, "confirmed_via": "", "remind_at": None}


@dataclass(frozen=True)
class Time:
    """A time of one practitioner: where, what and from when until when (aware datetimes)."""

    location: Location
    practitioner: Practitioner
    service: Service
    starts_at: datetime
    ends_at: datetime

    @classmethod
    def of(cls, row: Appointment | Slot) -> "Time":
        return cls(row.location, row.practitioner, row.service, row.starts_at, row.ends_at)

    def overlaps(self, other: "Time") -> bool:
        """Whether both want the same practitioner at once."""
        return (
            self.practitioner.pk == other.practitioner.pk
            and self.starts_at < other.ends_at
            and other.starts_at < self.ends_at
        )

    def fields(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def lock_live_over(*times: Time) -> list[Slot]:
    """Lock the practitioners, then, in id order, the live slots over any of these times.

    Whoever books or frees a time does this first; the practitioner's lock keeps out a slot that is only just
    being opened there. What was read of the time before has to be read again.
    """
    lock_practitioners(*(time.practitioner.pk for time in times))
    over = Q(pk__in=[])
    for time in times:
        over |= Q(practitioner=time.practitioner, starts_at__lt=time.ends_at, ends_at__gt=time.starts_at)
    live = Slot.objects.select_for_update(no_key=True).filter(over, state__in=LIVE_SLOT_STATES)
    return list(live.order_by("pk"))


def lock_practitioners(*practitioner_ids: int) -> None:
    """First of all locks where a time may become free or booked."""
    rows = Practitioner.objects.select_for_update(no_key=True).filter(pk__in=practitioner_ids)
    list(rows.order_by("pk").values_list("pk"))


def is_booked(time: Time) -> bool:
    """Whether any booked appointment of the practitioner overlaps this time."""
    return Appointment.objects.filter(
        practitioner=time.practitioner,
        status=AppointmentStatus.BOOKED,
        starts_at__lt=time.ends_at,
        ends_at__gt=time.starts_at,
    ).exists()


def promised_twice(clinic_id: int, *, now: datetime) -> QuerySet[Appointment]:
    """Double bookings of the clinic's own calendar, still to come, where one of the two was told by us that it is
    theirs."""
    ours = Slot.objects.filter(filled_by=OuterRef("pk"))
    booked = Appointment.objects.filter(clinic=clinic_id, status=AppointmentStatus.BOOKED)
    others = booked.filter(
        practitioner=OuterRef("practitioner"), starts_at__lt=OuterRef("ends_at"), ends_at__gt=OuterRef("starts_at")
    ).exclude(pk=OuterRef("pk"))
    won = Exists(others.filter(Exists(ours))) | (Exists(others) & Exists(ours))
    return booked.filter(won, is_exclusive=False, starts_at__gt=now)


def closure_over(clinic: Clinic, time: Time) -> Closure | None:
    """The closure that keeps this time empty, if any."""
    return (
        Closure.objects.filter(clinic=clinic, starts_at__lt=time.ends_at, ends_at__gt=time.starts_at)
        .filter(Q(location=None) | Q(location=time.location))
        .filter(Q(practitioner=None) | Q(practitioner=time.practitioner))
        .first()
    )


def day_span(zone: ZoneInfo, day: date) -> tuple[datetime, datetime]:
    """When this day begins there and when the next does."""
    midnight = clock(tzinfo=zone)
    first, next_one = (datetime.combine(one, midnight) for one in (day, day + timedelta(days=1)))
    return first.astimezone(UTC), next_one.astimezone(UTC)


def book(
    clinic: Clinic, time: Time, patient: Patient | None, *, price_cents: int, now: datetime, **source: Any
) -> Appointment | None:
    """A booked appointment, or None where the practitioner or the patient is booked then already."""
    try:
        with transaction.atomic():
            made = Appointment.objects.create(
                clinic=clinic,
                patient=patient,
                price_cents=price_cents,
                created_at=now,
                **time.fields(),
                **source,
            )
    except IntegrityError:
        return None
    trail.record("appointment.booked", made, now=now, clinic_id=clinic.pk)
    return made


def cancel(
    appointment: Appointment,
    *,
    reason: str,
    by: CancelledBy = CancelledBy.UNSAID,
    version: int | None,
    now: datetime,
) -> bool:
    """Cancel it; False if it was not booked any more, or a newer version of it was seen."""
    still = Appointment.objects.filter(pk=appointment.pk, status__in=APPOINTMENT_MOVES[AppointmentStatus.CANCELLED])
    fields: dict[str, Any] = {}
    if version is not None:
        still, fields = still.filter(version__lte=version), {"version": version}
    fields |= {"cancelled_at": now, "cancel_reason": reason[:200], "cancelled_by": by}
    moved = still.update(status=AppointmentStatus.CANCELLED, **fields)
    if moved:
        trail.record("appointment.cancelled", appointment, now=now, clinic_id=appointment.clinic_id)
    return bool(moved)


def uncancel(appointment: Appointment, *, now: datetime) -> bool | None:
    """Book it again at its own time; False if it is not cancelled any more, None if its patient is booked then."""
    still = Appointment.objects.filter(pk=appointment.pk, status__in=APPOINTMENT_MOVES[AppointmentStatus.BOOKED])
    fields: dict[str, Any] = {"status": AppointmentStatus.BOOKED, "cancelled_at": None, "cancel_reason": ""}
    fields |= {"cancelled_by": CancelledBy.UNSAID, **NOT_REMINDED}
    try:
        with transaction.atomic():
            moved = still.update(is_exclusive=True, **fields)
    except IntegrityError:
        return None
    if moved:
        trail.record("appointment.uncancelled", appointment, now=now, clinic_id=appointment.clinic_id)
    return bool(moved)


def move(appointment: Appointment, to: Time, *, version: int | None, now: datetime) -> bool | None:
    """Move a booked appointment; False if it is not booked or a newer version was seen, None if `to` is taken.

    A move inside the clinic's own calendar (`version` given) is believed even where it double-books.
    """
    still = Appointment.objects.filter(pk=appointment.pk, status=AppointmentStatus.BOOKED)
    fields: dict[str, Any] = to.fields() | (NOT_REMINDED if to.starts_at != appointment.starts_at else {})
    if version is not None:
        still, fields = still.filter(version__lte=version), fields | {"version": version}
    try:
        with transaction.atomic():
            moved = still.update(is_exclusive=True, **fields)
    except IntegrityError:
        if version is None:
            return None
        moved = still.update(is_exclusive=False, **fields)
    if moved:
        trail.record("appointment.moved", appointment, now=now, clinic_id=appointment.clinic_id)
    return bool(moved)
