"""The cascade of one slot: let lapse what is due, ask the next few, know when to look again.

It looks without a lock and writes under the slot's, one transaction a step, and may be repeated at any time by anybody:
what it does follows from rows alone.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction

from matching import anew, lapses, offers
from matching.answering import reserves
from matching.answering.reserves import Standing
from matching.asking import clocks, refills, sending, waves
from matching.choosing import foresight
from matching.choosing.foresight import Foresight
from matching.policy import ends, plans
from matching.policy.plans import Plan
from matching.policy.policies import LIKE_ANY_OTHER, Wave
from waitlist import masses, slots
from waitlist.live import hint
from waitlist.models import Slot
from waitlist.states import SlotState

LOOKS = 10  # at whom to ask, where others ask the same people at the same moment


def advance(slot_id: int, *, now: datetime) -> int:
    """Do for this slot what is due now; how many people were asked.

    Two transactions: what lapses updates wishes, what is asked locks numbers first, and together they would
    wait for each other across slots.
    """
    return _ask_if_due(lapses.clear_up(slots.read_slot(slot_id), now=now), None, now=now)


def advance_many(slot_ids: Sequence[int], *, now: datetime) -> int:
    """The same for many slots of one clinic: all are cleared up, then ranked in one pass; how many people were asked.

    One that fails keeps no other waiting: what went wrong is raised when all had their turn.
    """
    faults: list[Exception] = []
    still: list[Slot] = []
    read = {slot.pk: slot for slot in slots.read_slots(slot_ids)}
    for slot_id in slot_ids:
        with _kept(faults):
            slot = lapses.clear_up(read.get(slot_id), now=now)
            still += [slot] if slot is not None else []
    foreseen, asked = foresight.foresee(still, now=now), 0
    for slot in still:
        with _kept(faults):
            asked += _ask_if_due(slot, foreseen.get(slot.pk), now=now)
    if faults:
        raise ExceptionGroup(f"{len(faults)} of {len(slot_ids)} slots", faults)
    return asked


@contextmanager
def _kept(faults: list[Exception]) -> Iterator[None]:
    """What goes wrong inside is kept for later."""
    try:
        yield
    except Exception as fault:
        faults.append(fault)


def _ask_if_due(slot: Slot | None, foreseen: Foresight | None, *, now: datetime) -> int:
    """Found without a lock, asked under it; where what was found does not hold any more, looked for again.

    Where it changes every time, others are asking the same people: the slot stays due, and the sweep comes back.
    """
    for _ in range(LOOKS):
        if slot is None or not slot.is_live or slot.state == SlotState.HELD:
            return 0
        try:
            return _ask(slot, foreseen, now=now)
        except sending.Changed:
            slot, foreseen = slots.read_slot(slot.pk), None
            if slot is not None and anew.is_waiting(slot):  # the dry run has ended meanwhile
                return 0
    return 0


def _ask(slot: Slot, foreseen: Foresight | None, *, now: datetime) -> int:
    """Whoever comes next: the reserve, those who take a lost place, or the next wave. Raises sending.Changed."""
    plan, stand = plans.of(slot), reserves.standing(slot)
    is_due, has_lost = _is_due(slot, plan, stand.waiting + refills.places(plan), now), refills.are_due(plan)
    if stand.in_line and not stand.asked and _has_to_wait(slot, [LIKE_ANY_OTHER], now=now):
        return _rest(slot.pk, stand, now=now)
    if (stand.asked or stand.in_line) and _reserve_comes_first(slot.pk, now=now):
        return 0
    if (is_due or has_lost) and _has_to_wait(slot, plan.to_come, now=now):
        return _rest(slot.pk, stand, now=now)
    if has_lost:
        batch = refills.find(slot, plan, now=now) if not is_due and _may_refill(slot, plan, now=now) else None
        if batch is None or not batch.picked:
            _settle(slot.pk, now=now)
            raise sending.Changed
    elif is_due:
        batch = waves.find(slot, plan, foreseen=foreseen, now=now)
    else:
        return _rest(slot.pk, stand, now=now)
    sending.send(batch, now=now)
    return len(batch.picked) or _rest(slot.pk, stand, now=now)


def _reserve_comes_first(slot_id: int, *, now: datetime) -> bool:
    """Whether the next wave has to wait for somebody in reserve; they are looked at one after the other."""
    while (has_to_wait := _reserve_first(slot_id, now=now)) is None:
        pass  # it is the next one's turn
    return has_to_wait


def _has_to_wait(slot: Slot, needed: Iterable[Wave], *, now: datetime) -> bool:
    """Whether staff are asked first what becomes of the day, or what these waves need does not go out now."""
    if masses.is_paused(slot, now=now):
        return True
    channel = clocks.stopped_by(needed)
    if channel and (slot.paused_for != channel or slot.next_wave_at not in (None, ends.answers_end_at(slot))):
        _await_end(slot.pk, channel, now=now)
    return bool(channel)


def _may_refill(slot: Slot, plan: Plan, *, now: datetime) -> bool:
    """Whether places of the present wave are to be filled again, in time, not paused, and its own way is not out."""
    if slot.halted_at is not None or not refills.places(plan) or now >= ends.offers_end_at(slot):
        return False
    return not clocks.stopped_by([plan.waves[plan.done - 1]])


@transaction.atomic(durable=True)
def _await_end(slot_id: int, channel: str, *, now: datetime) -> None:
    slot = slots.lock_slot(slot_id)
    if slot is not None and slot.is_live:
        clocks.await_end(slot, channel, now=now)
        hint(slot.clinic_id, "board")


@transaction.atomic(durable=True)
def _settle(slot_id: int, *, now: datetime) -> None:
    """Nobody takes the places that were lost; then the time is kept for nobody who cannot be told."""
    slot = slots.lock_slot(slot_id)
    if slot is not None and slot.is_live:
        refills.settle(slot, now=now)
        lapses.open_to_others_early(slot, now=now)


@transaction.atomic(durable=True)
def _reserve_first(slot_id: int, *, now: datetime) -> bool | None:
    """Whether the next wave has to wait for the first in reserve; None: it is the next one's turn."""
    slot = slots.lock_slot(slot_id)
    if slot is None or not slot.is_live or slot.state == SlotState.HELD:
        return True
    hint(slot.clinic_id, "board")
    return reserves.come_first(slot, plans.of(slot), reserves.standing(slot), now=now)


