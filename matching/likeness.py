"""How often openings like this one were filled: the clinic's own past, with the count it stands on."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from matching.anew import REHEARSED
from waitlist.models import Clinic, Slot

LEADS_SECONDS = [4 * 3600, 24 * 3600, 72 * 3600]  # the bands by which the time to answer goes, too
SINCE = timedelta(days=180)
LOOKED_AT = 2000  # the latest openings of a clinic, however busy it is
ENOUGH = 20  # of fewer nothing is said


@dataclass(frozen=True)
class Past:
    """Of `ended` openings of this service, free as long before their start, `filled` were."""

    filled: int
    ended: int

    @property
    def in_ten(self) -> int:
        """4 for “about 4 in 10”."""
        return (20 * self.filled + self.ended) // (2 * self.ended)

    @property
    def words(self) -> str:
        """“about 4 in 10”; never a certainty that was not measured."""
        if self.filled and not self.in_ten:
            return "fewer than 1 in 10"
        if self.filled < self.ended and self.in_ten == 10:
            return "more than 9 in 10"
        return f"about {self.in_ten} in 10" if self.filled else "none"


_PAST = f"""
SELECT service_id, lead, count(*) FILTER (WHERE state = 'filled'), count(*)
FROM (
    SELECT s.service_id, s.state, width_bucket(
               extract(epoch FROM s.starts_at - s.opened_at)::bigint, %(leads)s::bigint[]) AS lead
    FROM waitlist_slot s LEFT JOIN waitlist_appointment a ON a.id = s.filled_by_id
    WHERE s.clinic_id = %(clinic)s AND s.starts_at > %(since)s AND s.starts_at <= %(now)s
      AND s.state IN ('filled', 'expired', 'withdrawn') AND a.status IS DISTINCT FROM 'cancelled'
      AND s.closed_because NOT IN ('kept_empty', 'closure', 'rebooked', 'uncancelled') AND NOT {REHEARSED}
    ORDER BY s.starts_at DESC LIMIT %(looked_at)s
) latest
WHERE service_id = ANY(%(services)s)
GROUP BY service_id, lead
"""


def of(clinic: Clinic, slots: Iterable[Slot], *, now: datetime) -> dict[int, Past]:
    """By slot, where at least `ENOUGH` like it have ended; one statement for all, none for no slots.

    Chance to fill = filled / ended, over the latest `LOOKED_AT` openings of this clinic in 180 days. Like it are those
    of the same service that came free as long before their start (under 4, 24 or 72 hours, or more: the bands of the
    time to answer, R5). Source: the clinic's own rows and nobody else's (R13), counted as `matching.kpis` counts the
    fill rate. Only times that are past count: of those to come, who was filled is known sooner than who was not.
    """
    wanted = {slot.pk: (slot.service_id, _lead(slot)) for slot in slots}
    if not wanted:
        return {}
    services = sorted({service for service, _ in wanted.values()})
    facts: dict[str, Any] = {"clinic": clinic.pk, "services": services, "since": now - SINCE, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(_PAST, facts | {"leads": LEADS_SECONDS, "looked_at": LOOKED_AT})
        past = {(service, lead): Past(filled, ended) for service, lead, filled, ended in cursor.fetchall()}
    found = {pk: past.get(key) for pk, key in wanted.items()}
    return {pk: one for pk, one in found.items() if one is not None and one.ended >= ENOUGH}


def _lead(slot: Slot) -> int:
    return bisect_right(LEADS_SECONDS, int((slot.starts_at - slot.opened_at).total_seconds()))
