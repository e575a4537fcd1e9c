"""Who is written to in a run, so that every rule of contact has somebody to hold for."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from random import Random
from zoneinfo import ZoneInfo

OFFERS_A_DAY, TEXTS_A_DAY = 2, 3
REFUSED_NUMBERS = ("+15005550001", "+15005550002", "+15005550004", "+15005550009")
# One zone for every two hours or so: whatever the time is, it is noon in one of them and midnight in another.
ZONES = (
    "Pacific/Honolulu", "America/Anchorage", "America/Los_Angeles", "America/Denver", "America/Chicago",
    "America/New_York", "America/Sao_Paulo", "Atlantic/Azores", "Europe/London", "Europe/Paris", "Europe/Athens",
    "Asia/Dubai", "Asia/Karachi", "Asia/Dhaka", "Asia/Bangkok", "Asia/Singapore", "Asia/Tokyo", "Australia/Brisbane",
    "Pacific/Noumea", "Pacific/Auckland",
)  # fmt: skip
IN_FOUR_HOURS, IN_TWENTY_HOURS = timedelta(hours=4), timedelta(hours=20)


class Part(StrEnum):
    """What each of them is there to show."""

    PLAIN = "must be told, once"
    STOPS = "says stop after their first text"
    STOPPED = "had said stop before"
    CAPPED = "may have two offers a day, and has four waiting"
    CEILING = "may have three texts a day, and has five waiting"
    NIGHT = "it is night there, and the offer ends before the morning"
    MORNING = "it is night there, and the offer lasts"
    LATE = "the offer ends within seconds"
    REFUSED = "Twilio refuses the number"


SHARES = {
    Part.STOPS: 0.04, Part.STOPPED: 0.01, Part.CAPPED: 0.02, Part.CEILING: 0.02, Part.NIGHT: 0.02, Part.MORNING: 0.01,
    Part.LATE: 0.04, Part.REFUSED: 0.01,
}  # fmt: skip
TEXTS = {Part.STOPS: 2, Part.CAPPED: OFFERS_A_DAY + 2, Part.CEILING: TEXTS_A_DAY + 2}
ALLOWED = {Part.CAPPED: OFFERS_A_DAY, Part.CEILING: TEXTS_A_DAY}
STOP_WORDS = ("STOP", "please stop texting me", "unsubscribe", "Leave me alone", "no más")


@dataclass(frozen=True)
class Waiting:
    """One text: when it is due, and how long its offer lasts."""

    due_after: timedelta = timedelta()
    lasts: timedelta = IN_FOUR_HOURS


@dataclass
class Person:
    """One number at one of the clinics, the texts that wait for it, and what it writes back."""

    part: Part
    clinic: int
    number: str
    texts: list[Waiting] = field(default_factory=list)
    says: tuple[str, float] | None = None


def people(texts: int, clinics: int, *, seed: int) -> list[Person]:
    """Enough for this many texts, in an order drawn at random; the clinics are an even number."""
    chance = Random(seed)
    found: list[Person] = []
    for part, share in SHARES.items():
        each = TEXTS.get(part, 1)
        found += [_person(part, chance) for _ in range(max(1, round(texts * share / each)))]
    left = texts - sum(len(one.texts) for one in found)
    found += [_person(Part.PLAIN, chance) for _ in range(left)]
    chance.shuffle(found)
    spare = list(_refused(clinics))
    for n, one in enumerate(found):
        one.clinic, one.number = n % clinics, f"+1628{2_000_000 + n:07d}"
        if one.part in ALLOWED:  # the two caps hold at clinics of their own, every other one
            one.clinic = one.clinic // 2 * 2 + (one.part == Part.CEILING)
        if one.part == Part.REFUSED:
            if spare:
                one.clinic, one.number = spare.pop()
            else:
                one.part = Part.PLAIN
    return found


def _refused(clinics: int) -> Iterator[tuple[int, str]]:
    """A number stands at a clinic once."""
    for number in REFUSED_NUMBERS:
        for clinic in range(clinics):
            yield clinic, number


def _person(part: Part, chance: Random) -> Person:
    made = Person(part, 0, "", [Waiting() for _ in range(TEXTS.get(part, 1))])
    if part == Part.STOPS:
        made.texts[1] = Waiting(timedelta(seconds=chance.uniform(2, 30)))
        made.says = (chance.choice(STOP_WORDS), chance.uniform(0, 4))
    if part == Part.LATE:
        made.texts = [Waiting(timedelta(seconds=chance.uniform(0, 8)), timedelta(seconds=chance.uniform(1, 15)))]
    if part == Part.MORNING:
        made.texts = [Waiting(lasts=IN_TWENTY_HOURS)]
    return made


def zone_where_it_is(hour: int, *, now: datetime) -> str:
    """The zone whose clock is next to this hour."""

    def away(name: str) -> int:
        local = now.astimezone(ZoneInfo(name))
        minutes = abs(local.hour * 60 + local.minute - hour * 60)
        return min(minutes, 24 * 60 - minutes)

    return min(ZONES, key=away)


def noon(*, now: datetime) -> str:
    return zone_where_it_is(12, now=now.astimezone(UTC))


def midnight(*, now: datetime) -> str:
    """Not quite: so early that the morning is hours away."""
    return zone_where_it_is(1, now=now.astimezone(UTC))
