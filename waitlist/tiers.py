"""Which tier a patient has earned (decision R7), once for a person in Python and once for all of them in SQL."""

from dataclasses import dataclass

from waitlist.states import Tier


@dataclass(frozen=True)
class Rules:
    """What a clinic asks for a tier: visits or spend, and a show rate once there are enough past visits to know it.

    - `counts_all_visits`: those ever; else those of the last 12 months. Spend is always that of the last 12 months.
    - `fewest_past_visits`: with fewer, the show rate says nothing and is not applied.
    """

    platinum_visits: int
    platinum_spend_cents: int
    platinum_show_rate: int
    gold_visits: int
    gold_spend_cents: int
    gold_show_rate: int
    counts_all_visits: bool = False
    fewest_past_visits: int = 3


STANDARD = Rules(12, 500_000, 90, 4, 100_000, 70)
ESTABLISHED = Rules(50, 1_000_000, 95, 12, 200_000, 80, counts_all_visits=True)
PRESETS = {"standard": STANDARD, "established": ESTABLISHED}

# Of one row of waitlist_patient; its parameters are the fields of Rules. The same as tier(), line by line.
EARNED = f"""CASE
    WHEN (CASE WHEN %(counts_all_visits)s THEN past_visits ELSE visits END) >= %(platinum_visits)s
        OR spend_cents >= %(platinum_spend_cents)s
    THEN CASE WHEN past_visits < %(fewest_past_visits)s OR show_rate >= %(platinum_show_rate)s
        THEN '{Tier.PLATINUM.value}' ELSE '{Tier.GOLD.value}' END
    WHEN (CASE WHEN %(counts_all_visits)s THEN past_visits ELSE visits END) >= %(gold_visits)s
        OR spend_cents >= %(gold_spend_cents)s
    THEN CASE WHEN past_visits < %(fewest_past_visits)s OR show_rate >= %(gold_show_rate)s
        THEN '{Tier.GOLD.value}' ELSE '{Tier.SILVER.value}' END
    ELSE '{Tier.SILVER.value}' END"""


def tier(*, visits: int, spend_cents: int, past_visits: int, show_rate: int, rules: Rules = STANDARD) -> Tier:
    """The first tier whose visits or spend are reached; missing only its show rate drops one."""
    counted = past_visits if rules.counts_all_visits else visits
    is_known = past_visits >= rules.fewest_past_visits
    if counted >= rules.platinum_visits or spend_cents >= rules.platinum_spend_cents:
        return Tier.GOLD if is_known and show_rate < rules.platinum_show_rate else Tier.PLATINUM
    if counted >= rules.gold_visits or spend_cents >= rules.gold_spend_cents:
        return Tier.SILVER if is_known and show_rate < rules.gold_show_rate else Tier.GOLD
    return Tier.SILVER
