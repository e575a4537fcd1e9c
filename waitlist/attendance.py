"""Acts: a patient will be there, came, or did not come."""

from datetime import datetime

from django.db import transaction

from waitlist import figures, live, tiering, visits
from waitlist.models import Appointment, Patient
from waitlist.states import AppointmentStatus, ConfirmedVia

TOPICS = ("board", "waitlist")


@transaction.atomic(durable=True)
def confirm(visit: Appointment, starts_at: datetime, *, via: ConfirmedVia, now: datetime) -> bool:
    """They will be there, at this time; False if it is not booked then, has begun or was confirmed before."""
    if not visits.confirm(visit, starts_at, via=via, now=now):
        return False
    live.hint(visit.clinic_id, "board")
    return True


@transaction.atomic(durable=True)
def mark(appointment_id: int, to: AppointmentStatus, *, version: int | None = None, now: datetime) -> bool:
    """They came, or did not come: their figures and their tier follow. False: known already, not booked, not begun, or
    the clinic's calendar has said something newer (`version`)."""
    visit = Appointment.objects.select_for_update(no_key=True).get(pk=appointment_id)
    if not visits.settle(visit, to, version=version, now=now):
        return False
    if visit.patient_id is not None:
        Patient.objects.select_for_update(no_key=True).get(pk=visit.patient_id)  # two visits of theirs count both
        figures.refresh(visit.clinic_id, [visit.patient_id], now=now)
        tiering.keep_up(visit.patient_id, now=now)
    for topic in TOPICS:
        live.hint(visit.clinic_id, topic)
    return True
