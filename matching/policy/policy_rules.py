"""What no policy may say, each in a sentence at the field it is about.

The database holds what SQL can say simply of it (matching.policy.policy_sql), for a stored policy is never changed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from matching.policy.policies import Policy, Wave
from matching.states import Order
from notifications.states import Channel
from waitlist.states import Autopilot, Tier

MOST_WAVES = 12
NAME_LENGTH = 60
DAY_MINUTES = 24 * 60
PLANS = {"short": "a start within 24 hours", "long": "a later start"}
TO_PATIENTS = (Channel.SMS, Channel.VOICE, Channel.WHATSAPP, Channel.EMAIL)

# Field → (what people call it, least, most).
POLICY_RANGES = {
    "approve_within_minutes": ("Minutes for staff to step in", 1, 120),
    "undo_delay_minutes": ("Minutes to take a cancellation back", 0, 60),
    "short_buffer_minutes": ("Buffer within 24 hours, minutes", 0, 120),
    "long_buffer_minutes": ("Buffer for later starts, minutes", 0, 120),
    "exclusive_minutes": ("Exclusive access, minutes", 0, 240),
    "cutoff_minutes": ("Last answer before the start, minutes", 0, DAY_MINUTES),
    "offer_cutoff_minutes": ("Last offer before the last answer, minutes", 0, DAY_MINUTES),
    "soft_lock_minutes": ("Warn before booking by hand, minutes", 0, 120),
}
WAVE_RANGES = {
    "after_minutes": ("At minute", 0, 7 * DAY_MINUTES),
    "min_score": ("Least score", 0, 100),
    "size": ("People", 1, 500),
    "window_minutes": ("Minutes to answer", 1, DAY_MINUTES),
}
MAY_BE_NONE = {"size", "window_minutes"}


@dataclass(frozen=True)
class Fault:
    """What is wrong with one field: of the policy, or of wave `wave`, from 0, of a plan."""

    field: str
    text: str
    plan: str = ""
    wave: int | None = None


def faults(policy: Policy) -> list[Fault]:
    """Everything that is wrong with a policy; empty: it may be stored."""
    return [*_common(policy), *_plan(policy, "short"), *_plan(policy, "long")]


def delay_minutes(policy: Policy, plan: str) -> int:
    """From the opening to the first wave, if staff do nothing."""
    approve = policy.approve_within_minutes if policy.autopilot == Autopilot.APPROVE else 0
    buffer = policy.short_buffer_minutes if plan == "short" else policy.long_buffer_minutes
    return policy.undo_delay_minutes + approve + buffer


def _common(policy: Policy) -> Iterator[Fault]:
    if not 1 <= len(policy.name.strip()) <= NAME_LENGTH:
        yield Fault("name", f"A name has 1 to {NAME_LENGTH} characters.")
    elif not policy.name.isprintable() or policy.name != policy.name.strip():
        yield Fault("name", "A name is one line, with no spaces around it.")
    for field, (label, low, high) in POLICY_RANGES.items():
        if text := _out_of_range(getattr(policy, field), label, low, high):
            yield Fault(field, text)
    if policy.autopilot not in Autopilot.values:
        yield Fault("autopilot", "It is either suggest, approve or automatic.")
    elif not policy.short and not policy.long and policy.autopilot != Autopilot.SUGGEST:
        yield Fault("autopilot", "Without a wave nobody is asked by itself: add a wave, or let staff start it.")
    if not policy.short and not policy.long and policy.exclusive_minutes:
        yield Fault("exclusive_minutes", "Exclusive access begins with the first wave, and there is none.")


def _plan(policy: Policy, plan: str) -> Iterator[Fault]:
    waves: tuple[Wave, ...] = getattr(policy, plan)
    if len(waves) > MOST_WAVES:
        yield Fault("after_minutes", f"A plan has at most {MOST_WAVES} waves.", plan, MOST_WAVES)
    for number, wave in enumerate(waves):
        for field, text in (*_alone(wave), *_among(waves, number)):
            yield Fault(field, text, plan, number)
    if _whole(waves) and _in_range(policy):
        yield from _in_time(policy, plan, waves)


def _alone(wave: Wave) -> Iterator[tuple[str, str]]:
    """What is wrong with a wave whatever the others are."""
    for field, (label, low, high) in WAVE_RANGES.items():
        value = getattr(wave, field)
        if (value is not None or field not in MAY_BE_NONE) and (text := _out_of_range(value, label, low, high)):
            yield field, text
    if unknown := set(wave.tiers) - set(Tier.values):
        yield "tiers", f"There is no tier “{min(unknown)}”."
    if unknown := set(wave.channels) - set(TO_PATIENTS):
        yield "channels", f"Patients cannot be told by “{min(unknown)}”."
    if wave.order not in Order.values:
        yield "order", f"There is no order “{wave.order}”."
    if wave.repeat and wave.size is None:
        yield "repeat", "Everybody is asked at once already: nobody is left for a second time."


def _among(waves: tuple[Wave, ...], number: int) -> Iterator[tuple[str, str]]:
    """What is wrong with a wave because of those before and after it."""
    wave, before = waves[number], waves[:number]
    if not before and wave.after_minutes:
        yield "after_minutes", "The first wave starts the clock: it is at minute 0."
    if before and _whole((wave, before[-1])) and wave.after_minutes <= before[-1].after_minutes:
        minute = before[-1].after_minutes
        if wave.after_minutes == minute:
            yield "after_minutes", f"Wave {number} is at minute {minute} too: give each a minute of its own."
        else:
            yield "after_minutes", f"It comes before wave {number}, at minute {minute}: put them in order of time."
    if wave.repeat and number < len(waves) - 1:
        yield "repeat", "Only the last wave can go on until nobody is left: those after it would never come."
    for earlier, other in enumerate(before, 1):
        if other.size is None and _covers(other, wave):
            yield "min_score", f"Nobody is left for it: wave {earlier} has asked everybody it could ask."
            break


def _covers(first: Wave, later: Wave) -> bool:
    """Whether the first wave is open to everybody the later one is open to."""
    tiers, channels = set(first.tiers or Tier.values), set(first.channels or TO_PATIENTS)
    return (
        tiers >= set(later.tiers or Tier.values)
        and channels >= set(later.channels or TO_PATIENTS)
        and _is_whole(first.min_score)
        and _is_whole(later.min_score)
        and first.min_score <= later.min_score
    )


def _in_time(policy: Policy, plan: str, waves: tuple[Wave, ...]) -> Iterator[Fault]:
    """What is wrong because a minute would never come."""
    if len(waves) > 1 and policy.exclusive_minutes > waves[1].after_minutes > 0:
        minute = waves[1].after_minutes
        yield Fault(
            "exclusive_minutes", f"It would hold back wave 2 for {PLANS[plan]}, at minute {minute}: at most {minute}."
        )
    if plan != "short" or not waves:
        return
    latest = DAY_MINUTES - 1 - delay_minutes(policy, plan) - policy.cutoff_minutes - policy.offer_cutoff_minutes
    if latest < 0:
        field = "offer_cutoff_minutes" if policy.offer_cutoff_minutes > policy.cutoff_minutes else "cutoff_minutes"
        yield Fault(field, "No start within 24 hours could be asked for: make it less, or remove its waves.")
        return
    for number, wave in enumerate(waves):
        if wave.after_minutes > latest:
            text = f"It never comes where the start is within 24 hours: the last minute of use is {latest:,}."
            yield Fault("after_minutes", text, plan, number)


def _out_of_range(value: object, label: str, low: int, high: int) -> str:
    if not _is_whole(value):
        return f"{label}: a whole number, please."
    return "" if low <= value <= high else f"{label}: {low} to {high:,}."  # type: ignore[operator]


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _whole(waves: tuple[Wave, ...]) -> bool:
    return all(_is_whole(wave.after_minutes) for wave in waves)


def _in_range(policy: Policy) -> bool:
    return not any(_out_of_range(getattr(policy, name), *said) for name, said in POLICY_RANGES.items())
