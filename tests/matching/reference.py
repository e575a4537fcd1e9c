"""Seed S3's score and decision R8's filters, a second time, in plain Python over rows: what SQL must equal.

Also the naive way to do it, as `make bench` compares: everything is loaded once, and scored one by one.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import asin, cos, radians, sin, sqrt
from typing import Any

from matching.models import Offer
from notifications.models import ContactPoint, Message, PatientContact
from waitlist.models import Appointment, Availability, Closure, Slot, WaitlistEntry


@dataclass
class Judged:
    entry: WaitlistEntry
    filter: str
    score: int
    parts: dict[str, int]


class List:
    """The whole waitlist of a slot's clinic, loaded with all that the verdict on anybody needs."""

    def __init__(self, slot: Slot, now: datetime, *, only_active: bool = False) -> None:
        self.slot, self.now, self.clinic = slot, now, slot.clinic
        statuses = ["active"] if only_active else ["active", "paused", "booked", "removed"]
        rows = WaitlistEntry.objects.filter(clinic=self.clinic, status__in=statuses)
        self.entries = list(rows.select_related("patient"))
        of_clinic = {"patient__clinic": self.clinic}
        self.windows = by(Availability.objects.filter(entry__clinic=self.clinic), "entry_id")
        self.visits = by(Appointment.objects.filter(clinic=self.clinic, status="booked"), "patient_id")
        self.held = Appointment.objects.filter(clinic=self.clinic).exclude(status="cancelled").in_bulk()
        self.offers = by(Offer.objects.filter(**of_clinic), "patient_id")
        self.uses = by(PatientContact.objects.filter(**of_clinic), "patient_id")
        self.points = ContactPoint.objects.filter(clinic=self.clinic).in_bulk()
        self.messages = by(Message.objects.filter(clinic=self.clinic), "contact_point_id")
        self.minutes = dict(self.clinic.services.values_list("pk", "minutes"))
        self.stand_ins = {service.pk for service in slot.service.compatible.all()}
        mine = slot.practitioner
        team = self.clinic.practitioners.exclude(specialty="").filter(specialty=mine.specialty).exclude(pk=mine.pk)
        self.colleagues = set(team.values_list("pk", flat=True))
        self.closed = any(self._closes(closure) for closure in Closure.objects.filter(clinic=self.clinic))
        start = slot.starts_at.astimezone(slot.location.zone)
        self.on, self.day, self.first = start.date(), 1 << start.weekday(), start.hour * 60 + start.minute
        self.length = int((slot.ends_at - slot.starts_at).total_seconds() // 60)
        self.lead = int((slot.starts_at - now).total_seconds() // 60)

    def _closes(self, closure: Closure) -> bool:
        slot = self.slot
        return (
            closure.starts_at < slot.ends_at
            and closure.ends_at > slot.starts_at
            and closure.location_id in (None, slot.location_id)
            and closure.practitioner_id in (None, slot.practitioner_id)
        )

    def judge(self, entry: WaitlistEntry) -> Judged:
        fit, travel = self.fit(entry), self.travel_minutes(entry)
        first = next((name for name, holds in self.filters(entry, fit, travel) if holds), "")
        parts = self.parts(entry, fit, travel)
        return Judged(entry, first, sum(self.clinic.weights[name] * part for name, part in parts.items()), parts)

    def fit(self, entry: WaitlistEntry) -> int | None:
        """How the best window of that day fits; None without one."""
        last = self.first + self.length
        fits = [
            10000
            if window.from_minute <= self.first and last <= window.until_minute
            else 5000
            if window.from_minute - 60 <= self.first and last <= window.until_minute + 60
            else 0
            for window in self.windows[entry.pk]
            if window.days & self.day
        ]
        return max(fits, default=None)

    def travel_minutes(self, entry: WaitlistEntry) -> int | None:
        place, patient = self.slot.location, entry.patient
        if None in (place.latitude, place.longitude, patient.latitude, patient.longitude):
            return None
        a, b = radians(place.latitude), radians(patient.latitude)
        half_lat, half_lon = (b - a) / 2, (radians(patient.longitude) - radians(place.longitude)) / 2
        h = min(1, sin(half_lat) ** 2 + cos(a) * cos(b) * sin(half_lon) ** 2)
        return int(2 * 6371 * asin(sqrt(h)) / self.clinic.travel_kmh * 60)

    def filters(self, entry: WaitlistEntry, fit: int | None, travel: int | None) -> "Filters":
        """Each by its name, in order, looked at only until one holds."""
        slot, now, patient_id = self.slot, self.now, entry.patient_id
        fitting = set(entry.services) & {slot.service_id, *self.stand_ins}
        visits = self.visits[patient_id]
        yield "closed", self.closed
        yield "silent", entry.silent_since is not None
        yield "inactive", entry.status != "active"
        yield "another_service", not fitting
        yield "visit_too_long", not any(self.minutes[pk] <= self.length for pk in fitting)
        yield "excluded_practitioner", slot.practitioner_id in entry.excluded_practitioners
        yield "another_day", fit is None
        yield "another_time", fit == 0
        yield (
            "outside_dates",
            (entry.earliest_on is not None and self.on < entry.earliest_on)
            or (entry.latest_on is not None and self.on > entry.latest_on),
        )
        yield "short_notice", self.lead < entry.notice_minutes
        limit = entry.max_travel_minutes
        yield "too_far", travel is not None and limit is not None and travel > limit
        held = self.held.get(entry.later_visit_id or 0)
        yield "not_earlier", held is not None and held.starts_at <= slot.starts_at
        others = [visit for visit in visits if visit.pk != entry.later_visit_id]
        yield "booked_then", any(v.starts_at < slot.ends_at and v.ends_at > slot.starts_at for v in others)
        yield (
            "booked_earlier",
            any(v.service_id in entry.services and now < v.starts_at <= slot.starts_at for v in visits),
        )
        launched = self.clinic.launch != "platinum" or (entry.priority or entry.patient.tier) == "1platinum"
        yield "not_launched", not launched
        offers = self.offers[patient_id]
        yield "already_asked", any(offer.slot_id == slot.pk for offer in offers)
        points = [self.points[use.contact_point_id] for use in self.uses[patient_id]]
        yield "opted_out", bool(points) and all(point.stopped_at for point in points)
        ways = [point for point in points if self.is_way(point)]
        yield "unreachable", not ways
        yield "over_cap", not any(self.is_under_cap(point) for point in ways)
        live = sum(offer.state == "pending" and offer.expires_at > now for offer in offers)
        yield "enough_offers", live >= self.clinic.max_live_offers

    def is_way(self, point: ContactPoint) -> bool:
        if point.stopped_at is not None:
            return False
        if point.kind == "phone":
            return point.sms_capability != "no" and "offers:sms" in point.granted
        return "offers:email" in point.granted and self.lead >= self.clinic.email_lead_minutes

    def is_under_cap(self, point: ContactPoint) -> bool:
        clinic, now = self.clinic, self.now
        counted = [m for m in self.messages[point.pk] if m.status not in ("refused", "dropped", "failed")]
        went = [(m.kind, m.channel, m.sent_at or m.next_attempt_at) for m in counted]
        limits = ((1, clinic.offers_per_day), (7, clinic.offers_per_week), (30, clinic.offers_per_month))
        for days, limit in limits:
            if sum(kind == "offer" and at > now - timedelta(days=days) for kind, _, at in went) >= limit:
                return False
        texts = sum(channel == "sms" and at > now - timedelta(days=1) for _, channel, at in went)
        return point.kind == "email" or texts < clinic.sms_per_day

    def parts(self, entry: WaitlistEntry, fit: int | None, travel: int | None) -> dict[str, int]:
        mine, wanted = self.slot.practitioner_id, set(entry.services)
        if mine in entry.excluded_practitioners:
            practitioner = 0
        elif not entry.practitioners or mine in entry.practitioners:
            practitioner = 10000
        else:
            practitioner = 4000 if self.colleagues & set(entry.practitioners) else 0
        longest, limit, notice = self.clinic.max_waited_days, entry.max_travel_minutes, entry.notice_minutes
        newcomer, answered = 100 * self.clinic.newcomer_percent, entry.offers_answered
        return {
            "time": fit or 0,
            "practitioner": practitioner,
            "service": 10000 if self.slot.service_id in wanted else 6000 if wanted & self.stand_ins else 0,
            "geography": 10000 if travel is None or limit is None else max(0, 10000 * (limit - travel) // limit),
            "notice": 10000 if self.lead >= 2 * notice else 5000 if self.lead >= notice else 0,
            "responsiveness": 10000 * entry.offers_accepted // answered if answered else newcomer,
            "fairness": 10000 * min(entry.waited_days, longest) // longest if longest else 0,
        }


Filters = Any  # an iterator of (name, whether it holds)


def by(rows: Any, column: str) -> defaultdict[int, list]:
    """Every row under its value of this column."""
    found: defaultdict[int, list] = defaultdict(list)
    for row in rows:
        found[getattr(row, column)].append(row)
    return found


def score_order(one: Judged) -> tuple:
    return (-one.score, one.entry.offers_received, one.entry.added_at, one.entry.pk)


ORDERS: dict[str, Callable[[Judged], tuple]] = {
    "score": score_order,
    "fifo": lambda one: (one.entry.added_at, one.entry.pk),
    "value": lambda one: (-one.entry.patient.spend_cents, *score_order(one)),
}


def rank(
    slot: Slot, *, min_score: int = 0, tiers: Sequence[str] = (), order: str = "score", now: datetime
) -> list[tuple[int, int]]:
    """(entry id, score) of everybody eligible, in this order, one entry per patient: their best."""
    known = List(slot, now, only_active=True)
    judged = [known.judge(entry) for entry in known.entries]
    best: dict[int, Judged] = {}
    for one in sorted((j for j in judged if not j.filter and j.score >= min_score * 10000), key=score_order):
        if not tiers or (one.entry.priority or one.entry.patient.tier) in tiers:
            best.setdefault(one.entry.patient_id, one)
    return [(one.entry.pk, one.score) for one in sorted(best.values(), key=ORDERS[order])]
