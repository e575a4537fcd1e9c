"""Many slots of one clinic ranked in one statement, each with the same result as by itself.

One by one, every ranking costs a round trip and the time to bind its parameters; here the slots are rows, and what the
statements of `ranking` know of a slot are columns of theirs.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from matching.choosing import ranking, ranking_facts
from matching.choosing.ranking import Candidate
from matching.choosing.ranking_sql import best
from matching.prepared import fetch
from waitlist.models import Slot

# What is a slot's own among the facts; all else is its clinic's or the moment's.
OWN = {
    **dict.fromkeys(("slot_id", "service_id", "location_id", "practitioner_id"), "bigint"),
    **dict.fromkeys(("services", "stand_ins", "short_enough", "colleagues"), "bigint[]"),
    **dict.fromkeys(("day", "from", "until", "lead", "notice", "min_score"), "bigint"),
    **dict.fromkeys(("latitude", "longitude", "cos_latitude"), "float8"),
    **dict.fromkeys(("starts_at", "ends_at"), "timestamptz"),
    "on": "date",
    "tiers": "text",
}


@dataclass(frozen=True)
class Asked:
    """One slot, and whom its next wave asks for: `min_score` in points, `tiers` empty for all."""

    slot: Slot
    min_score: int = 0
    tiers: tuple[str, ...] = ()


def rank(wanted: Sequence[Asked], *, limit: int, now: datetime) -> dict[int, list[Candidate]]:
    """By slot the best `limit` people, best first, as `ranking.rank` would have found them now. All of one clinic."""
    if not wanted:
        return {}
    facts = {one.slot.pk: _facts(one, now) for one in wanted}
    entries = ranking.entries_for(limit)
    rows = fetch(_statement(entries), next(iter(facts.values())) | {"slots": _as_rows(facts.values())})
    of_slot: dict[int, list[dict[str, Any]]] = {slot_id: [] for slot_id in facts}
    for row in rows:
        of_slot[row.pop("slot_id")].append(row)
    found = {}
    for one in wanted:
        mine = sorted(of_slot[one.slot.pk], key=lambda row: row["place"])
        people = ranking.each_once(mine)
        if len(people) < limit and len(mine) == entries:  # somebody has several wishes that fit: look further
            found[one.slot.pk] = ranking.rank(
                one.slot, min_score=one.min_score, tiers=one.tiers, limit=limit, now=now
            )
        else:
            found[one.slot.pk] = people[:limit]
    return found


def _facts(one: Asked, now: datetime) -> dict[str, Any]:
    return ranking_facts.of(one.slot, now=now) | ranking_facts.wanted(min_score=one.min_score, tiers=one.tiers)


def _as_rows(facts: Any) -> str:
    return json.dumps([{name: one[name] for name in OWN} for one in facts], cls=DjangoJSONEncoder)


@cache
def _statement(entries: int) -> str:
    """The ranking of one slot, for every row of `slots`."""
    of_one = re.sub(r"%\((\w+)\)s", lambda name: f's."{name[1]}"' if name[1] in OWN else name[0], best(entries))
    columns = ", ".join(f'"{name}" {kind}' for name, kind in OWN.items())
    return f"""
SELECT s.slot_id, found.* FROM jsonb_to_recordset(%(slots)s::jsonb) AS s ({columns})
CROSS JOIN LATERAL (SELECT row_number() OVER () AS place, one.* FROM ({of_one}) one) found
"""
