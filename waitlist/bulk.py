"""Acts: several people pause, wait again or leave at once. One person is one transaction: all their wishes or none."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.db import transaction

from waitlist import entries, joining, live
from waitlist.models import Clinic, WaitlistEntry
from waitlist.roster import TOPIC
from waitlist.states import WAITING_STATUSES, Bulk, EntryStatus

UNDONE = "undone"


@dataclass(frozen=True)
class Order:
    """What is to be done to them; `until`: how long they pause, None until somebody resumes them."""

    what: Bulk
    why: str
    until: datetime | None = None


@dataclass(frozen=True)
class Was:
    """A wish that was changed, and until when it had been paused."""

    entry_id: int
    until: datetime | None


@dataclass(frozen=True)
class Outcome:
    """One person's: what was changed, or why nothing was."""

    name: str
    changed: tuple[Was, ...] = ()
    refused: str = ""


def change(clinic: Clinic, entry_ids: Iterable[int], order: Order, *, now: datetime) -> list[Outcome]:
    """One outcome a person, by name; of another clinic's ids there is none."""

    def act(entry: WaitlistEntry) -> bool:
        if order.what == Bulk.PAUSE:
            return entries.pause(entry, order.until, why=order.why, now=now)
        return (entries.resume if order.what == Bulk.RESUME else entries.remove)(entry, why=order.why, now=now)

    return [
        _change_person(clinic, ids, lambda entry: _hindrance(entry, order.what), act)
        for ids in _by_person(clinic, entry_ids)
    ]


def undo(clinic: Clinic, changed: Sequence[Was], order: Order, *, now: datetime) -> list[Outcome]:
    """As they were before; whoever has been changed again since stays as they are now."""
    before = {was.entry_id: was.until for was in changed}

    def hindrance(entry: WaitlistEntry) -> str:
        paused = (EntryStatus.PAUSED, order.until, None)
        left = paused if order.what == Bulk.PAUSE else (EntryStatus.ACTIVE, None, None)
        is_as_left = (entry.status, entry.paused_until, entry.closes_at) == left
        return "" if order.what != Bulk.REMOVE and is_as_left else "changed again since"

    def act(entry: WaitlistEntry) -> bool:
        if order.what == Bulk.PAUSE:
            return entries.resume(entry, why=UNDONE, now=now)
        return entries.pause(entry, before[entry.pk], why=UNDONE, now=now)

    return [_change_person(clinic, ids, hindrance, act) for ids in _by_person(clinic, before)]


def _by_person(clinic: Clinic, entry_ids: Iterable[int]) -> list[list[int]]:
    rows = WaitlistEntry.objects.filter(clinic=clinic, pk__in=list(entry_ids))
    named = rows.order_by("patient__last_name", "patient__first_name", "patient_id", "pk")
    found = named.values_list("patient_id", "pk")
    return [[pk for _, pk in theirs] for _, theirs in groupby(found, key=lambda row: row[0])]


@transaction.atomic(durable=True)
def _change_person(
    clinic: Clinic,
    entry_ids: list[int],
    hindrance: Callable[[WaitlistEntry], str],
    act: Callable[[WaitlistEntry], bool],
) -> Outcome:
    locked = WaitlistEntry.objects.filter(clinic=clinic, pk__in=entry_ids).select_for_update(no_key=True, of=("self",))
    rows = list(locked.select_related("patient").annotate(is_joining=joining.unconfirmed()).order_by("pk"))
    name = rows[0].patient.name
    hindered = next(filter(None, map(hindrance, rows)), "")
    if hindered:
        return Outcome(name, refused=hindered)
    for entry in rows:
        if not act(entry):
            raise AssertionError(f"{entry} is locked and may move, and did not.")
    live.hint(clinic.pk, TOPIC)
    return Outcome(name, changed=tuple(Was(entry.pk, entry.paused_until) for entry in rows))


def _hindrance(entry: WaitlistEntry, what: Bulk) -> str:
    """Why this cannot be done to it; empty if it can."""
    if entry.status not in WAITING_STATUSES:
        return "is no longer on the list"
    if what == Bulk.PAUSE and entry.status == EntryStatus.PAUSED:
        return "is paused already"
    if what == Bulk.RESUME and entry.status == EntryStatus.ACTIVE:
        return "is not paused"
    if what == Bulk.RESUME and entry.closes_at is not None:
        return "has booked this: use Keep in their row"
    if what == Bulk.RESUME and entry.silent_since is not None:
        return "rests, as no answer came: use They still want it in their row"
    if what == Bulk.RESUME and getattr(entry, "is_joining", False):
        return "has not confirmed their number: use Accept in their row"
    return ""
