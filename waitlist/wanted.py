"""Rows: whether a wish is still wanted. Asked, said or silent (docs/adr/0029). Nothing is removed by silence."""

from collections.abc import Sequence
from datetime import datetime

from audit import trail
from waitlist.models import WaitlistEntry
from waitlist.states import WAITING_STATUSES, EntryStatus


def confirm(entry: WaitlistEntry, *, at: datetime | None = None, now: datetime) -> bool:
    """They want it (`at`: said so then), and one that rested is asked for times again; False where it is off the list.

    The place in line stays; the wait for the next question begins anew.
    """
    waiting = WaitlistEntry.objects.filter(pk=entry.pk, status__in=WAITING_STATUSES)
    said = {"confirmed_at": at or now, "still_asked_at": None}
    if waiting.exclude(silent_since=None).update(status=EntryStatus.ACTIVE, silent_since=None, **said):
        changes = {"status": [EntryStatus.PAUSED, EntryStatus.ACTIVE]}
        trail.record("entry.woken", entry, now=now, clinic_id=entry.clinic_id, changes=changes)
        return True
    if not waiting.filter(silent_since=None).update(**said):
        return False
    trail.record("entry.confirmed", entry, now=now, clinic_id=entry.clinic_id)
    return True


def ask(entries: Sequence[WaitlistEntry], *, now: datetime) -> None:
    """From now on an answer is due for each of these, which whoever calls has locked."""
    WaitlistEntry.objects.filter(pk__in=[entry.pk for entry in entries]).update(still_asked_at=now)
    for entry in entries:
        trail.record("entry.asked_after", entry, now=now, clinic_id=entry.clinic_id)


def unask(entry: WaitlistEntry, *, now: datetime) -> bool:
    """The question did not reach them: it is asked anew; False where something was said meanwhile."""
    mine = WaitlistEntry.objects.filter(pk=entry.pk, silent_since=None, still_asked_at__isnull=False)
    if not mine.update(still_asked_at=None):
        return False
    trail.record("entry.not_asked_after", entry, now=now, clinic_id=entry.clinic_id)
    return True


def rest(entry: WaitlistEntry, *, now: datetime) -> bool:
    """No answer came: it keeps its place and is asked for no times until somebody says it is wanted; False where
    something was said meanwhile."""
    mine = WaitlistEntry.objects.filter(pk=entry.pk, status=EntryStatus.ACTIVE, still_asked_at__isnull=False)
    if not mine.update(status=EntryStatus.PAUSED, silent_since=now, paused_until=None, closes_at=None):
        return False
    changes = {"status": [EntryStatus.ACTIVE, EntryStatus.PAUSED]}
    trail.record("entry.rests", entry, now=now, clinic_id=entry.clinic_id, changes=changes)
    return True
