"""Acts: staff choose a patient's tier, or let it follow from the figures again."""

from datetime import datetime

from django.db import transaction

from waitlist import live, tiering
from waitlist.models import Patient, User

TOPIC = "waitlist"


@transaction.atomic(durable=True)
def choose(patient_id: int, tier: str, *, reason: str, by: User, now: datetime) -> None:
    """This patient has this tier until staff take that back, whatever the figures say. ValidationError by field."""
    patient = _locked_patient(patient_id)
    tiering.choose(patient, tier, reason=reason, by=by, now=now)
    live.hint(patient.clinic_id, TOPIC)


@transaction.atomic(durable=True)
def release(patient_id: int, *, now: datetime) -> bool:
    """The tier follows from the figures again; False where it did already."""
    patient = _locked_patient(patient_id)
    live.hint(patient.clinic_id, TOPIC)
    return tiering.follow_figures(patient, now=now)


def _locked_patient(patient_id: int) -> Patient:
    return Patient.objects.select_related("clinic").select_for_update(no_key=True, of=("self",)).get(pk=patient_id)
