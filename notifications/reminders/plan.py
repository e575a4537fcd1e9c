"""When each reminder of a visit is due, to whom, and from when on it is of no use (decision R21)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifications import outbox
from notifications.models import ContactPoint
from notifications.rules.evenings import last_open_before
from notifications.states import Channel, Kind, Purpose
from waitlist.models import Appointment

APART = timedelta(hours=4)  # two texts about one visit never come closer to each other
OF_USE_UNTIL = timedelta(minutes=30)  # before the start: then they are on their way


@dataclass(frozen=True)
class Reminder:
    """One of the three: its name in keys and contexts, and how long before the start it is due."""

    name: str
    before: timedelta
    channel: Channel


TWO_DAYS = Reminder("48h", timedelta(hours=48), Channel.EMAIL)
ONE_DAY = Reminder("24h", timedelta(hours=24), Channel.SMS)
TWO_HOURS = Reminder("2h", timedelta(hours=2), Channel.SMS)


@dataclass(frozen=True)
class Due:
    """When one of them goes to whom, and from when on it is of no use; no contact point: nobody allowed it."""

    which: Reminder
    point: ContactPoint | None
    at: datetime
    not_after: datetime


def planned(visit: Appointment) -> Iterator[Due]:
    """The three of them, each by the first number or address that may be used for reminders."""
    assert visit.patient is not None
    points = dict(outbox.reachable(visit.patient, Kind.REMINDER, Purpose.REMINDERS))
    two_hours = _at(visit, TWO_HOURS, points.get(Channel.SMS))
    one_day = _at(visit, ONE_DAY, points.get(Channel.SMS))
    yield Due(
        TWO_DAYS, points.get(Channel.EMAIL), visit.starts_at - TWO_DAYS.before, visit.starts_at - ONE_DAY.before
    )
    yield Due(ONE_DAY, points.get(Channel.SMS), one_day, two_hours - APART)
    yield Due(TWO_HOURS, points.get(Channel.SMS), two_hours, visit.starts_at - OF_USE_UNTIL)


def _at(visit: Appointment, which: Reminder, point: ContactPoint | None) -> datetime:
    """Its hour, or the evening before where that is at night."""
    at = visit.starts_at - which.before
    if point is None:
        return at
    evening = last_open_before(visit.clinic, visit.patient, point.value, place_state=visit.location.state, due=at)
    return evening or at
