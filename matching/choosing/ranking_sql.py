"""The statements behind `ranking`, made of `ranking_filters`: the best, everybody, and why not."""

from functools import cache

from matching.choosing.ranking_filters import (
    ENTRY,
    EXACT,
    FILTERS,
    FROM,
    OF_ASKING,
    OF_THE_CALENDAR,
    OF_THE_LAUNCH,
    OF_THE_ROW,
    OF_THE_SLOT,
    OF_THE_WAY,
    PARTS,
    PERSON,
    WAY,
    WISH_FILTERS,
)
from matching.states import Order

_PARTS = ",\n    ".join(f"({sql})::int AS p_{name}" for name, sql in PARTS.items())
_SCORE = " + ".join(f"%(w_{name})s * p_{name}" for name in PARTS)
_NAMES = ", ".join(f"p_{name}" for name in PARTS)


def _first(filters: dict[str, str], otherwise: str = "''") -> str:
    """The name of the first filter that holds."""
    cases = "\n    ".join(f"WHEN {sql} THEN '{name}'" for name, sql in filters.items())
    return f"CASE {cases}\n    ELSE {otherwise} END"


OF_ITS_STATE = ("silent", "inactive")  # said by “active” already


def _none(filters: dict[str, str]) -> str:
    return "\n  AND ".join(f"({sql}) IS NOT TRUE" for name, sql in filters.items() if name not in OF_ITS_STATE)


# In a query of its own, so that a plan made for any clinic costs the same for this one and need not be made anew.
_OF_CLINIC = "e.clinic_id = (SELECT %(clinic_id)s)"
_ACTIVE = f"{_OF_CLINIC} AND e.status = 'active'"
_OF_TIER = "strpos(%(tiers)s, coalesce(nullif(e.priority, ''), p.tier)) > 0"
_OF_PERSON = _none(OF_THE_LAUNCH | OF_THE_WAY)
_NEAR = f"{_OF_TIER} AND {_OF_PERSON}"
_IMPLIED = ("opted_out", "unreachable")  # by over_cap: who is within a cap has a way that may be used
_MAY_BE_ASKED = _none(OF_THE_CALENDAR | {name: sql for name, sql in OF_ASKING.items() if name not in _IMPLIED})


def _if(*steps: str) -> str:
    """All of them, each looked at only where those before hold; how many rows hold the planner does not guess."""
    whole = "true"
    for step in reversed(steps):
        whole = f"CASE WHEN {step} THEN {whole} ELSE false END"
    return whole


_BY_SCORE = "score DESC, offers_received, added_at, id"
_OF_SLOT = " + ".join(f"%(w_{name})s * ({PARTS[name]})" for name in OF_THE_SLOT)
_PERFECT = "\n  AND ".join(f"({PARTS[name]}) = 10000" for name in EXACT)


@cache
def best(limit: int) -> str:
    """The best `limit` entries by score, read in the order of their standing and no further than needed.

    Whoever fits perfectly scores all the slot can give, but for the way there. The `limit`-th best of the first such
    few is a score that the result cannot fall below, and so is a standing below which nobody need be looked at.
    """
    return f"""
WITH perfect AS MATERIALIZED (
    SELECT e.standing + {_OF_SLOT} AS score {FROM}
    WHERE {_ACTIVE} AND {_if(_none(OF_THE_ROW), _PERFECT)} AND {_if(_NEAR, _MAY_BE_ASKED)}
    ORDER BY e.standing DESC LIMIT {2 * limit}
), bound AS MATERIALIZED (
    SELECT least, least - %(most_of_slot)s AS standing_from, 1000000 AS standing_to
    FROM (SELECT greatest(%(min_score)s,
        (SELECT score FROM perfect ORDER BY score DESC OFFSET {limit - 1} LIMIT 1)) AS least) lowest
), fit AS (
    SELECT e.id, e.patient_id, e.services, e.later_visit_id, e.offers_received, e.added_at, e.standing,
    {_PARTS}
    {FROM}
    WHERE {_ACTIVE}
  AND e.standing BETWEEN (SELECT standing_from FROM bound) AND (SELECT standing_to FROM bound)
  AND {_if(_none(OF_THE_ROW))} AND {_if(_NEAR)} OFFSET 0
), scored AS (
    SELECT *, {_SCORE} AS score FROM fit WHERE {_SCORE} >= (SELECT least FROM bound) ORDER BY {_BY_SCORE} OFFSET 0
)
SELECT e.id AS entry_id, e.patient_id, e.score, {_NAMES} FROM scored e WHERE {_if(_MAY_BE_ASKED)} LIMIT {limit}
"""


