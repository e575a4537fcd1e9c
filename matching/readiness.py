"""What seed S0's launch list asks to be watched before more people are asked: measured, each with its count."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from matching import kpis
from matching.kpis import Figures
from waitlist import calendar
from waitlist.models import Clinic

SPAN = timedelta(days=14)
DELIVERED_PERCENT = 95  # seed S0: more than this
OPTED_OUT_PERCENT = 2
FIRST_MESSAGE = timedelta(seconds=90)  # decision R12


@dataclass(frozen=True)
class Readiness:
    """Since `since`: of `settled` texts, those whose end is known, so many arrived; of `people` numbers that had a
    text, so many have stopped since; `held_back` messages would have been sent but for a dry run."""

    since: datetime
    figures: Figures
    promised_twice: int
    settled: int
    delivered: int
    people: int
    stopped: int
    held_back: int

    @property
    def delivered_percent(self) -> float | None:
        return 100 * self.delivered / self.settled if self.settled else None

    @property
    def failed_percent(self) -> float | None:
        return 100 * (self.settled - self.delivered) / self.settled if self.settled else None

    @property
    def stopped_percent(self) -> float | None:
        return 100 * self.stopped / self.people if self.people else None

    @property
    def is_delivering(self) -> bool | None:
        """None while nothing was measured."""
        return None if self.delivered_percent is None else self.delivered_percent > DELIVERED_PERCENT

    @property
    def is_welcome(self) -> bool | None:
        return None if self.stopped_percent is None else self.stopped_percent <= OPTED_OUT_PERCENT

    @property
    def is_quick(self) -> bool | None:
        first = self.figures.first_message_p95
        return None if first is None else first < FIRST_MESSAGE


_COUNTS = """
WITH texts AS (
    SELECT status, refused_by, contact_point_id, sent_at, channel FROM notifications_message
    WHERE clinic_id = %(clinic)s AND created_at >= %(since)s AND patient_id IS NOT NULL AND channel <> 'staff'
)
SELECT count(*) FILTER (WHERE channel = 'sms' AND status IN ('delivered', 'undelivered', 'failed')),
       count(*) FILTER (WHERE channel = 'sms' AND status = 'delivered'),
       count(DISTINCT contact_point_id) FILTER (WHERE channel = 'sms' AND sent_at IS NOT NULL),
       (SELECT count(*) FROM notifications_contactpoint c WHERE c.clinic_id = %(clinic)s AND c.stopped_at >= %(since)s
           AND EXISTS (SELECT FROM texts t WHERE t.contact_point_id = c.id AND t.channel = 'sms'
               AND t.sent_at <= c.stopped_at)),
       count(*) FILTER (WHERE refused_by = 'rehearsal')
FROM texts
"""


def of(clinic: Clinic, *, now: datetime) -> Readiness:
    """Of the last two weeks. What a dry run held back was neither sent nor counted, whenever the switch was turned."""
    since = now - SPAN
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, {"clinic": clinic.pk, "since": since})
        counts = cursor.fetchone()
    twice = calendar.promised_twice(clinic.pk, now=now).count()
    return Readiness(since, kpis.figures(clinic, since=since), twice, *counts)
