"""Whom to ask: hard filters and seed S3's score in one SQL statement, in integers, with a total order.

Every part is 0 to 10,000 and every weight a number of points, so a score is 0 to 1,000,000 and a score of
55 points is 550,000. Ties go by who was offered least, then who waits longest, then by id. The same fragments decide
for `rank` (who may be asked) and for `excluded` and `why` (who may not, and the first reason).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef

from matching.models import Offer, SentWave
from matching.policies import POINT
from matching.ranking_sql import COUNTS, SLOTS, WHY
from matching.ranking_sql import rank as rank_sql
from matching.states import OfferState, Order
from waitlist.models import Practitioner, Service, Slot, WaitlistEntry
from waitlist.states import LIVE_SLOT_STATES, WAITING_STATUSES

LOOKED_AT = 30  # live slots, for alternatives


@dataclass(frozen=True)
class Candidate:
    """Somebody who may be asked. `parts` are the seven parts of the score, 0 to 10,000 each."""

    entry_id: int
    patient_id: int
    score: int
    parts: dict[str, int]


@dataclass(frozen=True)
class Verdict:
    """Whether one entry may be asked; if not, the first filter that held."""

    filter: str
    score: int
    parts: dict[str, int]

    @property
    def eligible(self) -> bool:
        return not self.filter


def rank(
    slot: Slot,
    *,
    min_score: int = 0,
    tiers: Sequence[str] = (),
    order: Order = Order.SCORE,
    limit: int,
    now: datetime,
) -> list[Candidate]:
    """The first `limit` people for the slot in this order, one entry each.

    Only those with at least `min_score` points and, unless `tiers` is empty, of one of these tiers: the staff's word
    on the entry where there is one, else the patient's own.
    """
    wanted = {"min_score": min_score * POINT, "tiers": list(tiers), "limit": limit}
    rows = _fetch(rank_sql(order), _facts(slot, now) | wanted)
    return [Candidate(row["entry_id"], row["patient_id"], row["score"], row["parts"]) for row in rows]


def excluded(slot: Slot, *, now: datetime) -> dict[str, int]:
    """How many entries the first filter that held kept out, by its name; those who fit count as "eligible"."""
    rows = _fetch(COUNTS, _facts(slot, now))
    return {row["filter"] or "eligible": row["entries"] for row in rows}


def why(slot: Slot, entry: WaitlistEntry, *, now: datetime) -> Verdict:
    """The verdict on anybody, with the parts of their score whether they may be asked or not."""
    (row,) = _fetch(WHY, _facts(slot, now) | {"entry_id": entry.pk})
    return Verdict(row["filter"], row["score"], row["parts"])


def slots_for(entry: WaitlistEntry, *, now: datetime, limit: int = 3) -> list[Slot]:
    """Live slots this person could have at once, soonest first: alternatives to one they did not get.

    Only slots whose cascade has begun: before that staff may still want it otherwise. Whether they have been
    texted often enough does not matter here: they are looking at the page.
    """
    if entry.status not in WAITING_STATUSES:
        return []
    said_no = Offer.objects.filter(
        slot=OuterRef("pk"), patient=entry.patient_id, state__in=(OfferState.DECLINED, OfferState.RETURNED)
    )
    asked = SentWave.objects.filter(slot=OuterRef("pk"))
    live = (
        Slot.objects.filter(~Exists(said_no), Exists(asked), clinic_id=entry.clinic_id, state__in=LIVE_SLOT_STATES)
        .filter(held_by=None, starts_at__gt=now)
        .select_related("clinic", "location__clinic", "practitioner__clinic", "service")
        .prefetch_related("service__compatible", "practitioner__clinic__practitioners")
        .order_by("starts_at", "pk")[:LOOKED_AT]
    )
    return list(islice((slot for slot in live if could_have(entry, slot, now=now)), limit))


def could_have(entry: WaitlistEntry, slot: Slot, *, now: datetime) -> bool:
    """Whether the slot fits the wish and a yes would still come in time."""
    facts = _facts(slot, now) | {"entry_id": entry.pk}
    return slot_is_answerable(slot, now=now) and bool(_fetch(SLOTS, facts))


def slot_is_answerable(slot: Slot, *, now: datetime) -> bool:
    """Whether a yes could still come in time."""
    return now < answers_end_at(slot)


def answers_end_at(slot: Slot) -> datetime:
    """The last moment for a yes: the start less the service's notice and the clinic's cut-off (decision R5)."""
    return slot.starts_at - timedelta(minutes=slot.service.notice_minutes + slot.clinic.cutoff_minutes)


def _facts(slot: Slot, now: datetime) -> dict[str, Any]:
    """Everything the statements know of the slot and the clinic."""
    zone = slot.location.zone
    start, end = slot.starts_at.astimezone(zone), slot.ends_at.astimezone(zone)
    first_minute = start.hour * 60 + start.minute
    length = int((slot.ends_at - slot.starts_at).total_seconds() // 60)
    return {
        "clinic_id": slot.clinic_id,
        "slot_id": slot.pk,
        "service_id": slot.service_id,
        "stand_ins": _stand_ins(slot.service),
        "practitioner_id": slot.practitioner_id,
        "colleagues": _colleagues(slot.practitioner),
        "day": 1 << start.weekday(),
        "on": start.date(),
        "from": first_minute,
        "until": first_minute + length if end.date() != start.date() else end.hour * 60 + end.minute,
        "minutes": length,
        "starts_at": slot.starts_at,
        "ends_at": slot.ends_at,
        "lead": int((slot.starts_at - now).total_seconds() // 60),
        "latitude": slot.location.latitude,
        "longitude": slot.location.longitude,
        "now": now,
        **_rules(slot),
        **{f"w_{part}": weight for part, weight in slot.clinic.weights.items()},
    }


def _rules(slot: Slot) -> dict[str, Any]:
    clinic = slot.clinic
    return {
        "kmh": clinic.travel_kmh,
        "newcomer_percent": clinic.newcomer_percent,
        "max_waited_days": clinic.max_waited_days,
        "max_live_offers": clinic.max_live_offers,
        "offers_per_day": clinic.offers_per_day,
        "offers_per_week": clinic.offers_per_week,
        "offers_per_month": clinic.offers_per_month,
        "sms_per_day": clinic.sms_per_day,
    }


def _stand_ins(service: Service) -> list[int]:
    """Services that this one can stand in for."""
    return sorted(other.pk for other in service.compatible.all())


def _colleagues(practitioner: Practitioner) -> list[int]:
    """Practitioners of the same specialty, for somebody who asked for one of them."""
    if not practitioner.specialty:
        return []
    team = practitioner.clinic.practitioners.all()
    return sorted(p.pk for p in team if p.specialty == practitioner.specialty and p.pk != practitioner.pk)


def _fetch(statement: str, facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, facts)
        names = [column.name for column in cursor.description]
        return [_with_parts(dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def _with_parts(row: dict[str, Any]) -> dict[str, Any]:
    row["parts"] = {name[2:]: row.pop(name) for name in list(row) if name.startswith("p_")}
    return row
