"""Rows of slots: opened, moved from state to state, closed; with no consequences."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from audit import trail
from matching.models import PolicyVersion
from waitlist.calendar import Time
from waitlist.models import Appointment, Clinic, Service, Slot
from waitlist.states import SLOT_MOVES, ClosedBecause, OpenedBecause, SlotState


def lock_slot(slot_id: int) -> Slot | None:
    """Lock one slot and read it whole; None if there is none."""
    return (
        Slot.objects.select_for_update(no_key=True, of=("self",))
        .select_related("clinic", "location__clinic", "practitioner", "service", "policy")
        .filter(pk=slot_id)
        .first()
    )


def read_slot(slot_id: int) -> Slot | None:
    """The same without a lock, with all that ranking reads of it."""
    return next(iter(read_slots([slot_id])), None)


def read_slots(slot_ids: Collection[int]) -> list[Slot]:
    """The same for many."""
    rows = Slot.objects.select_related("clinic", "location__clinic", "practitioner__clinic", "service", "policy")
    rows = rows.prefetch_related("service__compatible", "practitioner__clinic__practitioners")
    return list(rows.filter(pk__in=slot_ids))


def lock_unchanged(slot: Slot) -> bool:
    """Lock it; whether its cascade is where it was when `slot` was read."""
    there = Slot.objects.select_for_update(no_key=True).filter(
        pk=slot.pk,
        state=slot.state,
        wave=slot.wave,
        next_wave_at=slot.next_wave_at,
        exclusive_until=slot.exclusive_until,
    )
    return there.values_list("pk").first() is not None


def open_slot(
    clinic: Clinic,
    time: Time,
    *,
    because: OpenedBecause,
    freed_by: Appointment | None,
    price_cents: int,
    next_wave_at: datetime | None,
    halted_at: datetime | None = None,
    now: datetime,
) -> Slot | None:
    """A live slot over this time, paused by staff from the start where so halted; None where one is live over part of
    it already."""
    try:
        with transaction.atomic():
            slot = Slot.objects.create(
                clinic=clinic,
                opened_at=now,
                opened_because=because,
                freed_by=freed_by,
                price_cents=price_cents,
                policy=policy_of(clinic, time.service),
                next_wave_at=next_wave_at,
                may_ask_at=next_wave_at,
                halted_at=halted_at,
                **time.fields(),
            )
    except IntegrityError:
        return None
    trail.record("slot.opened", slot, now=now, clinic_id=clinic.pk, changes={"because": because})
    if halted_at is not None:
        trail.record("slot.halted", slot, now=now, clinic_id=clinic.pk)
    return slot


def let_ask(waiting: Sequence[Slot], *, now: datetime) -> None:
    """Staff said that these may be asked for: the clock of their first message begins now, or when the policy says."""
    for slot in waiting:
        slot.may_ask_at = max(now, slot.may_ask_at) if slot.may_ask_at else None
    Slot.objects.bulk_update(waiting, ["may_ask_at"])
    if waiting:
        trail.record("slot.let_ask", waiting, now=now, clinic_id=waiting[0].clinic_id)


def keep_empty(
    clinic: Clinic,
    time: Time,
    *,
    because: ClosedBecause,
    freed_by: Appointment,
    price_cents: int,
    now: datetime,
) -> Slot:
    """A freed time that nobody is to be asked for, kept so that the board can show it."""
    slot = Slot.objects.create(
        clinic=clinic,
        opened_at=now,
        opened_because=OpenedBecause.CANCELLED,
        freed_by=freed_by,
        price_cents=price_cents,
        policy=policy_of(clinic, time.service),
        state=SlotState.WITHDRAWN,
        closed_at=now,
        closed_because=because,
        **time.fields(),
    )
    trail.record("slot.kept_empty", slot, now=now, clinic_id=clinic.pk, changes={"because": because})
    return slot


def policy_of(clinic: Clinic, service: Service) -> PolicyVersion:
    """The policy a slot follows for life: its service's own, else the clinic's, which create_clinic gives it."""
    if service.policy is not None:
        return service.policy
    if clinic.policy is None:
        raise ValueError(f"clinic {clinic.pk} has no policy")
    return clinic.policy


def move_slot(slot: Slot, to: SlotState, *, now: datetime, verb: str, **fields: Any) -> bool:
    """Compare-and-swap a slot into another state; False if it was no longer in one that leads there."""
    moved = Slot.objects.filter(pk=slot.pk, state__in=SLOT_MOVES[to]).update(state=to, **fields)
    if moved:
        for name, value in {"state": to, **fields}.items():
            setattr(slot, name, value)
        trail.record(verb, slot, now=now, clinic_id=slot.clinic_id, changes={"state": to})
    return bool(moved)


def close_slot(slot: Slot, to: SlotState, *, because: ClosedBecause, now: datetime) -> bool:
    """End a slot's life without its cascade having filled it."""
    return move_slot(
        slot,
        to,
        now=now,
        verb=f"slot.{to}",
        closed_at=now,
        closed_because=because,
        next_wave_at=None,
        held_by=None,
        held_until=None,
        filled_by=None,
        filled_at=None,
    )
