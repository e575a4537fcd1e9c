"""What the statements of ranking know of a slot, its clinic and the moment, by the names they use."""

from collections.abc import Sequence
from datetime import datetime
from math import cos, radians
from typing import Any

from matching.choosing.ranking_filters import OF_THE_SLOT
from matching.policy.policies import POINT
from waitlist.models import Location, Practitioner, Slot
from waitlist.states import LAUNCHED, Launch, Tier

NOBODY_WAITS = 10**9  # days: of which any wait is nothing
LEEWAY_MINUTES = 60  # outside the hours wanted, for half the points


def wanted(*, min_score: int = 0, tiers: Sequence[str] = ()) -> dict[str, Any]:
    """Whom a wave asks: at least `min_score` points, and one of these tiers, or of any."""
    return {"min_score": min_score * POINT, "tiers": ",".join(tiers or Tier.values)}


def of(slot: Slot, *, now: datetime) -> dict[str, Any]:
    """Everything the statements know of the slot and the clinic."""
    zone = slot.location.zone
    start = slot.starts_at.astimezone(zone)
    first_minute = start.hour * 60 + start.minute
    length = int((slot.ends_at - slot.starts_at).total_seconds() // 60)
    lead = int((slot.starts_at - now).total_seconds() // 60)
    stand_ins = slot.service.compatible.all()  # wishes for these fit as well
    weights = slot.clinic.weights
    return {
        "clinic_id": slot.clinic_id,
        "slot_id": slot.pk,
        "service_id": slot.service_id,
        "services": [slot.service_id, *(service.pk for service in stand_ins)],
        "stand_ins": [service.pk for service in stand_ins],
        "short_enough": [service.pk for service in (slot.service, *stand_ins) if service.minutes <= length],
        "location_id": slot.location_id,
        "practitioner_id": slot.practitioner_id,
        "colleagues": _colleagues(slot.practitioner),
        "day": 1 << start.weekday(),
        "on": start.date(),
        "from": first_minute,
        "until": first_minute + length,
        "starts_at": slot.starts_at,
        "ends_at": slot.ends_at,
        "lead": lead,
        "notice": lead,
        "leeway": LEEWAY_MINUTES,
        "further": 0,
        **_place(slot.location),
        "now": now,
        **_rules(slot),
        "most_of_slot": 10_000 * sum(weights[part] for part in OF_THE_SLOT),
        **{f"w_{part}": weight for part, weight in weights.items()},
    }


def _rules(slot: Slot) -> dict[str, Any]:
    clinic = slot.clinic
    return {
        "launched": ",".join(LAUNCHED.get(Launch(clinic.launch), Tier.values)),
        "kmh": clinic.travel_kmh,
        "newcomer": 100 * clinic.newcomer_percent,
        "longest_wait": clinic.max_waited_days or NOBODY_WAITS,
        "max_live_offers": clinic.max_live_offers,
        "offers_per_day": clinic.offers_per_day,
        "offers_per_week": clinic.offers_per_week,
        "offers_per_month": clinic.offers_per_month,
        "sms_per_day": clinic.sms_per_day,
        "email_lead_minutes": clinic.email_lead_minutes,
    }


def _place(location: Location) -> dict[str, float | None]:
    """Where the slot is, in radians; nowhere in particular if half of it is unknown."""
    if location.latitude is None or location.longitude is None:
        return {"latitude": None, "longitude": None, "cos_latitude": None}
    latitude = radians(location.latitude)
    return {"latitude": latitude, "longitude": radians(location.longitude), "cos_latitude": cos(latitude)}


def _colleagues(practitioner: Practitioner) -> list[int]:
    """Practitioners of the same specialty, for somebody who asked for one of them."""
    if not practitioner.specialty:
        return []
    team = practitioner.clinic.practitioners.all()
    return sorted(p.pk for p in team if p.specialty == practitioner.specialty and p.pk != practitioner.pk)
