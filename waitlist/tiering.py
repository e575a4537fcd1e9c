"""Rows: a patient's tier, by the clinic's rules or by staff's word. A tier chosen by hand is never recomputed."""

from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import connection

from audit import trail
from waitlist import tiers
from waitlist.models import Clinic, Patient, User
from waitlist.states import Tier
from waitlist.tiers import Rules

BY_HAND = ("tier", "tier_reason", "tier_set_by", "tier_set_at")
# Whoever is being changed right now is left out: their tier is computed there, and anew within the hour.
REFRESH = f"""
WITH wrong AS (
    SELECT id, tier FROM waitlist_patient
    WHERE clinic_id = %(clinic_id)s AND tier_reason = '' AND tier <> {tiers.EARNED}
    FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE waitlist_patient p SET tier = {tiers.EARNED}
FROM (SELECT id AS wrong_id, tier AS before FROM wrong) w WHERE p.id = w.wrong_id
RETURNING p.id, w.before, p.tier
"""
CENSUS = f"""
SELECT tier, CASE WHEN tier_reason = '' THEN {tiers.EARNED} ELSE tier END, tier_reason <> '', count(*)
FROM waitlist_patient WHERE clinic_id = %(clinic_id)s GROUP BY 1, 2, 3
"""


@dataclass(frozen=True)
class Census:
    """How many patients a clinic has in each tier now and would have by some rules, and how many would move."""

    now: dict[Tier, int]
    then: dict[Tier, int]
    moving: int
    by_hand: int

    @property
    def patients(self) -> int:
        return sum(self.now.values())


def rules_of(clinic: Clinic) -> Rules:
    """The clinic's own rules, else the preset `standard`."""
    row = getattr(clinic, "tier_rules", None)
    return row.rules if row is not None else tiers.STANDARD


def earned(patient: Patient) -> Tier:
    """What their figures come to by their clinic's rules, whatever staff chose."""
    return tiers.tier(
        visits=patient.visits,
        spend_cents=patient.spend_cents,
        past_visits=patient.past_visits,
        show_rate=patient.show_rate,
        rules=rules_of(patient.clinic),
    )


def census(clinic: Clinic, rules: Rules) -> Census:
    """Counted, nothing changed."""
    now, then = dict.fromkeys(Tier, 0), dict.fromkeys(Tier, 0)
    moving = by_hand = 0
    with connection.cursor() as cursor:
        cursor.execute(CENSUS, {**asdict(rules), "clinic_id": clinic.pk})
        for before, after, is_by_hand, count in cursor.fetchall():
            now[Tier(before)] += count
            then[Tier(after)] += count
            moving += count if before != after else 0
            by_hand += count if is_by_hand else 0
    return Census(now, then, moving, by_hand)


def refresh(clinic_id: int, *, now: datetime) -> int:
    """Every tier of the clinic as its rules say now, in one statement; how many changed. New rules wait meanwhile."""
    clinic = Clinic.objects.select_for_update(no_key=True).get(pk=clinic_id)
    moved: dict[tuple[str, str], list[Patient]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(REFRESH, {**asdict(rules_of(clinic)), "clinic_id": clinic_id})
        for pk, before, after in cursor.fetchall():
            moved[before, after].append(Patient(pk=pk))
    for (before, after), patients in sorted(moved.items()):
        changes = _change(before, after)
        trail.record("patient.tier_changed", patients, now=now, clinic_id=clinic_id, changes=changes)
    return sum(map(len, moved.values()))


def keep_up(patient_id: int, *, now: datetime) -> bool:
    """A locked patient's tier as their figures come to now; one chosen by hand stays."""
    patient = Patient.objects.select_related("clinic").filter(pk=patient_id, tier_reason="").first()
    if patient is None or patient.tier == (to := earned(patient)):
        return False
    before, patient.tier = patient.tier, to
    patient.save(update_fields=["tier"])
    changes = _change(before, to)
    trail.record("patient.tier_changed", patient, now=now, clinic_id=patient.clinic_id, changes=changes)
    return True


def choose(patient: Patient, tier: str, *, reason: str, by: User, now: datetime) -> None:
    """Staff's word for a locked patient. Why stays in the row: it may name somebody, and the trail must not."""
    before = patient.tier
    if not reason.strip():
        raise ValidationError({"reason": "Say why: a tier chosen by hand needs a reason."})
    if tier not in Tier.values:
        raise ValidationError({"tier": "Choose Platinum, Gold or Silver."})
    patient.tier, patient.tier_reason = tier, reason.strip()
    patient.tier_set_by, patient.tier_set_at = by, now
    patient.save(update_fields=BY_HAND)
    trail.record("patient.tier_chosen", patient, now=now, clinic_id=patient.clinic_id, changes=_change(before, tier))


def follow_figures(patient: Patient, *, now: datetime) -> bool:
    """A locked patient's tier is again what their figures come to; False where nobody had chosen one."""
    if not patient.is_tier_by_hand:
        return False
    before = patient.tier
    patient.tier, patient.tier_reason, patient.tier_set_by, patient.tier_set_at = earned(patient), "", None, None
    patient.save(update_fields=BY_HAND)
    changes = _change(before, patient.tier)
    trail.record("patient.tier_follows", patient, now=now, clinic_id=patient.clinic_id, changes=changes)
    return True


def _change(before: str, after: str) -> dict[str, list[str]]:
    return {"tier": [str(Tier(before).label), str(Tier(after).label)]}
