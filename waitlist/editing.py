"""Acts: a wish is changed by somebody who saw it as it was; if it is another by now, nothing is lost: they choose."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from django.db import transaction

from waitlist import roster, seen
from waitlist.entries import Wish
from waitlist.seen import Said
from waitlist.states import WAITING_STATUSES


class Edited(Enum):
    SAVED = auto()
    GONE = auto()  # they wait no longer
    CHANGED = auto()  # somebody was first: nothing is written


@dataclass(frozen=True)
class Edit:
    """How it ended, and what the wish said when it was looked at under its lock."""

    how: Edited
    found: Said


@transaction.atomic(durable=True)
def edit(entry_id: int, wish: Wish, *, saw: Said, now: datetime) -> Edit:
    """The wish is now this one, if it is still what they saw; where it says all that already, nothing is written."""
    entry = roster.locked(entry_id)
    found = seen.of_entry(entry)
    if entry.status not in WAITING_STATUSES:
        return Edit(Edited.GONE, found)
    if found == seen.of_wish(wish, entry.clinic):
        return Edit(Edited.SAVED, found)
    if found != saw:
        return Edit(Edited.CHANGED, found)
    roster.edit_locked(entry, wish, now=now)
    return Edit(Edited.SAVED, found)


def differing(one: Said, other: Said) -> list[str]:
    """In which columns two say something else; in all of them where one says nothing."""
    return [name for name in (*seen.COLUMNS, "windows") if name not in one or one[name] != other[name]]
