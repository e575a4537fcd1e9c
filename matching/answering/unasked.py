"""A yes to a time nobody asked them about: an alternative on their page, or a time staff give them."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from matching import offers
from matching.answering import holds, softlock, swaps
from matching.answering.attempts import FREE, attempt, book, swap
from matching.answering.outcomes import Claim, of_slot
from matching.choosing import ranking
from matching.models import Offer
from matching.states import MAY_ANSWER
from notifications import outbox
from waitlist import masses, slots
from waitlist.models import Appointment, Patient, Slot, WaitlistEntry
from waitlist.states import WAITING_STATUSES, AppointmentStatus

MADE = (Claim.BOOKED, Claim.HELD, Claim.OPEN)


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
    return _unasked(slot_id, patient, wish_for(slot_id, patient), via="staff", override=override, now=now)


def wish_for(slot_id: int, patient: Patient) -> WaitlistEntry | None:
    """The wish of theirs that this slot would fulfil: of several the oldest."""
    service = Slot.objects.values_list("service_id", flat=True).get(pk=slot_id)
    waiting = WaitlistEntry.objects.filter(patient=patient, status__in=WAITING_STATUSES)
    own = waiting.filter(services__contains=[service]).exclude(_holds_no_later(slot_id))
    return own.order_by("added_at", "pk").first()


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
    return attempt(act) or swap(wish_id, act) or Claim.TAKEN


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
    if via != "staff" and offer is not None and offer.is_left_out:
        return Claim.WITHDRAWN
    if not softlock.allows(slot, patient.pk, override, now=now):
        return Claim.ASKED
    if offer is None:
        is_offered = slot.waves.exists() and not masses.is_asked_about(slot)
        theirs = entry is not None and is_offered and ranking.could_have(entry, slot, now=now)
        if via != "staff" and not theirs:
            return Claim.WITHDRAWN
        offer = offers.make_unasked(slot, patient, entry, via=via, now=now)
    slot.by_link = offer.link_sent_at is not None
    if holds.asks(slot, via):
        return found if found == Claim.HELD else _hold_unasked(slot, offer, via=via, now=now)
    visit_id = book(slot, offer.pk, via=via, held=held, now=now)
    if offer.wave == 0:  # no text of ours to copy the facts from
        outbox.confirm(offer, Appointment.objects.get(pk=visit_id), now=now)
    return Claim.BOOKED


def _hold_unasked(slot: Slot, offer: Offer, *, via: str, now: datetime) -> Claim:
    """Kept for somebody nobody had asked: their offer ends with it, so that no wave waits for them."""
    found = holds.take(slot, offer.pk, via=via, now=now)
    if found == Claim.CONFLICT:
        transaction.set_rollback(True)  # the offer was made for nothing
    if found == Claim.HELD and offer.wave == 0:
        Offer.objects.filter(pk=offer.pk).update(expires_at=slot.held_until)
    return found


def _holds_no_later(slot_id: int) -> Q:
    """Wishes whose visit is not after this slot: there is nothing to swap."""
    starts_at = Slot.objects.filter(pk=slot_id).values("starts_at")
    held = Appointment.objects.exclude(status=AppointmentStatus.CANCELLED)
    return Q(later_visit__in=held.filter(starts_at__lte=starts_at))
