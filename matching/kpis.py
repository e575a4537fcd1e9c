"""Measured figures, straight from the rows, each with the count it stands on."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from matching.anew import REHEARSED
from waitlist.models import Clinic
from waitlist.states import Origin

A_MOMENT = timedelta(seconds=1)


@dataclass(frozen=True)
class Figures:
    """How well cancellations were filled since a moment. A time is None while nothing was measured.

    - fill rate = `filled` of `ended`: openings since then whose asking has ended, filled or not. Left out are those
      nobody was meant to fill (kept empty, closed, cancellation taken back) or that the calendar itself refilled, and
      those filled and cancelled since: their time is an opening of its own.
    - recovered = the prices of the `recovered` openings filled since then and still filled.
    - first message = from when the opening might be asked for (its policy's waits and staff's OK are over) to the first
      offer message handed to the carrier, over `messaged` openings; `from_cancel_p95` = the same from the opening.
    - time to fill = from the opening to the booking, over the same `recovered` openings.
    - `rehearsed` openings count in none of these: a dry run held back what they had to say, to `would_hear` people,
      and nobody was told of them.
    """

    filled: int
    ended: int
    recovered: int
    recovered_cents: int
    messaged: int
    first_message_median: timedelta | None
    first_message_p95: timedelta | None
    from_cancel_p95: timedelta | None
    fill_median: timedelta | None
    rehearsed: int
    would_hear: int

    @property
    def fill_percent(self) -> int | None:
        return round(100 * self.filled / self.ended) if self.ended else None

    @property
    def waits_for_ok(self) -> bool:
        """Whether policies or staff took time of their own before anybody might be asked."""
        if self.from_cancel_p95 is None or self.first_message_p95 is None:
            return False
        return self.from_cancel_p95 - self.first_message_p95 >= A_MOMENT


_FIGURES = f"""
WITH meant AS (
    SELECT id, state, price_cents, opened_at, filled_at, greatest(may_ask_at, opened_at) AS may_ask_at, EXISTS (
               SELECT FROM waitlist_appointment a WHERE a.id = s.filled_by_id AND a.status = 'cancelled') AS is_lost,
           (SELECT min(m.sent_at) FROM notifications_message m JOIN matching_offer o ON o.id = m.offer_id
            WHERE o.slot_id = s.id AND m.kind = 'offer') AS told_at, {REHEARSED} AS is_rehearsed
    FROM waitlist_slot s
    WHERE clinic_id = %(clinic)s AND (opened_at >= %(since)s OR filled_at >= %(since)s)
      AND closed_because NOT IN ('kept_empty', 'closure', 'rebooked', 'uncancelled')
), opened AS (
    SELECT *, told_at - may_ask_at AS first_message FROM meant WHERE opened_at >= %(since)s AND NOT is_rehearsed
), recovered AS (
    SELECT price_cents, filled_at - opened_at AS took FROM meant
    WHERE state = 'filled' AND filled_at >= %(since)s AND NOT is_lost AND NOT is_rehearsed
), rehearsed AS (
    SELECT id FROM meant WHERE opened_at >= %(since)s AND is_rehearsed
)
SELECT (SELECT count(*) FROM opened WHERE state = 'filled' AND NOT is_lost),
       (SELECT count(*) FROM opened WHERE state IN ('filled', 'expired', 'withdrawn') AND NOT is_lost),
       (SELECT count(*) FROM recovered),
       (SELECT coalesce(sum(price_cents), 0) FROM recovered),
       (SELECT count(first_message) FROM opened),
       (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY first_message) FROM opened),
       (SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY first_message) FROM opened),
       (SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY told_at - opened_at) FROM opened),
       (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY took) FROM recovered),
       (SELECT count(*) FROM rehearsed),
       (SELECT count(DISTINCT m.patient_id) FROM notifications_message m JOIN rehearsed ON rehearsed.id = m.slot_id
        WHERE m.kind = 'offer' AND m.refused_by = 'rehearsal')
"""


def figures(clinic: Clinic, *, since: datetime) -> Figures:
    """The clinic's figures from `since` until now, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, {"clinic": clinic.pk, "since": since})
        return Figures(*cursor.fetchone())


def week_start(clinic: Clinic, *, now: datetime) -> datetime:
    """Monday's first minute on the clinic's own clock."""
    here = now.astimezone(clinic.zone)
    monday = here.date() - timedelta(days=here.weekday())
    return datetime(monday.year, monday.month, monday.day, tzinfo=clinic.zone)


def day_start(clinic: Clinic, *, now: datetime) -> datetime:
    """Today's first minute on the clinic's own clock."""
    return now.astimezone(clinic.zone).replace(hour=0, minute=0, second=0, microsecond=0)


@dataclass(frozen=True)
class CameBy:
    """Of one way onto the list: wishes that began so, and those of them that led to a yes."""

    origin: Origin
    joined: int
    booked: int


_CAME_BY = """
SELECT origin, count(*), count(*) FILTER (WHERE offers_accepted > 0) FROM waitlist_waitlistentry e
WHERE clinic_id = %(clinic)s AND added_at >= %(since)s AND NOT EXISTS (
    SELECT FROM notifications_join j WHERE j.entry_id = e.id AND j.is_new AND j.confirmed_at IS NULL
      AND (j.expired_at IS NULL OR j.expired_at >= j.asked_at + interval '7 days'))
GROUP BY origin
"""


def came_by(clinic: Clinic, *, since: datetime) -> list[CameBy]:
    """Every way by which somebody came since then, in the order of the ways. A form that its number never confirmed,
    nor staff, began nothing."""
    with connection.cursor() as cursor:
        cursor.execute(_CAME_BY, {"clinic": clinic.pk, "since": since})
        found = {origin: counts for origin, *counts in cursor.fetchall()}
    return [CameBy(one, *found[one]) for one in Origin if one in found]