ORDERS = {
    Order.SCORE: _BY_SCORE,
    Order.FIFO: "added_at, id",
    Order.VALUE: f"spend_cents DESC, {_BY_SCORE}",
}


@cache
def everybody(order: str, *, among: bool = False) -> str:
    """Everybody eligible in this order, each patient once by their best entry: for long lists and other orders, and
    `among` a few named ones."""
    named = "AND e.id = ANY (%(among)s::bigint[])" if among else ""
    return f"""
WITH fit AS (
    SELECT e.id, e.patient_id, e.added_at, e.offers_received, p.spend_cents,
    {_PARTS}
    {FROM}
    WHERE {_ACTIVE} {named} AND {_if(_none(OF_THE_ROW))} AND {_if(_NEAR, _MAY_BE_ASKED)}
), best AS (
    SELECT DISTINCT ON (patient_id) *, {_SCORE} AS score FROM fit WHERE {_SCORE} >= %(min_score)s
    ORDER BY patient_id, {_BY_SCORE}
)
SELECT id AS entry_id, patient_id, score, {_NAMES} FROM best ORDER BY {ORDERS[Order(order)]} LIMIT %(limit)s
"""


_BEYOND_THE_ROW = {name: sql for name, sql in FILTERS.items() if name not in OF_THE_ROW}
_BEYOND_THE_ROW["already_asked"] = f"e.patient_id = ANY (%(asked)s::bigint[]) OR {FILTERS['already_asked']}"
# Whoever their own row keeps out is looked at no further.
COUNTS = f"""
SELECT CASE WHEN e.filter <> '' THEN e.filter ELSE {_first(_BEYOND_THE_ROW)} END AS filter, count(*) AS entries
FROM (SELECT e.id, e.patient_id, e.services, e.priority, e.later_visit_id, e.max_travel_minutes,
      {_first(OF_THE_ROW)} AS filter
      FROM {ENTRY} WHERE {_OF_CLINIC} AND e.status IN ('active', 'paused') OFFSET 0) e
LEFT JOIN LATERAL ({PERSON} AND e.filter = '' OFFSET 0) p ON true {WAY}
GROUP BY 1 ORDER BY 2 DESC, 1
"""

WHY = f"""
SELECT filter, {_SCORE} AS score, {_NAMES}
FROM (SELECT {_first(FILTERS)} AS filter, {_PARTS} {FROM}
      WHERE e.clinic_id = %(clinic_id)s AND e.id = %(entry_id)s) one
"""

# What-ifs: how many fit, and the notice asked for by those who would if half of theirs were enough.
ELIGIBLE = f"""
SELECT count(*) AS entries {FROM} WHERE {_ACTIVE} AND {_if(_none(OF_THE_ROW))}
    AND {_if(_OF_PERSON, _MAY_BE_ASKED)}
"""
MOST_NOTICE = f"""
SELECT max(e.notice_minutes) AS minutes {FROM} WHERE {_ACTIVE} AND e.notice_minutes > %(notice)s
    AND {_if(_none(OF_THE_ROW).replace("%(notice)s", "%(half_of)s"))} AND {_if(_OF_PERSON, _MAY_BE_ASKED)}
"""

SLOTS = f"""
SELECT e.id AS entry_id {FROM}
WHERE e.clinic_id = %(clinic_id)s AND e.id = %(entry_id)s AND {_none(WISH_FILTERS)}
"""