@transaction.atomic(durable=True)
def _rest(slot_id: int, stand: Standing, *, now: datetime) -> int:
    """A slot of which nobody is asked is open, and its next wave waits for the end of exclusive access only; nobody
    was asked now.

    Raises sending.Changed where somebody could answer when it was looked at and nobody can any more: with the last no
    the next wave is due.
    """
    slot = slots.lock_slot(slot_id)
    if slot is None or slot.state != SlotState.OFFERING or offers.pending(slot).exists():
        return 0
    if stand.waiting:
        raise sending.Changed
    early = {"next_wave_at": slot.exclusive_until} if slot.is_exclusive(now) and not plans.of(slot).is_over else {}
    slots.move_slot(slot, SlotState.OPEN, now=now, verb="slot.nobody_asked", **early)
    hint(slot.clinic_id, "board")
    return 0


def _is_due(slot: Slot, plan: Plan, waiting: int, now: datetime) -> bool:
    """At its minute, or early when the wave before is used up; never before the first wave's own time, nor while
    the time is kept for those asked."""
    if slot.next_wave_at is None or not plan.waves or slot.is_exclusive(now) or now >= ends.offers_end_at(slot):
        return False
    used_up = slot.state == SlotState.OFFERING and plan.done > 0 and not waiting
    return slot.next_wave_at <= now or (used_up and not plan.is_over)
