"""Every message in."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from matching.models import Offer
from notifications.models.contacts import ContactPoint
from notifications.states import Channel
from waitlist.models import Clinic


class InboundMessage(models.Model):
    """What somebody wrote to us, and how it was understood."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="inbound_messages")
    contact_point = models.ForeignKey(ContactPoint, models.PROTECT, related_name="inbound_messages")
    channel = models.CharField(max_length=8, choices=Channel)
    provider_id = models.CharField(max_length=64, unique=True)
    text = models.TextField(blank=True)
    meaning = models.CharField(
        max_length=12, blank=True, help_text="As replies.Meaning says, or “cannot”: they cannot come to a visit."
    )
    offer = models.ForeignKey(Offer, models.PROTECT, null=True)
    already_answered = models.BooleanField(default=False, help_text="The carrier has replied to this word itself.")
    received_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True, help_text="When it was acted on and answered.")
    read_at = models.DateTimeField(null=True, help_text="When staff had read what was for them.")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["contact_point", "received_at"], name="inbound_by_contact"),
            models.Index(fields=["received_at"], name="inbound_to_handle", condition=Q(handled_at__isnull=True)),
            models.Index(
                fields=["clinic", "received_at"],
                name="inbound_to_read",
                condition=Q(meaning__in=["unclear", "who", "cannot"], read_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"inbound message {self.pk}"
