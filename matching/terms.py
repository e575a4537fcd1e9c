"""What is owed for giving a time up, worked out from nothing but a clinic's figures and the clock (decision R18)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from waitlist.models import Clinic, Service, Slot
from waitlist.states import FeeRule


@dataclass(frozen=True)
class Due:
    """What applies at one moment: the rule that says so, and how much of which price."""

    rule: FeeRule
    percent: int
    price_cents: int
    notice_minutes: int

    @property
    def cents(self) -> int:
        return share_of(self.price_cents, self.percent)


@dataclass(frozen=True)
class Terms:
    """A clinic's terms for one service: free at first, then a share of the price, which grows near the start."""

    grace_minutes: int
    notice_minutes: int
    early_percent: int
    late_percent: int

    @classmethod
    def of(cls, clinic: Clinic, service: Service) -> "Terms":
        """The service's own notice where it has one, else the clinic's."""
        own = service.cancel_notice_minutes
        notice_minutes = clinic.cancel_notice_minutes if own is None else own
        return cls(
            clinic.grace_minutes, notice_minutes, clinic.cancel_fee_percent_early, clinic.cancel_fee_percent_late
        )

    def free_until(self, won_at: datetime, starts_at: datetime) -> datetime:
        """Not free any more from then on: the minutes since they can know of it, never past the start."""
        return min(won_at + timedelta(minutes=self.grace_minutes), starts_at)

    def early_until(self, starts_at: datetime) -> datetime:
        """The last moment that still counts as early; the notice to the second is early, in the patient's favour."""
        return starts_at - timedelta(minutes=self.notice_minutes)

    def due(self, *, won_at: datetime, starts_at: datetime, price_cents: int, now: datetime) -> Due:
        """What giving it up at `now` costs, half a cent rounded up."""
        if now < self.free_until(won_at, starts_at):
            rule, percent = FeeRule.GRACE, 0
        elif now <= self.early_until(starts_at):
            rule, percent = FeeRule.EARLY, self.early_percent
        else:
            rule, percent = FeeRule.LATE, self.late_percent
        return Due(rule, percent, price_cents, self.notice_minutes)


def free_until(slot: Slot) -> datetime | None:
    """Until when whoever has it may give it back free; None where nobody has."""
    won_at = slot.won_at
    return None if won_at is None else Terms.of(slot.clinic, slot.service).free_until(won_at, slot.starts_at)


def share_of(cents: int, percent: int) -> int:
    """So many percent of an amount, half a cent rounded up."""
    return (cents * percent + 50) // 100
