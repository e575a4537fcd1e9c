"""The six policies a clinic can start from: how other systems fill a free time, as waves (decisions R6 and R11)."""

from collections.abc import Callable
from dataclasses import dataclass

from matching.policy.policies import Policy, Wave
from matching.states import Order
from waitlist.states import Autopilot, Tier

THRESHOLD = 55  # points, where the clinic says nothing else
STEPS = ((0, 0), (15, 10), (35, 20))  # of `scored`: minutes after the first wave, points below the threshold
EVERYBODY_AFTER_MINUTES = 65


@dataclass(frozen=True)
class Preset:
    """A policy to start from. `make` takes the clinic's threshold in points."""

    name: str
    label: str
    sentence: str
    make: Callable[[int], Policy]


def scored(threshold: int = THRESHOLD) -> Policy:
    """Four waves with falling thresholds, the last one everybody (seed S3)."""
    waves = [Wave(minutes, min_score=max(0, threshold - points)) for minutes, points in STEPS]
    plan = (*waves, Wave(EVERYBODY_AFTER_MINUTES, repeat=True))
    return Policy("scored", short=plan, long=plan)


def tiered(*_: int) -> Policy:
    """Platinum, Gold, then whoever is left (seed S0): minutes apart today, hours apart for a later start."""
    return Policy("tiered", short=_by_tier(5, 15), long=_by_tier(180, 420))


def sequential(*_: int) -> Policy:
    """One after the other, in the order they joined."""
    plan = (Wave(size=1, order=Order.FIFO, repeat=True),)
    return Policy("sequential", short=plan, long=plan)


def broadcast(*_: int) -> Policy:
    """Everybody at once, after a buffer, and for a while nobody else may book it."""
    plan = (Wave(size=None),)
    return Policy(
        "broadcast", short=plan, long=plan, short_buffer_minutes=15, long_buffer_minutes=120, exclusive_minutes=15
    )


def staff_picks(*_: int) -> Policy:
    """Nothing by itself; the best five are there to be asked by a click."""
    return Policy("staff_picks", short=(Wave(),), long=(Wave(),), autopilot=Autopilot.SUGGEST)


def manual(*_: int) -> Policy:
    """No waves at all."""
    return Policy("manual", short=(), long=(), autopilot=Autopilot.SUGGEST)


def _by_tier(gold_minutes: int, rest_minutes: int) -> tuple[Wave, ...]:
    platinum, gold = Wave(tiers=(Tier.PLATINUM,)), Wave(gold_minutes, tiers=(Tier.GOLD,))
    return (platinum, gold, Wave(rest_minutes, repeat=True))


PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
            "scored",
            "By score",
            "The best matches are asked first, five at a time; after a quarter of an hour the bar is lowered, and "
            "after an hour everybody who can come is asked.",
            scored,
        ),
        Preset(
            "tiered",
            "By tier",
            "Platinum patients are asked first, then Gold, then everybody else: minutes apart for a time within "
            "24 hours, hours apart for a later one.",
            tiered,
        ),
        Preset(
            "sequential",
            "One by one",
            "Whoever waits longest is asked first and alone; only when they said no or did not answer comes the next.",
            sequential,
        ),
        Preset(
            "broadcast",
            "All at once",
            "After a short wait everybody who can come is asked at the same moment, and the first yes has it.",
            broadcast,
        ),
        Preset(
            "staff_picks",
            "Staff pick",
            "Nobody is asked until a member of staff starts it or picks somebody from the best matches.",
            staff_picks,
        ),
        Preset(
            "manual",
            "By hand",
            "Standby shows who could come and asks nobody by itself; staff choose each person.",
            manual,
        ),
    )
}


def called(name: str) -> str:
    """What staff read: a preset that was never given a name of its own goes by its label."""
    return PRESETS[name].label if name in PRESETS else name
