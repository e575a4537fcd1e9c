"""The write of a wave: all its rows made ready first, then the slot locked, what they rest on looked at once more, and
everything written in one statement (wave.sql). A claim waits for no more than that.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from django.db import connection, models, transaction

from audit import trail
from matching.asking import reach
from matching.asking.reach import Picked, Reached
from matching.choosing import ranking
from matching.models import Offer, SentWave
from notifications import outbox
from waitlist import masses, slots
from waitlist.live import hint
from waitlist.models import Slot
from waitlist.nudge import nudge
from waitlist.states import Launch, SlotState

Row = TypeVar("Row", bound=models.Model)
HOW_FAR = "SELECT launch FROM waitlist_clinic WHERE id = %s FOR KEY SHARE"
WAVE = (Path(__file__).parent / "wave.sql").read_text()


class Changed(Exception):
    """What the wave rests on is not so any more: nothing was written, look again."""


@dataclass(frozen=True)
class Batch:
    """A wave before it is sent: `number` counts the slot's waves from 1, `step` the policy's (0: chosen by staff).

    `exclusive_until` and `next_wave_at` are the slot's from then on; `verb` and `changes` go to the trail. `settles`:
    by wave, how many lost places are settled by it.
    """

    slot: Slot
    number: int
    step: int
    reached: Reached
    excluded: Mapping[str, int]
    next_wave_at: datetime | None
    exclusive_until: datetime | None
    verb: str
    changes: dict[str, Any] = field(default_factory=dict)
    settles: Mapping[int, int] = field(default_factory=dict)

    @property
    def picked(self) -> list[Picked]:
        return self.reached.picked


def excluded(slot: Slot, picked: Iterable[Picked], refused: Iterable[str], *, now: datetime) -> dict[str, int]:
    """How many are not asked, by the first reason, as if those picked were asked already."""
    asked = [one.candidate.patient_id for one in picked]
    return dict(Counter(ranking.excluded(slot, asked=asked, now=now)) + Counter(refused))


def send(batch: Batch, *, now: datetime) -> None:
    """Write it and tell the workers. Raises Changed, and nothing is written, where it rests on what is no longer so."""
    facts = _facts(batch, now=now)
    slot = batch.slot
    with transaction.atomic(durable=True):
        if not slots.lock_unchanged(slot) or not reach.still_so(slot, batch.reached, now=now):
            raise Changed
        if slot.clinic.launch == Launch.REHEARSAL and not _still_rehearses(slot.clinic_id):
            raise Changed
        if batch.step and masses.is_asked_about(slot):  # staff may ask whom they like meanwhile
            raise Changed
        with connection.cursor() as cursor:
            cursor.execute(WAVE, facts)
        for wave_id, places in batch.settles.items():
            SentWave.objects.filter(pk=wave_id).update(refilled=places)
        if batch.picked:
            nudge("notifications.tasks.deliver_slot", slot.pk)
        hint(slot.clinic_id, "board")


def _still_rehearses(clinic_id: int) -> bool:
    """Whether the dry run this wave was found in goes on until it is written; whoever ends it waits so long."""
    with connection.cursor() as cursor:
        cursor.execute(HOW_FAR, [clinic_id])
        return bool(cursor.fetchone() == (Launch.REHEARSAL,))


def _facts(batch: Batch, *, now: datetime) -> dict[str, Any]:
    """The rows of the wave and what the slot becomes, as the statement wants them."""
    slot, picked = batch.slot, batch.picked
    offers = _offers(batch, now=now)
    pairs = [(offer, one.routes) for offer, one in zip(offers, picked, strict=True)]
    messages = outbox.offer_messages(slot, pairs, now=now)
    lines = trail.lines("offer.made", offers, now=now, clinic_id=slot.clinic_id, changes={"wave": batch.number})
    lines += trail.lines(batch.verb, [slot], now=now, clinic_id=slot.clinic_id, changes=batch.changes)
    return {
        "offers": _rows(offers),
        "messages": _rows(_with_ids(messages)),
        "lines": _rows(_with_ids(lines)),
        "slot_id": slot.pk,
        "number": batch.number,
        "step": batch.step,
        "now": now,
        "told_at": reach.told_at(picked, now=now),
        "asked": len(picked),
        "excluded": json.dumps(batch.excluded),
        "state": SlotState.OFFERING if picked else slot.state,
        "wave": batch.number if picked else slot.wave,
        "exclusive_until": batch.exclusive_until,
        "next_wave_at": batch.next_wave_at,
    }


def _offers(batch: Batch, *, now: datetime) -> Sequence[Offer]:
    made = [
        Offer(
            slot=batch.slot,
            patient_id=one.candidate.patient_id,
            entry_id=one.candidate.entry_id,
            wave=batch.number,
            score=one.candidate.score,
            parts=one.candidate.parts,
            offered_at=now,
            expires_at=one.expires_at,
            window_minutes=one.window // timedelta(minutes=1),
        )
        for one in batch.picked
    ]
    return _with_ids(made)


def _with_ids(rows: Sequence[Row]) -> Sequence[Row]:
    """The same rows, each with the next id of its table."""
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
                [rows[0]._meta.db_table, len(rows)],
            )
            for row, (pk,) in zip(rows, cursor.fetchall(), strict=True):
                row.pk = pk
    return rows


def _rows(rows: Iterable[models.Model]) -> str:
    """Rows as jsonb_populate_recordset reads them: every column by its name."""
    return json.dumps(
        [{column.column: getattr(row, column.attname) for column in row._meta.concrete_fields} for row in rows],
        default=str,
    )
