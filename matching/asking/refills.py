"""A place that could not be told of the time goes to the next of the same wave's people, at once.

Whoever notes or settles a place holds the slot's lock; who takes it is found without one, like any wave.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q

from audit import trail
from matching.asking import reach, sending, waves
from matching.asking.sending import Batch
from matching.models import Offer, SentWave
from matching.policy.plans import Plan
from waitlist import surges
from waitlist.models import Slot


def note(slot: Slot, lost: Iterable[Offer], *, now: datetime) -> None:
    """Write down how many places of each wave were lost; people whom staff chose are nobody's place."""
    by_wave = Counter(offer.wave for offer in lost)
    counted = 0
    for number, places in sorted(by_wave.items()):
        rows = SentWave.objects.filter(slot=slot, number=number, step__gt=0)
        counted += places * rows.update(lost=F("lost") + places)
    if counted:
        trail.record("slot.places_lost", slot, now=now, clinic_id=slot.clinic_id, changes={"places": counted})


def waiting() -> Q:
    """Slots with a place to fill again; not while their waves await the end of an outage."""
    return Q(Exists(SentWave.objects.filter(slot=OuterRef("pk"), lost__gt=F("refilled"))), paused_for="")


def are_due(plan: Plan) -> bool:
    """Whether a place waits to be filled again."""
    return any(row.lost > row.refilled for row in plan.sent)


def places(plan: Plan) -> int:
    """How many places of the present wave are to be filled again; of an earlier one none are, as others were asked."""
    return sum(row.lost - row.refilled for row in plan.sent if row.step == plan.done > 0)


def find(slot: Slot, plan: Plan, *, now: datetime) -> Batch:
    """As many as were lost, by the wave's own rules and as part of it, ready to be asked. Locks nothing."""
    size, wave = places(plan), plan.waves[plan.done - 1]
    is_surge = surges.is_surge(slot.location, slot.starts_at)
    reached = waves.pick(slot, wave, size, is_surge=is_surge, now=now)
    picked, number = reached.picked, slot.wave + 1
    sent = SentWave(
        slot=slot, number=number, step=plan.done, sent_at=now, told_at=reach.told_at(picked, now=now), asked=len(picked)
    )
    after = replace(plan, sent=(*plan.sent, sent))
    next_wave_at = slot.next_wave_at
    if picked and next_wave_at is not None:
        next_wave_at = waves.next_look(slot, after, picked, slot.exclusive_until, now=now)
    return Batch(
        slot,
        number,
        plan.done,
        reached,
        excluded=sending.excluded(slot, picked, reached.refused.values(), now=now),
        next_wave_at=next_wave_at,
        exclusive_until=slot.exclusive_until,
        verb="slot.refilled",
        changes={"places": size, "asked": len(picked), "wave": number},
        settles={row.pk: row.lost for row in plan.sent if row.lost > row.refilled},
    )


def settle(slot: Slot, *, now: datetime) -> None:
    """Nobody is looked for in these places any more: others were asked, or nobody is left."""
    if SentWave.objects.filter(slot=slot, lost__gt=F("refilled")).update(refilled=F("lost")):
        trail.record("slot.refilled", slot, now=now, clinic_id=slot.clinic_id, changes={"asked": 0})
