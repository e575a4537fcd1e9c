"""One row's cells as values. What cannot be read is noted with its line and column, and reading goes on."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError

from waitlist.entries import ANY_TIME, Window
from waitlist.imports.table import Problem, Row

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
GROUPS = {"all": DAYS, "daily": DAYS, "weekdays": DAYS[:5], "weekend": DAYS[5:], "weekends": DAYS[5:]}
Value = TypeVar("Value")

FIRST_YEAR, LAST_YEAR = 1970, 2200


class Cells:
    """Reads one row; everything wrong with it is in `problems` afterwards."""

    def __init__(self, row: Row, problems: list[Problem]) -> None:
        self.row = row
        self.problems = problems

    def wrong(self, column: str, text: str) -> None:
        self.problems.append(Problem(self.row.line, column if column in self.row.cells else "", text))

    def note(self, error: ValidationError) -> None:
        """An act's refusal, at the column it names."""
        named = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        for column, texts in named.items():
            for text in texts:
                self.wrong(column, text if column in self.row.cells or not column else f"{column}: {text}")

    def text(self, column: str, *, longest: int = 200, required: bool = False) -> str:
        value = self.row.cells.get(column, "")
        if required and not value:
            self.wrong(column, "This cannot be empty.")
        if len(value) > longest:
            self.wrong(column, f"This may have {longest} characters; it has {len(value)}.")
        return value

    def read(self, column: str, parse: Callable[[str], Value]) -> Value | None:
        """The cell as `parse` reads it; None where it is empty or cannot be read."""
        value = self.row.cells.get(column, "")
        if not value:
            return None
        try:
            return parse(value)
        except (ValueError, OverflowError, InvalidOperation) as error:
            self.wrong(column, str(error) if str(error).endswith(".") else f"“{value[:40]}” cannot be read.")
            return None

    def number(self, column: str, *, least: int = 0, most: int = 32_767) -> int | None:
        def parse(value: str) -> int:
            digits = value.removesuffix("%").strip()
            if not digits.isascii() or not digits.isdigit() or len(digits) > 15 or not least <= int(digits) <= most:
                raise ValueError(f"“{value[:40]}” is not a whole number from {least} to {most}.")
            return int(digits)

        return self.read(column, parse)

    def cents(self, column: str) -> int | None:
        return self.read(column, cents)

    def decimal(self, column: str, *, most: float) -> float | None:
        def parse(value: str) -> float:
            number = float(Decimal(value))
            if not -most <= number <= most:
                raise ValueError(f"“{value[:40]}” is not between -{most:g} and {most:g}.")
            return number

        return self.read(column, parse)

    def day(self, column: str) -> date | None:
        return self.read(column, day)

    def moment(self, column: str, zone: ZoneInfo) -> datetime | None:
        return self.read(column, lambda value: moment(value, zone))

    def name(self, column: str, known: Mapping[str, Value], what: str) -> Value | None:
        return self.read(column, lambda value: pick(value, known, what))

    def names(self, column: str, known: Mapping[str, Value], what: str) -> list[Value]:
        return self.read(column, lambda value: pick_all(value, known, what)) or []

    def windows(self, days: str, times: str) -> tuple[Window, ...]:
        """When somebody can come: these weekdays at each of these times; empty cells mean any."""
        mask = self.read(days, weekdays) or ANY_TIME[0][0]
        spans = self.read(times, hours) or [(start, end) for _, start, end in ANY_TIME]
        return tuple((mask, start, end) for start, end in spans)


def cents(value: str) -> int:
    """$1,200.50 → 120050."""
    plain = value.replace("$", "").replace(" ", "")
    if not re.fullmatch(r"(\d{1,3}(,\d{3})+|\d+)(\.\d{1,2})?", plain):
        raise ValueError(f"“{value[:40]}” is not an amount in dollars such as 1200.50.")
    amount = int(Decimal(plain.replace(",", "")) * 100)
    if amount > 2_000_000_000:
        raise ValueError("An amount may be 20 million dollars at most.")
    return amount


