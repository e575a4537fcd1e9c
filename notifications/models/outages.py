"""When nothing goes out by a channel."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from notifications.states import Channel, OutageCause


class Outage(models.Model):
    """A time in which nothing went out by a channel: clocks stand still, and are put on by its length."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    channel = models.CharField(max_length=8, choices=Channel)
    cause = models.CharField(max_length=11, choices=OutageCause)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, help_text="Empty: now.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel"], name="outage_one_at_a_time", condition=Q(ended_at=None)),
            models.CheckConstraint(
                name="outage_ends_after_start", condition=Q(ended_at=None) | Q(ended_at__gte=models.F("started_at"))
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["ended_at"], name="outage_by_end")]

    def __str__(self) -> str:
        return f"outage {self.pk}"
