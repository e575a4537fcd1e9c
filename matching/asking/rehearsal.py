"""The cascade of a slot before it begins: whom each wave would ask, when, and what they would read. Changes nothing."""

from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import prefetch_related_objects

from matching.asking import waves
from matching.asking.reach import Picked
from matching.models import Offer
from matching.policy import ends, plans
from notifications import outbox, rendering, rules
from notifications.models import ContactPoint, Message
from notifications.states import Channel
from waitlist.models import Slot

MOST_WAVES = 8  # of a wave that repeats, no more than these


@dataclass(frozen=True)
class Foretold:
    """One wave that would be sent at this moment if nobody answered before."""

    number: int
    at: datetime
    people: list[Picked]


def foretell(slot: Slot, *, now: datetime) -> list[Foretold]:
    """The waves to come if the asking began now, one after the other as `waves.come_next` has them.

    Nobody answers, joins, is asked for another time or reaches a cap meanwhile; nobody can know who will.
    """
    plan, at, slot = plans.of(slot), now, copy(slot)
    found: list[Foretold] = []
    asked: list[Picked] = []
    while plan.waves and not plan.is_over and len(found) < MOST_WAVES and at < ends.offers_end_at(slot):
        wave = waves.come_next(slot, plan, asked=asked, now=at)
        if not wave.picked:
            break
        found.append(Foretold(wave.sent.number, at, wave.picked))
        asked += wave.picked
        plan = replace(plan, sent=(*plan.sent, wave.sent))
        slot.wave, slot.exclusive_until, at = wave.sent.number, wave.exclusive_until, wave.next_wave_at
    return found


def messages(slot: Slot, wave: Foretold) -> list[Message]:
    """What this wave would say to whom, with {link} for the link, each with its segments and cost; none is stored."""
    offers = [
        Offer(
            slot=slot,
            patient_id=one.candidate.patient_id,
            entry_id=one.candidate.entry_id,
            wave=wave.number,
            score=one.candidate.score,
            parts=one.candidate.parts,
            offered_at=wave.at,
            expires_at=one.expires_at,
            window_minutes=one.window // timedelta(minutes=1),
        )
        for one in wave.people
    ]
    pairs = [(offer, one.routes) for offer, one in zip(offers, wave.people, strict=True)]
    prefetch_related_objects([slot.clinic], "wordings")
    made = outbox.offer_messages(slot, pairs, now=wave.at)
    points = ContactPoint.objects.in_bulk([one.contact_point_id for one in made if one.contact_point_id])
    for message in made:
        message.clinic = slot.clinic
        message.contact_point = points.get(message.contact_point_id or 0)
        message.text = rendering.render(message)
        if message.channel == Channel.SMS:
            message.segments = rendering.segments(message.text)
        message.cost_mills = rules.cost_mills(slot.clinic, message.channel, message.segments)
    return made
