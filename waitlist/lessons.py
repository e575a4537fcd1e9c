"""What a no with a reason teaches about a wish: the smallest change that keeps that time from being offered again.

A lesson is refused where nothing would be left to wait for. What is written is compared first, so that a lesson, and
taking it back, never undo what somebody else changed meanwhile.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from audit import trail
from waitlist.entries import SAYS_NOTHING
from waitlist.models import Appointment, Availability, Slot, WaitlistEntry
from waitlist.states import WAITING_STATUSES, AppointmentStatus, EntryStatus, NotTaught

PAUSE = "pause"
PAUSED_FOR = timedelta(days=14)
NOTICE_STEPS_MINUTES = [hours * 60 for hours in (1, 2, 4, 12, 24, 48, 72, 168)]
VERBS = {"not_needed": "entry.removed", PAUSE: "entry.paused"}  # else entry.taught
PARTS_OF_DAY = (("morning", 0, 12 * 60), ("afternoon", 12 * 60, 17 * 60), ("evening", 17 * 60, 24 * 60))
LEEWAY_MINUTES = 60  # ranking offers what overruns a window by up to an hour, so a window ends an hour before
Said = Mapping[str, Any]  # column → value as JSON holds it


@dataclass(frozen=True)
class Change:
    """What becomes of which columns of a wish."""

    before: Said
    after: Said


def of(
    reason: str, entry: WaitlistEntry, slot: Slot, *, heard_at: datetime, now: datetime
) -> Change | NotTaught | None:
    """What this reason changes about a waiting wish; None where it teaches nothing."""
    if entry.status not in WAITING_STATUSES:
        return None
    if reason == "too_soon":
        return _more_notice(entry, slot, heard_at=heard_at, now=now)
    if reason == "wrong_time":
        return _other_times(entry, slot)
    if reason == "other_provider":
        return _other_people(entry, slot)
    if reason == "not_needed":
        return _change(entry, status=str(EntryStatus.REMOVED))
    if reason == PAUSE and entry.status == EntryStatus.ACTIVE:
        until = (now + PAUSED_FOR).astimezone(UTC).isoformat()
        return _change(entry, status=str(EntryStatus.PAUSED), paused_until=until)
    return None


def apply(entry: WaitlistEntry, expected: Said, becomes: Said, verb: str, *, now: datetime, **about: object) -> bool:
    """Write these columns if they still hold what is expected; False if not, or if they wait anew for the same."""
    locked = WaitlistEntry.objects.select_for_update(no_key=True).get(pk=entry.pk)
    if _read(locked, expected) != dict(expected):
        return False
    columns = {name: _value(name, said) for name, said in becomes.items() if name != "windows"}
    columns |= SAYS_NOTHING if "status" in becomes else {}
    try:
        with transaction.atomic():
            WaitlistEntry.objects.filter(pk=entry.pk).update(**columns) if columns else None
    except IntegrityError:  # entry_one_active_wish
        return False
    if "windows" in becomes:
        locked.availabilities.all().delete()
        Availability.objects.bulk_create(
            Availability(entry=locked, days=days, from_minute=start, until_minute=end)
            for days, start, end in becomes["windows"]
        )
    changes = {name: [expected[name], becomes[name]] for name in becomes}
    trail.record(verb, entry, now=now, clinic_id=entry.clinic_id, changes={**changes, **about})
    return True


def _more_notice(entry: WaitlistEntry, slot: Slot, *, heard_at: datetime, now: datetime) -> Change | NotTaught:
    """The next step above the notice they had of this one."""
    given = max(entry.notice_minutes, (slot.starts_at - heard_at) // timedelta(minutes=1))
    minutes = next((step for step in NOTICE_STEPS_MINUTES if step > given), None)
    if minutes is None or _ends_before(entry, now + timedelta(minutes=minutes), slot):
        return NotTaught.NO_NOTICE
    return _change(entry, notice_minutes=minutes)


def _ends_before(entry: WaitlistEntry, at: datetime, slot: Slot) -> bool:
    """Whether the wish is over by then: after its last day, or the visit that it would move."""
    if entry.latest_on is not None:
        midnight = datetime.combine(entry.latest_on + timedelta(days=1), time(), tzinfo=slot.location.zone)
        if midnight <= at:
            return True
    held = Appointment.objects.filter(pk=entry.later_visit_id or 0).exclude(status=AppointmentStatus.CANCELLED)
    return held.filter(starts_at__lte=at).exists()


def _other_times(entry: WaitlistEntry, slot: Slot) -> Change | NotTaught:
    """Without this part of this weekday."""
    day, _, start, end = part_of(slot.starts_at.astimezone(slot.location.zone))
    bit, left = 1 << day, []
    for days, begins, ends in _windows(entry):
        if not days & bit:
            left.append([days, begins, ends])
            continue
        if days & ~bit:
            left.append([days & ~bit, begins, ends])
        pieces = ((begins, min(ends, start - LEEWAY_MINUTES)), (max(begins, end + LEEWAY_MINUTES), ends))
        left += [[bit, first, last] for first, last in pieces if first < last]
    return _change(entry, windows=sorted(left)) if left else NotTaught.NO_TIME


def part_of(local: datetime) -> tuple[int, str, int, int]:
    """The weekday, and the part of the day with its first and last minute, in which a time begins."""
    minute = local.hour * 60 + local.minute
    name, start, end = next(part for part in PARTS_OF_DAY if part[1] <= minute < part[2])
    return local.weekday(), name, start, end


def _other_people(entry: WaitlistEntry, slot: Slot) -> Change | NotTaught:
    excluded = sorted({*entry.excluded_practitioners, slot.practitioner_id})
    others = entry.clinic.practitioners.filter(retired_at=None).exclude(pk__in=excluded)
    if entry.practitioners:
        others = others.filter(pk__in=entry.practitioners)
    return _change(entry, excluded_practitioners=excluded) if others.exists() else NotTaught.NOBODY


def _change(entry: WaitlistEntry, **after: Any) -> Change:
    return Change(_read(entry, after), after)


def _read(entry: WaitlistEntry, names: Said) -> dict[str, Any]:
    return {name: _windows(entry) if name == "windows" else _said(getattr(entry, name)) for name in names}


def _windows(entry: WaitlistEntry) -> list[list[int]]:
    rows: Sequence[tuple[int, int, int]] = list(entry.availabilities.values_list("days", "from_minute", "until_minute"))
    return sorted(list(row) for row in rows)


def _said(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def _value(name: str, said: Any) -> Any:
    return datetime.fromisoformat(said) if name == "paused_until" and said is not None else said
