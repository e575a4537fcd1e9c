"""The statements behind `ranking`: named filters, the seven parts of the score, and four ways to ask."""

from matching.states import Order

_TRAVEL = """2 * 6371 * asin(sqrt(least(1, power(sin(radians(p.latitude - %(latitude)s) / 2), 2)
    + cos(radians(%(latitude)s)) * cos(radians(p.latitude))
    * power(sin(radians(p.longitude - %(longitude)s) / 2), 2)))) / %(kmh)s * 60"""

# What every filter and part may look at: e the entry, p its patient, a its best window that day, t the way there.
_FROM = f"""
FROM waitlist_waitlistentry e
JOIN waitlist_patient p ON p.id = e.patient_id
LEFT JOIN LATERAL (
    SELECT max(CASE WHEN w.from_minute <= %(from)s AND %(until)s <= w.until_minute THEN 10000
                    WHEN w.from_minute - 60 <= %(from)s AND %(until)s <= w.until_minute + 60 THEN 5000
                    ELSE 0 END) AS fit
    FROM waitlist_availability w WHERE w.entry_id = e.id AND w.days & %(day)s <> 0
) a ON true
CROSS JOIN LATERAL (
    SELECT CASE WHEN p.latitude IS NULL OR p.longitude IS NULL OR %(latitude)s::float8 IS NULL
                THEN NULL ELSE trunc({_TRAVEL})::int END AS minutes
) t
"""

_USABLE = """FROM notifications_patientcontact pc JOIN notifications_contactpoint c ON c.id = pc.contact_point_id
    WHERE pc.patient_id = p.id AND c.stopped_at IS NULL
      AND ((c.kind = 'phone' AND c.sms_capability <> 'no' AND c.granted @> '{offers:sms}'::varchar[])
        OR (c.kind = 'email' AND c.granted @> '{offers:email}'::varchar[]))"""

# As notifications.rules.caps counts them; there, under lock, is the last word.
_UNDER_CAP = """AND (
    SELECT count(*) FILTER (WHERE offer AND went.at > %(now)s - interval '1 day') < %(offers_per_day)s
       AND count(*) FILTER (WHERE offer AND went.at > %(now)s - interval '7 days') < %(offers_per_week)s
       AND count(*) FILTER (WHERE offer) < %(offers_per_month)s
       AND (c.kind = 'email' OR count(*) FILTER (WHERE m.channel = 'sms' AND went.at > %(now)s - interval '1 day')
            < %(sms_per_day)s)
    FROM notifications_message m
    CROSS JOIN LATERAL (SELECT coalesce(m.sent_at, m.next_attempt_at) AS at, m.kind = 'offer' AS offer) went
    WHERE m.contact_point_id = c.id AND went.at > %(now)s - interval '30 days'
      AND m.status NOT IN ('refused', 'dropped', 'failed'))"""

# About the wish itself: true whoever asks and however. In this order; the first that holds is the reason.
WISH_FILTERS = {
    "inactive": "e.status <> 'active'",
    "another_service": "NOT e.services && (%(service_id)s::bigint || %(stand_ins)s::bigint[])",
    "excluded_practitioner": "%(practitioner_id)s::bigint = ANY (e.excluded_practitioners)",
    "another_day": "a.fit IS NULL",
    "another_time": "a.fit = 0",
    "outside_dates": "%(on)s < e.earliest_on OR %(on)s > e.latest_on",
    "short_notice": "%(lead)s < e.notice_minutes",
    "too_far": "t.minutes > e.max_travel_minutes",
    "visit_too_long": """NOT EXISTS (SELECT FROM waitlist_service s WHERE s.id = ANY (e.services)
        AND s.id = ANY (%(service_id)s::bigint || %(stand_ins)s::bigint[]) AND s.minutes <= %(minutes)s)""",
    "booked_then": """EXISTS (SELECT FROM waitlist_appointment b WHERE b.patient_id = p.id
        AND b.status = 'booked' AND b.starts_at < %(ends_at)s AND b.ends_at > %(starts_at)s)""",
    "booked_earlier": """EXISTS (SELECT FROM waitlist_appointment b WHERE b.patient_id = p.id
        AND b.status = 'booked' AND b.service_id = ANY (e.services)
        AND b.starts_at > %(now)s AND b.starts_at <= %(starts_at)s)""",
}
# About asking them: what a person who claims by themselves need not pass.
ASKING_FILTERS = {
    "already_asked": "EXISTS (SELECT FROM matching_offer o WHERE o.slot_id = %(slot_id)s AND o.patient_id = p.id)",
    "unreachable": f"NOT EXISTS (SELECT {_USABLE})",
    "over_cap": f"NOT EXISTS (SELECT {_USABLE} {_UNDER_CAP})",
    "enough_offers": """(SELECT count(*) FROM matching_offer o WHERE o.patient_id = p.id
        AND o.state = 'pending' AND o.expires_at > %(now)s) >= %(max_live_offers)s""",
}
FILTERS = WISH_FILTERS | ASKING_FILTERS

