"""Rows: how often a patient came, from what we were told and from the visits marked since.

Figures another system told us stand until a visit of theirs is marked here. From then on they are the beginning, and
our own count goes on from the moment they were told: who came counts as a visit, who did not come counts as a past one.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import connection

from waitlist.models import Patient

YEAR = timedelta(days=365)
# Whoever is being changed right now is left out, and counted within the hour.
COUNT = """
WITH own AS (
    SELECT p.id, count(*) AS past, count(*) FILTER (WHERE a.status = 'fulfilled') AS came,
        count(*) FILTER (WHERE a.status = 'fulfilled' AND a.starts_at > %(year_ago)s) AS lately
    FROM waitlist_patient p JOIN waitlist_appointment a ON a.patient_id = p.id
    WHERE p.clinic_id = %(clinic_id)s AND (%(patients)s::bigint[] IS NULL OR p.id = ANY (%(patients)s::bigint[]))
        AND a.status IN ('fulfilled', 'noshow') AND a.starts_at > coalesce(p.told_at, '-infinity')
    GROUP BY p.id
), counted AS (
    SELECT p.id, p.told_past_visits + own.past AS past_visits,
        CASE WHEN p.told_at > %(year_ago)s THEN p.told_visits ELSE 0 END + own.lately AS visits,
        round((p.told_past_visits * p.told_show_rate + 100 * own.came)::numeric / (p.told_past_visits + own.past))
            AS show_rate
    FROM waitlist_patient p JOIN own USING (id)
), changed AS (
    SELECT c.* FROM counted c JOIN waitlist_patient p USING (id)
    WHERE (p.past_visits, p.visits, p.show_rate) IS DISTINCT FROM (c.past_visits, c.visits, c.show_rate)
    ORDER BY p.id FOR NO KEY UPDATE OF p SKIP LOCKED
)
UPDATE waitlist_patient p SET past_visits = c.past_visits, visits = c.visits, show_rate = c.show_rate
FROM changed c WHERE p.id = c.id
"""


def refresh(clinic_id: int, patient_ids: Collection[int] | None = None, *, now: datetime) -> int:
    """Visits, past visits and show rate of these patients, or of all the clinic's, counted anew; how many changed."""
    given = {"clinic_id": clinic_id, "patients": None if patient_ids is None else list(patient_ids)}
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {**given, "year_ago": now - YEAR})
        return cursor.rowcount


def tell(patient: Patient, *, now: datetime) -> None:
    """These figures are another system's word: our own count begins now. Whoever calls saves the patient."""
    patient.told_visits, patient.told_past_visits = patient.visits, patient.past_visits
    patient.told_show_rate, patient.told_at = patient.show_rate, now
