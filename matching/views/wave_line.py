"""The wave line of a card: which waves are done, which is next, which are to come."""

from dataclasses import dataclass
from functools import cached_property

from matching.policy.plans import Plan
from waitlist.models import Slot


@dataclass(frozen=True)
class Step:
    """One wave on the line: done, now or later."""

    x: int
    kind: str
    line_from: int | None


@dataclass(frozen=True)
class WaveLine:
    slot: Slot
    plan: Plan

    @cached_property
    def total(self) -> int:
        """Those sent, with people staff chose and batches, and those the policy has to come."""
        planned = len(self.plan.waves)
        done = self.plan.done if self.plan.sent else min(self.slot.wave, planned)
        return self.slot.wave + planned - done

    @cached_property
    def steps(self) -> list[Step]:
        gap = 72 if self.total <= 5 else 36
        kinds = ["done" if n < self.slot.wave else "later" for n in range(self.total)]
        if self.slot.is_live and self.slot.wave < self.total:
            kinds[self.slot.wave] = "now"
        return [Step(12 + n * gap, kind, 12 + (n - 1) * gap if n else None) for n, kind in enumerate(kinds)]

    @property
    def width(self) -> int:
        return self.steps[-1].x + 12

    @property
    def text(self) -> str:
        """The same in words."""
        if not self.plan.waves:
            return f"{self.slot.wave} sent by hand" if self.slot.wave else "Nobody asked yet"
        return f"Wave {self.slot.wave} of {self.total}" if self.slot.wave else "Nobody asked yet"

    @property
    def said(self) -> str:
        """All that is drawn, read aloud: what was sent, where it stands, what is to come."""
        kinds = [step.kind for step in self.steps]
        told = [f"{kinds.count('done')} sent"]
        told += ["1 next"] if "now" in kinds else []
        told += [f"{kinds.count('later')} to come after it"] if "now" in kinds and "later" in kinds else []
        return f"{self.text}: {', '.join(told)}"
