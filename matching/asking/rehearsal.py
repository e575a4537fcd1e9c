"""The cascade of a slot before it begins: whom each wave would ask, when, and what they would read. Changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import prefetch_related_objects

from matching.asking import reach, waves
from matching.asking.reach import Picked
from matching.choosing import ranking
from matching.models import Offer, SentWave
from matching.policy import ends, plans
from notifications import outbox, rendering, rules
from notifications.models import ContactPoint, Message
from notifications.states import Channel
from waitlist import surges
from waitlist.models import Slot

MOST_WAVES = 8  # of a wave that repeats, no more than these


@dataclass(frozen=True)
class Foretold:
    """One wave that would be sent at this moment if nobody answered before."""

    number: int
    at: datetime
    people: list[Picked]


def foretell(slot: Slot, *, now: datetime) -> list[Foretold]:
    """The waves to come if the asking began now, in the words of the same choosing: `waves.pick` and `waves.next_look`.

    Nobody answers, joins, is asked for another time or reaches a cap meanwhile; nobody can know who will.
    """
    plan, at, number = plans.of(slot), now, slot.wave
    found: list[Foretold] = []
    is_surge = surges.is_surge(slot.location, slot.starts_at)
    exclusive_until = slot.exclusive_until
    asked: list[Picked] = []
    while plan.waves and not plan.is_over and len(found) < MOST_WAVES and at < ends.offers_end_at(slot):
        step, people = _first(slot, plan, asked, is_surge=is_surge, now=at)
        if not people:
            break
        told_at = reach.told_at(people, now=at)
        if plan.policy.exclusive_minutes and not plan.done:
            until = told_at + timedelta(minutes=plan.policy.exclusive_minutes)
            exclusive_until = min(until, ranking.answers_end_at(slot))
        number += max(1, step - plan.done)
        found.append(Foretold(number, at, people))
        asked += people
        sent = SentWave(slot=slot, number=number, step=step, sent_at=at, told_at=told_at, asked=len(people))
        plan = replace(plan, sent=(*plan.sent, sent))
        at = waves.next_look(slot, plan, asked, exclusive_until, now=at)
    return found


def _first(
    slot: Slot, plan: plans.Plan, asked: Sequence[Picked], *, is_surge: bool, now: datetime
) -> tuple[int, list[Picked]]:
    """The first of the waves to come that finds somebody not asked before, and whom: as `waves.find` tries them."""
    before = {one.candidate.patient_id for one in asked}
    for step in plan.steps:
        wave = plan.waves[step - 1]
        size = plans.size(wave, is_surge=is_surge)
        wanted = size + len(before) if size else None  # those asked are among the first still
        reached = waves.pick(slot, wave, wanted, is_surge=is_surge, now=now)
        people = [one for one in reached.picked if one.candidate.patient_id not in before][:size]
        if people:
            return step, people
    return 0, []


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
