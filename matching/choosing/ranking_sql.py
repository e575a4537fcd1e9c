"""The statements behind `ranking`: named filters, the seven parts of the score, and the ways to ask.

`e` is the entry, `p` its patient, `a.fit` how its best window of that day fits, `t.minutes` the way there.
What is read of an entry stands in its row (`standing`, `days`, `from_minute`, `until_minute`: kept by trigger).
"""

from functools import cache

from matching.states import Order
from matching.told_sql import MAY_BE_ASKED

# Haversine on a sphere of 6,371 km, in whole minutes; the slot's own place comes in radians.
_TRAVEL = """2 * 6371 * asin(sqrt(least(1, power(sin((radians(p.latitude) - %(latitude)s) / 2), 2)
    + %(cos_latitude)s * cos(radians(p.latitude))
    * power(sin((radians(p.longitude) - %(longitude)s) / 2), 2)))) / %(kmh)s * 60"""


def _fit(window: str) -> str:
    """How a window fits the slot: 10,000 wholly, 5,000 within an hour of its ends, else 0."""
    return f"""CASE WHEN {window}.from_minute <= %(from)s AND %(until)s <= {window}.until_minute THEN 10000
        WHEN {window}.from_minute - %(leeway)s <= %(from)s
            AND %(until)s <= {window}.until_minute + %(leeway)s THEN 5000 ELSE 0 END"""


_ENTRY = f"""waitlist_waitlistentry e
CROSS JOIN LATERAL (
    SELECT CASE WHEN e.days & %(day)s = 0 THEN NULL WHEN e.from_minute IS NOT NULL THEN {_fit("e")}
        ELSE (SELECT max({_fit("w")}) FROM waitlist_availability w WHERE w.entry_id = e.id AND w.days & %(day)s <> 0)
        END AS fit
) a"""
_PERSON = "SELECT latitude, longitude, tier, spend_cents FROM waitlist_patient WHERE id = e.patient_id"
_WAY = f"""CROSS JOIN LATERAL (
    SELECT CASE WHEN p.latitude IS NULL OR p.longitude IS NULL OR %(latitude)s::float8 IS NULL
                THEN NULL ELSE trunc({_TRAVEL})::int END AS minutes
) t"""
_FROM = f"FROM {_ENTRY} CROSS JOIN LATERAL ({_PERSON} OFFSET 0) p {_WAY}"

_CONTACTS = """FROM notifications_patientcontact pc JOIN notifications_contactpoint c ON c.id = pc.contact_point_id
    WHERE pc.patient_id = e.patient_id"""
_USABLE = f"""{_CONTACTS} AND {MAY_BE_ASKED}
      AND (c.kind = 'phone' OR %(lead)s >= %(email_lead_minutes)s)"""

# As notifications.rules.caps counts them; there, under lock, is the last word.
_UNDER_CAP = """AND (
    SELECT count(*) FILTER (WHERE offer AND went.at > %(now)s - interval '1 day') < %(offers_per_day)s
       AND count(*) FILTER (WHERE offer AND went.at > %(now)s - interval '7 days') < %(offers_per_week)s
       AND count(*) FILTER (WHERE offer) < %(offers_per_month)s
       AND (c.kind = 'email'
            OR count(*) FILTER (WHERE m.channel <> 'email' AND went.at > %(now)s - interval '1 day') < %(sms_per_day)s)
    FROM notifications_message m
    CROSS JOIN LATERAL (SELECT coalesce(m.sent_at, m.next_attempt_at) AS at,
        m.kind IN ('offer', 'follow_up') AND NOT (m.channel = 'voice' AND m.after_id IS NOT NULL) AS offer) went
    WHERE m.contact_point_id = c.id AND m.channel <> 'staff' AND went.at > %(now)s - interval '30 days'
      AND m.status NOT IN ('refused', 'dropped', 'failed'))"""

