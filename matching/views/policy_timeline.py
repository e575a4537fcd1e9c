"""A policy as a picture: what waits, who is asked when, and what is held back, on one axis per plan.

Places are per cent of the width, as SVG takes them, so that the picture fits a phone without its text shrinking.
"""

from dataclasses import dataclass, replace

from matching.forms import HEADS
from matching.policy import policy_rules, policy_words
from matching.policy.policies import Policy, Wave
from waitlist.states import Autopilot

LEFT, RIGHT = 5.0, 95.0
TOP, LANE, AXIS = 8, 28, 28  # pixels
STEPS = (1, 5, 10, 15, 30, 60, 120, 240, 360, 720, 1440, 2880)
MOST_TICKS = 5
SHORTEST = 15  # minutes of an axis


@dataclass(frozen=True)
class Band:
    """A time in which something is held back."""

    kind: str
    x: str
    width: str
    text: str


@dataclass(frozen=True)
class Mark:
    """One wave: its place, what stands beside it, and the whole of it in words."""

    number: int
    x: str
    y: int
    anchor: str
    dx: int
    label: str
    when: str
    text: str

    @property
    def text_y(self) -> int:
        return self.y + 4


@dataclass(frozen=True)
class Tick:
    x: str
    text: str


@dataclass(frozen=True)
class Timeline:
    """One plan on its axis; `height` and `axis_y` in pixels."""

    head: str
    bands: list[Band]
    marks: list[Mark]
    ticks: list[Tick]

    @property
    def axis_y(self) -> int:
        return TOP + LANE * len(self.marks)

    @property
    def height(self) -> int:
        return self.axis_y + AXIS

    @property
    def tick_y(self) -> int:
        return self.axis_y + 18

    @property
    def words(self) -> str:
        """The picture in one sentence, for who cannot see it; the list below it has every detail."""
        waves = "; ".join(f"wave {mark.number} {mark.when}: {mark.label}" for mark in self.marks)
        held = "; ".join(band.text for band in self.bands)
        return ". ".join(part for part in (self.head, held, waves) if part) + "."


def timelines(policy: Policy) -> list[Timeline]:
    """Both plans of a policy without faults, as one where they are the same."""
    short, long = (_timeline(policy, plan) for plan in policy_rules.PLANS)
    return [replace(short, head="Whenever it starts")] if replace(long, head=short.head) == short else [short, long]


def _timeline(policy: Policy, plan: str) -> Timeline:
    waves: tuple[Wave, ...] = getattr(policy, plan)
    first = policy_rules.delay_minutes(policy, plan)
    last = waves[-1].after_minutes if waves else 0
    end = max(first + max(last, policy.exclusive_minutes), SHORTEST)
    if not waves:
        return Timeline(HEADS[plan], [], [], [])
    marks = [_mark(number, wave, first, end) for number, wave in enumerate(waves, 1)]
    return Timeline(HEADS[plan], _bands(policy, plan, first, end), marks, _ticks(end))


def _bands(policy: Policy, plan: str, first: int, end: int) -> list[Band]:
    """In the order the engine waits: to undo, the buffer, the staff's time; then exclusive access."""
    buffer = policy.short_buffer_minutes if plan == "short" else policy.long_buffer_minutes
    approve = policy.approve_within_minutes if policy.autopilot == Autopilot.APPROVE else 0
    waits = (
        ("undo", policy.undo_delay_minutes, "to take a cancellation back in silence"),
        ("buffer", buffer, "of further waiting"),
        ("approve", approve, "for staff to start or stop it"),
    )
    bands, begins = [], 0
    for kind, minutes, text in waits:
        if minutes:
            bands.append(_band(kind, begins, minutes, end, f"{policy_words.length(minutes)} {text}"))
        begins += minutes
    if policy.exclusive_minutes:
        text = f"{policy_words.length(policy.exclusive_minutes)} of exclusive access: kept for those asked"
        bands.append(_band("exclusive", first, policy.exclusive_minutes, end, text))
    return bands


def _band(kind: str, begins: int, minutes: int, end: int, text: str) -> Band:
    left, right = _place(begins, end), _place(begins + minutes, end)
    return Band(kind, _percent(left), _percent(right - left), text)


def _mark(number: int, wave: Wave, first: int, end: int) -> Mark:
    place = _place(first + wave.after_minutes, end)
    is_left = place < (LEFT + RIGHT) / 2
    minutes = first + wave.after_minutes
    return Mark(
        number=number,
        x=_percent(place),
        y=TOP + LANE * number - LANE // 2,
        anchor="start" if is_left else "end",
        dx=16 if is_left else -16,
        label=policy_words.label(wave),
        when=f"after {policy_words.length(minutes)}" if minutes else "at once",
        text=policy_words.wave(wave),
    )


def _ticks(end: int) -> list[Tick]:
    step = next((step for step in STEPS if end / step < MOST_TICKS), STEPS[-1])
    return [Tick(_percent(_place(minute, end)), policy_words.length(minute)) for minute in range(0, end + 1, step)]


def _place(minute: int, end: int) -> float:
    return LEFT + (RIGHT - LEFT) * minute / end


def _percent(place: float) -> str:
    return f"{place:.2f}%"
