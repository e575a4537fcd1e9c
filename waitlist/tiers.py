"""Which tier a patient has earned in the last twelve months (decision R7)."""

from waitlist.states import Tier

ORDER = (Tier.PLATINUM, Tier.GOLD, Tier.SILVER)
VISITS = {Tier.PLATINUM: 12, Tier.GOLD: 4}
SPEND_CENTS = {Tier.PLATINUM: 500_000, Tier.GOLD: 100_000}
SHOW_RATE = {Tier.PLATINUM: 90, Tier.GOLD: 70}
FEWEST_PAST_VISITS = 3  # a show rate of one or two visits says nothing


def tier(*, visits: int, spend_cents: int, past_visits: int, show_rate: int) -> Tier:
    """The first tier whose visits or spend are reached; missing only its show rate drops one."""
    for place, candidate in enumerate(ORDER[:-1]):
        if visits >= VISITS[candidate] or spend_cents >= SPEND_CENTS[candidate]:
            reliable = past_visits < FEWEST_PAST_VISITS or show_rate >= SHOW_RATE[candidate]
            return candidate if reliable else ORDER[place + 1]
    return Tier.SILVER
