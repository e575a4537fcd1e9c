"""What the ranking statements are made of: whom they read, named filters, and the seven parts of the score.

`e` is the entry, `p` its patient, `a.fit` how its best window of that day fits, `t.minutes` the way there.
What is read of an entry stands in its row (`standing`, `days`, `from_minute`, `until_minute`: kept by trigger).
"""

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


ENTRY = f"""waitlist_waitlistentry e
CROSS JOIN LATERAL (
    SELECT CASE WHEN e.days & %(day)s = 0 THEN NULL WHEN e.from_minute IS NOT NULL THEN {_fit("e")}
        ELSE (SELECT max({_fit("w")}) FROM waitlist_availability w WHERE w.entry_id = e.id AND w.days & %(day)s <> 0)
        END AS fit
) a"""
PERSON = "SELECT latitude, longitude, tier, spend_cents FROM waitlist_patient WHERE id = e.patient_id"
WAY = f"""CROSS JOIN LATERAL (
    SELECT CASE WHEN p.latitude IS NULL OR p.longitude IS NULL OR %(latitude)s::float8 IS NULL
                THEN NULL ELSE trunc({_TRAVEL})::int END AS minutes
) t"""
FROM = f"FROM {ENTRY} CROSS JOIN LATERAL ({PERSON} OFFSET 0) p {WAY}"

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
OF_THE_ROW = {
    "closed": """(SELECT count(*) FROM waitlist_closure c WHERE c.clinic_id = %(clinic_id)s
        AND c.starts_at < %(ends_at)s AND c.ends_at > %(starts_at)s
        AND (c.location_id IS NULL OR c.location_id = %(location_id)s)
        AND (c.practitioner_id IS NULL OR c.practitioner_id = %(practitioner_id)s)) > 0""",
    "silent": "e.silent_since IS NOT NULL",
    "inactive": "e.status <> 'active'",
    "another_service": "NOT e.services && %(services)s::bigint[]",
    "visit_too_long": "NOT e.services && %(short_enough)s::bigint[]",
    "excluded_practitioner": "%(practitioner_id)s = ANY (e.excluded_practitioners)",
    "another_day": "e.days & %(day)s = 0",
    "another_time": "a.fit = 0",
    "outside_dates": "%(on)s < e.earliest_on OR %(on)s > e.latest_on",
    "short_notice": "%(notice)s < e.notice_minutes",
}
OF_THE_WAY = {"too_far": "t.minutes > e.max_travel_minutes + %(further)s"}
OF_THE_CALENDAR = {
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
# Whom the clinic asks so far, by the word of staff on the wish as waves go by it. They may claim by themselves.
OF_THE_LAUNCH = {"not_launched": "strpos(%(launched)s, coalesce(nullif(e.priority, ''), p.tier)) = 0"}
# About asking them: what a person who claims by themselves need not pass.
OF_ASKING = {
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
WISH_FILTERS = OF_THE_ROW | OF_THE_WAY | OF_THE_CALENDAR
FILTERS = WISH_FILTERS | OF_THE_LAUNCH | OF_ASKING

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
EXACT = ("time", "practitioner", "service", "notice")  # full for many people at once
