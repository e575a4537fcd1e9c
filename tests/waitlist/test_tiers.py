"""R7’s table at its edges, and the seed’s second one."""

import pytest

from waitlist.states import Tier
from waitlist.tiers import ESTABLISHED, PRESETS, STANDARD, tier

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


# The second table of the seed: visits ever, $10,000 or $2,000 in a year, 95 % or 80 %.
@pytest.mark.parametrize(
    ("past_visits", "spend_cents", "show_rate", "expected"),
    [
        (50, 0, 95, PLATINUM),
        (49, 0, 100, GOLD),
        (50, 0, 94, GOLD),  # only the show rate is missing: one tier down
        (50, 0, 0, GOLD),
        (3, 1_000_000, 95, PLATINUM),
        (3, 999_999, 95, GOLD),
        (3, 1_000_000, 94, GOLD),
        (3, 1_000_000, 0, GOLD),
        (2, 1_000_000, 0, PLATINUM),  # fewer than three past visits: the show rate is not applied
        (12, 0, 80, GOLD),
        (11, 0, 100, SILVER),
        (12, 0, 79, SILVER),
        (3, 200_000, 80, GOLD),
        (3, 199_999, 100, SILVER),
        (3, 200_000, 79, SILVER),
        (2, 200_000, 0, GOLD),
        (2, 199_999, 100, SILVER),
        (0, 0, 100, SILVER),
    ],
)
def test_established(past_visits: int, spend_cents: int, show_rate: int, expected: Tier):
    figures = {"spend_cents": spend_cents, "past_visits": past_visits, "show_rate": show_rate}
    assert tier(visits=0, rules=ESTABLISHED, **figures) == expected


@pytest.mark.parametrize(
    ("visits", "spend_cents", "past_visits", "show_rate", "expected"),
    [
        (11, 0, 60, 100, GOLD),  # visits ever count for nothing here
        (12, 0, 3, 90, PLATINUM),
        (12, 0, 3, 89, GOLD),
        (12, 0, 2, 0, PLATINUM),
        (0, 499_999, 3, 90, GOLD),
        (0, 500_000, 3, 89, GOLD),
        (4, 0, 3, 69, SILVER),
        (4, 0, 2, 0, GOLD),
        (3, 0, 3, 100, SILVER),
        (0, 99_999, 3, 100, SILVER),
        (0, 100_000, 3, 69, SILVER),
    ],
)
def test_standard_at_its_other_edges(visits, spend_cents, past_visits, show_rate, expected):
    assert PRESETS["standard"] == STANDARD
    figures = {"spend_cents": spend_cents, "past_visits": past_visits, "show_rate": show_rate}
    assert tier(visits=visits, rules=STANDARD, **figures) == expected
