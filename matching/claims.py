"""Giving the slot, exactly once: lock the slot, then one set-based write (claim.sql), and constraints as judge.

The order is the design. Locking an offer before its slot deadlocks under load; one statement without the lock
first would book an offer that expired while it waited (docs/adr/0004).
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import IntegrityError, OperationalError, transaction
from django.db.models import Q
from psycopg.errors import DeadlockDetected, LockNotAvailable

from matching import holds, offers, ranking, reserves, softlock, swaps
from matching.booking import Lost, is_double, lock_slot_of, write
from matching.models import Offer
from matching.outcomes import Claim, find, of_slot, outcome
from matching.states import OfferState
from notifications import outbox
from waitlist import slots
from waitlist.live import hint
from waitlist.models import Appointment, Patient, Slot, WaitlistEntry
from waitlist.nudge import nudge
from waitlist.states import LIVE_SLOT_STATES, WAITING_STATUSES, AppointmentStatus

__all__ = ["Claim", "claim", "claim_alternative", "decline", "find", "give", "lock_slot_of", "outcome"]

MADE = (Claim.BOOKED, Claim.HELD, Claim.OPEN)
FREE = (Claim.OPEN, Claim.HELD)
MAY_ANSWER = (OfferState.PENDING, OfferState.EXPIRED)  # for whom a time is kept, on the phone to staff too


def claim(offer_id: int, *, via: str, now: datetime) -> Claim:
    """Yes. BOOKED once; YOURS if it is theirs already; else the reason why it cannot be."""

    def act(held: Appointment | None = None) -> Claim:
        return _claim(offer_id, via=via, held=held, now=now)

    return _attempt(act) or _swap(_wish_of(offer_id), act) or _look(offer_id, now=now)


def claim_alternative(offer_id: int, slot_public_id: UUID, *, via: str, now: datetime) -> tuple[Claim, Offer | None]:
    """Yes to another live slot this patient could have, and the offer of it that was made and accepted, or held."""
    asked = Offer.objects.select_related("entry", "patient").get(pk=offer_id)
    chosen = Slot.objects.filter(public_id=slot_public_id, clinic_id=asked.patient.clinic_id).first()
    entry = asked.entry
    if chosen is None or entry is None or entry.status not in WAITING_STATUSES:
        return Claim.WITHDRAWN, None
    found = _unasked(chosen.pk, asked.patient, entry, via=via, now=now)
    offer = Offer.objects.filter(slot=chosen, patient=asked.patient).first() if found in MADE else None
    return found, offer


def give(slot_id: int, patient: Patient, *, override: str | None = None, now: datetime) -> Claim:
    """Staff give the slot to this patient, asked or not, whatever they answered before.

    `override`, unless None: why, over offers that are out; ASKED where it is needed and not said.
    """
    service = Slot.objects.values_list("service_id", flat=True).get(pk=slot_id)
    waiting = WaitlistEntry.objects.filter(patient=patient, status__in=WAITING_STATUSES)
    own = waiting.filter(services__contains=[service]).exclude(_holds_no_later(slot_id))
    wish = own.order_by("added_at", "pk").first()
    return _unasked(slot_id, patient, wish, via="staff", override=override, now=now)


def finish(offer_id: int, *, details: str, via: str, now: datetime) -> Claim:
    """What the service asked is answered: BOOKED while it is kept for them, and later if it is still free."""

    def act(held: Appointment | None = None) -> Claim:
        return _finish(offer_id, details=details, via=via, held=held, now=now)

    return _attempt(act) or _swap(_wish_of(offer_id), act) or _look(offer_id, now=now)


def let_go(offer_id: int, *, now: datetime) -> Claim:
    """They hold it no more, and may still say yes as anybody asked."""
    _attempt(lambda: _let_go(offer_id, now=now))
    return _look(offer_id, now=now)


def decline(offer_id: int, *, reason: str, via: str, now: datetime) -> Claim:
    """No. The next wave need not wait for this one any more."""
    return _attempt(lambda: _decline(offer_id, reason=reason, via=via, now=now)) or _look(offer_id, now=now)


def _unasked(
    slot_id: int,
    patient: Patient,
    entry: WaitlistEntry | None,
    *,
    via: str,
    override: str | None = None,
    now: datetime,
) -> Claim:
    def act(held: Appointment | None = None) -> Claim:
        return _claim_unasked(slot_id, patient, entry, via=via, override=override, held=held, now=now)

    before = Offer.objects.filter(slot=slot_id, patient=patient).first()
    wish_id = before.entry_id if before else entry.pk if entry else None
    return _attempt(act) or _swap(wish_id, act) or Claim.TAKEN


def _swap(entry_id: int | None, act: Callable[[Appointment | None], Claim]) -> Claim | None:
    """The same for a wish that holds a later visit, which the write alone refuses: both change in one transaction."""
    visit = swaps.held_with(entry_id)
    while visit is not None:
        try:
            return _attempt(partial(act, visit if visit.status != AppointmentStatus.CANCELLED else None))
        except swaps.Changed:  # cancelled or moved since it was read
            visit = swaps.held_with(entry_id)
    return None


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


def _claim(offer_id: int, *, via: str, held: Appointment | None, now: datetime) -> Claim:
    if held is not None:
        swaps.lock(held, Offer.objects.values_list("slot_id", flat=True).get(pk=offer_id))
    slot = lock_slot_of(offer_id)
    if slot.state not in LIVE_SLOT_STATES:
        return _look(offer_id, now=now)
    patient_id = Offer.objects.values_list("patient_id", flat=True).get(pk=offer_id) if slot.held_by_id else 0
    found = of_slot(slot, patient_id, now)
    if found not in FREE:
        return found
    if holds.asks(slot, via):
        return found if found == Claim.HELD else holds.take(slot, offer_id, via=via, now=now)
    _book(slot, offer_id, via=via, held=held, now=now)
    return Claim.BOOKED


def _hold_unasked(slot: Slot, offer: Offer, *, via: str, now: datetime) -> Claim:
    """Kept for somebody nobody had asked: their offer ends with it, so that no wave waits for them."""
    found = holds.take(slot, offer.pk, via=via, now=now)
    if found == Claim.CONFLICT:
        transaction.set_rollback(True)  # the offer was made for nothing
    if found == Claim.HELD and offer.wave == 0:
        Offer.objects.filter(pk=offer.pk).update(expires_at=slot.held_until)
    return found


def _finish(offer_id: int, *, details: str, via: str, held: Appointment | None, now: datetime) -> Claim:
    if held is not None:
        swaps.lock(held, Offer.objects.values_list("slot_id", flat=True).get(pk=offer_id))
    slot = lock_slot_of(offer_id)
    if slot.state not in LIVE_SLOT_STATES:
        return _look(offer_id, now=now)
    offer = Offer.objects.select_related("patient").get(pk=offer_id)
    found = of_slot(slot, offer.patient_id, now)
    if found not in FREE:
        return found
    visit_id = _book(slot, offer_id, via=via, held=held, now=now)
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
    override: str | None,
    held: Appointment | None,
    now: datetime,
) -> Claim:
    """A yes to a slot that nobody texted them about: it is offered and accepted in one transaction."""
    if held is not None:
        swaps.lock(held, slot_id)
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
    visit_id = _book(slot, offer.pk, via=via, held=held, now=now)
    if offer.wave == 0:  # no text of ours to copy the facts from
        outbox.confirm(offer, Appointment.objects.get(pk=visit_id), now=now)
    return Claim.BOOKED


def _book(slot: Slot, offer_id: int, *, via: str, held: Appointment | None, now: datetime) -> int:
    """The one write. It books no wish that holds a later visit, so `held` is given up before it."""
    if held is not None and not swaps.give_up(held, slot, offer_id, now=now):
        raise Lost
    visit_id = write(slot, offer_id, via=via, now=now)
    if held is not None:
        swaps.open_old_time(held, now=now)
    return visit_id


def _wish_of(offer_id: int) -> int | None:
    return Offer.objects.values_list("entry_id", flat=True).get(pk=offer_id)


def _holds_no_later(slot_id: int) -> Q:
    """Wishes whose visit is not after this slot: there is nothing to swap."""
    starts_at = Slot.objects.filter(pk=slot_id).values("starts_at")
    held = Appointment.objects.exclude(status=AppointmentStatus.CANCELLED)
    return Q(later_visit__in=held.filter(starts_at__lte=starts_at))


def _look(offer_id: int, *, now: datetime) -> Claim:
    return outcome(
        Offer.objects.select_related(
            "entry__later_visit", "slot__clinic", "slot__service", "slot__policy", "slot__filled_by"
        ).get(pk=offer_id),
        now=now,
    )
