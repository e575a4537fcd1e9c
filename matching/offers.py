"""Rows of offers: made, lapsed, taken back. Whoever calls holds the lock on their slot."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet

from audit import trail
from matching.models import Offer
from matching.prepared import columns, fetch, row_as
from matching.states import LEFT_OUT, OFFER_MOVES, DeclineReason, OfferState
from waitlist.models import Patient, Slot, WaitlistEntry

ONE = f"SELECT {columns(Offer, of='offer')} FROM matching_offer offer WHERE id = %(offer_id)s"


def get(offer_id: int) -> Offer:
    """As it is now. Fifty who were too late ask at once, so it is a prepared statement. Raises Offer.DoesNotExist."""
    for row in fetch(ONE, {"offer_id": offer_id}):
        return row_as(Offer, row, of="offer")
    raise Offer.DoesNotExist


def make_unasked(slot: Slot, patient: Patient, entry: WaitlistEntry | None, *, via: str, now: datetime) -> Offer:
    """An offer for somebody who gets the slot without having been asked: wave 0, open until the start."""
    made = Offer.objects.create(
        slot=slot, patient=patient, entry=entry, wave=0, offered_at=now, expires_at=slot.starts_at
    )
    verb = "offer.made_by_hand" if via == "staff" else "offer.chosen"
    trail.record(verb, made, now=now, clinic_id=slot.clinic_id, changes={"wave": 0})
    return made


def leave_out(slot: Slot, wishes: Iterable[WaitlistEntry], *, now: datetime) -> None:
    """Keep the waves of this slot from asking these patients, of whom it has no offer yet."""
    facts = {"slot": slot, "offered_at": now, "expires_at": now, **LEFT_OUT}
    rows = [Offer(patient_id=wish.patient_id, entry=wish, **facts) for wish in wishes]
    trail.record("offer.left_out", Offer.objects.bulk_create(rows), now=now, clinic_id=slot.clinic_id)


def take_in(slot: Slot, left_out: Sequence[Offer], *, now: datetime) -> None:
    """The waves may ask them again: what kept them out is gone, and the trail remembers it."""
    trail.record("offer.taken_in", left_out, now=now, clinic_id=slot.clinic_id)
    Offer.objects.filter(pk__in=[row.pk for row in left_out], **LEFT_OUT).delete()


def pending(slot: Slot) -> QuerySet[Offer]:
    return Offer.objects.filter(slot=slot, state=OfferState.PENDING)


def lapse(slot: Slot, offers: QuerySet[Offer], *, now: datetime, heard: bool = True) -> list[Offer]:
    """Let these pending offers of the slot expire. `heard`: they were told, so that silence is their answer."""
    lapsed = _move(slot, offers, OfferState.EXPIRED, "offer.expired", now=now)
    if heard:
        _count_answers([offer.entry_id for offer in lapsed if offer.entry_id])
    return lapsed


def retract(slot: Slot, offers: QuerySet[Offer], *, now: datetime) -> list[Offer]:
    """Take these pending offers back. An unlucky offer changes nothing about the wish."""
    return _move(slot, offers, OfferState.RETRACTED, "offer.retracted", now=now)


def decline(slot: Slot, offer: Offer, *, reason: str, via: str, now: datetime) -> bool:
    """Record a no; False if it was no longer theirs to say."""
    known = reason if reason in DeclineReason.values else ""
    moved = Offer.objects.filter(pk=offer.pk, state__in=OFFER_MOVES[OfferState.DECLINED]).update(
        state=OfferState.DECLINED, answered_at=now, answered_by=via, decline_reason=known
    )
    if moved:
        if offer.entry_id and offer.state != OfferState.EXPIRED:  # their silence was counted then
            _count_answers([offer.entry_id])
        trail.record("offer.declined", offer, now=now, clinic_id=slot.clinic_id, changes={"reason": known, "via": via})
    return bool(moved)


def give_back(slot: Slot, offer: Offer, *, now: datetime) -> bool:
    """The winner's offer is theirs no longer; False if it was not accepted."""
    moved = Offer.objects.filter(pk=offer.pk, state__in=OFFER_MOVES[OfferState.RETURNED]).update(
        state=OfferState.RETURNED
    )
    if moved:
        trail.record("offer.returned", offer, now=now, clinic_id=slot.clinic_id)
    return bool(moved)


def take_again(slot: Slot, offer: Offer, *, now: datetime) -> bool:
    """The visit its yes had won is on again: it is theirs once more; False if it was not given back."""
    mine = Offer.objects.filter(pk=offer.pk, state=OfferState.RETURNED)
    return bool(_move(slot, mine, OfferState.ACCEPTED, "offer.on_again", now=now))


def seen(offer: Offer, *, now: datetime) -> bool:
    """Note the first time their page was on a screen; False if it was before. Needs no lock: one row, one write."""
    with transaction.atomic():
        moved = Offer.objects.filter(pk=offer.pk, seen_at=None).update(seen_at=now)
        if moved:
            trail.record("offer.seen", offer, now=now, clinic_id=offer.slot.clinic_id)
    return bool(moved)


def uncount(unheard: QuerySet[Offer]) -> None:
    """As if these had never been made: nobody heard of them, so they are no reason to ask others first."""
    wishes = WaitlistEntry.objects.filter(pk__in=list(unheard.values_list("entry_id", flat=True)))
    list(wishes.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    wishes.filter(offers_received__gt=0).update(offers_received=F("offers_received") - 1)


def _count_answers(entry_ids: list[int]) -> None:
    """One answer more for each wish, locked in id order so that two slots' lapses cannot wait crosswise."""
    wishes = WaitlistEntry.objects.filter(pk__in=entry_ids)
    list(wishes.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    wishes.update(offers_answered=F("offers_answered") + 1)


def _move(slot: Slot, offers: QuerySet[Offer], to: OfferState, verb: str, *, now: datetime) -> list[Offer]:
    """Under the slot's lock nobody else moves its offers, so what is read here is what is updated."""
    rows = list(offers.filter(slot=slot, state__in=OFFER_MOVES[to]).order_by("pk"))
    if rows:
        Offer.objects.filter(pk__in=[row.pk for row in rows]).update(state=to)
        trail.record(verb, rows, now=now, clinic_id=slot.clinic_id)
    return rows
