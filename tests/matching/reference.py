"""Seed S3's score and decision R8's filters, a second time, in plain Python over rows: what SQL must equal."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import asin, cos, radians, sin, sqrt

from matching.models import Offer
from notifications.models import Message
from waitlist.models import Appointment, Practitioner, Slot, WaitlistEntry


@dataclass
class Judged:
    entry: WaitlistEntry
    filter: str
    score: int
    parts: dict[str, int]


def travel_minutes(slot: Slot, entry: WaitlistEntry) -> int | None:
    place, patient = slot.location, entry.patient
    if None in (place.latitude, place.longitude, patient.latitude, patient.longitude):
        return None
    a, b = radians(place.latitude), radians(patient.latitude)
    dlat, dlon = radians(patient.latitude - place.latitude), radians(patient.longitude - place.longitude)
    h = min(1, sin(dlat / 2) ** 2 + cos(a) * cos(b) * sin(dlon / 2) ** 2)
    return int(2 * 6371 * asin(sqrt(h)) / slot.clinic.travel_kmh * 60)


def time_fit(slot: Slot, entry: WaitlistEntry) -> int | None:
    start = slot.starts_at.astimezone(slot.location.zone)
    first = start.hour * 60 + start.minute
    last = first + int((slot.ends_at - slot.starts_at).total_seconds() // 60)
    best = None
    for window in entry.availabilities.all():
        if window.days & (1 << start.weekday()):
            if window.from_minute <= first and last <= window.until_minute:
                fit = 10000
            elif window.from_minute - 60 <= first and last <= window.until_minute + 60:
                fit = 5000
            else:
                fit = 0
            best = max(best or 0, fit)
    return best


def usable(entry: WaitlistEntry) -> list:
    points = [contact.contact_point for contact in entry.patient.contacts.all()]
    return [
        point
        for point in points
        if point.stopped_at is None
        and (
            (point.kind == "phone" and point.sms_capability != "no" and "offers:sms" in point.granted)
            or (point.kind == "email" and "offers:email" in point.granted)
        )
    ]


def under_cap(slot: Slot, point, now: datetime) -> bool:
    clinic = slot.clinic
    counted = Message.objects.filter(contact_point=point).exclude(status__in=["refused", "dropped", "failed"])
    went = [(message.kind, message.channel, message.sent_at or message.next_attempt_at) for message in counted]
    limits = ((1, clinic.offers_per_day), (7, clinic.offers_per_week), (30, clinic.offers_per_month))
    for days, limit in limits:
        if sum(kind == "offer" and at > now - timedelta(days=days) for kind, _, at in went) >= limit:
            return False
    texts = sum(channel == "sms" and at > now - timedelta(days=1) for _, channel, at in went)
    return point.kind == "email" or texts < clinic.sms_per_day


def judge(slot: Slot, entry: WaitlistEntry, now: datetime) -> Judged:
    patient, service = entry.patient, slot.service
    stand_ins = {s.pk for s in service.compatible.all()}
    wanted = set(entry.services)
    fitting = wanted & ({service.pk} | stand_ins)
    lead = int((slot.starts_at - now).total_seconds() // 60)
    length = int((slot.ends_at - slot.starts_at).total_seconds() // 60)
    fit = time_fit(slot, entry)
    travel = travel_minutes(slot, entry)
    on = slot.starts_at.astimezone(slot.location.zone).date()
    visits = Appointment.objects.filter(patient=patient, status="booked")
    services = {s.pk: s for s in slot.clinic.services.all()}
    ways = usable(entry)
    live_offers = Offer.objects.filter(patient=patient, state="pending", expires_at__gt=now).count()
    filters = [
        ("inactive", entry.status != "active"),
        ("another_service", not fitting),
        ("excluded_practitioner", slot.practitioner_id in entry.excluded_practitioners),
        ("another_day", fit is None),
        ("another_time", fit == 0),
        (
            "outside_dates",
            (entry.earliest_on is not None and on < entry.earliest_on)
            or (entry.latest_on is not None and on > entry.latest_on),
        ),
        ("short_notice", lead < entry.notice_minutes),
        ("too_far", travel is not None and entry.max_travel_minutes is not None and travel > entry.max_travel_minutes),
        ("visit_too_long", not any(services[pk].minutes <= length for pk in fitting if pk in services)),
        ("booked_then", visits.filter(starts_at__lt=slot.ends_at, ends_at__gt=slot.starts_at).exists()),
        (
            "booked_earlier",
            visits.filter(service_id__in=entry.services, starts_at__gt=now, starts_at__lte=slot.starts_at).exists(),
        ),
        ("already_asked", Offer.objects.filter(slot=slot, patient=patient).exists()),
        ("unreachable", not ways),
        ("over_cap", not any(under_cap(slot, point, now) for point in ways)),
        ("enough_offers", live_offers >= slot.clinic.max_live_offers),
    ]
    first = next((name for name, holds in filters if holds), "")
    parts = _parts(slot, entry, fit, travel, lead, stand_ins)
    weights = slot.clinic.weights
    return Judged(entry, first, sum(weights[name] * part for name, part in parts.items()), parts)


def _parts(slot, entry, fit, travel, lead, stand_ins) -> dict[str, int]:
    mine = slot.practitioner
    same = set()
    if mine.specialty:
        same = {p.pk for p in Practitioner.objects.filter(clinic=slot.clinic, specialty=mine.specialty)} - {mine.pk}
    if mine.pk in entry.excluded_practitioners:
        practitioner = 0
    elif not entry.practitioners or mine.pk in entry.practitioners:
        practitioner = 10000
    else:
        practitioner = 4000 if same & set(entry.practitioners) else 0
    wanted = set(entry.services)
    longest = slot.clinic.max_waited_days
    limit = entry.max_travel_minutes
    newcomer = 100 * slot.clinic.newcomer_percent
    return {
        "time": fit or 0,
        "practitioner": practitioner,
        "service": 10000 if slot.service_id in wanted else 6000 if wanted & stand_ins else 0,
        "geography": 10000 if travel is None or limit is None else max(0, int(10000 * (limit - travel) / limit)),
        "notice": 10000 if lead >= 2 * entry.notice_minutes else 5000 if lead >= entry.notice_minutes else 0,
        "responsiveness": 10000 * entry.offers_accepted // entry.offers_answered if entry.offers_answered else newcomer,
        "fairness": 10000 * min(entry.waited_days, longest) // longest if longest else 0,
    }


def score_order(one: Judged) -> tuple:
    return (-one.score, one.entry.offers_received, one.entry.added_at, one.entry.pk)


ORDERS = {
    "score": score_order,
    "fifo": lambda one: (one.entry.added_at, one.entry.pk),
    "value": lambda one: (-one.entry.patient.spend_cents, *score_order(one)),
}


def rank(
    slot: Slot, *, min_score: int = 0, tiers: tuple[str, ...] = (), order: str = "score", now: datetime
) -> list[tuple[int, int]]:
    """(entry id, score) of everybody eligible, in this order, one entry per patient: their best."""
    entries = WaitlistEntry.objects.filter(clinic=slot.clinic).select_related("patient")
    judged = [judge(slot, entry, now) for entry in entries]
    best: dict[int, Judged] = {}
    for one in sorted((j for j in judged if not j.filter and j.score >= min_score * 10000), key=score_order):
        if not tiers or (one.entry.priority or one.entry.patient.tier) in tiers:
            best.setdefault(one.entry.patient_id, one)
    return [(one.entry.pk, one.score) for one in sorted(best.values(), key=ORDERS[order])]
