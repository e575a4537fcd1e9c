"""What staff are told of, each member once, and how each of them wants to hear of it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from notifications.alerts.events import Event, How
from notifications.models.messages import Message
from waitlist.models import Membership


class NoticeChoice(models.Model):
    """How one member hears of one kind of event, where they have chosen; else it is as their role has it."""

    membership = models.ForeignKey(Membership, models.CASCADE, related_name="notice_choices")
    event = models.CharField(max_length=9, choices=Event)
    how = models.CharField(max_length=7, choices=How)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["membership", "event"], name="notice_choice_once"),
            models.CheckConstraint(
                name="notice_choice_known",
                condition=Q(event__in=Event.values, how__in=How.values),
                violation_error_message="A notice comes at once, once a day, or not.",
            ),
        ]

    def __str__(self) -> str:
        return f"notice choice {self.pk}"


class Notice(models.Model):
    """One event as one member hears of it: once for ever. The e-mail that tells it is a Message, perhaps of several."""

    membership = models.ForeignKey(Membership, models.CASCADE, related_name="notices")
    event = models.CharField(max_length=9, choices=Event)
    subject = models.CharField(max_length=60, help_text="Which one: “slot:7”. Ids only.")
    happened_at = models.DateTimeField()
    goes_at = models.DateTimeField(null=True, help_text="When it may be mailed; empty: not, or not any more.")
    message = models.ForeignKey(Message, models.PROTECT, null=True, related_name="notices")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["membership", "event", "subject"], name="notice_once"),
            models.CheckConstraint(name="notice_event_known", condition=Q(event__in=Event.values)),
        ]
        indexes: ClassVar = [
            models.Index(fields=["goes_at"], name="notice_to_mail", condition=Q(message=None, goes_at__isnull=False)),
            models.Index(fields=["membership", "happened_at"], name="notice_by_member"),
        ]

    def __str__(self) -> str:
        return f"notice {self.pk}"