# In this order, from the cheapest to look at to the dearest; the first that holds is the reason.
_OF_THE_ROW = {
    "closed": """(SELECT count(*) FROM waitlist_closure c WHERE c.clinic_id = %(clinic_id)s
        AND c.starts_at < %(ends_at)s AND c.ends_at > %(starts_at)s
        AND (c.location_id IS NULL OR c.location_id = %(location_id)s)
        AND (c.practitioner_id IS NULL OR c.practitioner_id = %(practitioner_id)s)) > 0""",
    "inactive": "e.status <> 'active'",
    "another_service": "NOT e.services && %(services)s::bigint[]",
    "visit_too_long": "NOT e.services && %(short_enough)s::bigint[]",
    "excluded_practitioner": "%(practitioner_id)s = ANY (e.excluded_practitioners)",
    "another_day": "e.days & %(day)s = 0",
    "another_time": "a.fit = 0",
    "outside_dates": "%(on)s < e.earliest_on OR %(on)s > e.latest_on",
    "short_notice": "%(notice)s < e.notice_minutes",
}
_OF_THE_WAY = {"too_far": "t.minutes > e.max_travel_minutes + %(further)s"}
_OF_THE_CALENDAR = {
    # Who holds a later visit waits for an earlier time only; that visit is given up for it, so it is not in the way.
    "not_earlier": """e.later_visit_id IS NOT NULL AND EXISTS (SELECT FROM waitlist_appointment b
        WHERE b.id = e.later_visit_id AND b.status <> 'cancelled' AND b.starts_at <= %(starts_at)s OFFSET 0)""",
    "booked_then": """EXISTS (SELECT FROM waitlist_appointment b
        WHERE b.patient_id = e.patient_id AND b.status = 'booked' AND b.id IS DISTINCT FROM e.later_visit_id
        AND b.starts_at < %(ends_at)s AND b.ends_at > %(starts_at)s OFFSET 0)""",
    "booked_earlier": """EXISTS (SELECT FROM waitlist_appointment b
        WHERE b.patient_id = e.patient_id AND b.status = 'booked' AND b.service_id = ANY (e.services)
        AND b.starts_at > %(now)s AND b.starts_at <= %(starts_at)s OFFSET 0)""",
}
# About asking them: what a person who claims by themselves need not pass.
_OF_ASKING = {
    # By the patient's offers, as below: read by the slot's, its plan would be made anew for every slot.
    "already_asked": """(SELECT count(*) FILTER (WHERE o.slot_id = %(slot_id)s)
        FROM matching_offer o WHERE o.patient_id = e.patient_id) > 0""",
    "opted_out": f"(SELECT bool_and(c.stopped_at IS NOT NULL) {_CONTACTS})",
    "unreachable": f"NOT EXISTS (SELECT {_USABLE} OFFSET 0)",
    "over_cap": f"NOT EXISTS (SELECT {_USABLE} {_UNDER_CAP} OFFSET 0)",
    # Its conditions in the count, so that no plan made on a quiet day reads everybody's open offers on a busy one.
    "enough_offers": """(SELECT count(*) FILTER (WHERE o.state = 'pending' AND o.expires_at > %(now)s)
        FROM matching_offer o WHERE o.patient_id = e.patient_id) >= %(max_live_offers)s""",
}
WISH_FILTERS = _OF_THE_ROW | _OF_THE_WAY | _OF_THE_CALENDAR
FILTERS = WISH_FILTERS | _OF_ASKING

# Seed S3's table, each part 0 to 10,000.
PARTS = {
    "time": "coalesce(a.fit, 0)",
    "practitioner": """CASE WHEN %(practitioner_id)s = ANY (e.excluded_practitioners) THEN 0
        WHEN cardinality(e.practitioners) = 0 OR %(practitioner_id)s = ANY (e.practitioners) THEN 10000
        WHEN e.practitioners && %(colleagues)s::bigint[] THEN 4000 ELSE 0 END""",
    "service": """CASE WHEN %(service_id)s = ANY (e.services) THEN 10000
        WHEN e.services && %(stand_ins)s::bigint[] THEN 6000 ELSE 0 END""",
    "geography": """CASE WHEN t.minutes IS NULL OR e.max_travel_minutes IS NULL THEN 10000
        ELSE greatest(0, 10000::bigint * (e.max_travel_minutes - t.minutes) / e.max_travel_minutes) END""",
    "notice": """CASE WHEN %(lead)s >= 2 * e.notice_minutes THEN 10000
        WHEN %(lead)s >= e.notice_minutes THEN 5000 ELSE 0 END""",
    "responsiveness": """CASE WHEN e.offers_answered = 0 THEN %(newcomer)s
        ELSE 10000 * e.offers_accepted / e.offers_answered END""",
    "fairness": "10000 * least(e.waited_days, %(longest_wait)s) / %(longest_wait)s",
}
OF_THE_SLOT = ("time", "practitioner", "service", "geography", "notice")  # the others are the entry's standing
_EXACT = ("time", "practitioner", "service", "notice")  # full for many people at once

_PARTS = ",\n    ".join(f"({sql})::int AS p_{name}" for name, sql in PARTS.items())
_SCORE = " + ".join(f"%(w_{name})s * p_{name}" for name in PARTS)
_NAMES = ", ".join(f"p_{name}" for name in PARTS)


def _first(filters: dict[str, str], otherwise: str = "''") -> str:
    """The name of the first filter that holds."""
    cases = "\n    ".join(f"WHEN {sql} THEN '{name}'" for name, sql in filters.items())
    return f"CASE {cases}\n    ELSE {otherwise} END"


def _none(filters: dict[str, str]) -> str:
    return "\n  AND ".join(f"({sql}) IS NOT TRUE" for name, sql in filters.items() if name != "inactive")


# In a query of its own, so that a plan made for any clinic costs the same for this one and need not be made anew.
_OF_CLINIC = "e.clinic_id = (SELECT %(clinic_id)s)"
_ACTIVE = f"{_OF_CLINIC} AND e.status = 'active'"
_OF_TIER = "strpos(%(tiers)s, coalesce(nullif(e.priority, ''), p.tier)) > 0"
_NEAR = f"{_OF_TIER} AND {_none(_OF_THE_WAY)}"
_IMPLIED = ("opted_out", "unreachable")  # by over_cap: who is within a cap has a way that may be used
_MAY_BE_ASKED = _none(_OF_THE_CALENDAR | {name: sql for name, sql in _OF_ASKING.items() if name not in _IMPLIED})


