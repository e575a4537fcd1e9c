"""Who wants to see their own place on the list, and has to show that a number or an address is theirs."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from notifications.models.contacts import ContactPoint
from waitlist.models import Clinic

MOST_TRIES = 5


class Passcode(models.Model):
    """One code that was asked for, and the visit to their own page that it opened. Its digits are stored nowhere: they
    follow from `public_id` and our key. A number nobody is known by has a row like every other, and opens nothing."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="passcodes")
    contact_point = models.ForeignKey(
        ContactPoint, models.PROTECT, null=True, related_name="passcodes", help_text="Empty: nobody is known by it."
    )
    asked_for = models.CharField(max_length=64, help_text="A keyed hash of the number or address, to count by.")
    remote_addr = models.GenericIPAddressField(null=True)
    asked_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, help_text="When its message was put into the outbox.")
    tries = models.PositiveSmallIntegerField(default=0, db_default=0, help_text="Wrong ones.")
    opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="passcode_tried_a_few_times", condition=Q(tries__lte=MOST_TRIES)),
            models.CheckConstraint(
                name="passcode_opens_what_is_known", condition=Q(opened_at=None) | Q(contact_point__isnull=False)
            ),
            models.CheckConstraint(
                name="passcode_closes_after_it_opened", condition=Q(closed_at=None) | Q(closed_at__gte=F("opened_at"))
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["clinic", "asked_at"], name="passcode_by_clinic"),
            models.Index(fields=["asked_for", "asked_at"], name="passcode_by_number"),
            models.Index(fields=["remote_addr", "asked_at"], name="passcode_by_address"),
            models.Index(
                fields=["asked_at"],
                name="passcode_unsent",
                condition=Q(sent_at__isnull=True, contact_point__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"passcode {self.pk}"
