"""A time kept for one person while they answer what its service asks: one holder, for a short while, and it ends by
itself. Whoever calls holds the slot's lock."""

from datetime import datetime, timedelta
from typing import Any

from audit import trail
from matching.answering import reserves
from matching.answering.booking import Lost
from matching.answering.outcomes import Claim, holds_no_later
from matching.choosing import ranking
from matching.models import Offer
from matching.states import BY_PATIENT, OfferState
from waitlist import calendar, slots
from waitlist.calendar import Time
from waitlist.live import hint
from waitlist.models import Appointment, Slot
from waitlist.states import WAITING_STATUSES, AppointmentStatus, SlotState

MOST = 2  # for one offer: nobody keeps a time from the others again and again
BY_TEXT = timedelta(minutes=5)  # a link that comes by text has to be found and opened first


def asks(slot: Slot, via: str) -> bool:
    """Whether a yes is followed by a question, or by the clinic's terms. Staff asked it on the phone."""
    return (bool(slot.service.details_prompt) or slot.by_link) and via != "staff"


def take(slot: Slot, offer_id: int, *, via: str, now: datetime) -> Claim:
    """Keep the free slot for them: HELD. OPEN where they had it kept often enough: it is whose answer comes first."""
    offer = Offer.objects.select_related("entry__later_visit").get(pk=offer_id)
    offer.slot = slot
    waits = offer.entry is None or offer.entry.status in WAITING_STATUSES
    if offer.state not in BY_PATIENT or offer.is_taken_back or not waits or holds_no_later(offer):
        raise Lost
    if is_taken(slot, offer):
        return Claim.CONFLICT
    if offer.holds >= MOST:
        return Claim.OPEN
    is_on(slot, now=now)
    lasts = timedelta(seconds=slot.service.hold_seconds)
    is_quick = via == "link" and not slot.by_link  # terms have to be read first
    until = min(now + (lasts if is_quick else max(lasts, BY_TEXT)), ranking.answers_end_at(slot))
    if not keep(slot, offer.patient_id, until=until, verb="slot.held", now=now):
        raise Lost
    Offer.objects.filter(pk=offer.pk).update(holds=offer.holds + 1)
    changes = {"via": via, "until": until.isoformat()}
    trail.record("offer.held", offer, now=now, clinic_id=slot.clinic_id, changes=changes)
    hint(slot.clinic_id, "board")
    return Claim.HELD


def keep(slot: Slot, patient_id: int, *, until: datetime, verb: str, now: datetime, **fields: Any) -> bool:
    """The slot has this one holder until then; False where it is not free."""
    kept = {"held_by_id": patient_id, "held_until": until, **fields}
    return slots.move_slot(slot, SlotState.HELD, now=now, verb=verb, **kept)


def is_on(slot: Slot, *, now: datetime) -> bool:
    """Whether somebody is finishing their booking; a hold that is over is lifted."""
    if slot.state != SlotState.HELD:
        return False
    if slot.held_until is not None and slot.held_until > now:
        return True
    _lift(slot, "slot.link_lapsed" if is_by_link(slot) else "slot.hold_lapsed", now=now)
    return False


def is_by_link(slot: Slot) -> bool:
    """Whether it is kept for somebody whom staff sent a booking link."""
    return Offer.objects.filter(slot=slot, patient=slot.held_by_id, link_sent_at__isnull=False).exists()


def give_up(slot: Slot, patient_id: int, *, verb: str = "slot.hold_given_up", now: datetime) -> bool:
    """It is let go before its time: it is the reserve's, or free. False if it was not kept for them."""
    if slot.state != SlotState.HELD or slot.held_by_id != patient_id:
        return False
    _lift(slot, verb, now=now)
    reserves.book_first(slot, now=now)
    return True


def late_holder(slot: Slot, *, now: datetime) -> list[Offer]:
    """The offer this time is kept for although it is over itself: its patient hears of the end like those who are still
    asked."""
    if slot.held_until is None or slot.held_until <= now:
        return []
    may_be = (OfferState.EXPIRED, OfferState.RETRACTED)
    late = Offer.objects.filter(slot=slot, patient=slot.held_by_id, state__in=may_be).first()
    if late is None:
        return []
    late.state, late.expires_at = OfferState.RETRACTED, max(late.expires_at, slot.held_until)
    late.save(update_fields=["state", "expires_at"])
    trail.record("offer.retracted", late, now=now, clinic_id=slot.clinic_id)
    return [late]


def _lift(slot: Slot, verb: str, *, now: datetime) -> None:
    slots.move_slot(slot, SlotState.OFFERING, now=now, verb=verb, held_by_id=None, held_until=None)
    hint(slot.clinic_id, "board")


def is_taken(slot: Slot, offer: Offer) -> bool:
    """Whether the practitioner or this patient is booked then, but for a later visit they would give up: the
    constraints would refuse it in the end."""
    later = offer.entry.later_visit_id if offer.entry is not None else None
    mine = Appointment.objects.filter(patient=offer.patient_id, status=AppointmentStatus.BOOKED, is_exclusive=True)
    mine = mine.exclude(pk=later or 0)
    return mine.filter(starts_at__lt=slot.ends_at, ends_at__gt=slot.starts_at).exists() or calendar.is_booked(
        Time.of(slot)
    )
