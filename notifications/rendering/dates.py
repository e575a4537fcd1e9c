"""Days, times and zones as each language writes them, from the tables of its words."""

from datetime import date, datetime
from types import ModuleType
from zoneinfo import ZoneInfo


def moment(at: datetime, zone: ZoneInfo, words: ModuleType) -> str:
    """Fri Dec 11 2:00 PM PST; vie 11 dic 2:00 PM PST."""
    return write(words.MOMENT, at.astimezone(zone), words)


def long_moment(at: datetime, zone: ZoneInfo, words: ModuleType) -> str:
    """Friday, December 11 at 2:00 PM PST."""
    return write(words.LONG_MOMENT, at.astimezone(zone), words)


def deadline(at: datetime, zone: ZoneInfo, words: ModuleType, *, sent_at: datetime) -> str:
    """2:41 PM, with the day where it is not the day of sending."""
    local = at.astimezone(zone)
    same_day = local.date() == sent_at.astimezone(zone).date()
    return write(words.BY_TODAY if same_day else words.BY_DAY, local, words)


def opens(at: datetime, zone: ZoneInfo, words: ModuleType, *, now: datetime) -> str:
    """Today, tomorrow or on Monday at 9:00 AM."""
    local = at.astimezone(zone)
    return write(words.OPENS[min(max(_days(now.astimezone(zone).date(), local.date()), 0), 2)], local, words)


def until(at: datetime, zone: ZoneInfo, words: ModuleType) -> str:
    """Until Thu Dec 10."""
    return write(words.UNTIL, at.astimezone(zone), words)


def their_clock(at: datetime, zone: ZoneInfo, own: str) -> datetime | None:
    """The same moment on the patient's own clock, where that shows another time."""
    theirs = at.astimezone(ZoneInfo(own)) if own else None
    return theirs if theirs is not None and theirs.utcoffset() != at.astimezone(zone).utcoffset() else None


def write(pattern: str, local: datetime, words: ModuleType) -> str:
    """The pattern with this moment's day, date, clock and zone."""
    return pattern.format(
        short_day=words.SHORT_DAYS[local.weekday()],
        day=words.DAYS[local.weekday()],
        date=local.day,
        short_month=words.SHORT_MONTHS[local.month - 1],
        month=words.MONTHS[local.month - 1],
        clock=clock(local),
        zone=zone_name(local),
        the="la" if local.hour % 12 == 1 else "las",
    )


def clock(local: datetime) -> str:
    """2:00 PM."""
    return f"{local.hour % 12 or 12}:{local.minute:02d} {'AM' if local.hour < 12 else 'PM'}"


def zone_name(local: datetime) -> str:
    """PST where the zone has a name, GMT+3 where it has none."""
    name = f"{local:%Z}"
    if name[:1] not in "+-":
        return name
    return f"GMT{name[0]}{name[1:].lstrip('0')}" if name.strip("+-0") else "GMT"


def _days(today: date, then: date) -> int:
    return (then - today).days
