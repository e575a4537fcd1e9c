"""What a wish says, in plain values: what an editor saw when they began travels with their form."""

from datetime import date
from typing import Any

from django.core import signing

from waitlist.entries import Window, Wish
from waitlist.models import Clinic, WaitlistEntry

SALT = "waitlist.seen"
Said = dict[str, Any]  # column → value as JSON has it, and "windows"
COLUMNS = (
    *("services", "practitioners", "excluded_practitioners", "notice_minutes", "max_travel_minutes"),
    *("earliest_on", "latest_on", "priority", "note"),
)


def of_entry(entry: WaitlistEntry) -> Said:
    """As it stands in the database."""
    windows = entry.availabilities.values_list("days", "from_minute", "until_minute")
    return _said({name: getattr(entry, name) for name in COLUMNS}, list(windows))


def of_wish(wish: Wish, clinic: Clinic) -> Said:
    """As it would stand there."""
    return _said(wish.fields(clinic), list(wish.windows))


def as_wish(said: Said) -> Wish:
    """Back again."""
    earliest, latest = (date.fromisoformat(said[name]) if said[name] else None for name in ("earliest_on", "latest_on"))
    travel = said["max_travel_minutes"]
    return Wish(
        service_ids=tuple(map(int, said["services"])),
        practitioner_ids=tuple(map(int, said["practitioners"])),
        excluded_ids=tuple(map(int, said["excluded_practitioners"])),
        windows=tuple((int(days), int(start), int(end)) for days, start, end in said["windows"]),
        max_travel_minutes=None if travel is None else int(travel),
        notice_minutes=int(said["notice_minutes"]),
        earliest_on=earliest,
        latest_on=latest,
        priority=str(said["priority"]),
        note=str(said["note"]),
    )


def dump(said: Said) -> str:
    """For a hidden field, signed: what comes back was once so."""
    return signing.dumps(said, salt=SALT, compress=True)


def load(text: str) -> Said:
    """What `dump` wrote; empty for anything else, and for what a release before wrote with other columns."""
    try:
        said: Said = signing.loads(text, salt=SALT)
    except signing.BadSignature:
        return {}
    return said if said.keys() == {*COLUMNS, "windows"} else {}


def _said(columns: dict[str, Any], windows: list[Window]) -> Said:
    days = {name: value.isoformat() for name, value in columns.items() if isinstance(value, date)}
    return {name: columns[name] for name in COLUMNS} | days | {"windows": sorted(map(list, {*windows}))}
