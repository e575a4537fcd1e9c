"""Staff halt the asking of one slot for now, and let it go on. Who was asked may say yes meanwhile."""

from datetime import datetime

from django.db import transaction

from audit import trail
from matching import offers
from matching.asking import waves
from matching.policy import ends, plans
from waitlist import slots
from waitlist.live import hint
from waitlist.models import Slot
from waitlist.nudge import nudge


@transaction.atomic(durable=True)
def pause(slot_id: int, *, now: datetime) -> bool:
    """Nobody else is asked by itself; False where nobody would be, or the time is kept for those asked.

    As where staff always choose, the slot has no moment at which it acts (`next_wave_at`), until it starts. That staff
    said so outlives a yes that is taken back (`halted_at`). Where nobody was asked yet, the clock of the first message
    begins when staff let it ask again.
    """
    slot = slots.lock_slot(slot_id)
    if slot is None or not slot.is_live or slot.next_wave_at is None or slot.is_exclusive(now):
        return False
    if plans.of(slot).is_over or now >= ends.offers_end_at(slot):
        return False
    if not slot.wave:
        slot.may_ask_at = None
    _act_at(slot, None, "slot.halted", halted_at=now, now=now)
    return True


@transaction.atomic(durable=True)
def resume(slot_id: int, *, now: datetime) -> bool:
    """The next wave comes at its minute, or at once if that is over or nobody can answer; False: it was not paused."""
    slot = slots.lock_slot(slot_id)
    if slot is None or not slot.is_live or slot.halted_at is None:
        return False
    plan = plans.of(slot)
    if plan.is_over:
        return False
    next_wave_at = max(now, slot.exclusive_until or now)
    if offers.pending(slot).exists():
        next_wave_at = waves.next_look(slot, plan, (), slot.exclusive_until, now=now)
    if not slot.wave:
        slot.may_ask_at = next_wave_at
    _act_at(slot, next_wave_at, "slot.resumed", halted_at=None, now=now)
    nudge("matching.tasks.advance", slot.pk)
    return True


def _act_at(
    slot: Slot, next_wave_at: datetime | None, verb: str, *, halted_at: datetime | None, now: datetime
) -> None:
    moments = {"next_wave_at": next_wave_at, "halted_at": halted_at, "may_ask_at": slot.may_ask_at}
    Slot.objects.filter(pk=slot.pk).update(**moments)
    trail.record(verb, slot, now=now, clinic_id=slot.clinic_id)
    hint(slot.clinic_id, "board")
