"""What an offer is worth now, in the words a patient is told. Reads only."""

from datetime import datetime

from django.db.models import TextChoices

from matching import tokens
from matching.choosing import ranking
from matching.models import Offer
from matching.states import OfferState
from waitlist.models import Appointment, Slot
from waitlist.states import AppointmentStatus, CancelledBy, ClosedBecause, EntryStatus, SlotState


class Claim(TextChoices):
    """What a patient is told; the value is the page's data-outcome."""

    OPEN = "open"
    BOOKED = "booked"
    YOURS = "yours"
    TAKEN = "taken"
    BUSY = "busy"
    HELD = "held"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    DECLINED = "declined"
    CONFLICT = "conflict"
    ASKED = "asked"  # only staff hear this: others were asked a moment ago, and it needs a reason
    LOST = "lost"  # booked, and cancelled by the clinic or somebody in its calendar
    EXCLUSIVE = "exclusive"  # only staff hear this: it is kept for those who were asked


# Joined as a whole, PostgreSQL plans longer than it reads: 30 ms for one row of ten tables.
JOINED = ("slot__clinic", "slot__location", "slot__service", "slot__policy")
BESIDE = ("patient", "entry", "slot__practitioner", "slot__filled_by")


def find(token: str) -> Offer | None:
    """The offer a link opens, with all its page shows; None for a link we did not make."""
    public_id = tokens.read(token)
    offer = _whole(public_id) if public_id is not None else None
    while offer is not None and (later := _handed_on_as(offer)) is not None:
        offer = _whole(later)
    return offer


def _whole(public_id: str) -> Offer | None:
    whole = Offer.objects.select_related(*JOINED).prefetch_related(*BESIDE)
    offer = next(iter(whole.filter(public_id=public_id)), None)
    if offer is not None:
        _share(offer.slot)
    return offer


def _handed_on_as(offer: Offer) -> str | None:
    """The offer theirs goes on as, where they were in reserve of a time that is a slot of its own now."""
    if offer.reserved_at is None or offer.slot.filled_by_id is None:
        return None
    later = Offer.objects.filter(patient=offer.patient_id, reserved_at=offer.reserved_at, pk__gt=offer.pk)
    return later.filter(slot__freed_by=offer.slot.filled_by_id).values_list("public_id", flat=True).first()


def _share(slot: Slot) -> None:
    """What a slot and its booking have in common is read once."""
    slot.location.clinic = slot.clinic
    visit = slot.filled_by
    if visit is not None:
        for name in ("location", "practitioner", "service"):
            if getattr(visit, f"{name}_id") == getattr(slot, f"{name}_id"):
                setattr(visit, name, getattr(slot, name))


def outcome(offer: Offer, *, now: datetime) -> Claim:
    """What this offer is now, for a page that only looks."""
    slot = offer.slot
    if offer.state == OfferState.ACCEPTED:
        booked = slot.filled_by is not None and slot.filled_by.status != AppointmentStatus.CANCELLED
        return Claim.YOURS if booked else Claim.WITHDRAWN
    if offer.state == OfferState.RETURNED:
        if slot.filled_by is not None and slot.filled_by.patient_id == offer.patient_id:
            return _of_their_visit(slot.filled_by)
        gave_way = slot.state == SlotState.WITHDRAWN and slot.closed_because == ClosedBecause.REBOOKED
        return Claim.CONFLICT if gave_way else Claim.DECLINED
    if offer.state == OfferState.DECLINED:
        return Claim.DECLINED
    found = of_slot(slot, offer.patient_id, now)
    is_not_theirs = found in (Claim.OPEN, Claim.BUSY) and (offer.is_taken_back or _is_booked_elsewhere(offer))
    return Claim.WITHDRAWN if is_not_theirs else found


def _is_booked_elsewhere(offer: Offer) -> bool:
    return (offer.entry is not None and offer.entry.status == EntryStatus.BOOKED) or holds_no_later(offer)


def _of_their_visit(visit: Appointment) -> Claim:
    """What became of a visit they had won and that was cancelled after the free minutes."""
    if visit.status != AppointmentStatus.CANCELLED:
        return Claim.YOURS  # on again, in the clinic's calendar
    not_theirs = (CancelledBy.CLINIC, CancelledBy.UNKNOWN)
    return Claim.LOST if visit.cancelled_by in not_theirs else Claim.DECLINED


def holds_no_later(offer: Offer) -> bool:
    """Whether the visit their wish holds is at this time already, or before it: then nothing is to be swapped."""
    held = offer.entry.later_visit if offer.entry is not None else None
    return held is not None and held.status != AppointmentStatus.CANCELLED and held.starts_at <= offer.slot.starts_at


def of_slot(slot: Slot, patient_id: int, now: datetime) -> Claim:
    """What somebody who may still say yes finds: whether the slot is free, for whom, or why it is not."""
    if slot.state == SlotState.FILLED:
        return Claim.TAKEN
    if slot.state == SlotState.WITHDRAWN:
        return Claim.TAKEN if slot.closed_because == ClosedBecause.REBOOKED else Claim.WITHDRAWN
    if slot.state == SlotState.EXPIRED or not ranking.slot_is_answerable(slot, now=now):
        return Claim.EXPIRED
    if slot.state == SlotState.HELD and slot.held_until is not None and slot.held_until > now:
        return Claim.HELD if slot.held_by_id == patient_id else Claim.BUSY
    return Claim.OPEN
