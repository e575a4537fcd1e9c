"""What a patient owes for giving up a visit they had won."""

from typing import ClassVar

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q

from waitlist.models.appointments import Appointment
from waitlist.models.clinic import Clinic
from waitlist.models.users import User
from waitlist.states import FeeRule, FeeStatus


class CancellationFee(models.Model):
    """One for each visit given up too late to be free: what was shown, by which rule, and what became of it."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="cancellation_fees")
    appointment = models.OneToOneField(Appointment, models.PROTECT, related_name="cancellation_fee")
    rule = models.CharField(max_length=5, choices=FeeRule)
    percent = models.PositiveSmallIntegerField(validators=[MaxValueValidator(100)])
    price_cents = models.PositiveIntegerField(help_text="Of the visit: what the share is of.")
    cents = models.PositiveIntegerField()
    status = models.CharField(max_length=7, choices=FeeStatus, default=FeeStatus.OWED)
    owed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, help_text="When it was paid at the desk or let go.")
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=200, blank=True, help_text="Why it was let go.")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="fee_is_part_of_the_price",
                condition=Q(percent__lte=100, cents__gt=0, cents__lte=models.F("price_cents")),
                violation_error_message="Cents: a fee is more than nothing, and no more than the price.",
            ),
            models.CheckConstraint(
                name="fee_ended_iff_not_owed",
                condition=Q(status=FeeStatus.OWED, ended_at__isnull=True)
                | (~Q(status=FeeStatus.OWED) & Q(ended_at__isnull=False)),
                violation_error_message="Ended at: a fee is owed until it is paid or let go.",
            ),
            models.CheckConstraint(
                name="fee_let_go_for_a_reason",
                condition=~Q(status=FeeStatus.WAIVED) | ~Q(reason=""),
                violation_error_message="Reason: say why the fee is let go.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["clinic", "-owed_at"], name="fee_owed", condition=Q(status=FeeStatus.OWED)),
        ]

    def __str__(self) -> str:
        return f"fee {self.pk}"
