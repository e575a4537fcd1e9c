"""What was done outside of Standby before a clinic's first text: said by a person."""

from typing import ClassVar

from django.db import models

from waitlist.models.clinic import Clinic
from waitlist.models.users import User
from waitlist.states import SetupStep


class SetupDone(models.Model):
    """One step of the first-run checklist that somebody says is done, and when they said it."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="setup_done")
    step = models.CharField(max_length=10, choices=SetupStep)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["clinic", "step"], name="setup_step_once")]

    def __str__(self) -> str:
        return f"{self.step} of {self.clinic_id}"
