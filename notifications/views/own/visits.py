"""The visits somebody has before them, on their own page: when, with whom, and the link to each one's page."""

from dataclasses import dataclass
from datetime import datetime

from matching import tokens
from matching.views import facts
from waitlist.models import Appointment, Patient
from waitlist.states import AppointmentStatus

MOST = 5


@dataclass(frozen=True)
class Ahead:
    """One booked visit; `token` opens its page, where it is confirmed or cancelled."""

    facts: facts.Facts
    token: str


def ahead(patient: Patient, *, now: datetime) -> list[Ahead]:
    """What is booked for them, the first first."""
    booked = Appointment.objects.filter(patient=patient, status=AppointmentStatus.BOOKED, starts_at__gt=now)
    rows = booked.select_related("service", "practitioner", "location__clinic").order_by("starts_at", "pk")
    return [Ahead(facts.of(visit, patient), tokens.make_visit(visit.pk)) for visit in rows[:MOST]]
