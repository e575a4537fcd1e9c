"""Acts that change the calendar: each is one transaction, and every way of freeing a time ends in `freeing`.

`version` given means that the clinic's own calendar says so: it need not be told, and only the newest word counts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from matching import lapses, losses
from matching.answering import swaps
from matching.losses import Won
from matching.terms import Due
from notifications import outbox
from notifications.states import Kind
from waitlist import calendar, fees, pausing
from waitlist.calendar import Time
from waitlist.freeing import vacate
from waitlist.live import hint
from waitlist.models import Appointment, CancellationFee, Slot, Writeback
from waitlist.nudge import nudge
from waitlist.states import AppointmentStatus, CancelledBy, ClosedBecause, OpenedBecause
from waitlist.vacancies import Refused, end_over


@dataclass(frozen=True)
class Changed:
    """What became of it: done, already (nothing to do), older (a newer version was seen), over (it has begun) or dearer
    (more is owed than was agreed to); the slot it freed and what is owed.
    """

    outcome: str
    slot: Slot | None = None
    fee: CancellationFee | None = None


@dataclass(frozen=True)
class Charge:
    """A fee is to be recorded: at most what whoever cancels was shown."""

    at_most_cents: int


def get_appointment(appointment_id: int) -> Appointment:
    """One appointment with all that a vacancy copies from it."""
    rows = Appointment.objects.select_related("clinic__policy", "location__clinic", "practitioner", "service")
    return rows.get(pk=appointment_id)


def cancel(
    appointment_id: int,
    *,
    reason: str,
    by: CancelledBy,
    charge: Charge | None = None,
    keeps_place: bool = True,
    keep_empty: bool = False,
    look_first: bool = False,
    version: int | None = None,
    now: datetime,
) -> Changed:
    """Cancel it and let its time be filled, unless it is past, closed then, or to be kept empty; `look_first`: once
    staff have looked whom that asks.

    Whoever won it through us is told, and waits again unless they said otherwise; a `charge` is what they agreed to
    owe. `by` says whose wish it was: it gives the words, and who put it off to another time hears nothing. Nobody is
    asked for the time they had; where it was not they who gave it up, it may be one of the other times they choose.
    """

    def act() -> Changed:
        appointment, _, won = _lock(appointment_id)
        owed = fees.due(appointment, won.slot, now=now) if charge and won else None
        if charge and (refused := _not_at_that_price(appointment, owed, charge, now=now)):
            return Changed(refused)
        if not calendar.cancel(appointment, reason=reason, by=by, version=version, now=now):
            return Changed("older" if appointment.status == AppointmentStatus.BOOKED else "already")
        fee = fees.owe(appointment, owed, now=now) if owed else None
        if won is not None:
            losses.tell(won, appointment, by, keeps_place=keeps_place, now=now)
        if version is None:
            outbox.write_back(appointment, Writeback.Kind.CANCELLED, now=now)
        ways = {"keep_empty": keep_empty, "look_first": look_first}
        freed = vacate(appointment, Time.of(appointment), OpenedBecause.CANCELLED, **ways, now=now)
        if freed is not None and freed.is_live:
            losses.set_aside(freed, appointment, by, now=now)
            if won is not None:
                losses.hand_on(won, freed, now=now)
        nudge("waitlist.tasks.booking_ended", appointment.pk)
        hint(appointment.clinic_id, "board")
        return Changed("done", freed, fee)

    return _at_its_time(act)


def move(appointment_id: int, *, to: Time, version: int | None = None, now: datetime) -> Changed:
    """Move it, and tell them; its old time is free unless the new overlaps it. A live slot over the new time ends."""

    def act() -> Changed:
        appointment, live, won = _lock(appointment_id, to)
        before = Time.of(appointment)
        changed = calendar.move(appointment, to, version=version, now=now)
        if changed is None:
            raise Refused(f"{to.practitioner} is booked at the new time already.")
        if not changed:
            return Changed("older")
        end_over(live, to, now=now)
        freed = None if before.overlaps(to) else vacate(appointment, before, OpenedBecause.MOVED, now=now)
        if won is not None and freed is not None and freed.is_live:
            losses.hand_on(won, freed, now=now)
        outbox.tell_move(get_appointment(appointment.pk), before, won.offer if won else None, now=now)
        hint(appointment.clinic_id, "board")
        return Changed("done", freed)

    return _at_its_time(act)


def uncancel(appointment_id: int, *, now: datetime) -> Changed:
    """Take a cancellation back: booked again, and its time is offered to nobody any more.

    Those who were told of an offer are told; where nobody was asked yet, nobody hears of it. What its patient waits for
    only since it was cancelled leaves the list. Refused where the time is past or taken, where its patient won it
    through us: they have been told that it is cancelled, and where they gave it up for an earlier time: they would
    have both.
    """

    def act() -> Changed:
        appointment, live, _ = _lock(appointment_id)
        time = Time.of(appointment)
        if appointment.status != AppointmentStatus.CANCELLED:
            return Changed("already")
        if time.starts_at <= now:
            raise Refused("That time is past.")
        if Slot.objects.filter(filled_by=appointment).exists():
            raise Refused("The patient has been told that it is cancelled: book the time for them again.")
        if swaps.gave_up(appointment).exists():
            raise Refused("The patient gave this visit up for an earlier time, and would have both.")
        if calendar.is_booked(time):
            raise Refused(f"{time.practitioner} is booked at that time again.")
        given_up_at = appointment.cancelled_at
        if not calendar.uncancel(appointment, now=now):
            raise Refused("The patient is booked at that time already.")
        pausing.on_after_all(appointment, given_up_at, now=now)
        outbox.take_cancellation_back(appointment, now=now)
        for slot in live:
            own = slot.freed_by_id == appointment.pk
            because = ClosedBecause.UNCANCELLED if own else ClosedBecause.REBOOKED
            lapses.withdraw(slot, because, Kind.RETRACTED, now=now)
        hint(appointment.clinic_id, "board")
        return Changed("done")

    return _at_its_time(act)


class _MovedMeanwhile(Exception):
    """The appointment is at another time than the one that was locked: start over."""


def _at_its_time(act: Callable[[], Changed]) -> Changed:
    """The act as one transaction, begun again whenever somebody moved the appointment before it was locked."""
    while True:
        try:
            with transaction.atomic(durable=True):
                return act()
        except _MovedMeanwhile:
            continue


def _not_at_that_price(appointment: Appointment, owed: Due | None, charge: Charge, *, now: datetime) -> str:
    """Never more than was shown, and nothing once the visit has begun; empty where it is so."""
    if appointment.status != AppointmentStatus.BOOKED:
        return "already"
    if appointment.starts_at <= now:
        return "over"
    return "dearer" if owed and owed.cents > charge.at_most_cents else ""


def _lock(appointment_id: int, *others: Time) -> tuple[Appointment, list[Slot], Won | None]:
    """The live slots over its time and the others, the slot and offer that won it, then the appointment itself, read
    again under its lock.
    """
    seen = Time.of(get_appointment(appointment_id))
    live = calendar.lock_live_over(seen, *others)
    won = losses.lock(appointment_id)
    Appointment.objects.select_for_update(no_key=True).filter(pk=appointment_id).first()
    appointment = get_appointment(appointment_id)
    if Time.of(appointment) != seen:
        raise _MovedMeanwhile
    return appointment, live, won
