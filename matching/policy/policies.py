"""A policy as data: whom to ask in which wave, how many at once, how long they have, and how much goes by itself.

Everything is in whole minutes. A document stored before a field existed is read with that field's default.
"""

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from matching.states import Order
from waitlist.states import Autopilot

SHORT_LEAD = timedelta(hours=24)
POINT = 10_000  # a score of 55 points is 550,000


@dataclass(frozen=True)
class Wave:
    """One wave of people asked at once.

    - `after_minutes` counts from the first wave.
    - `tiers` are values of waitlist.states.Tier; empty: every tier.
    - `min_score` is in points, 0 to 100.
    - `size` None: everybody.
    - `window_minutes` to answer; None: the service's, else by lead time (decision R5).
    - `channels` are values of notifications.states.Channel; empty: as the rules of contact choose.
    - `repeat`: goes on in batches of its size until nobody is left; else it is sent once.
    """

    after_minutes: int = 0
    tiers: tuple[str, ...] = ()
    min_score: int = 0
    size: int | None = 5
    window_minutes: int | None = None
    channels: tuple[str, ...] = ()
    order: str = Order.SCORE
    repeat: bool = False


LIKE_ANY_OTHER = Wave(size=None)  # channels and time to answer as the service and the rules of contact say


@dataclass(frozen=True)
class Policy:
    """Waves for a start within 24 hours (`short`) and for a later one (`long`), and what holds for both.

    - `autopilot`: suggest, approve (goes ahead by itself after `approve_within_minutes`, and at once while the desk is
      closed) or automatic.
    - `undo_delay_minutes` before anybody is asked, so that a cancellation can be taken back in silence.
    - `short_buffer_minutes`, `long_buffer_minutes`: further wait before the first wave, 0 to 120.
    - `exclusive_minutes` from the first wave on: no later wave, and no booking by hand.
    - `cutoff_minutes`: no offer ends later than this before the start (less the service's notice).
    - `offer_cutoff_minutes`: no wave is sent later than this before that last moment for a yes.
    - `soft_lock_minutes` after somebody was asked, and while anybody may still answer: staff who book another by hand
      are warned and give a reason.
    """

    name: str
    short: tuple[Wave, ...]
    long: tuple[Wave, ...]
    autopilot: str = Autopilot.AUTOMATIC
    approve_within_minutes: int = 5
    undo_delay_minutes: int = 0
    short_buffer_minutes: int = 0
    long_buffer_minutes: int = 0
    exclusive_minutes: int = 0
    cutoff_minutes: int = 15
    offer_cutoff_minutes: int = 0
    soft_lock_minutes: int = 15

    def waves(self, lead: timedelta) -> tuple[Wave, ...]:
        return self.short if lead < SHORT_LEAD else self.long


def dump(policy: Policy) -> dict[str, Any]:
    """As a PolicyVersion stores it."""
    return asdict(policy)


def load(document: dict[str, Any]) -> Policy:
    """The policy of a stored document; what it, or a wave of it, says of no field of ours is left aside."""
    known = _known(Policy, document)
    return Policy(**known | {plan: tuple(map(_wave, document[plan])) for plan in ("short", "long")})


def _wave(row: dict[str, Any]) -> Wave:
    return Wave(**_known(Wave, row) | {name: tuple(row.get(name, ())) for name in ("tiers", "channels")})


def _known(of: type[Policy] | type[Wave], row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name in of.__dataclass_fields__}


def window(lead: timedelta, service_minutes: int | None) -> timedelta:
    """How long a patient has to answer (decision R5), unless the service says otherwise."""
    if service_minutes is not None:
        return timedelta(minutes=service_minutes)
    for limit_hours, minutes in ((4, 10), (24, 15), (72, 60)):
        if lead < timedelta(hours=limit_hours):
            return timedelta(minutes=minutes)
    return timedelta(minutes=240)
