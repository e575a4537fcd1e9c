"""The cards of many slots, read in a fixed number of queries."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from matching import likeness
from matching.answering import swaps
from matching.models import Offer, SentWave
from matching.views.card import Card
from matching.views.looks import Asked
from notifications.models import Message, Outage
from notifications.states import Kind
from waitlist import cancellers, masses
from waitlist.models import Slot, Writeback
from waitlist.states import SlotState


def cards(slots: QuerySet[Slot], *, now: datetime) -> list[Card]:
    """The slots as cards, in a fixed number of queries however many there are."""
    told = Prefetch("messages", Message.objects.filter(kind=Kind.OFFER).order_by("pk"), to_attr="told")
    lately = cancellers.count_of(OuterRef("patient"), now=now)
    rows = Offer.objects.select_related("patient").annotate(cancelled_lately=lately)
    offers = rows.prefetch_related(told).order_by("wave", "-score", "pk")
    booked = Writeback.objects.filter(kind=Writeback.Kind.BOOKED)
    was_swapped = Exists(swaps.gave_up(OuterRef("freed_by")))
    out = ArraySubquery(Outage.objects.filter(ended_at=None).values("channel"))
    whole = slots.annotate(waits_for_word=masses.pausing(), was_swapped=was_swapped, out=out).select_related(
        *("clinic", "location__clinic", "practitioner", "service", "policy"),
        *("freed_by__patient", "filled_by__patient", "filled_by__service", "held_by"),
    ).prefetch_related(
        Prefetch("offers", offers, to_attr="asked"),
        Prefetch("waves", SentWave.objects.order_by("number"), to_attr="sent_waves"),
        Prefetch("filled_by__writebacks", booked),
    )
    return [_card(slot, now=now) for slot in whole]


def with_past(every: Iterable[Card], by_slot: Mapping[int, int] | None = None, *, now: datetime) -> list[Card]:
    """The cards of one clinic; those of live slots know how often openings like theirs were filled, and how many are to
    be called (`by_slot`)."""
    every, calls = list(every), by_slot or {}
    live = [card.slot for card in every if card.slot.is_live]
    past = likeness.of(live[0].clinic, live, now=now) if live else {}
    return [replace(card, past=past.get(card.slot.pk), to_call=calls.get(card.slot.pk, 0)) for card in every]


def _card(slot: Slot, *, now: datetime) -> Card:
    asked: list[Offer] = slot.asked  # type: ignore[attr-defined]
    every = [Asked(0, offer, offer.told, _held_until(slot, offer, now)) for offer in asked]  # type: ignore[attr-defined]
    numbered = [replace(one, number=n) for n, one in enumerate((one for one in every if not one.is_unasked), 1)]
    people = [*numbered, *(one for one in every if one.is_unasked)]
    return Card(slot, now, people, slot.sent_waves)  # type: ignore[attr-defined]


def _held_until(slot: Slot, offer: Offer, now: datetime) -> datetime | None:
    """Until when it is kept for this one of those asked."""
    is_theirs = slot.state == SlotState.HELD and slot.held_by_id == offer.patient_id
    return slot.held_until if is_theirs and slot.held_until and slot.held_until > now else None
