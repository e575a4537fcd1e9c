"""Acts that change the calendar: each is one transaction, and every way of freeing a time ends in `_vacate`.

`version` given means that the clinic's own calendar says so: it need not be told, and only the newest word counts.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from audit import trail
from matching import offers
from notifications import outbox
from notifications.states import Kind
from waitlist import calendar, mirrors
from waitlist.calendar import Time
from waitlist.live import hint
from waitlist.models import Appointment, Clinic, Connection, Patient, Slot, Writeback
from waitlist.nudge import nudge
from waitlist.states import (
    AppointmentStatus,
    Autopilot,
    ClosedBecause,
    OpenedBecause,
    SlotState,
)


class Refused(Exception):
    """What was asked for cannot be; the message says why in a sentence for staff."""


@dataclass(frozen=True)
class Changed:
    """What became of it: done, already (nothing to do) or older (a newer version was seen); the slot it freed."""

    outcome: str
    slot: Slot | None = None


def get_appointment(appointment_id: int) -> Appointment:
    """One appointment with all that a vacancy copies from it."""
    rows = Appointment.objects.select_related("clinic", "location__clinic", "practitioner", "service")
    return rows.get(pk=appointment_id)


@transaction.atomic(durable=True)
def cancel(
    appointment_id: int, *, reason: str, keep_empty: bool = False, version: int | None = None, now: datetime
) -> Changed:
    """Cancel it and let its time be filled, unless it is past, closed then, or to be kept empty."""
    appointment = get_appointment(appointment_id)
    calendar.lock_live_over(Time.of(appointment))
    if not calendar.cancel(appointment, reason=reason, version=version, now=now):
        booked = Appointment.objects.filter(pk=appointment_id, status=AppointmentStatus.BOOKED).exists()
        return Changed("older" if booked else "already")
    if version is None:
        outbox.write_back(appointment, Writeback.Kind.CANCELLED, now=now)
    slot = _vacate(appointment, Time.of(appointment), OpenedBecause.CANCELLED, keep_empty=keep_empty, now=now)
    hint(appointment.clinic_id, "board")
    return Changed("done", slot)


@transaction.atomic(durable=True)
def move(appointment_id: int, *, to: Time, version: int | None = None, now: datetime) -> Changed:
    """Move it; its old time is free unless the new one overlaps it. A live slot over the new time ends."""
    appointment = get_appointment(appointment_id)
    before = Time.of(appointment)
    live = calendar.lock_live_over(before, to)
    changed = calendar.move(appointment, to, version=version, now=now)
    if changed is None:
        raise Refused(f"{to.practitioner} is booked at the new time already.")
    if not changed:
        return Changed("older")
    _end(live, to, now=now)
    freed = None if before.overlaps(to) else _vacate(appointment, before, OpenedBecause.MOVED, now=now)
    hint(appointment.clinic_id, "board")
    return Changed("done", freed)


@transaction.atomic(durable=True)
def mirror(
    clinic: Clinic,
    *,
    connection: Connection | None,
    external_id: str,
    version: int,
    time: Time,
    patient: Patient | None,
    now: datetime,
) -> Appointment:
    """A booking made in the clinic's calendar, or made again. Its own double booking is kept, marked not exclusive."""
    live = calendar.lock_live_over(time)
    source = {"connection": connection, "external_id": external_id, "version": version}
    price_cents = time.service.price_cents
    made = calendar.book(clinic, time, patient, price_cents=price_cents, now=now, **source)
    if made is None:
        made = calendar.book(clinic, time, patient, price_cents=price_cents, now=now, is_exclusive=False, **source)
    if made is None:
        made = mirrors.rebook(external_id, time, clinic_id=clinic.pk, version=version, now=now)
    if made is None:
        raise Refused(f"external_id: an appointment “{external_id}” exists already.")
    _end(live, time, now=now)
    hint(clinic.pk, "board")
    return made


@transaction.atomic(durable=True)
def open_by_hand(clinic: Clinic, time: Time, *, now: datetime) -> Slot:
    """An opening nobody cancelled. Refused where the time is past, closed, booked or open already."""
    if time.ends_at <= time.starts_at:
        raise Refused("The end has to be after the start.")
    if time.starts_at <= now:
        raise Refused("The start is in the past.")
    if closure := calendar.closure_over(clinic, time):
        raise Refused(f"The clinic is closed then: {closure.reason}.")
    live = calendar.lock_live_over(time)
    if calendar.is_booked(time):
        raise Refused(f"{time.practitioner} is booked at that time.")
    slot = None
    if not live:
        slot = _open(clinic, time, OpenedBecause.BY_HAND, None, time.service.price_cents, now=now)
    if slot is None:
        raise Refused(f"{time.practitioner} has an open slot at that time already.")
    return slot


