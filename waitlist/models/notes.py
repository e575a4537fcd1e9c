"""What staff write down about a patient, for each other."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from waitlist.models.clinic import Clinic
from waitlist.models.people import Patient
from waitlist.models.users import User


class PatientNote(models.Model):
    """A note never changes; who wrote it, or a manager, takes it back, and its text is gone then."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="patient_notes")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="notes")
    text = models.CharField(
        max_length=1000, blank=True, help_text="May be about their health: never in the trail, a log or a text."
    )
    written_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    taken_back_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    taken_back_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="note_has_words_until_taken_back",
                condition=(Q(taken_back_at=None, taken_back_by=None) & ~Q(text=""))
                | Q(taken_back_at__isnull=False, taken_back_by__isnull=False, text=""),
                violation_error_message="Note: write something first.",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["patient", "-written_at"], name="note_by_patient")]

    def __str__(self) -> str:
        return f"note {self.pk}"
