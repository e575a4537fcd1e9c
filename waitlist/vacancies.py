"""Acts on vacancies: opened by hand, started, stopped, booked by hand; and how any vacancy ends."""

from datetime import datetime

from django.db import transaction
from django.utils.dateformat import format as write

from audit import trail
from matching import lapses
from matching.answering import unasked
from matching.asking import clocks
from matching.claims import Claim
from matching.policy import ends, plans
from notifications.states import Channel, Kind
from waitlist import calendar, masses, slots
from waitlist.calendar import Time
from waitlist.freeing import open_vacancy
from waitlist.live import hint
from waitlist.models import Appointment, Clinic, Patient, Slot
from waitlist.nudge import nudge
from waitlist.states import AppointmentStatus, ClosedBecause, OpenedBecause


class Refused(Exception):
    """What was asked for cannot be; the message says why in a sentence for staff."""


class OffersOut(Refused):
    """Others were asked: staff say why they book it all the same, or leave it."""


@transaction.atomic(durable=True)
def open_by_hand(clinic: Clinic, time: Time, *, look_first: bool = False, now: datetime) -> Slot:
    """An opening nobody cancelled, paused where staff look first. Refused where the time is past, closed, booked or
    open already."""
    if time.ends_at <= time.starts_at:
        raise Refused("The end has to be after the start.")
    if time.starts_at <= now:
        raise Refused("The start is in the past.")
    if closure := calendar.closure_over(clinic, time):
        raise Refused(f"Closed then: {closure.reason}.")
    live = calendar.lock_live_over(time)
    if calendar.is_booked(time):
        raise Refused(f"{time.practitioner} is booked at that time.")
    slot = None
    if not live:
        price_cents, because = time.service.price_cents, OpenedBecause.BY_HAND
        slot = open_vacancy(clinic, time, because, None, price_cents, look_first=look_first, now=now)
    if slot is None:
        raise Refused(f"{time.practitioner} has an open slot at that time already.")
    return slot


@transaction.atomic(durable=True)
def start(slot_id: int, *, now: datetime) -> bool:
    """Ask the next few now, whatever the autopilot, the buffer or the wave's minute says. False: it is over.

    Refused where the policy asks nobody, and while the time is kept for those who were asked. While nothing goes out
    it is done when something does (`waits_for`), but for what the policy would not do again by itself.
    """
    slot = slots.lock_slot(slot_id)
    if slot is None or not slot.is_live:
        return False
    if slot.is_exclusive(now):
        raise Refused(kept(slot, now=now))
    if masses.is_paused(slot, now=now):
        raise Refused("Many times of that day were cancelled at once: say first whether to refill them.")
    if now >= ends.offers_end_at(slot):
        raise Refused("It is too late to ask more people by itself: choose whom to ask, or book by hand.")
    plan = plans.of(slot)
    if not plan.waves:
        raise Refused("This clinic’s policy asks nobody by itself: choose whom to ask.")
    if plan.is_over and (waits := waits_for(slot)):
        raise Refused(f"{waits} Ask again then, or book by hand.")
    may_ask_at = slot.may_ask_at if slot.wave else min(now, slot.may_ask_at or now)
    Slot.objects.filter(pk=slot.pk).update(next_wave_at=now, halted_at=None, may_ask_at=may_ask_at)
    trail.record("slot.started", slot, now=now, clinic_id=slot.clinic_id)
    nudge("matching.tasks.advance", slot.pk)
    hint(slot.clinic_id, "board")
    return True


def waits_for(slot: Slot) -> str:
    """Why nobody is asked at once, in a sentence for staff; empty where they are."""
    channel = clocks.stopped_by(plans.of(slot).to_come)
    return f"{Channel(channel).label}s do not go out at the moment." if channel else ""


@transaction.atomic(durable=True)
def stop(slot_id: int, *, keep_empty: bool = False, now: datetime) -> bool:
    """End the cascade; those who could still have said yes are told. False if it was over already."""
    slot = slots.lock_slot(slot_id)
    if slot is None or not slot.is_live:
        return False
    because = ClosedBecause.KEPT_EMPTY if keep_empty else ClosedBecause.STOPPED
    lapses.withdraw(slot, because, Kind.WITHDRAWN, now=now)
    return True


def book_by_hand(slot_id: int, *, patient: Patient, override: str | None = None, now: datetime) -> Appointment:
    """Staff give the slot to somebody: offers out are taken back and their patients told.

    `override`, unless None: why (matching.states.Override). OffersOut where others were asked a moment ago, or may
    still answer, and it is not said.
    """
    found = unasked.give(slot_id, patient, override=override, now=now)
    if found == Claim.ASKED:
        raise OffersOut("Others were asked for this time: say why it is booked all the same.")
    if found == Claim.BOOKED:
        return Appointment.objects.get(filled_slot=slot_id)
    if found == Claim.CONFLICT:
        raise Refused(clash(slot_id, patient))
    if found == Claim.EXCLUSIVE:
        slot = Slot.objects.select_related("location__clinic").get(pk=slot_id)
        raise Refused(kept(slot, now=now))
    if found == Claim.BUSY:
        raise Refused(busy(slot_id))
    raise Refused("This slot is not free any more.")


def busy(slot_id: int) -> str:
    """Somebody holds it, and until when."""
    slot = Slot.objects.select_related("location__clinic").get(pk=slot_id)
    if slot.held_until is None:
        return "Somebody is finishing their booking of this slot: try again in a minute."
    until = write(slot.held_until.astimezone(slot.location.zone), "g:i:s A")
    return f"Somebody is finishing their booking of this slot. It is kept for them until {until}."


def kept(slot: Slot, *, now: datetime) -> str:
    """Until when only those asked may have it, in a sentence for staff."""
    if slot.exclusive_until is None:
        return ""
    until, here = (at.astimezone(slot.location.zone) for at in (slot.exclusive_until, now))
    words = write(until, "g:i A" if until.date() == here.date() else "D, M j, g:i A")
    return f"Only the people who were asked may have this time until {words}."


def clash(slot_id: int, patient: Patient) -> str:
    """Who of the two is booked then already."""
    slot = Slot.objects.select_related("practitioner").get(pk=slot_id)
    visits = Appointment.objects.filter(patient=patient, status=AppointmentStatus.BOOKED)
    own = visits.filter(starts_at__lt=slot.ends_at, ends_at__gt=slot.starts_at).select_related("service").first()
    if own is not None:
        return f"{patient.name} is booked at that time already: {own.service.name}."
    return f"{slot.practitioner.name} is booked at that time already."


def end_over(live: list[Slot], time: Time, *, now: datetime) -> None:
    """The calendar booked this time itself: live slots over it end."""
    for slot in live:
        if Time.of(slot).overlaps(time):
            lapses.withdraw(slot, ClosedBecause.REBOOKED, Kind.RETRACTED, now=now)
