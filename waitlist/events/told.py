"""What another system told us, in our words; and how its values are read without ever trusting them."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import TextChoices
from django.utils.dateparse import parse_datetime

from waitlist.people import Person
from waitlist.states import CancelledBy

LONGEST = 200  # of a name or id, as the columns that keep it
MAX_VERSION = 2**63 - 1
DEEPEST = 50
TOO_DEEP = "The body is nested too deeply."


class Malformed(Exception):
    """The body is not what the sender's own format promises; the message says where."""


class Rejected(Exception):
    """The event is well formed but cannot be applied; the message is for staff."""


class What(TextChoices):
    BOOKED = "booked"
    MOVED = "moved"
    CANCELLED = "cancelled"
    CAME = "fulfilled"  # FHIR's words for how a visit ended
    NO_SHOW = "noshow"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Envelope:
    """What has to be known of an event to store it: its own id, whom it is about, and which is the newest."""

    event_key: str
    kind: str
    subject: str = ""
    version: int = 0
    replaces: str = ""


@dataclass(frozen=True)
class Told:
    """One event about one booking. Names are given as the other system writes them, the likeliest word first."""

    what: What
    external_id: str
    replaces: str = ""
    practitioner: tuple[str, ...] = ()
    service: tuple[str, ...] = ()
    location: tuple[str, ...] = ()
    is_location_certain: bool = True
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    former_starts_at: datetime | None = None
    former_ends_at: datetime | None = None
    patient: Person | None = None
    reason: str = ""
    cancelled_by: CancelledBy = CancelledBy.UNKNOWN


def parse(raw: bytes) -> dict[str, Any]:
    """The body as a JSON object that PostgreSQL can keep whole; Malformed says what is wrong with it."""
    try:
        body = json.loads(raw.decode(), parse_constant=_no_number, parse_float=_number)
    except RecursionError:
        raise Malformed(TOO_DEEP) from None
    except ValueError as error:
        raise Malformed(f"The body is not JSON: {error}.") from None
    if not isinstance(body, dict):
        raise Malformed("The body has to be a JSON object.")
    _check_text(body)
    return body


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is not a number")


def _number(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"{digits} is too large")
    return value


def _check_text(value: Any, depth: int = 0) -> None:
    """Refuse what no database column can hold: NUL, halves of characters, and a nest without end."""
    if depth > DEEPEST:
        raise Malformed(TOO_DEEP)
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            raise Malformed("The body holds a character that cannot be stored.")
    elif isinstance(value, dict):
        for name, inner in value.items():
            _check_text(name)
            _check_text(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _check_text(inner, depth + 1)


def text(values: Mapping[str, Any], name: str, *, longest: int = LONGEST) -> str:
    """A word of the payload; numbers count as words, anything else as nothing said."""
    value = values.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value).strip()[:longest]


def identifier(values: Mapping[str, Any], name: str) -> str:
    """An id, whole: a cut one would be somebody else's."""
    value = text(values, name, longest=LONGEST + 1)
    if len(value) > LONGEST:
        raise Malformed(f"{name} is longer than {LONGEST} characters.")
    return value


def version(values: Mapping[str, Any], name: str) -> int:
    """A version number; 0 where none is given."""
    value = values.get(name)
    if value is None:
        return 0
    if isinstance(value, str) and value.isdecimal() and len(value) < 20:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_VERSION:
        raise Malformed(f"{name} has to be a whole number from 0 to {MAX_VERSION}.")
    return value


def moment(values: Mapping[str, Any], name: str) -> datetime | None:
    """A time with its offset, in UTC; None where the payload has none. Rejected where it cannot be read."""
    value = values.get(name)
    if value in (None, ""):
        return None
    try:
        parsed = parse_datetime(str(value))
        if parsed is None:
            raise ValueError
        if parsed.tzinfo is None:
            raise Rejected(f"{name}: “{str(value)[:40]}” has no UTC offset.")
        return parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Rejected(f"{name}: “{str(value)[:40]}” is not a time such as 2027-01-31T14:00:00-08:00.") from None


def inner(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An object inside the payload; an empty one where there is none."""
    value = values.get(name)
    return value if isinstance(value, dict) else {}
