"""Who put themselves on the list on the web, until their number has said so, too."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from notifications.models.contacts import ContactPoint
from notifications.models.inbound import InboundMessage
from waitlist.models import Clinic, WaitlistEntry


class Join(models.Model):
    """One form sent in: what was agreed to, from where, and what became of it. Nobody is asked for a time before."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="joins")
    contact_point = models.ForeignKey(ContactPoint, models.PROTECT, related_name="joins")
    email_point = models.ForeignKey(ContactPoint, models.PROTECT, null=True, related_name="+")
    entry = models.ForeignKey(WaitlistEntry, models.PROTECT, related_name="joins")
    is_new = models.BooleanField(help_text="The wish began with this form; else it waited before.")
    text_version = models.CharField(max_length=40)
    text = models.TextField(help_text="The sentence as it stood on the page.")
    remote_addr = models.GenericIPAddressField(null=True)
    asked_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, help_text="When the number replied START.")
    confirmed_by = models.ForeignKey(InboundMessage, models.PROTECT, null=True, related_name="+")
    expired_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="join_ends_once", condition=Q(confirmed_at__isnull=True) | Q(expired_at__isnull=True)
            ),
            models.CheckConstraint(
                name="join_confirmed_after_it_was_asked",
                condition=Q(confirmed_at__isnull=True) | Q(confirmed_at__gte=F("asked_at")),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["remote_addr", "asked_at"], name="join_by_address"),
            models.Index(fields=["contact_point", "asked_at"], name="join_by_number"),
            models.Index(
                fields=["asked_at"],
                name="join_open",
                condition=Q(confirmed_at__isnull=True, expired_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"join {self.pk}"
