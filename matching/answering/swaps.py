"""A yes to an earlier time gives up the later visit, in the same transaction (decision R20).

The visit's own time becomes free, so its practitioner is locked before any slot (docs/adr/0012).
"""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from audit import trail
from matching.models import Offer
from matching.states import OfferState
from notifications import outbox
from waitlist import calendar, freeing
from waitlist.calendar import Time
from waitlist.models import Appointment, Slot, WaitlistEntry, Writeback
from waitlist.nudge import nudge
from waitlist.states import EntryStatus, OpenedBecause

SWAPPED = "swapped for an earlier time"


class Changed(Exception):
    """The visit is not as it was seen before the locks: start over."""


def held_with(entry_id: int | None) -> Appointment | None:
    """The visit this wish holds, as it is now, which may be cancelled; None where it holds none."""
    visits = Appointment.objects.select_related("clinic__policy", "location__clinic", "practitioner", "service__policy")
    mine = WaitlistEntry.objects.filter(pk=entry_id or 0).values("later_visit")
    return visits.filter(pk__in=mine).first()


def gave_up(visit: Any) -> QuerySet[Offer]:
    """The yes this visit was given up for, while it stands: then it cannot be theirs again beside the new one."""
    return Offer.objects.filter(gave_up=visit, state=OfferState.ACCEPTED)


def lock(held: Appointment, slot_id: int) -> None:
    """The practitioners of both times, then the live slots over them."""
    slot = Slot.objects.select_related("location", "practitioner", "service").get(pk=slot_id)
    calendar.lock_live_over(Time.of(held), Time.of(slot))


def give_up(held: Appointment, slot: Slot, offer_id: int, *, now: datetime) -> bool:
    """Cancel the visit for this earlier slot, before it is booked; False where it may not be given up for it."""
    offer = Offer.objects.select_for_update(no_key=True).get(pk=offer_id)
    entry = WaitlistEntry.objects.select_for_update(no_key=True).filter(pk=offer.entry_id or 0).first()
    visit = Appointment.objects.select_for_update(no_key=True).get(pk=held.pk)
    if _seen(visit) != _seen(held):
        raise Changed
    if entry is None or entry.later_visit_id != held.pk or entry.status == EntryStatus.BOOKED:
        return False
    if visit.starts_at <= slot.starts_at or not calendar.cancel(visit, reason=SWAPPED, version=None, now=now):
        return False
    Offer.objects.filter(pk=offer.pk).update(gave_up=visit)
    trail.record("offer.swapped", offer, now=now, clinic_id=slot.clinic_id, changes={"gave_up": visit.pk})
    return True


def open_old_time(held: Appointment, *, now: datetime) -> None:
    """The time given up is a vacancy like any other, and the calendar hears that the visit is gone."""
    outbox.write_back(held, Writeback.Kind.CANCELLED, now=now)
    nudge("waitlist.tasks.booking_ended", held.pk)
    freeing.vacate(held, Time.of(held), OpenedBecause.CANCELLED, now=now)


def _seen(visit: Appointment) -> tuple[object, ...]:
    return (visit.status, visit.practitioner_id, visit.location_id, visit.service_id, visit.starts_at, visit.ends_at)
