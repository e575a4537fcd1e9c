"""Staff pick whom to ask: offers go to exactly these, as a wave of its own, whatever the policy."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from matching import lapses, offers
from matching.asking import reach, sending
from matching.asking.reach import Reached
from matching.asking.sending import Batch
from matching.choosing import ranking
from matching.policy import plans
from matching.policy.plans import Plan
from matching.policy.policies import LIKE_ANY_OTHER
from waitlist import slots, surges
from waitlist.models import Slot, WaitlistEntry
from waitlist.states import SlotState


@dataclass(frozen=True)
class Outcome:
    """Who was asked and, of the others, why not: a filter or a rule of contact. Not `is_free`: nobody was."""

    is_free: bool = True
    kept_for_those_asked: bool = False
    asked: list[WaitlistEntry] = field(default_factory=list)
    refused: list[tuple[WaitlistEntry, str]] = field(default_factory=list)


def ask(slot_id: int, entry_ids: Collection[int], *, now: datetime) -> Outcome:
    """Ask the people of these wishes. Whoever was asked before, or may not be, is named with the reason."""
    if not lapses.clear_up(slots.read_slot(slot_id), now=now):
        return Outcome(is_free=False)
    return _ask(slot_id, entry_ids, now=now)


def _ask(slot_id: int, entry_ids: Collection[int], *, now: datetime) -> Outcome:
    """Found without a lock and asked under it, like any wave; looked for again where it does not hold any more."""
    while True:
        slot = slots.read_slot(slot_id)
        if slot is None or not slot.is_live or slot.state == SlotState.HELD:
            return Outcome(is_free=False)
        if slot.is_exclusive(now):
            return Outcome(kept_for_those_asked=True)
        try:
            return _ask_these(slot, entry_ids, now=now)
        except sending.Changed:
            continue


def _ask_these(slot: Slot, entry_ids: Collection[int], *, now: datetime) -> Outcome:
    chosen = list(
        WaitlistEntry.objects.filter(clinic=slot.clinic_id, pk__in=entry_ids).select_related("patient").order_by("pk")
    )
    ranked = ranking.among(slot, [entry.pk for entry in chosen], now=now)
    is_surge = surges.is_surge(slot.location, slot.starts_at)
    reached = reach.reachable(slot, ranked, LIKE_ANY_OTHER, size=len(ranked), is_surge=is_surge, now=now)
    asked = {one.candidate.patient_id for one in reached.picked}
    why = {
        entry: reached.refused.get(entry.patient_id) or ranking.why(slot, entry, now=now).filter
        for entry in chosen
        if entry.patient_id not in asked
    }
    if reached.picked:
        sending.send(_batch(slot, reached, now=now), now=now)
    return Outcome(asked=[entry for entry in chosen if entry.patient_id in asked], refused=list(why.items()))


def _batch(slot: Slot, reached: Reached, *, now: datetime) -> Batch:
    """A wave as any other, but of step 0: the policy's own come as if it had not been, or, where none was sent yet,
    once these people had their time."""
    plan = plans.of(slot)
    number = 1 + max(slot.wave, *(row.number for row in plan.sent), 0)
    return Batch(
        slot,
        number,
        0,
        reached,
        excluded=sending.excluded(slot, reached.picked, reached.refused.values(), now=now),
        next_wave_at=_next_look(slot, plan, reached, now=now),
        exclusive_until=slot.exclusive_until,
        verb="slot.picked",
        changes={"wave": number, "asked": len(reached.picked)},
    )


def _next_look(slot: Slot, plan: Plan, reached: Reached, *, now: datetime) -> datetime | None:
    if slot.next_wave_at is None or plan.done or plan.is_over:
        return slot.next_wave_at
    waiting = offers.pending(slot).values_list("expires_at", flat=True)
    latest = max([now, *waiting, *(one.expires_at for one in reached.picked)])
    return max(slot.next_wave_at, min(latest, ranking.answers_end_at(slot)))
