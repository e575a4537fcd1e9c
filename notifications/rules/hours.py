"""When a phone may be texted: the law of zone and state, and the clinic's own hours within it."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from notifications.rules import places
from waitlist.models import Clinic, Patient, Slot

SUNDAY = 6
FEDERAL_MINUTES = (8 * 60, 21 * 60)  # 47 CFR 64.1200(c)(1), at the called party's
_EARLY_EVENING = (8 * 60, 20 * 60)
STATE_MINUTES = {"FL": _EARLY_EVENING, "OK": _EARLY_EVENING, "WA": _EARLY_EVENING, "TX": (9 * 60, 21 * 60)}
STATE_SUNDAY_MINUTES = {"TX": (12 * 60, 21 * 60)}
LOOK_AHEAD_DAYS = 5


def mail_too_slow(clinic: Clinic, slot: Slot, *, now: datetime) -> bool:
    """An offer by e-mail is read within hours: nearer to the start than the clinic says it is not sent."""
    return slot.starts_at - now < timedelta(minutes=clinic.email_lead_minutes)


def legal_minutes(states: Iterable[str], weekday: int) -> tuple[int, int]:
    """From and until, in minutes after local midnight: the federal hours within those of every state."""
    windows = [FEDERAL_MINUTES]
    for state in states:
        sunday = STATE_SUNDAY_MINUTES.get(state) if weekday == SUNDAY else None
        windows.append(sunday or STATE_MINUTES.get(state, FEDERAL_MINUTES))
    return max(start for start, _ in windows), min(end for _, end in windows)


def sending_minutes(clinic: Clinic, states: Iterable[str], weekday: int) -> tuple[int, int]:
    """The legal hours within the clinic's own."""
    start, end = legal_minutes(states, weekday)
    return max(start, clinic.send_from_minute), min(end, clinic.send_until_minute)


def is_quiet_day(clinic: Clinic, day: date) -> bool:
    """A day on which the clinic contacts nobody, by the calendar where they are."""
    return day in clinic.quiet_days


def is_open(clinic: Clinic, zones: Iterable[ZoneInfo], states: frozenset[str], at: datetime) -> bool:
    """Whether it is a time to text in every zone they may be in."""
    for zone in zones:
        local = at.astimezone(zone)
        if is_quiet_day(clinic, local.date()):
            return False
        start, end = sending_minutes(clinic, states, local.weekday())
        if not start <= local.hour * 60 + local.minute < end:
            return False
    return True


def next_open(
    clinic: Clinic, patient: Patient | None, number: str, *, place_state: str, now: datetime
) -> datetime | None:
    """The first moment from now on when this number may be texted; None if there is none in five days."""
    if clinic.is_open_any_hour:
        return now
    zones, states = places.zones(clinic, patient, number), places.states(patient, number, place_state)
    moments = [now, *sorted(opening for opening in _openings(clinic, zones, states, now) if opening > now)]
    return next((moment for moment in moments if is_open(clinic, zones, states, moment)), None)


def answer_by(
    clinic: Clinic, patient: Patient | None, number: str, *, place_state: str, start: datetime, window: timedelta
) -> datetime:
    """When `window` of permitted hours after `start` is over: the clock stops at night (decision R5)."""
    if clinic.is_open_any_hour:
        return start + window
    zones, states = places.zones(clinic, patient, number), places.states(patient, number, place_state)
    if is_open(clinic, zones, states, start + window):  # a window is shorter than any night
        return start + window
    closing = start
    while is_open(clinic, zones, states, closing):
        closing += timedelta(minutes=1)
    opening = next_open(clinic, patient, number, place_state=place_state, now=closing)
    return start + window if opening is None else opening + (start + window - closing)


def _openings(clinic: Clinic, zones: Iterable[ZoneInfo], states: frozenset[str], now: datetime) -> Iterator[datetime]:
    """When the day begins in each zone, today to five days ahead, by the wall clock there."""
    for zone in zones:
        today = now.astimezone(zone).date()
        for days in range(LOOK_AHEAD_DAYS + 1):
            day = today + timedelta(days=days)
            start, _ = sending_minutes(clinic, states, day.weekday())
            yield datetime.combine(day, time(start // 60, start % 60), tzinfo=zone).astimezone(UTC)
