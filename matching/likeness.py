"""How often openings like this one were filled: the clinic's own past, saying of what and with the count it stands on.

A small clinic has few that are quite like it: then those of every service, and then all of them, speak for it.
"""

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
ENOUGH = 20  # of fewer nothing is foretold
NOTICE = ["under 4 hours’ notice", "4 to 24 hours’ notice", "1 to 3 days’ notice", "over 3 days’ notice"]
WHOLE = "the whole clinic"


@dataclass(frozen=True)
class Past:
    """Of `ended` openings `of` this kind, the nearest to it that are enough, `filled` were."""

    filled: int
    ended: int
    of: str

    @property
    def is_known(self) -> bool:
        return self.ended >= ENOUGH

    @property
    def enough(self) -> int:
        return ENOUGH

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
SELECT service_id, lead, count(*) FILTER (WHERE state = 'filled'), count(*) -- of any service, of any lead: null
FROM (
    SELECT s.service_id, s.state, width_bucket(
               extract(epoch FROM s.starts_at - s.opened_at)::bigint, %(leads)s::bigint[]) AS lead
    FROM waitlist_slot s LEFT JOIN waitlist_appointment a ON a.id = s.filled_by_id
    WHERE s.clinic_id = %(clinic)s AND s.starts_at > %(since)s AND s.starts_at <= %(now)s
      AND s.state IN ('filled', 'expired', 'withdrawn') AND a.status IS DISTINCT FROM 'cancelled'
      AND s.closed_because NOT IN ('kept_empty', 'closure', 'rebooked', 'uncancelled') AND NOT {REHEARSED}
    ORDER BY s.starts_at DESC LIMIT %(looked_at)s
) latest
GROUP BY GROUPING SETS ((service_id, lead), (lead), ())
HAVING grouping(service_id) = 1 OR service_id = ANY(%(services)s)
"""


def of(clinic: Clinic, slots: Iterable[Slot], *, now: datetime) -> dict[int, Past]:
    """By slot; one statement for all, none for no slots.

    Chance to fill = filled / ended, over the latest `LOOKED_AT` openings of this clinic in 180 days. Like it are those
    of the same service that came free as long before their start (under 4, 24 or 72 hours, or more: the bands of the
    time to answer, R5); where those are not `ENOUGH`, those of any service as long before; else all of the clinic,
    however few. Source: the clinic's own rows and nobody else's (R13), counted as `matching.kpis` counts the
    fill rate. Only times that are past count: of those to come, who was filled is known sooner than who was not.
    """
    wanted = {slot.pk: (slot.service_id, _lead(slot)) for slot in slots}
    if not wanted:
        return {}
    services = sorted({service for service, _ in wanted.values()})
    facts: dict[str, Any] = {"clinic": clinic.pk, "services": services, "since": now - SINCE, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(_PAST, facts | {"leads": LEADS_SECONDS, "looked_at": LOOKED_AT})
        past = {(service, lead): (filled, ended) for service, lead, filled, ended in cursor.fetchall()}
    return {pk: _nearest(past, service, lead) for pk, (service, lead) in wanted.items()}


def _nearest(past: dict[tuple[int | None, int | None], tuple[int, int]], service: int, lead: int) -> Past:
    kinds = [
        Past(*past.get((service, lead), (0, 0)), f"this service with {NOTICE[lead]}"),
        Past(*past.get((None, lead), (0, 0)), f"any service with {NOTICE[lead]}"),
        Past(*past.get((None, None), (0, 0)), WHOLE),
    ]
    return next((kind for kind in kinds if kind.is_known), kinds[-1])


def _lead(slot: Slot) -> int:
    return bisect_right(LEADS_SECONDS, int((slot.starts_at - slot.opened_at).total_seconds()))
