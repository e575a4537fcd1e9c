"""Rows of the calendar: appointments and slots change here, one noun at a time, with no consequences."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from audit import trail
from waitlist.models import Appointment, Clinic, Closure, Location, Patient, Practitioner, Service, Slot
from waitlist.states import (
    APPOINTMENT_MOVES,
    LIVE_SLOT_STATES,
    SLOT_MOVES,
    AppointmentStatus,
    ClosedBecause,
    OpenedBecause,
    SlotState,
)


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
    """Lock, in id order, the live slots over any of these times: whoever books or frees a time does this first."""
    over = Q(pk__in=[])
    for time in times:
        over |= Q(practitioner=time.practitioner, starts_at__lt=time.ends_at, ends_at__gt=time.starts_at)
    live = Slot.objects.select_for_update(no_key=True).filter(over, state__in=LIVE_SLOT_STATES)
    return list(live.order_by("pk"))


def lock_slot(slot_id: int) -> Slot | None:
    """Lock one slot and read it whole; None if there is none."""
    return (
        Slot.objects.select_for_update(no_key=True, of=("self",))
        .select_related("clinic", "location__clinic", "practitioner", "service", "policy")
        .filter(pk=slot_id)
        .first()
    )


def is_booked(time: Time) -> bool:
    """Whether any booked appointment of the practitioner overlaps this time."""
    return Appointment.objects.filter(
        practitioner=time.practitioner,
        status=AppointmentStatus.BOOKED,
        starts_at__lt=time.ends_at,
        ends_at__gt=time.starts_at,
    ).exists()


def closure_over(clinic: Clinic, time: Time) -> Closure | None:
    """The closure that keeps this time empty, if any."""
    return (
        Closure.objects.filter(clinic=clinic, starts_at__lt=time.ends_at, ends_at__gt=time.starts_at)
        .filter(Q(location=None) | Q(location=time.location))
        .filter(Q(practitioner=None) | Q(practitioner=time.practitioner))
        .first()
    )


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


def cancel(appointment: Appointment, *, reason: str, version: int | None, now: datetime) -> bool:
    """Cancel it; False if it was not booked any more, or a newer version of it was seen."""
    still = Appointment.objects.filter(pk=appointment.pk, status__in=APPOINTMENT_MOVES[AppointmentStatus.CANCELLED])
    fields: dict[str, Any] = {}
    if version is not None:
        still, fields = still.filter(version__lte=version), {"version": version}
    moved = still.update(status=AppointmentStatus.CANCELLED, cancelled_at=now, cancel_reason=reason[:200], **fields)
    if moved:
        trail.record(
            "appointment.cancelled",
            appointment,
            now=now,
            clinic_id=appointment.clinic_id,
            changes={"reason": reason},
        )
    return bool(moved)


def move(appointment: Appointment, to: Time, *, version: int | None, now: datetime) -> bool | None:
    """Move a booked appointment; False if it is not booked or a newer version was seen, None if `to` is taken.

    A move inside the clinic's own calendar (`version` given) is believed even where it double-books.
    """
    still = Appointment.objects.filter(pk=appointment.pk, status=AppointmentStatus.BOOKED)
    fields: dict[str, Any] = to.fields()
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


def open_slot(
    clinic: Clinic,
    time: Time,
    *,
    because: OpenedBecause,
    freed_by: Appointment | None,
    price_cents: int,
    next_wave_at: datetime | None,
    now: datetime,
) -> Slot | None:
    """A live slot over this time; None where one is live over part of it already."""
    try:
        with transaction.atomic():
            slot = Slot.objects.create(
                clinic=clinic,
                opened_at=now,
                opened_because=because,
                freed_by=freed_by,
                price_cents=price_cents,
                policy_id=_policy_id(clinic),
                next_wave_at=next_wave_at,
                **time.fields(),
            )
    except IntegrityError:
        return None
    trail.record("slot.opened", slot, now=now, clinic_id=clinic.pk, changes={"because": because})
    return slot


def keep_empty(
    clinic: Clinic,
    time: Time,
    *,
    because: ClosedBecause,
    freed_by: Appointment,
    price_cents: int,
    now: datetime,
) -> Slot:
    """A freed time that nobody is to be asked for, kept so that the board can show it."""
    slot = Slot.objects.create(
        clinic=clinic,
        opened_at=now,
        opened_because=OpenedBecause.CANCELLED,
        freed_by=freed_by,
        price_cents=price_cents,
        policy_id=_policy_id(clinic),
        state=SlotState.WITHDRAWN,
        closed_at=now,
        closed_because=because,
        **time.fields(),
    )
    trail.record("slot.kept_empty", slot, now=now, clinic_id=clinic.pk, changes={"because": because})
    return slot


def _policy_id(clinic: Clinic) -> int:
    """The policy a slot of this clinic follows for life. A clinic is made with one (create_clinic)."""
    if clinic.policy_id is None:
        raise ValueError(f"clinic {clinic.pk} has no policy")
    return clinic.policy_id


def move_slot(slot: Slot, to: SlotState, *, now: datetime, verb: str, **fields: Any) -> bool:
    """Compare-and-swap a slot into another state; False if it was no longer in one that leads there."""
    moved = Slot.objects.filter(pk=slot.pk, state__in=SLOT_MOVES[to]).update(state=to, **fields)
    if moved:
        for name, value in {"state": to, **fields}.items():
            setattr(slot, name, value)
        trail.record(verb, slot, now=now, clinic_id=slot.clinic_id, changes={"state": to})
    return bool(moved)


def close_slot(slot: Slot, to: SlotState, *, because: ClosedBecause, now: datetime) -> bool:
    """End a slot's life without its cascade having filled it."""
    return move_slot(
        slot,
        to,
        now=now,
        verb=f"slot.{to}",
        closed_at=now,
        closed_because=because,
        next_wave_at=None,
        held_by=None,
        held_until=None,
        filled_by=None,
        filled_at=None,
    )
