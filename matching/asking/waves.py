"""One wave of a slot: the next few are found before the slot is locked, then asked under its lock."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from matching import offers
from matching.asking import reach, sending
from matching.asking.reach import Picked, Reached
from matching.asking.sending import Batch
from matching.choosing import ranking
from matching.choosing.foresight import Foresight
from matching.models import SentWave
from matching.policy import ends, plans
from matching.policy.plans import Plan
from matching.policy.policies import Wave
from matching.states import Order
from waitlist import surges
from waitlist.models import Slot

LOOK_AGAIN = timedelta(minutes=15)  # nobody left to ask: somebody may join, come back from a pause or lose a cap
SPARE = 3  # ranked per place, as some will turn out not to be reachable now
EVERYBODY = 100_000
WIDER = 8  # times as many, where that was not enough


@dataclass(frozen=True)
class Next:
    """The wave that comes next: whom it asks, and what the slot does from then on. `sent` is not stored yet."""

    sent: SentWave
    reached: Reached
    exclusive_until: datetime | None
    next_wave_at: datetime

    @property
    def picked(self) -> list[Picked]:
        return self.reached.picked


def find(slot: Slot, plan: Plan, *, foreseen: Foresight | None = None, now: datetime) -> Batch:
    """The first wave that finds somebody, ready to be sent; or one that asks nobody, and why. Locks nothing."""
    found = come_next(slot, plan, foreseen=foreseen, now=now)
    changes: dict[str, Any] = {"wave": found.sent.number, "asked": found.sent.asked}
    if found.exclusive_until is not None and found.exclusive_until != slot.exclusive_until:
        changes["exclusive_until"] = found.exclusive_until.isoformat()
    return Batch(
        slot,
        found.sent.number,
        found.sent.step,
        found.reached,
        excluded=sending.excluded(slot, found.picked, found.reached.refused.values(), now=now),
        next_wave_at=found.next_wave_at,
        exclusive_until=found.exclusive_until,
        verb="slot.wave",
        changes=changes,
    )


def come_next(
    slot: Slot, plan: Plan, *, asked: Sequence[Picked] = (), foreseen: Foresight | None = None, now: datetime
) -> Next:
    """The first of the waves to come that finds somebody; or the last, which asks nobody. Locks and writes nothing.

    `asked`: of waves that are only foretold, taken as asked and not to have answered.
    """
    is_surge = surges.is_surge(slot.location, slot.starts_at)
    step, reached = len(plan.waves), reach.NOBODY
    for trying in plan.steps:
        reached = _pick_others(slot, plan.waves[trying - 1], asked, foreseen, is_surge=is_surge, now=now)
        if reached.picked:
            step = trying
            break
    picked = reached.picked
    number = slot.wave + (max(1, step - plan.done) if picked else 1)
    told_at = reach.told_at(picked, now=now)
    exclusive_until = slot.exclusive_until
    if picked and plan.policy.exclusive_minutes and not plan.done:
        until = told_at + timedelta(minutes=plan.policy.exclusive_minutes)
        exclusive_until = min(until, ranking.answers_end_at(slot))
    sent = SentWave(slot=slot, number=number, step=step, sent_at=now, told_at=told_at, asked=len(picked))
    plan = replace(plan, sent=(*plan.sent, sent))
    if picked or plan.is_over:
        next_wave_at = next_look(slot, plan, [*asked, *picked], exclusive_until, now=now)
    else:
        next_wave_at = min(ranking.answers_end_at(slot), now + LOOK_AGAIN)
    return Next(sent, reached, exclusive_until, next_wave_at)


def _pick_others(
    slot: Slot, wave: Wave, asked: Sequence[Picked], foreseen: Foresight | None, *, is_surge: bool, now: datetime
) -> Reached:
    """The first people of this wave but for these, who are still among the first for all that ranking knows."""
    size = plans.size(wave, is_surge=is_surge)
    before = {one.candidate.patient_id for one in asked}
    reached = pick(slot, wave, size and size + len(before), foreseen, is_surge=is_surge, now=now)
    others = [one for one in reached.picked if one.candidate.patient_id not in before]
    return replace(reached, picked=others[:size])


def pick(
    slot: Slot, wave: Wave, size: int | None, foreseen: Foresight | None = None, *, is_surge: bool, now: datetime
) -> Reached:
    """The first `size` people of this wave, or all, who can be told in time. Where too many of the first cannot, more
    are looked at."""
    size = size or EVERYBODY
    limit = size if size == EVERYBODY else size * SPARE
    wanted: dict[str, Any] = {"min_score": wave.min_score, "tiers": wave.tiers, "order": Order(wave.order)}
    while True:
        ranked = foreseen.still(slot, limit=limit, now=now) if foreseen is not None and foreseen.wave == wave else None
        if ranked is None:
            ranked = ranking.rank(slot, **wanted, limit=limit, now=now)
        reached = reach.reachable(slot, ranked, wave, size=size, is_surge=is_surge, now=now)
        if len(reached.picked) == size or len(ranked) < limit:
            return reached
        limit *= WIDER


def next_look(
    slot: Slot, plan: Plan, picked: Sequence[Picked], exclusive_until: datetime | None, *, now: datetime
) -> datetime:
    """When to act next: at the next wave's minute or when everybody's time is over, whichever is sooner; `picked` are
    about to be asked.

    Never while the time is kept for those asked. When the plan is over, only to end the slot: who joins late counts
    for a wave that repeats.
    """
    end = ranking.answers_end_at(slot)
    if plan.is_over:
        return end
    waiting = offers.pending(slot).values_list("expires_at", flat=True)
    latest = max([*waiting, *(one.expires_at for one in picked)], default=None)
    moments = [max(now, moment) for moment in (latest, plan.next_minute) if moment is not None]
    look = max(min(moments), exclusive_until or now)
    return look if look < ends.offers_end_at(slot) else end