# Seed S3's table, each part 0 to 10,000.
PARTS = {
    "time": "coalesce(a.fit, 0)",
    "practitioner": """CASE WHEN %(practitioner_id)s::bigint = ANY (e.excluded_practitioners) THEN 0
        WHEN cardinality(e.practitioners) = 0 OR %(practitioner_id)s::bigint = ANY (e.practitioners) THEN 10000
        WHEN e.practitioners && %(colleagues)s::bigint[] THEN 4000 ELSE 0 END""",
    "service": """CASE WHEN %(service_id)s::bigint = ANY (e.services) THEN 10000
        WHEN e.services && %(stand_ins)s::bigint[] THEN 6000 ELSE 0 END""",
    "geography": """CASE WHEN t.minutes IS NULL OR e.max_travel_minutes IS NULL THEN 10000
        ELSE greatest(0, 10000 * (e.max_travel_minutes - t.minutes) / e.max_travel_minutes) END""",
    "notice": """CASE WHEN %(lead)s >= 2 * e.notice_minutes THEN 10000
        WHEN %(lead)s >= e.notice_minutes THEN 5000 ELSE 0 END""",
    "responsiveness": """CASE WHEN e.offers_answered = 0 THEN 100 * %(newcomer_percent)s
        ELSE 10000 * e.offers_accepted / e.offers_answered END""",
    "fairness": """CASE WHEN %(max_waited_days)s = 0 THEN 0
        ELSE 10000 * least(e.waited_days, %(max_waited_days)s) / %(max_waited_days)s END""",
}

_PARTS = ",\n    ".join(f"({sql})::int AS p_{name}" for name, sql in PARTS.items())
_SCORE = " + ".join(f"%(w_{name})s * p_{name}" for name in PARTS)
_NAMES = ", ".join(f"p_{name}" for name in PARTS)
_NONE = "\n  AND ".join(f"({sql}) IS NOT TRUE" for sql in FILTERS.values())
_FIRST = "CASE " + "\n    ".join(f"WHEN {sql} THEN '{name}'" for name, sql in FILTERS.items()) + " ELSE '' END"

ORDERS = {
    Order.SCORE: "score DESC, offers_received, added_at, entry_id",
    Order.FIFO: "added_at, entry_id",
    Order.VALUE: "spend_cents DESC, score DESC, offers_received, added_at, entry_id",
}


def rank(order: Order) -> str:
    """The statement for this order. `best` keeps one entry of a patient who has several: a patient is asked once."""
    return f"""
WITH fit AS (
    SELECT e.id AS entry_id, e.patient_id, e.added_at, e.offers_received, p.spend_cents,
        coalesce(nullif(e.priority, ''), p.tier) AS tier,
    {_PARTS}
    {_FROM}
    WHERE e.clinic_id = %(clinic_id)s AND e.status = 'active'
  AND {_NONE}
), best AS (
    SELECT DISTINCT ON (patient_id) *, {_SCORE} AS score FROM fit
    WHERE {_SCORE} >= %(min_score)s AND (cardinality(%(tiers)s::text[]) = 0 OR tier = ANY (%(tiers)s::text[]))
    ORDER BY patient_id, {_SCORE} DESC, offers_received, added_at, entry_id
)
SELECT entry_id, patient_id, score, {_NAMES} FROM best
ORDER BY {ORDERS[order]} LIMIT %(limit)s
"""


COUNTS = f"""
SELECT {_FIRST} AS filter, count(*) AS entries {_FROM}
WHERE e.clinic_id = %(clinic_id)s AND e.status IN ('active', 'paused') GROUP BY 1 ORDER BY 2 DESC, 1
"""

WHY = f"""
SELECT filter, {_SCORE} AS score, {_NAMES}
FROM (SELECT {_FIRST} AS filter, {_PARTS} {_FROM}
      WHERE e.clinic_id = %(clinic_id)s AND e.id = %(entry_id)s) one
"""

SLOTS = f"""
SELECT e.id AS entry_id {_FROM}
WHERE e.clinic_id = %(clinic_id)s AND e.id = %(entry_id)s
  AND {" AND ".join(f"({sql}) IS NOT TRUE" for name, sql in WISH_FILTERS.items() if name != "inactive")}
"""