def day(value: str) -> date:
    """2027-01-31, or 1/31/2027."""
    for form in ("%Y-%m-%d", "%m/%d/%Y"):
        try:
            return datetime.strptime(value, form).date()  # noqa: DTZ007 - a date has no zone
        except ValueError:
            pass
    raise ValueError(f"“{value[:40]}” is not a date such as 2027-01-31.")


def moment(value: str, zone: ZoneInfo) -> datetime:
    """2027-01-31T14:00-08:00 as it stands; without an offset, in this zone; a day alone is its beginning."""
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        date_part, _, clock_part = value.partition(" ")
        try:
            parsed = datetime.combine(day(date_part), _clock(clock_part) if clock_part else time())
        except ValueError:
            raise ValueError(f"“{value[:40]}” is not a time such as 2027-01-31 14:00.") from None
    if not FIRST_YEAR <= parsed.year < LAST_YEAR:
        raise ValueError(f"“{value[:40]}” is not a date one could book.")
    if parsed.tzinfo is not None:
        return parsed.astimezone(UTC)
    here = parsed.replace(tzinfo=zone)
    if here.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != parsed:
        raise ValueError(f"“{value[:40]}” does not exist: the clocks skip that hour.")
    return here.astimezone(UTC)


def _clock(value: str) -> time:
    """14:00, 9:00, 2:00 PM."""
    for form in ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M%p", "%I %p", "%I%p"):
        try:
            return datetime.strptime(value.strip().upper(), form).time()  # noqa: DTZ007 - a clock has no zone
        except ValueError:
            pass
    raise ValueError(f"“{value[:40]}” is not a time of day such as 14:00.")


def weekdays(value: str) -> int:
    """mon,tue or Monday|Friday or mon-fri as bits, Monday the lowest."""
    mask = 0
    for word in re.split(r"[,;|\s]+", value.lower().replace(" - ", "-")):
        first, dash, last = (part[:3] for part in word.partition("-"))
        chosen: tuple[str, ...] = GROUPS.get(word, ())
        if dash and first in DAYS and last in DAYS:
            place, end = DAYS.index(first), DAYS.index(last)
            chosen = DAYS[place : end + 1] if place <= end else DAYS[place:] + DAYS[: end + 1]
        elif first in DAYS and not dash:
            chosen = (first,)
        if word and not chosen:
            raise ValueError(f"“{word[:40]}” is not a weekday such as mon.")
        mask |= sum(1 << DAYS.index(name) for name in chosen)
    return mask


def hours(value: str) -> list[tuple[int, int]]:
    """09:00-12:00|14:00-17:30 as minutes after midnight; 24:00 is the end of the day."""
    spans = []
    for span in filter(None, (part.strip() for part in re.split(r"[,;|]", value))):
        start, dash, end = span.replace("–", "-").partition("-")
        until = 24 * 60 if end.strip() in ("24:00", "00:00") else _minutes(end) if dash else 0
        if not dash or _minutes(start) >= until:
            raise ValueError(f"“{span[:40]}” is not a span such as 09:00-15:00.")
        spans.append((_minutes(start), until))
    return spans


def _minutes(value: str) -> int:
    clock = _clock(value)
    return clock.hour * 60 + clock.minute


def pick(value: str, known: Mapping[str, Value], what: str) -> Value:
    """What has this name, upper and lower case alike."""
    found = known.get(value.casefold())
    if found is None:
        names = ", ".join(str(row) for row in known.values()) or "none yet"
        raise ValueError(f"“{value[:60]}” is no {what} of this clinic. There are: {names[:400]}.")
    return found


def pick_all(value: str, known: Mapping[str, Value], what: str) -> list[Value]:
    """Several names, separated by | (or ; or , where no name needs them)."""
    if value.casefold() in known:
        return [known[value.casefold()]]
    separator = r"\|" if "|" in value else r"[;,]"
    return [pick(name.strip(), known, what) for name in re.split(separator, value) if name.strip()]


def by_name(rows: Any) -> dict[str, Any]:
    """Rows of the clinic by their name, in any case."""
    return {row.name.casefold(): row for row in rows}
