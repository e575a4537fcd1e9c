"""What a clinic says in its own words."""

from typing import ClassVar

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q

from notifications.states import Channel
from waitlist.models import Clinic, User


class MessageTemplate(models.Model):
    """A clinic's own wording of one kind, by one channel, in one language, at one level; without it ours is used."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="wordings")
    kind = models.CharField(max_length=10, help_text="notifications.states.Kind, or earlier.")
    channel = models.CharField(max_length=8, choices=Channel)
    language = models.CharField(max_length=5)
    level = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(2)])
    subject = models.CharField(max_length=120, blank=True, help_text="Of an e-mail.")
    text = models.TextField(max_length=2000)
    updated_at = models.DateTimeField()
    updated_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["clinic", "kind", "channel", "language", "level"], name="message_template_once"
            ),
            models.CheckConstraint(
                name="message_template_level_known",
                condition=Q(level__lte=2),
                violation_error_message="Level: 0, 1 or 2.",
            ),
            models.CheckConstraint(
                name="message_template_says_something",
                condition=~Q(text=""),
                violation_error_message="Text: it cannot be empty.",
            ),
            models.CheckConstraint(
                name="message_template_by_text_or_mail",
                condition=Q(channel=Channel.SMS, subject="") | (Q(channel=Channel.EMAIL) & ~Q(subject="")),
                violation_error_message="Subject: an e-mail needs one, a text has none.",
            ),
        ]

    def __str__(self) -> str:
        return f"wording {self.pk}"
