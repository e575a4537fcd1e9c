"""R7's table at its edges."""

import pytest

from waitlist.states import Tier
from waitlist.tiers import tier

PLATINUM, GOLD, SILVER = Tier.PLATINUM, Tier.GOLD, Tier.SILVER


@pytest.mark.parametrize(
    ("visits", "spend_cents", "past_visits", "show_rate", "expected"),
    [
        (12, 0, 12, 90, PLATINUM),
        (11, 499_999, 11, 100, GOLD),
        (0, 500_000, 3, 90, PLATINUM),
        (12, 0, 12, 89, GOLD),  # only the show rate is missing: one tier down
        (12, 0, 12, 10, GOLD),
        (4, 0, 4, 70, GOLD),
        (4, 0, 4, 69, SILVER),
        (3, 99_999, 3, 100, SILVER),
        (3, 100_000, 3, 70, GOLD),
        (1, 500_000, 2, 0, PLATINUM),  # fewer than three past visits: the show rate is not applied
        (1, 500_000, 3, 0, GOLD),
        (2, 100_000, 2, 0, GOLD),
        (0, 0, 0, 100, SILVER),
    ],
)
def test_tier(visits: int, spend_cents: int, past_visits: int, show_rate: int, expected: Tier):
    assert (
        tier(visits=visits, spend_cents=spend_cents, past_visits=past_visits, show_rate=show_rate) == expected
    )
