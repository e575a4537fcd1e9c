"""Acts: staff write a note about a patient, and take one back. The trail says that, never what it said."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from audit import trail
from waitlist.models import Patient, PatientNote, User

LONGEST = 1000


@transaction.atomic(durable=True)
def write(patient: Patient, text: str, *, by: User, now: datetime) -> PatientNote:
    """A new note; ValidationError by field where it says nothing, or too much."""
    words = text.strip()
    if not words:
        raise ValidationError({"text": "Note: write something first."})
    if len(words) > LONGEST:
        raise ValidationError({"text": f"Note: {LONGEST:,} characters at most."})
    note = PatientNote.objects.create(
        clinic_id=patient.clinic_id, patient=patient, text=words, written_by=by, written_at=now
    )
    trail.record("note.written", note, now=now, clinic_id=patient.clinic_id, changes={"patient": patient.pk})
    return note


@transaction.atomic(durable=True)
def take_back(note: PatientNote, *, by: User, now: datetime) -> bool:
    """Its words are gone, that it was there stays; False where somebody had taken it back before."""
    rows = PatientNote.objects.filter(pk=note.pk, taken_back_at=None)
    if not rows.update(text="", taken_back_at=now, taken_back_by=by):
        return False
    trail.record("note.taken_back", note, now=now, clinic_id=note.clinic_id, changes={"patient": note.patient_id})
    return True
