"""A visit one of our offers won ends after all: its winner hears of it, waits again, and is not asked for that time.

Whoever calls cancels the visit itself, in the same transaction.
"""

from dataclasses import dataclass
from datetime import datetime

from audit import trail
from matching import offers, terms
from matching.answering import reserves
from matching.models import Offer
from matching.states import OfferState, Reserve
from notifications import outbox
from notifications.states import Kind
from waitlist import entries
from waitlist.models import Appointment, Slot, WaitlistEntry
from waitlist.nudge import nudge
from waitlist.states import WAITING_STATUSES, CancelledBy, EntryStatus

NEWS = {CancelledBy.PATIENT: Kind.ENDED, CancelledBy.CLINIC: Kind.LOST, CancelledBy.UNKNOWN: Kind.GONE}


@dataclass(frozen=True)
class Won:
    """The slot a visit filled, and the offer that won it."""

    slot: Slot
    offer: Offer


def lock(appointment_id: int, state: OfferState = OfferState.ACCEPTED) -> Won | None:
    """Slot, offer and wish of this visit, locked in that order; None where no offer of ours won it, or lost it."""
    slot = Slot.objects.select_for_update(no_key=True).filter(filled_by=appointment_id).first()
    if slot is None:
        return None
    theirs = Offer.objects.select_for_update(no_key=True).filter(slot=slot, state=state)
    visit = Appointment.objects.filter(pk=appointment_id)
    offer = theirs.filter(patient__in=visit.values("patient")).first()
    if offer is None:
        return None
    list(WaitlistEntry.objects.select_for_update(no_key=True).filter(offers=offer).values_list("pk"))
    return Won(slot, Offer.objects.select_related("patient", "entry").get(pk=offer.pk))


def tell(won: Won, visit: Appointment, by: CancelledBy, *, keeps_place: bool, now: datetime) -> None:
    """The offer is theirs no longer, they wait again in their old place or not at all, and are told.

    Where nobody said whose wish it was the visit goes on elsewhere, and all of this stays as it is.
    """
    if by == CancelledBy.UNSAID:
        return
    offers.give_back(won.slot, won.offer, now=now)
    entry = won.offer.entry
    if entry is not None and entry.status == EntryStatus.BOOKED:
        (entries.wait_again if keeps_place else entries.remove)(entry, now=now)
    outbox.tell_end(NEWS[by], won.offer, visit, now=now)


def regain(lost: Won, visit: Appointment, *, now: datetime) -> None:
    """The visit is on again in the clinic's calendar: the offer and the wish are theirs as before, and they hear of it.

    A wish that was booked otherwise meanwhile stays with that.
    """
    entry = lost.offer.entry
    if entry is None or entry.status != EntryStatus.BOOKED:
        offers.take_again(lost.slot, lost.offer, now=now)
    if entry is not None:
        entries.book_again(entry, now=now)
    outbox.tell_end(Kind.BOOKED, lost.offer, visit, now=now)
    nudge("matching.tasks.tidy", lost.offer.pk)


def set_aside(slot: Slot, visit: Appointment, by: CancelledBy, *, now: datetime) -> Offer | None:
    """Whose time this was is not asked for it again, whatever else they wait for.

    Where they gave it up themselves it is none of the other times they may choose from either.
    """
    waiting = WaitlistEntry.objects.filter(patient=visit.patient, status__in=WAITING_STATUSES)
    entry = waiting.order_by("added_at", "pk").first() if visit.patient_id else None
    if entry is None:
        return None
    state = OfferState.RETURNED if by == CancelledBy.PATIENT else OfferState.RETRACTED
    facts = {"wave": 0, "state": state, "offered_at": now, "expires_at": slot.starts_at}
    made = Offer.objects.create(slot=slot, patient_id=entry.patient_id, entry=entry, **facts)
    trail.record("offer.set_aside", made, now=now, clinic_id=slot.clinic_id)
    return made


def hand_on(won: Won, freed: Slot, *, now: datetime) -> None:
    """Within the free minutes those in reserve of the time are in reserve of the slot it is now, in their order: booked
    at once, or asked by the cascade before anybody new, as their page said.
    """
    free_until = terms.free_until(won.slot)
    if free_until is None or now >= free_until or not won.slot.is_time_of(freed):
        return
    for offer in Offer.objects.filter(reserves.IN_RESERVE, slot=won.slot).order_by("reserved_at", "pk"):
        facts = {"wave": 0, "state": OfferState.RETRACTED, "offered_at": now, "expires_at": now}
        theirs = {"reserve": offer.reserve, "reserved_at": offer.reserved_at}
        made = Offer.objects.create(slot=freed, patient_id=offer.patient_id, entry_id=offer.entry_id, **facts, **theirs)
        trail.record("offer.reserved", made, now=now, clinic_id=freed.clinic_id, changes={"reserve": offer.reserve})
        Offer.objects.filter(pk=offer.pk).update(reserve=Reserve.NONE)
        changes = {"reserve": Reserve.NONE, "slot": freed.pk}
        trail.record("offer.reserve_handed_on", offer, now=now, clinic_id=freed.clinic_id, changes=changes)
    reserves.book_first(freed, now=now)