def _if(*steps: str) -> str:
    """All of them, each looked at only where those before hold; how many rows hold the planner does not guess."""
    whole = "true"
    for step in reversed(steps):
        whole = f"CASE WHEN {step} THEN {whole} ELSE false END"
    return whole


_BY_SCORE = "score DESC, offers_received, added_at, id"
_OF_SLOT = " + ".join(f"%(w_{name})s * ({PARTS[name]})" for name in OF_THE_SLOT)
_PERFECT = "\n  AND ".join(f"({PARTS[name]}) = 10000" for name in _EXACT)


@cache
def best(limit: int) -> str:
    """The best `limit` entries by score, read in the order of their standing and no further than needed.

    Whoever fits perfectly scores all the slot can give, but for the way there. The `limit`-th best of the first such
    few is a score that the result cannot fall below, and so is a standing below which nobody need be looked at.
    """
    return f"""
WITH perfect AS MATERIALIZED (
    SELECT e.standing + {_OF_SLOT} AS score {_FROM}
    WHERE {_ACTIVE} AND {_if(_none(_OF_THE_ROW), _PERFECT)} AND {_if(_NEAR, _MAY_BE_ASKED)}
    ORDER BY e.standing DESC LIMIT {2 * limit}
), bound AS MATERIALIZED (
    SELECT least, least - %(most_of_slot)s AS standing_from, 1000000 AS standing_to
    FROM (SELECT greatest(%(min_score)s,
        (SELECT score FROM perfect ORDER BY score DESC OFFSET {limit - 1} LIMIT 1)) AS least) lowest
), fit AS (
    SELECT e.id, e.patient_id, e.services, e.later_visit_id, e.offers_received, e.added_at, e.standing,
    {_PARTS}
    {_FROM}
    WHERE {_ACTIVE}
  AND e.standing BETWEEN (SELECT standing_from FROM bound) AND (SELECT standing_to FROM bound)
  AND {_if(_none(_OF_THE_ROW))} AND {_if(_NEAR)} OFFSET 0
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
    {_FROM}
    WHERE {_ACTIVE} {named} AND {_if(_none(_OF_THE_ROW))} AND {_if(_NEAR, _MAY_BE_ASKED)}
), best AS (
    SELECT DISTINCT ON (patient_id) *, {_SCORE} AS score FROM fit WHERE {_SCORE} >= %(min_score)s
    ORDER BY patient_id, {_BY_SCORE}
)
SELECT id AS entry_id, patient_id, score, {_NAMES} FROM best ORDER BY {ORDERS[Order(order)]} LIMIT %(limit)s
"""


_BEYOND_THE_ROW = {name: sql for name, sql in FILTERS.items() if name not in _OF_THE_ROW}
_BEYOND_THE_ROW["already_asked"] = f"e.patient_id = ANY (%(asked)s::bigint[]) OR {FILTERS['already_asked']}"
# Whoever their own row keeps out is looked at no further.
COUNTS = f"""
SELECT CASE WHEN e.filter <> '' THEN e.filter ELSE {_first(_BEYOND_THE_ROW)} END AS filter, count(*) AS entries
FROM (SELECT e.id, e.patient_id, e.services, e.later_visit_id, e.max_travel_minutes, {_first(_OF_THE_ROW)} AS filter
      FROM {_ENTRY} WHERE {_OF_CLINIC} AND e.status IN ('active', 'paused') OFFSET 0) e
LEFT JOIN LATERAL ({_PERSON} AND e.filter = '' OFFSET 0) p ON true {_WAY}
GROUP BY 1 ORDER BY 2 DESC, 1
"""

WHY = f"""
SELECT filter, {_SCORE} AS score, {_NAMES}
FROM (SELECT {_first(FILTERS)} AS filter, {_PARTS} {_FROM}
      WHERE e.clinic_id = %(clinic_id)s AND e.id = %(entry_id)s) one
"""

# What-ifs: how many fit, and the notice asked for by those who would if half of theirs were enough.
ELIGIBLE = f"""
SELECT count(*) AS entries {_FROM} WHERE {_ACTIVE} AND {_if(_none(_OF_THE_ROW))}
    AND {_if(_none(_OF_THE_WAY), _MAY_BE_ASKED)}
"""
MOST_NOTICE = f"""
SELECT max(e.notice_minutes) AS minutes {_FROM} WHERE {_ACTIVE} AND e.notice_minutes > %(notice)s
    AND {_if(_none(_OF_THE_ROW).replace("%(notice)s", "%(half_of)s"))} AND {_if(_none(_OF_THE_WAY), _MAY_BE_ASKED)}
"""

SLOTS = f"""
SELECT e.id AS entry_id {_FROM}
WHERE e.clinic_id = %(clinic_id)s AND e.id = %(entry_id)s AND {_none(WISH_FILTERS)}
"""