@transaction.atomic(durable=True)
def start(slot_id: int, *, now: datetime) -> bool:
    """Ask the next few now, whatever the autopilot or the wave's minute says."""
    slot = calendar.lock_slot(slot_id)
    if slot is None or not slot.is_live:
        return False
    Slot.objects.filter(pk=slot.pk).update(next_wave_at=now)
    trail.record("slot.started", slot, now=now, clinic_id=slot.clinic_id)
    nudge("matching.tasks.advance", slot.pk)
    hint(slot.clinic_id, "board")
    return True


@transaction.atomic(durable=True)
def stop(slot_id: int, *, keep_empty: bool = False, now: datetime) -> bool:
    """End the cascade; those who could still have said yes are told. False if it was over already."""
    slot = calendar.lock_slot(slot_id)
    if slot is None or not slot.is_live:
        return False
    because = ClosedBecause.KEPT_EMPTY if keep_empty else ClosedBecause.STOPPED
    _close(slot, because, Kind.WITHDRAWN, now=now)
    return True


@transaction.atomic(durable=True)
def book_by_hand(slot_id: int, *, patient: Patient, now: datetime) -> Appointment:
    """Staff give the slot to somebody: offers out are taken back and their patients told."""
    slot = calendar.lock_slot(slot_id)
    if slot is None or not slot.is_live:
        raise Refused("This slot is not free any more.")
    made = calendar.book(slot.clinic, Time.of(slot), patient, price_cents=slot.price_cents, now=now)
    if made is None:
        raise Refused(f"{patient.short_name} or {slot.practitioner} is booked at that time already.")
    calendar.move_slot(
        slot,
        SlotState.FILLED,
        now=now,
        verb="slot.filled_by_hand",
        filled_by=made,
        filled_at=now,
        next_wave_at=None,
        held_by=None,
        held_until=None,
    )
    _take_back(slot, Kind.RETRACTED, now=now)
    outbox.write_back(made, Writeback.Kind.BOOKED, now=now)
    hint(slot.clinic_id, "board")
    return made


def _vacate(
    appointment: Appointment, time: Time, because: OpenedBecause, *, keep_empty: bool = False, now: datetime
) -> Slot | None:
    """What follows from a time becoming free: a live slot, one kept empty, or nothing where it is not free."""
    clinic = appointment.clinic
    if time.starts_at <= now or calendar.is_booked(time):
        return None
    closed = calendar.closure_over(clinic, time) is not None
    if keep_empty or closed:
        return calendar.keep_empty(
            clinic,
            time,
            because=ClosedBecause.CLOSURE if closed else ClosedBecause.KEPT_EMPTY,
            freed_by=appointment,
            price_cents=appointment.price_cents,
            now=now,
        )
    return _open(clinic, time, because, appointment, appointment.price_cents, now=now)


def _open(
    clinic: Clinic,
    time: Time,
    because: OpenedBecause,
    freed_by: Appointment | None,
    price_cents: int,
    *,
    now: datetime,
) -> Slot | None:
    """A live slot, and the first wave at the time the clinic's autopilot says."""
    wait = timedelta(minutes=clinic.undo_delay_minutes)
    if clinic.autopilot == Autopilot.APPROVE:
        wait += timedelta(minutes=clinic.approve_within_minutes)
    first = None if clinic.autopilot == Autopilot.SUGGEST else now + wait
    slot = calendar.open_slot(
        clinic, time, because=because, freed_by=freed_by, price_cents=price_cents, next_wave_at=first, now=now
    )
    if slot is not None:
        hint(clinic.pk, "board")
        if first is not None and first <= now:
            nudge("matching.tasks.advance", slot.pk)
    return slot


def _end(live: list[Slot], time: Time, *, now: datetime) -> None:
    """The calendar booked this time itself: live slots over it end."""
    for slot in live:
        if Time.of(slot).overlaps(time):
            _close(slot, ClosedBecause.REBOOKED, Kind.RETRACTED, now=now)


def _close(slot: Slot, because: ClosedBecause, news: Kind, *, now: datetime) -> None:
    calendar.close_slot(slot, SlotState.WITHDRAWN, because=because, now=now)
    _take_back(slot, news, now=now)
    hint(slot.clinic_id, "board")


def _take_back(slot: Slot, news: Kind, *, now: datetime) -> None:
    """Retract every offer out, and tell those who were told of it."""
    outbox.enqueue_news(news, offers.retract(slot, offers.pending(slot), now=now), now=now)
    nudge("notifications.tasks.deliver_slot", slot.pk)
