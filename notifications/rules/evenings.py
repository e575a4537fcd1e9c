"""The last moment before a time when a phone may be texted: what is due at night goes the evening before (R21)."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from notifications.rules import places
from notifications.rules.hours import LOOK_AHEAD_DAYS, is_open, sending_minutes
from waitlist.models import Clinic, Patient

BEFORE_CLOSING = timedelta(minutes=30)  # room for a queue: a minute too late would be the next morning


def last_open_before(
    clinic: Clinic, patient: Patient | None, number: str, *, place_state: str, due: datetime
) -> datetime | None:
    """`due` itself if this number may be texted then, else half an hour before the hours before it end; None if there
    are none in three days."""
    if clinic.is_open_any_hour:
        return due
    zones, states = places.zones(clinic, patient, number), places.states(patient, number, place_state)
    if is_open(clinic, zones, states, due):
        return due
    evenings = sorted((at for at in _evenings(clinic, zones, states, due) if at < due), reverse=True)
    return next((at for at in evenings if is_open(clinic, zones, states, at)), None)


def _evenings(clinic: Clinic, zones: Iterable[ZoneInfo], states: frozenset[str], due: datetime) -> Iterator[datetime]:
    """When the day ends in each zone, that day and the three before it, by the wall clock there."""
    for zone in zones:
        today = due.astimezone(zone).date()
        for days in range(LOOK_AHEAD_DAYS + 1):
            day = today - timedelta(days=days)
            _, end = sending_minutes(clinic, states, day.weekday())
            closes_at = datetime.combine(day, time(end // 60, end % 60), tzinfo=zone).astimezone(UTC)
            yield closes_at - BEFORE_CLOSING
