"""Why people are not asked for a slot, and what would let more of them in. Reads only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from matching.choosing import ranking, ranking_facts
from matching.choosing.ranking_sql import ELIGIBLE, MOST_NOTICE
from matching.prepared import fetch
from waitlist.models import Slot

Facts = Mapping[str, Any]
SHOWN = 3


@dataclass(frozen=True)
class WhatIf:
    """Were this filter looser, from `now` to `then` in its own unit, `more` further entries would fit."""

    filter: str
    now: int
    then: int
    more: int


@dataclass(frozen=True)
class WhyNot:
    """How many entries each first filter keeps out ("eligible": none), and the loosenings that would help most."""

    counts: dict[str, int]
    what_if: list[WhatIf]


def why_not(slot: Slot, *, now: datetime) -> WhyNot:
    """The counts per filter, and up to three what-ifs, the most helpful first. One wish counts as one."""
    counts = ranking.excluded(slot, now=now)
    facts = ranking_facts.of(slot, now=now)
    tried = [_try(name, facts, counts.get("eligible", 0)) for name in LOOSER if counts.get(name)]
    helpful = sorted((one for one in tried if one.more > 0), key=lambda one: (-one.more, one.filter))
    return WhyNot(counts, helpful[:SHOWN])


def _try(name: str, facts: Facts, eligible: int) -> WhatIf:
    """The same clinic with one filter looser."""
    now, then, changed = LOOSER[name](facts)
    (row,) = fetch(ELIGIBLE, {**facts, **changed})
    return WhatIf(name, now, then, row["entries"] - eligible)


def _half_the_notice(facts: Facts) -> tuple[int, int, Facts]:
    """Minutes before the start: the most that those need who would come in, and half of it."""
    lead = facts["lead"]
    (row,) = fetch(MOST_NOTICE, {**facts, "half_of": 2 * lead + 1})
    most = row["minutes"] or 2 * lead
    return most, (most + 1) // 2, {"notice": 2 * lead + 1}


def _further(facts: Facts) -> tuple[int, int, Facts]:
    """Minutes on the way beyond what each of them said."""
    return 0, 15, {"further": 15}


def _longer_hours(facts: Facts) -> tuple[int, int, Facts]:
    """Minutes outside the hours each of them said."""
    return facts["leeway"], 2 * facts["leeway"], {"leeway": 2 * facts["leeway"]}


def _one_offer_more(facts: Facts) -> tuple[int, int, Facts]:
    """Offers a day; the week's, the month's and the day's texts rise with it."""
    caps = ("offers_per_day", "offers_per_week", "offers_per_month", "sms_per_day")
    now = facts["offers_per_day"]
    return now, now + 1, {name: facts[name] + 1 for name in caps}


def _one_live_offer_more(facts: Facts) -> tuple[int, int, Facts]:
    """Open offers at once."""
    now = facts["max_live_offers"]
    return now, now + 1, {"max_live_offers": now + 1}


LOOSER: dict[str, Callable[[Facts], tuple[int, int, Facts]]] = {
    "another_time": _longer_hours,
    "short_notice": _half_the_notice,
    "too_far": _further,
    "over_cap": _one_offer_more,
    "enough_offers": _one_live_offer_more,
}
