"""One day of one place: every practitioner's visits, open times and gaps, by the clock. Reads only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from django.db.models import Q

from waitlist import calendar
from waitlist.models import Appointment, Closure, Location, Practitioner, Slot
from waitlist.states import LIVE_SLOT_STATES, AppointmentStatus

SHORTEST_GAP = timedelta(minutes=15)


@dataclass(frozen=True)
class Block:
    """Some time of one practitioner: what is in it, nothing where it is a gap. `elsewhere`: at another place."""

    starts_at: datetime
    ends_at: datetime
    items: tuple[Appointment | Slot | Closure, ...] = ()
    elsewhere: bool = False

    @property
    def is_gap(self) -> bool:
        return not self.items

    @property
    def length(self) -> timedelta:
        return self.ends_at - self.starts_at

    @property
    def visits(self) -> list[Appointment]:
        return [one for one in self.items if isinstance(one, Appointment)]

    @property
    def slots(self) -> list[Slot]:
        return [one for one in self.items if isinstance(one, Slot)]

    @property
    def closures(self) -> list[Closure]:
        return [one for one in self.items if isinstance(one, Closure)]


@dataclass(frozen=True)
class Cell:
    """A block in the table: how many rows it is high, and whose column it is."""

    block: Block
    practitioner: Practitioner
    rows: int


@dataclass(frozen=True)
class Row:
    """What begins at this moment. `is_now`: what is above is over."""

    starts_at: datetime
    cells: list[Cell]
    is_now: bool = False


def opening(location: Location, day: date) -> tuple[datetime, datetime] | None:
    """When the place opens and closes on that day, on its own clock; None where it is not open."""
    hours = location.hours_of(day.weekday())
    if hours is None or hours[0] >= hours[1]:
        return None
    first, last = (_at(location, day, minute) for minute in hours)
    return first, last


def _at(location: Location, day: date, minute: int) -> datetime:
    """That minute of the clock; 24:00 is the next midnight."""
    day, minute = day + timedelta(days=minute // 1440), minute % 1440
    return datetime.combine(day, time(minute // 60, minute % 60), location.zone).astimezone(UTC)


def columns(location: Location, day: date) -> dict[Practitioner, list[Block]]:
    """By practitioner, in the order of their names, what they have and what is free while the place is open;
    four statements however full it is.

    Who works only at other places that day has no column. Less than a quarter of an hour is no gap.
    """
    start, end = calendar.day_span(location.zone, day)
    of_day = Q(clinic=location.clinic_id, starts_at__lt=end, ends_at__gt=start)
    booked = Appointment.objects.filter(of_day, status=AppointmentStatus.BOOKED).select_related("patient", "service")
    live = Slot.objects.filter(of_day, state__in=LIVE_SLOT_STATES).select_related("service")
    closed = list(Closure.objects.filter(of_day).filter(Q(location=None) | Q(location=location)))
    taken: dict[int, list[Appointment | Slot]] = {}
    every: list[Appointment | Slot] = [*booked, *live]
    for row in every:
        taken.setdefault(row.practitioner_id, []).append(row)
    staff = Practitioner.objects.filter(clinic=location.clinic_id).filter(Q(retired_at=None) | Q(pk__in=list(taken)))
    hours = opening(location, day)
    found: dict[Practitioner, list[Block]] = {}
    for one in staff.order_by("name", "pk"):
        theirs = taken.get(one.pk, [])
        if theirs and all(row.location_id != location.pk for row in theirs):
            continue
        closures = [row for row in closed if row.practitioner_id in (None, one.pk)]
        blocks = _blocks(location, theirs, closures, (start, end))
        found[one] = _whole_day(blocks, hours if one.retired_at is None else None)
    return found


def _blocks(
    location: Location,
    taken: Iterable[Appointment | Slot],
    closures: Iterable[Closure],
    span: tuple[datetime, datetime],
) -> list[Block]:
    """What is in the day, in order; what overlaps stands together."""
    first, last = span
    every = [Block(max(row.starts_at, first), min(row.ends_at, last), (row,)) for row in closures]
    every += [Block(row.starts_at, row.ends_at, (row,), row.location_id != location.pk) for row in taken]
    together: list[Block] = []
    for block in sorted(every, key=lambda one: (one.starts_at, one.ends_at)):
        if together and block.starts_at < together[-1].ends_at:
            before = together[-1]
            together[-1] = replace(
                before,
                ends_at=max(before.ends_at, block.ends_at),
                items=before.items + block.items,
                elsewhere=before.elsewhere and block.elsewhere,
            )
        else:
            together.append(block)
    return together


def _whole_day(blocks: Sequence[Block], hours: tuple[datetime, datetime] | None) -> list[Block]:
    """The same with the gaps between them while the place is open."""
    if hours is None:
        return list(blocks)
    opens, closes = hours
    edges = [Block(opens, opens), *blocks, Block(closes, closes)]
    ordered = sorted(edges, key=lambda one: (one.starts_at, one.ends_at))
    found = [one for one in ordered if one.items]
    for before, after in pairwise(ordered):
        starts_at, ends_at = max(before.ends_at, opens), min(after.starts_at, closes)
        if ends_at - starts_at >= SHORTEST_GAP:
            found.append(Block(starts_at, ends_at))
    return sorted(found, key=lambda one: one.starts_at)


def as_of(found: dict[Practitioner, list[Block]], at: datetime) -> dict[Practitioner, list[Block]]:
    """The same while the day goes on: of a gap that has begun, what is left of it stands apart."""
    return {practitioner: [part for one in blocks for part in _cut(one, at)] for practitioner, blocks in found.items()}


def _cut(block: Block, at: datetime) -> list[Block]:
    if not block.is_gap or not block.starts_at < at < block.ends_at:
        return [block]
    return [replace(block, ends_at=at), replace(block, starts_at=at)]


def rows(found: dict[Practitioner, list[Block]], line: datetime | None = None) -> list[Row]:
    """The columns as a table: a row wherever something begins or ends, and at this moment of the day; a cell as high as
    its block is long; what is between blocks is an empty cell."""
    marks = sorted({moment for blocks in found.values() for one in blocks for moment in (one.starts_at, one.ends_at)})
    if line is not None and marks and marks[0] < line < marks[-1]:
        marks = sorted({*marks, line})
    table: dict[datetime, list[Cell]] = {moment: [] for moment in marks[:-1]}
    for practitioner, blocks in found.items():
        at = 0
        for block in blocks:
            begins, ends = marks.index(block.starts_at), marks.index(block.ends_at)
            _leave_empty(table, marks[at : begins + 1], practitioner)
            table[block.starts_at].append(Cell(block, practitioner, ends - begins))
            at = ends
        _leave_empty(table, marks[at:], practitioner)
    return [Row(moment, cells, moment == line) for moment, cells in table.items()]


def _leave_empty(table: dict[datetime, list[Cell]], marks: Sequence[datetime], practitioner: Practitioner) -> None:
    for begins, ends in pairwise(marks):
        table[begins].append(Cell(Block(begins, ends, elsewhere=True), practitioner, 1))
