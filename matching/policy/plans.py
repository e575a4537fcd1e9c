"""How far a slot has got in the policy it was opened with, and what that policy says next. Reads only."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from matching.models import SentWave
from matching.policy import policies
from matching.policy.policies import Policy, Wave
from waitlist.models import Slot
from waitlist.states import Autopilot

SURGE_SIZE = 6  # decision R11: 5 to 7
SURGE_WINDOW = timedelta(minutes=10)


@dataclass(frozen=True)
class Plan:
    """The waves of a slot and those sent so far, of which step 0 are people staff chose.

    The last wave may repeat: it has its next batch when nobody can answer any more, until nobody is left of it.
    """

    policy: Policy
    waves: tuple[Wave, ...]
    sent: tuple[SentWave, ...]

    @property
    def done(self) -> int:
        """The last of the policy's waves that asked somebody."""
        return max((row.step for row in self.sent if row.asked), default=0)

    @property
    def is_over(self) -> bool:
        """Whether nobody is asked any more by itself: no waves at all, or the last has asked and does not repeat."""
        return self.done >= len(self.waves) and not any(wave.repeat for wave in self.waves[-1:])

    @property
    def goes_by_itself(self) -> bool:
        """Whether the asking goes on without staff, once it has begun."""
        return bool(self.waves) and (self.done > 0 or self.policy.autopilot != Autopilot.SUGGEST)

    @property
    def next_minute(self) -> datetime | None:
        """When the next wave is due, counted from when the last one was told: it must not overtake the morning."""
        if not 0 < self.done < len(self.waves):
            return None
        first = next(row for row in self.sent if row.asked and row.step == self.done)
        gap = self.waves[self.done].after_minutes - self.waves[self.done - 1].after_minutes
        return (first.told_at or first.sent_at) + timedelta(minutes=max(0, gap))

    @property
    def steps(self) -> list[int]:
        """Which waves to try, from 1; the first that finds somebody is sent. After the last it is the last again."""
        return list(range(self.done + 1, len(self.waves) + 1)) or [len(self.waves)]

    @property
    def to_come(self) -> list[Wave]:
        """The same as the policy has them; none where it has none."""
        return [self.waves[step - 1] for step in self.steps if step]

    def wave_of(self, number: int) -> Wave | None:
        """The policy's wave of which this one of the slot's was; None for people staff chose, or nobody asked."""
        step = next((row.step for row in self.sent if row.number == number), 0)
        return self.waves[step - 1] if step else None


def of(slot: Slot, sent: Iterable[SentWave] | None = None) -> Plan:
    """The plan of this slot; `sent`: its waves, where they were fetched already, in order."""
    policy = policies.load(slot.policy.document)
    rows = SentWave.objects.filter(slot=slot).order_by("number") if sent is None else sent
    return Plan(policy, policy.waves(slot.starts_at - slot.opened_at), tuple(rows))


def size(wave: Wave, *, is_surge: bool) -> int | None:
    """How many at once. A surge makes batches larger; one after the other stays one, everybody stays everybody."""
    if wave.size is None or wave.size == 1 or not is_surge:
        return wave.size
    return max(wave.size, SURGE_SIZE)


def window(slot: Slot, wave: Wave, *, is_surge: bool, now: datetime) -> timedelta:
    """How long to answer: the first that is set of wave, service and lead time (decision R5); a surge only shortens."""
    minutes = slot.service.window_minutes if wave.window_minutes is None else wave.window_minutes
    usual = policies.window(slot.starts_at - now, minutes)
    return min(usual, SURGE_WINDOW) if is_surge else usual
