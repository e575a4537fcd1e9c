"""The cascade of one slot: let lapse what is due, ask the next few, know when to look again.

One call is one transaction under the slot's lock, and may be repeated at any time by anybody: what it does
follows from rows alone.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from audit import trail
from matching import clocks, ends, foresight, holds, offers, plans, ranking, refills, reserves, sending, waves
from matching.foresight import Foresight
from matching.models import Offer
from matching.plans import Plan
from matching.states import OfferState
from matching.work import undeliverable
from notifications import outbox
from notifications.models import Message
from notifications.states import REACHED_CARRIER, Kind
from waitlist import calendar, masses, slots
from waitlist.calendar import Time
from waitlist.live import hint
from waitlist.models import Slot
from waitlist.nudge import nudge
from waitlist.states import ClosedBecause, EntryStatus, SlotState

LOOKS = 10  # at whom to ask, where others ask the same people at the same moment


def advance(slot_id: int, *, now: datetime) -> int:
    """Do for this slot what is due now; how many people were asked.

    Two transactions: what lapses updates wishes, what is asked locks numbers first, and together they would
    wait for each other across slots.
    """
    return _ask_if_due(slot_id, None, now=now) if clear_up(slot_id, now=now) else 0


def advance_many(slot_ids: Sequence[int], *, now: datetime) -> int:
    """The same for many slots of one clinic: all are cleared up, then ranked in one pass; how many people were asked.

    One that fails keeps no other waiting: what went wrong is raised when all had their turn.
    """
    faults: list[Exception] = []
    still, asked = [], 0
    for slot_id in slot_ids:
        with _kept(faults):
            if clear_up(slot_id, now=now):
                still.append(slot_id)
    foreseen = foresight.foresee(still, now=now)
    for slot_id in still:
        with _kept(faults):
            asked += _ask_if_due(slot_id, foreseen.get(slot_id), now=now)
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


@transaction.atomic(durable=True)
def clear_up(slot_id: int, *, now: datetime) -> bool:
    """Expire what is over; whether somebody may still be asked for this slot."""
    slot = slots.lock_slot(slot_id)
    if slot is None or not slot.is_live or holds.is_on(slot, now=now):
        return False
    if now >= ranking.answers_end_at(slot):
        run_out(slot, now=now)
        return False
    time = Time.of(slot)
    if calendar.is_booked(time):
        withdraw(slot, ClosedBecause.REBOOKED, Kind.RETRACTED, now=now)
        return False
    if calendar.closure_over(slot.clinic, time):
        withdraw(slot, ClosedBecause.CLOSURE, Kind.WITHDRAWN, now=now)
        return False
    _let_lapse(slot, now=now)
    _open_to_others_early(slot, now=now)
    if now >= ends.offers_end_at(slot) and slot.next_wave_at is not None and slot.next_wave_at <= now:
        _ask_no_more(slot, now=now)
    return True


def _ask_if_due(slot_id: int, foreseen: Foresight | None, *, now: datetime) -> int:
    """Found without a lock, asked under it; where what was found does not hold any more, looked for again.

    Where it changes every time, others are asking the same people: the slot stays due, and the sweep comes back.
    """
    for _ in range(LOOKS):
        slot = slots.read_slot(slot_id)
        if slot is None or not slot.is_live or slot.state == SlotState.HELD:
            return 0
        plan = plans.of(slot)
        stand = reserves.standing(slot)
        if stand.in_line and not stand.asked and _has_to_wait(slot, plan, now=now):
            return 0
        if (stand.asked or stand.in_line) and _reserve_first(slot_id, now=now):
            return 0
        batch = None
        is_due, has_lost = _is_due(slot, plan, stand.waiting + refills.places(plan), now), refills.are_due(plan)
        if (is_due or has_lost) and _has_to_wait(slot, plan, now=now):
            _nobody_asked(slot_id, now=now)
            return 0
        if has_lost and not is_due and refills.places(plan) and now < ends.offers_end_at(slot):
            batch = refills.find(slot, plan, now=now)
        if has_lost and (batch is None or not batch.picked):
            _settle(slot_id, now=now)
            continue
        if is_due:
            batch = waves.find(slot, plan, foreseen=foreseen, now=now)
        try:
            if batch is not None:
                sending.send(batch, now=now)
            if batch is None or not batch.picked:
                _nobody_asked(slot_id, now=now)
            return len(batch.picked) if batch is not None else 0
        except sending.Changed:
            foreseen = None
    return 0


def _has_to_wait(slot: Slot, plan: Plan, *, now: datetime) -> bool:
    """Whether staff are asked first what becomes of the day, or nothing goes out to people now."""
    if masses.is_paused(slot, now=now):
        return True
    channel = clocks.stopped_by(plan)
    if channel and (slot.paused_for, slot.next_wave_at) != (channel, ranking.answers_end_at(slot)):
        _await_end(slot.pk, channel, now=now)
    return bool(channel)


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
        _open_to_others_early(slot, now=now)


@transaction.atomic(durable=True)
def _reserve_first(slot_id: int, *, now: datetime) -> bool:
    """Whether the next wave has to wait: the first in reserve is booked or asked, or is being asked."""
    slot = slots.lock_slot(slot_id)
    if slot is None or not slot.is_live or slot.state == SlotState.HELD:
        return True
    hint(slot.clinic_id, "board")
    return reserves.come_first(slot, plans.of(slot), reserves.standing(slot), now=now)


@transaction.atomic(durable=True)
def _nobody_asked(slot_id: int, *, now: datetime) -> None:
    """A slot of which nobody is asked is open, and its next wave waits for the end of exclusive access only."""
    slot = slots.lock_slot(slot_id)
    if slot is None or slot.state != SlotState.OFFERING or offers.pending(slot).exists():
        return
    early = {"next_wave_at": slot.exclusive_until} if slot.is_exclusive(now) and not plans.of(slot).is_over else {}
    slots.move_slot(slot, SlotState.OPEN, now=now, verb="slot.nobody_asked", **early)
    hint(slot.clinic_id, "board")


def run_out(slot: Slot, *, now: datetime) -> None:
    """The time for a yes is over and nobody took it."""
    offers.lapse(slot, offers.pending(slot), now=now)
    was_asked = Offer.objects.filter(slot=slot, wave__gt=0).exists()
    because = ClosedBecause.PAST if was_asked else ClosedBecause.TOO_NEAR
    slots.close_slot(slot, SlotState.EXPIRED, because=because, now=now)
    hint(slot.clinic_id, "board")


def withdraw(slot: Slot, because: ClosedBecause, news: Kind, *, now: datetime) -> None:
    """End a live slot that is not to be filled any more, and tell those who could still have said yes."""
    slots.close_slot(slot, SlotState.WITHDRAWN, because=because, now=now)
    outbox.enqueue_news(news, offers.retract(slot, offers.pending(slot), now=now), now=now)
    nudge("notifications.tasks.deliver_slot", slot.pk)
    hint(slot.clinic_id, "board")


def _let_lapse(slot: Slot, *, now: datetime) -> None:
    """Expire what could not be delivered, and what is due by clocks that take in when people heard and what stopped
    them; who was never told has not answered by silence."""
    stand_still = clocks.take_in(slot, now=now)
    refills.note(slot, offers.lapse(slot, undeliverable(offers.pending(slot)), now=now, heard=False), now=now)
    over = offers.pending(slot).filter(expires_at__lte=now).exclude(pk__in=stand_still)
    told = Message.objects.filter(offer=OuterRef("pk"), kind=Kind.OFFER, status__in=REACHED_CARRIER)
    offers.lapse(slot, over.filter(~Exists(told)), now=now, heard=False)
    offers.lapse(slot, over, now=now)


def _open_to_others_early(slot: Slot, *, now: datetime) -> None:
    """Exclusive access ends with the last who could still answer, or take the place of one who could not be told; a
    late yes of those who were told counts."""
    if not slot.is_exclusive(now) or refills.are_due(plans.of(slot)):
        return
    told = Message.objects.filter(offer=OuterRef("pk"), kind=Kind.OFFER, status__in=REACHED_CARRIER)
    theirs = Offer.objects.filter(slot=slot).exclude(entry__status=EntryStatus.BOOKED)
    if theirs.filter(Q(state=OfferState.PENDING) | Q(Exists(told), state=OfferState.EXPIRED)).exists():
        return
    next_wave_at = slot.next_wave_at if plans.of(slot).is_over else now
    slot.exclusive_until, slot.next_wave_at = now, next_wave_at
    Slot.objects.filter(pk=slot.pk).update(exclusive_until=now, next_wave_at=next_wave_at)
    trail.record("slot.exclusive_ended", slot, now=now, clinic_id=slot.clinic_id)


def _ask_no_more(slot: Slot, *, now: datetime) -> None:
    """It is too late to ask anybody new: only to end the slot it is looked at again."""
    slot.next_wave_at = ranking.answers_end_at(slot)
    Slot.objects.filter(pk=slot.pk).update(next_wave_at=slot.next_wave_at)
    trail.record("slot.offers_over", slot, now=now, clinic_id=slot.clinic_id)


def _is_due(slot: Slot, plan: Plan, waiting: int, now: datetime) -> bool:
    """At its minute, or early when the wave before is used up; never before the first wave's own time, nor while
    the time is kept for those asked."""
    if slot.next_wave_at is None or not plan.waves or slot.is_exclusive(now) or now >= ends.offers_end_at(slot):
        return False
    used_up = slot.state == SlotState.OFFERING and plan.done > 0 and not waiting
    return slot.next_wave_at <= now or (used_up and not plan.is_over)
