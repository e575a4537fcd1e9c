"""One wave of a slot: pick the next few, offer it to them, write down whom it asked and why not the others.

Whoever calls holds the slot's lock.
"""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from audit import trail
from matching import offers, plans, ranking, reach
from matching.foresight import Foresight
from matching.models import SentWave
from matching.plans import Plan
from matching.policies import Wave
from matching.reach import Picked
from matching.states import Order
from waitlist import surges
from waitlist.models import Slot
from waitlist.states import SlotState

LOOK_AGAIN = timedelta(minutes=15)  # nobody left to ask: somebody may join, come back from a pause or lose a cap
SPARE = 3  # ranked per place, as some will turn out not to be reachable now
EVERYBODY = 100_000
WIDER = 8  # times as many, where that was not enough


def send(slot: Slot, plan: Plan, *, foreseen: Foresight | None = None, now: datetime) -> int:
    """Send the first wave that finds somebody; write down whom it asked and why not the others."""
    is_surge = surges.is_surge(slot.location, slot.starts_at)
    step, picked, refused = len(plan.waves), list[Picked](), Counter[str]()
    for trying in plan.steps:
        picked, refused = _pick(slot, plan.waves[trying - 1], foreseen, is_surge=is_surge, now=now)
        if picked:
            step = trying
            break
    number = slot.wave + (max(1, step - plan.done) if picked else 1)
    if picked:
        reach.make_offers(slot, picked, number, now=now)
    sent = write_down(slot, number, step, picked, refused, now=now)
    changes: dict[str, Any] = {"wave": number, "asked": len(picked)}
    if picked:
        slot.state, slot.wave = SlotState.OFFERING, number
        if plan.policy.exclusive_minutes and not plan.done:
            ends = reach.told_at(picked, now=now) + timedelta(minutes=plan.policy.exclusive_minutes)
            slot.exclusive_until = min(ends, ranking.answers_end_at(slot))
            changes["exclusive_until"] = slot.exclusive_until.isoformat()
    slot.next_wave_at = _next_look(slot, replace(plan, sent=(*plan.sent, sent)), bool(picked), now=now)
    columns = ("state", "wave", "exclusive_until", "next_wave_at")
    Slot.objects.filter(pk=slot.pk).update(**{name: getattr(slot, name) for name in columns})
    trail.record("slot.wave", slot, now=now, clinic_id=slot.clinic_id, changes=changes)
    return len(picked)


def write_down(
    slot: Slot, number: int, step: int, picked: list[Picked], refused: Counter[str], *, now: datetime
) -> SentWave:
    """The row of this wave: how many were asked, when the first is told, and why not the others."""
    excluded = ranking.excluded(slot, now=now) | refused
    told_at = reach.told_at(picked, now=now)
    fields = {"step": step, "sent_at": now, "told_at": told_at, "asked": len(picked), "excluded": excluded}
    return SentWave.objects.update_or_create(slot=slot, number=number, defaults=fields)[0]


def _pick(
    slot: Slot, wave: Wave, foreseen: Foresight | None, *, is_surge: bool, now: datetime
) -> tuple[list[Picked], Counter[str]]:
    """The first people of this wave who can be told in time, and how many could not, by rule.

    Where too many of the first cannot be told, more are looked at; their locks are let go first, so that
    numbers are always locked in one go and in order.
    """
    size = plans.size(wave, is_surge=is_surge) or EVERYBODY
    limit = size if size == EVERYBODY else size * SPARE
    wanted: dict[str, Any] = {"min_score": wave.min_score, "tiers": wave.tiers, "order": Order(wave.order)}
    while True:
        before = transaction.savepoint()
        ranked = foreseen.still(slot, limit=limit, now=now) if foreseen is not None and foreseen.wave == wave else None
        if ranked is None:
            ranked = ranking.rank(slot, **wanted, limit=limit, now=now)
        picked, refused = reach.reachable(slot, ranked, wave, size=size, is_surge=is_surge, now=now)
        if len(picked) == size or len(ranked) < limit:
            transaction.savepoint_commit(before)
            return picked, Counter(refused.values())
        transaction.savepoint_rollback(before)
        limit *= WIDER


def _next_look(slot: Slot, plan: Plan, asked: bool, *, now: datetime) -> datetime:
    """When to act next: at the next wave's minute or when everybody's time is over, whichever is sooner.

    Never while the time is kept for those asked. When the plan is over, only to end the slot: who joins late counts
    for a wave that repeats.
    """
    end = ranking.answers_end_at(slot)
    if plan.is_over:
        return end
    if not asked:
        return min(end, now + LOOK_AGAIN)
    latest = offers.pending(slot).order_by("-expires_at").values_list("expires_at", flat=True).first()
    moments = [max(now, moment) for moment in (latest, plan.next_minute) if moment is not None]
    return min(end, max(min(moments), slot.exclusive_until or now))
