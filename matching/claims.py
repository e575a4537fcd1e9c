"""Giving the slot, exactly once: lock the slot, then one set-based write (claim.sql), and constraints as judge.

The order is the design. Locking an offer before its slot deadlocks under load; one statement without the lock
first would book an offer that expired while it waited (docs/adr/0004).
"""

from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import TextChoices
from psycopg.errors import LockNotAvailable

from audit import trail
from matching import offers, ranking, tokens
from matching.models import Offer
from matching.ranking import Candidate
from matching.states import OfferState
from notifications import outbox
from waitlist import calendar
from waitlist.live import hint
from waitlist.models import Appointment, Slot, WaitlistEntry, Writeback
from waitlist.nudge import nudge
from waitlist.states import (
    LIVE_SLOT_STATES,
    AppointmentStatus,
    ClosedBecause,
    SlotState,
)

CLAIM = (Path(__file__).parent / "claim.sql").read_text()
CLAIMABLE = (OfferState.PENDING, OfferState.EXPIRED, OfferState.RETRACTED)


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


class _Lost(Exception):
    """The write found the slot or the offer no longer free: everything of it is rolled back."""


def find(token: str) -> Offer | None:
    """The offer a link opens, with all its page shows; None for a link we did not make."""
    public_id = tokens.read(token)
    if public_id is None:
        return None
    rows = Offer.objects.select_related(
        "patient", "entry", "slot__clinic", "slot__location__clinic", "slot__practitioner", "slot__service",
        "slot__filled_by", "slot__policy",
    )  # fmt: skip
    return rows.filter(public_id=public_id).first()


def outcome(offer: Offer, *, now: datetime) -> Claim:
    """What this offer is now, for a page that only looks."""
    slot = offer.slot
    if offer.state == OfferState.ACCEPTED:
        booked = slot.filled_by is not None and slot.filled_by.status != AppointmentStatus.CANCELLED
        return Claim.YOURS if booked else Claim.WITHDRAWN
    if offer.state == OfferState.RETURNED:
        gave_way = slot.state == SlotState.WITHDRAWN and slot.closed_because == ClosedBecause.REBOOKED
        return Claim.CONFLICT if gave_way else Claim.DECLINED
    if offer.state == OfferState.DECLINED:
        return Claim.DECLINED
    return _of_slot(slot, offer.patient_id, now)


def _of_slot(slot: Slot, patient_id: int, now: datetime) -> Claim:
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


def claim(offer_id: int, *, via: str, now: datetime) -> Claim:
    """Yes. BOOKED once; YOURS if it is theirs already; else the reason why it cannot be."""
    try:
        with transaction.atomic(durable=True):
            return _claim(offer_id, via=via, now=now)
    except _Lost:
        return _look(offer_id, now=now)
    except IntegrityError:  # the practitioner or the patient is booked then, by a constraint
        return Claim.CONFLICT
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
        return Claim.BUSY  # the queue for the slot was longer than the lock timeout


def _claim(offer_id: int, *, via: str, now: datetime) -> Claim:
    slot = lock_slot_of(offer_id)
    if slot.state not in LIVE_SLOT_STATES:
        return _look(offer_id, now=now)
    patient_id = Offer.objects.values_list("patient_id", flat=True).get(pk=offer_id) if slot.held_by_id else 0
    found = _of_slot(slot, patient_id, now)
    if found not in (Claim.OPEN, Claim.HELD):
        return found
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, _claim_facts(slot.pk, offer_id, via, now))
        if cursor.fetchone() is None:
            raise _Lost
    hint(slot.clinic_id, "board")
    nudge("notifications.tasks.deliver_slot", slot.pk)
    nudge("matching.tasks.tidy", offer_id)
    return Claim.BOOKED


def claim_alternative(offer_id: int, slot_public_id: UUID, *, via: str, now: datetime) -> tuple[Claim, Offer | None]:
    """Yes to another live slot this patient could have: an offer of it, accepted in the same transaction."""
    asked = Offer.objects.select_related("entry").get(pk=offer_id)
    chosen = (
        Slot.objects.filter(public_id=slot_public_id, clinic_id=asked.entry.clinic_id).first() if asked.entry else None
    )
    if chosen is None or asked.entry is None:
        return Claim.WITHDRAWN, None
    try:
        with transaction.atomic(durable=True):
            return _claim_other(asked.entry, chosen.pk, via=via, now=now)
    except (_Lost, IntegrityError):
        return Claim.TAKEN, None


def _claim_other(entry: WaitlistEntry, slot_id: int, *, via: str, now: datetime) -> tuple[Claim, Offer | None]:
    slot = calendar.lock_slot(slot_id)
    if slot is None or (found := _of_slot(slot, entry.patient_id, now)) not in (Claim.OPEN, Claim.HELD):
        return (found if slot is not None else Claim.WITHDRAWN), None
    offer = Offer.objects.filter(slot=slot, patient_id=entry.patient_id).first()
    if offer is None:
        if slot not in ranking.slots_for(entry, now=now, limit=100):
            return Claim.WITHDRAWN, None
        candidate = Candidate(entry.pk, entry.patient_id, 0, {})
        (offer,) = offers.make(slot, [(candidate, ranking.answers_end_at(slot))], wave=0, now=now)
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, _claim_facts(slot.pk, offer.pk, via, now))
        row = cursor.fetchone()
    if row is None:
        raise _Lost
    if offer.wave == 0:  # no text of ours to copy the facts from
        outbox.confirm(offer, Appointment.objects.get(pk=row[0]), now=now)
    hint(slot.clinic_id, "board")
    nudge("notifications.tasks.deliver_slot", slot.pk)
    nudge("matching.tasks.tidy", offer.pk)
    return Claim.BOOKED, offer


def decline(offer_id: int, *, reason: str, via: str, now: datetime) -> Claim:
    """No. The next wave need not wait for this one any more."""
    with transaction.atomic(durable=True):
        slot = lock_slot_of(offer_id)
        offer = Offer.objects.get(pk=offer_id)
        if offers.decline(slot, offer, reason=reason, via=via, now=now):
            hint(slot.clinic_id, "board")
            nudge("matching.tasks.advance", slot.pk)
            return Claim.DECLINED
    return _look(offer_id, now=now)


def lock_slot_of(offer_id: int) -> Slot:
    """Lock the slot an offer is of. What is read of the offer must be read after this."""
    return (
        Slot.objects.select_for_update(no_key=True, of=("self",))
        .select_related("clinic", "service")
        .get(offers=offer_id)
    )


def _look(offer_id: int, *, now: datetime) -> Claim:
    return outcome(
        Offer.objects.select_related("slot__clinic", "slot__service", "slot__filled_by").get(pk=offer_id),
        now=now,
    )


def _claim_facts(slot_id: int, offer_id: int, via: str, now: datetime) -> dict[str, Any]:
    actor = trail.current()
    return {
        "slot_id": slot_id,
        "offer_id": offer_id,
        "via": via,
        "now": now,
        "actor_id": actor.user_id,
        "actor_email": actor.user_email or None,
        "actor_kind": actor.kind,
        "actor_ref": actor.ref,
        "remote_addr": actor.remote_addr,
        "cid": actor.correlation_id,
        "slot_type": trail.content_type_id(Slot),
        "appointment_type": trail.content_type_id(Appointment),
        "offer_type": trail.content_type_id(Offer),
        "entry_type": trail.content_type_id(WaitlistEntry),
        "writeback_type": trail.content_type_id(Writeback),
    }
