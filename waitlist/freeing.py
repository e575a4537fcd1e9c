"""What follows from a time becoming free, inside the act that freed it: every way of freeing one ends here."""

from dataclasses import replace
from datetime import datetime

from matching.policy import policies
from waitlist import calendar, masses, slots
from waitlist.autopilot import first_wave_at
from waitlist.calendar import Time
from waitlist.live import hint
from waitlist.models import Appointment, Clinic, Slot
from waitlist.nudge import nudge
from waitlist.states import ClosedBecause, OpenedBecause


def vacate(
    appointment: Appointment,
    time: Time,
    because: OpenedBecause,
    *,
    keep_empty: bool = False,
    look_first: bool = False,
    now: datetime,
) -> Slot | None:
    """A live slot, one kept empty, or nothing where the time is not free."""
    clinic = appointment.clinic
    time, price_cents = _as_it_was_won(appointment, time)
    if time.starts_at <= now or calendar.is_booked(time):
        return None
    closed = calendar.closure_over(clinic, time) is not None
    if keep_empty or closed:
        return slots.keep_empty(
            clinic,
            time,
            because=ClosedBecause.CLOSURE if closed else ClosedBecause.KEPT_EMPTY,
            freed_by=appointment,
            price_cents=price_cents,
            now=now,
        )
    return open_vacancy(clinic, time, because, appointment, price_cents, look_first=look_first, now=now)


def _as_it_was_won(appointment: Appointment, time: Time) -> tuple[Time, int]:
    """For what and at what price it opens: a shorter or cheaper service chosen after the yes does not shrink it."""
    whole = Slot.objects.select_related("location__clinic", "practitioner", "service__policy")
    won = whole.filter(filled_by=appointment).first()
    if won is None or replace(time, service=won.service) != Time.of(won):
        return time, appointment.price_cents
    return Time.of(won), won.price_cents


def open_vacancy(
    clinic: Clinic,
    time: Time,
    because: OpenedBecause,
    freed_by: Appointment | None,
    price_cents: int,
    *,
    look_first: bool = False,
    now: datetime,
) -> Slot | None:
    """A live slot; its first wave goes when the clinic's policy says, or, of many freed at once, when staff do.

    `look_first`: what would go by itself is paused as it opens, so that no wave can be before staff have looked.
    """
    first = goes_at(clinic, time, now=now)
    halted_at = now if look_first and first is not None else None
    first = None if look_first else first
    slot = slots.open_slot(
        clinic,
        time,
        because=because,
        freed_by=freed_by,
        price_cents=price_cents,
        next_wave_at=first,
        halted_at=halted_at,
        now=now,
    )
    if slot is not None:
        hint(clinic.pk, "board")
        if not masses.is_paused(slot, now=now) and first is not None and first <= now:
            nudge("matching.tasks.advance", slot.pk)
    return slot


def goes_at(clinic: Clinic, time: Time, *, now: datetime) -> datetime | None:
    """When people would be asked by themselves if this time became free now; None where staff always start it."""
    return first_wave_at(policies.load(slots.policy_of(clinic, time.service).document), time, now=now)
