"""A swap that comes to nothing: the visit given up is theirs again, where its time is still free."""

from collections.abc import Sequence
from datetime import datetime

from audit import trail
from matching import lapses
from matching.models import Offer
from notifications import outbox
from notifications.states import Kind
from waitlist import calendar
from waitlist.calendar import Time
from waitlist.models import Appointment, Slot, WaitlistEntry, Writeback
from waitlist.states import LIVE_SLOT_STATES, ClosedBecause, SlotState


def lock(offer_id: int) -> list[Slot]:
    """The practitioners of the slot and of the visit given up for it; the live slots over both times."""
    offer = Offer.objects.select_related(
        *("slot__location", "slot__practitioner", "slot__service"),
        *("gave_up__location", "gave_up__practitioner", "gave_up__service"),
    ).get(pk=offer_id)
    times = [Time.of(offer.slot)] + ([Time.of(offer.gave_up)] if offer.gave_up else [])
    return calendar.lock_live_over(*times)


def is_free(visit: Appointment, *, now: datetime) -> bool:
    """Whether the time given up could still be had again: nobody was given it, holds it or was promised it alone."""
    time = Time.of(visit)
    over = Slot.objects.filter(practitioner=time.practitioner, state__in=LIVE_SLOT_STATES)
    over = over.filter(starts_at__lt=time.ends_at, ends_at__gt=time.starts_at)
    return (
        time.starts_at > now
        and not calendar.is_booked(time)
        and calendar.closure_over(visit.clinic, time) is None
        and not any(slot.state == SlotState.HELD or slot.is_exclusive(now) for slot in over)
    )


def take_back(offer: Offer, live: Sequence[Slot], *, now: datetime) -> Appointment | None:
    """Book the visit given up anew; who was asked for its time hears that it is taken. None where it is not free.

    A new booking, not the old row again: the calendar has been told, or will be, that the old one is gone.
    """
    old = offer.gave_up
    if old is None or not is_free(old, now=now):
        return None
    time = Time.of(old)
    again = calendar.book(old.clinic, time, offer.patient, price_cents=old.price_cents, now=now)
    if again is None:
        return None
    for slot in live:
        if slot.is_live and Time.of(slot).overlaps(time):
            lapses.withdraw(slot, ClosedBecause.REBOOKED, Kind.RETRACTED, now=now)
    outbox.write_back(again, Writeback.Kind.BOOKED, now=now)
    entry = offer.entry
    if entry is not None and WaitlistEntry.objects.filter(pk=entry.pk, later_visit=old).update(later_visit=again):
        changes = {"later_visit": [old.pk, again.pk]}
        trail.record("entry.holds_visit", entry, now=now, clinic_id=old.clinic_id, changes=changes)
    return again
