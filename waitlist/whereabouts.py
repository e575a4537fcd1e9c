"""Acts: where a patient is, by their own word."""

from datetime import datetime

from django.db import transaction

from audit import trail
from waitlist.models import Patient
from waitlist.states import AppointmentStatus


@transaction.atomic(durable=True)
def choose_zone(patient_id: int, name: str, *, now: datetime) -> None:
    """They are in this zone; reminders of their visits are looked at anew, by its hours. ValidationError: none."""
    patient = Patient.objects.select_for_update(no_key=True).get(pk=patient_id)
    before, patient.timezone = patient.timezone, name
    patient.clean_fields(exclude={field.name for field in Patient._meta.fields} - {"timezone"})
    if before == name:
        return
    patient.save(update_fields=["timezone"])
    changes = {"timezone": [before, name]}
    trail.record("patient.zone_chosen", patient, now=now, clinic_id=patient.clinic_id, changes=changes)
    patient.appointments.filter(status=AppointmentStatus.BOOKED, starts_at__gt=now).update(remind_at=None)
