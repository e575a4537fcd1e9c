"""Staff pick whom to ask: offers go to exactly these, as a wave of its own, whatever the policy."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from audit import trail
from matching import cascade, offers, plans, ranking, reach, waves
from matching.plans import Plan
from matching.policies import Wave
from matching.reach import Picked
from waitlist import slots, surges
from waitlist.live import hint
from waitlist.models import Slot, WaitlistEntry
from waitlist.states import SlotState

LIKE_ANY_OTHER = Wave(size=None)  # channels and time to answer as the service and the rules of contact say


@dataclass(frozen=True)
class Outcome:
    """Who was asked and, of the others, why not: a filter or a rule of contact. Not `is_free`: nobody was."""

    is_free: bool = True
    kept_for_those_asked: bool = False
    asked: list[WaitlistEntry] = field(default_factory=list)
    refused: list[tuple[WaitlistEntry, str]] = field(default_factory=list)


def ask(slot_id: int, entry_ids: Collection[int], *, now: datetime) -> Outcome:
    """Ask the people of these wishes. Whoever was asked before, or may not be, is named with the reason."""
    if not cascade.clear_up(slot_id, now=now):
        return Outcome(is_free=False)
    return _ask(slot_id, entry_ids, now=now)


@transaction.atomic(durable=True)
def _ask(slot_id: int, entry_ids: Collection[int], *, now: datetime) -> Outcome:
    slot = slots.lock_slot(slot_id)
    if slot is None or not slot.is_live or slot.state == SlotState.HELD:
        return Outcome(is_free=False)
    if slot.is_exclusive(now):
        return Outcome(kept_for_those_asked=True)
    chosen = list(
        WaitlistEntry.objects.filter(clinic=slot.clinic_id, pk__in=entry_ids).select_related("patient").order_by("pk")
    )
    ranked = ranking.among(slot, [entry.pk for entry in chosen], now=now)
    is_surge = surges.is_surge(slot.location, slot.starts_at)
    picked, refused = reach.reachable(slot, ranked, LIKE_ANY_OTHER, size=len(ranked), is_surge=is_surge, now=now)
    asked = {one.candidate.patient_id for one in picked}
    why = {
        entry: refused.get(entry.patient_id) or ranking.why(slot, entry, now=now).filter
        for entry in chosen
        if entry.patient_id not in asked
    }
    if picked:
        _send(slot, picked, Counter(refused.values()), now=now)
    return Outcome(asked=[entry for entry in chosen if entry.patient_id in asked], refused=list(why.items()))


def _send(slot: Slot, picked: list[Picked], refused: Counter[str], *, now: datetime) -> None:
    """The wave as any other, but of step 0: the policy's own come as if it had not been, or, where none was sent yet,
    once these people had their time."""
    plan = plans.of(slot)
    number = 1 + max(slot.wave, *(row.number for row in plan.sent), 0)
    reach.make_offers(slot, picked, number, now=now)
    waves.write_down(slot, number, 0, picked, refused, now=now)
    Slot.objects.filter(pk=slot.pk).update(
        state=SlotState.OFFERING, wave=number, next_wave_at=_next_look(slot, plan, now=now)
    )
    changes = {"wave": number, "asked": len(picked)}
    trail.record("slot.picked", slot, now=now, clinic_id=slot.clinic_id, changes=changes)
    hint(slot.clinic_id, "board")


def _next_look(slot: Slot, plan: Plan, *, now: datetime) -> datetime | None:
    if slot.next_wave_at is None or plan.done or plan.is_over:
        return slot.next_wave_at
    latest = max(offers.pending(slot).values_list("expires_at", flat=True), default=now)
    return max(slot.next_wave_at, min(latest, ranking.answers_end_at(slot)))
