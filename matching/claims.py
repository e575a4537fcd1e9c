"""Giving the slot, exactly once: lock the slot, then one set-based write (claim.sql), and constraints as judge.

The order is the design. Locking an offer before its slot deadlocks under load; one statement without the lock
first would book an offer that expired while it waited (docs/adr/0004).
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import IntegrityError, OperationalError, transaction
from psycopg.errors import DeadlockDetected, LockNotAvailable

from matching import holds, offers, ranking, reserves, softlock
from matching.booking import Lost, is_double, lock_slot_of, write
from matching.models import Offer
from matching.outcomes import Claim, find, of_slot, outcome
from matching.states import OfferState
from notifications import outbox
from waitlist import slots
from waitlist.live import hint
from waitlist.models import Appointment, Patient, Slot, WaitlistEntry
from waitlist.nudge import nudge
from waitlist.states import LIVE_SLOT_STATES, WAITING_STATUSES

__all__ = ["Claim", "claim", "claim_alternative", "decline", "find", "give", "lock_slot_of", "outcome"]

MADE = (Claim.BOOKED, Claim.HELD, Claim.OPEN)
FREE = (Claim.OPEN, Claim.HELD)
MAY_ANSWER = (OfferState.PENDING, OfferState.EXPIRED)  # for whom a time is kept, on the phone to staff too


def claim(offer_id: int, *, via: str, now: datetime) -> Claim:
    """Yes. BOOKED once; YOURS if it is theirs already; else the reason why it cannot be."""
    return _attempt(lambda: _claim(offer_id, via=via, now=now)) or _look(offer_id, now=now)


def claim_alternative(offer_id: int, slot_public_id: UUID, *, via: str, now: datetime) -> tuple[Claim, Offer | None]:
    """Yes to another live slot this patient could have, and the offer of it that was made and accepted, or held."""
    asked = Offer.objects.select_related("entry", "patient").get(pk=offer_id)
    chosen = Slot.objects.filter(public_id=slot_public_id, clinic_id=asked.patient.clinic_id).first()
    entry = asked.entry
    if chosen is None or entry is None or entry.status not in WAITING_STATUSES:
        return Claim.WITHDRAWN, None
    found = _attempt(lambda: _claim_unasked(chosen.pk, asked.patient, entry, via=via, now=now)) or Claim.TAKEN
    offer = Offer.objects.filter(slot=chosen, patient=asked.patient).first() if found in MADE else None
    return found, offer


def give(slot_id: int, patient: Patient, *, override: str | None = None, now: datetime) -> Claim:
    """Staff give the slot to this patient, asked or not, whatever they answered before.

    `override`, unless None: why, over offers that are out; ASKED where it is needed and not said.
    """
    service = Slot.objects.values_list("service_id", flat=True).get(pk=slot_id)
    waiting = WaitlistEntry.objects.filter(patient=patient, status__in=WAITING_STATUSES)
    wish = waiting.filter(services__contains=[service]).order_by("added_at", "pk").first()
    act = partial(_claim_unasked, slot_id, patient, wish, via="staff", override=override, now=now)
    return _attempt(act) or Claim.TAKEN


def finish(offer_id: int, *, details: str, via: str, now: datetime) -> Claim:
    """What the service asked is answered: BOOKED while it is kept for them, and later if it is still free."""
    found = _attempt(lambda: _finish(offer_id, details=details, via=via, now=now))
    return found or _look(offer_id, now=now)


def let_go(offer_id: int, *, now: datetime) -> Claim:
    """They hold it no more, and may still say yes as anybody asked."""
    _attempt(lambda: _let_go(offer_id, now=now))
    return _look(offer_id, now=now)


def decline(offer_id: int, *, reason: str, via: str, now: datetime) -> Claim:
    """No. The next wave need not wait for this one any more."""
    return _attempt(lambda: _decline(offer_id, reason=reason, via=via, now=now)) or _look(offer_id, now=now)


def _attempt(act: Callable[[], Claim]) -> Claim | None:
    """The act as one transaction; None where its write came too late, and nothing of it is left."""
    try:
        with transaction.atomic(durable=True):
            return act()
    except Lost:
        return None
    except IntegrityError as error:
        if not is_double(error):
            raise
        return Claim.CONFLICT
    except OperationalError as error:  # the queue was longer than the lock timeout, or two yeses met crosswise
        if not isinstance(error.__cause__, LockNotAvailable | DeadlockDetected):
            raise
        return Claim.BUSY


def _claim(offer_id: int, *, via: str, now: datetime) -> Claim:
    slot = lock_slot_of(offer_id)
    if slot.state not in LIVE_SLOT_STATES:
        return _look(offer_id, now=now)
    patient_id = Offer.objects.values_list("patient_id", flat=True).get(pk=offer_id) if slot.held_by_id else 0
    found = of_slot(slot, patient_id, now)
    if found not in FREE:
        return found
    if holds.asks(slot, via):
        return found if found == Claim.HELD else holds.take(slot, offer_id, via=via, now=now)
    write(slot, offer_id, via=via, now=now)
    return Claim.BOOKED


def _hold_unasked(slot: Slot, offer: Offer, *, via: str, now: datetime) -> Claim:
    """Kept for somebody nobody had asked: their offer ends with it, so that no wave waits for them."""
    found = holds.take(slot, offer.pk, via=via, now=now)
    if found == Claim.CONFLICT:
        transaction.set_rollback(True)  # the offer was made for nothing
    if found == Claim.HELD and offer.wave == 0:
        Offer.objects.filter(pk=offer.pk).update(expires_at=slot.held_until)
    return found


def _finish(offer_id: int, *, details: str, via: str, now: datetime) -> Claim:
    slot = lock_slot_of(offer_id)
    if slot.state not in LIVE_SLOT_STATES:
        return _look(offer_id, now=now)
    offer = Offer.objects.select_related("patient").get(pk=offer_id)
    found = of_slot(slot, offer.patient_id, now)
    if found not in FREE:
        return found
    visit_id = write(slot, offer_id, via=via, now=now)
    Appointment.objects.filter(pk=visit_id).update(details=details)
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
    hint(slot.clinic_id, "board")
    nudge("matching.tasks.advance", slot.pk)
    return Claim.DECLINED


def _claim_unasked(
    slot_id: int,
    patient: Patient,
    entry: WaitlistEntry | None,
    *,
    via: str,
    override: str | None = None,
    now: datetime,
) -> Claim:
    """A yes to a slot that nobody texted them about: it is offered and accepted in one transaction."""
    slot = slots.lock_slot(slot_id)
    if slot is None or not slot.is_live:
        return Claim.TAKEN
    found = of_slot(slot, patient.pk, now)
    if found not in FREE and not (via == "staff" and found == Claim.EXPIRED and slot.starts_at > now):
        return found
    offer = Offer.objects.filter(slot=slot, patient=patient).first()
    if slot.is_exclusive(now) and (offer is None or offer.state not in MAY_ANSWER):
        return Claim.EXCLUSIVE if via == "staff" else Claim.WITHDRAWN
    if not softlock.allows(slot, patient.pk, override, now=now):
        return Claim.ASKED
    if offer is None:
        theirs = entry is not None and slot.waves.exists() and ranking.could_have(entry, slot, now=now)
        if via != "staff" and not theirs:
            return Claim.WITHDRAWN
        offer = offers.make_unasked(slot, patient, entry, via=via, now=now)
    if holds.asks(slot, via):
        return found if found == Claim.HELD else _hold_unasked(slot, offer, via=via, now=now)
    visit_id = write(slot, offer.pk, via=via, now=now)
    if offer.wave == 0:  # no text of ours to copy the facts from
        outbox.confirm(offer, Appointment.objects.get(pk=visit_id), now=now)
    return Claim.BOOKED


def _look(offer_id: int, *, now: datetime) -> Claim:
    return outcome(
        Offer.objects.select_related(
            "entry", "slot__clinic", "slot__service", "slot__policy", "slot__filled_by"
        ).get(pk=offer_id),
        now=now,
    )
