"""A policy as data: whom to ask in which wave, how many at once, and how long they have.

`scored` is the four-wave pattern of decision R6: scores of at least 55, 45 and 35, then everyone eligible, at
0, 15, 35 and 65 minutes.
"""

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

SHORT_LEAD = timedelta(hours=24)
POINT = 10_000  # a score of 55 points is 550,000


@dataclass(frozen=True)
class Wave:
    """One wave. `after_minutes` counts from the first wave; `min_score` is in points, 0 to 100."""

    after_minutes: int
    min_score: int
    size: int


@dataclass(frozen=True)
class Policy:
    """Waves for a start within 24 hours (`short`) and for a later one (`long`)."""

    name: str
    short: tuple[Wave, ...]
    long: tuple[Wave, ...]

    def waves(self, lead: timedelta) -> tuple[Wave, ...]:
        return self.short if lead < SHORT_LEAD else self.long


_FOUR_WAVES = (Wave(0, 55, 5), Wave(15, 45, 5), Wave(35, 35, 5), Wave(65, 0, 5))
SCORED = Policy(name="scored", short=_FOUR_WAVES, long=_FOUR_WAVES)
PRESETS = {policy.name: policy for policy in (SCORED,)}


def dump(policy: Policy) -> dict[str, Any]:
    """As a PolicyVersion stores it."""
    return asdict(policy)


def load(document: dict[str, Any]) -> Policy:
    """The policy of a stored document."""
    return Policy(
        name=document["name"],
        short=tuple(Wave(**wave) for wave in document["short"]),
        long=tuple(Wave(**wave) for wave in document["long"]),
    )


def window(lead: timedelta, service_minutes: int | None) -> timedelta:
    """How long a patient has to answer (decision R5), unless the service says otherwise."""
    if service_minutes is not None:
        return timedelta(minutes=service_minutes)
    for limit_hours, minutes in ((4, 10), (24, 15), (72, 60)):
        if lead < timedelta(hours=limit_hours):
            return timedelta(minutes=minutes)
    return timedelta(minutes=240)
