"""Giving the slot, exactly once: lock the slot, then one set-based write (claim.sql), and constraints as judge.

The order is the design. Locking an offer before its slot deadlocks under load; one statement without the lock
first would book an offer that expired while it waited (docs/adr/0004).
"""

from collections.abc import Callable
from datetime import datetime

from matching import offers
from matching.answering import accepted, holds, lessons, reserves, swaps
from matching.answering.accepted import Accepted
from matching.answering.attempts import FREE, attempt, book, swap
from matching.answering.booking import Lost, lock_slot_of
from matching.answering.outcomes import Claim, find, of_slot, outcome
from matching.models import Offer
from notifications import outbox
from waitlist.live import hint
from waitlist.models import Appointment, Slot
from waitlist.nudge import nudge
from waitlist.states import LIVE_SLOT_STATES

__all__ = ["Claim", "claim", "decline", "find", "finish", "let_go", "lock_slot_of", "outcome"]


def claim(offer_id: int, *, via: str, now: datetime) -> Claim:
    """Yes. BOOKED once; YOURS if it is theirs already; else the reason why it cannot be."""

    def act(held: Appointment | None = None) -> Claim:
        return _claim(offer_id, via=via, held=held, now=now)

    return _tried(offer_id, act, now=now)


def finish(offer_id: int, *, details: str, accepts: Accepted | None = None, via: str, now: datetime) -> Claim:
    """What the service asked is answered, and `accepts` what a booking link asks for: BOOKED while it is kept for them,
    and later if it is still free. A link without that books nothing."""

    def act(held: Appointment | None = None) -> Claim:
        return _finish(offer_id, details=details, accepts=accepts, via=via, held=held, now=now)

    return _tried(offer_id, act, now=now)


def let_go(offer_id: int, *, now: datetime) -> Claim:
    """They hold it no more, and may still say yes as anybody asked."""
    attempt(lambda: _let_go(offer_id, now=now))
    return _look(offer_id, now=now)


def decline(offer_id: int, *, reason: str, via: str, now: datetime) -> Claim:
    """No. The next wave need not wait for this one any more, and the reason teaches their wish."""
    return attempt(lambda: _decline(offer_id, reason=reason, via=via, now=now)) or _look(offer_id, now=now)


def _tried(offer_id: int, act: Callable[..., Claim], *, now: datetime) -> Claim:
    """The act, or what is in its way; once more where that was gone in the same moment, as with a wish just removed."""
    found = attempt(act) or swap(_wish_of(offer_id), act)
    if found is None and (found := _look(offer_id, now=now)) == Claim.OPEN:
        return attempt(act) or found
    return found


def _claim(offer_id: int, *, via: str, held: Appointment | None, now: datetime) -> Claim:
    if held is not None:
        swaps.lock(held, Offer.objects.values_list("slot_id", flat=True).get(pk=offer_id))
    slot = lock_slot_of(offer_id)
    if slot.state not in LIVE_SLOT_STATES:
        return _look(offer_id, slot, now=now)
    patient_id = Offer.objects.values_list("patient_id", flat=True).get(pk=offer_id) if slot.held_by_id else 0
    found = of_slot(slot, patient_id, now)
    if found not in FREE:
        return found
    if holds.asks(slot, via):
        return found if found == Claim.HELD else holds.take(slot, offer_id, via=via, now=now)
    book(slot, offer_id, via=via, held=held, now=now)
    return Claim.BOOKED


def _finish(
    offer_id: int, *, details: str, accepts: Accepted | None, via: str, held: Appointment | None, now: datetime
) -> Claim:
    if held is not None:
        swaps.lock(held, Offer.objects.values_list("slot_id", flat=True).get(pk=offer_id))
    slot = lock_slot_of(offer_id)
    if slot.state not in LIVE_SLOT_STATES:
        return _look(offer_id, slot, now=now)
    offer = Offer.objects.select_related("patient").get(pk=offer_id)
    found = of_slot(slot, offer.patient_id, now)
    if found not in FREE:
        return found
    if offer.is_taken_back:
        return Claim.WITHDRAWN
    if offer.link_sent_at is not None and accepts is None:
        return found
    visit_id = book(slot, offer_id, via=via, accepts=accepts is not None, held=held, now=now)
    Appointment.objects.filter(pk=visit_id).update(details=details)
    if accepts is not None:
        accepted.write_down(offer, visit_id, accepts, clinic_id=slot.clinic_id, now=now)
    if offer.wave == 0:  # no text of ours to copy the facts from
        outbox.confirm(offer, Appointment.objects.get(pk=visit_id), now=now)
    return Claim.BOOKED


def _let_go(offer_id: int, *, now: datetime) -> Claim:
    slot = lock_slot_of(offer_id)
    if not holds.give_up(slot, Offer.objects.values_list("patient_id", flat=True).get(pk=offer_id), now=now):
        raise Lost
    nudge("matching.tasks.advance", slot.pk)
    return Claim.OPEN


def _decline(offer_id: int, *, reason: str, via: str, now: datetime) -> Claim:
    slot = lock_slot_of(offer_id)
    offer = Offer.objects.get(pk=offer_id)
    if not offers.decline(slot, offer, reason=reason, via=via, now=now):
        raise Lost
    holds.give_up(slot, offer.patient_id, now=now)
    reserves.declined(slot, offer, now=now)
    lessons.learn(slot, offer, reason=reason, now=now)
    hint(slot.clinic_id, "board")
    nudge("matching.tasks.advance", slot.pk)
    return Claim.DECLINED


def _wish_of(offer_id: int) -> int | None:
    return Offer.objects.values_list("entry_id", flat=True).get(pk=offer_id)


def _look(offer_id: int, slot: Slot | None = None, *, now: datetime) -> Claim:
    """What became of it, with the slot as it was locked; what is read more depends on what that was."""
    offer = offers.get(offer_id)
    if slot is not None:
        offer.slot = slot
    return outcome(offer, now=now)
