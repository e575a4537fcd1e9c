"""What is done at a clinic."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from waitlist.models.clinic import Clinic


class Service(models.Model):
    """What is done: how long, how dear, and which other services it can stand in for."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="services")
    name = models.CharField(max_length=60)
    category = models.CharField(max_length=60, blank=True)
    minutes = models.PositiveSmallIntegerField(validators=[MinValueValidator(5), MaxValueValidator(720)])
    price_cents = models.PositiveIntegerField(default=0)
    compatible = models.ManyToManyField("self", blank=True, symmetrical=True)
    window_minutes = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Time to answer; empty: by lead time."
    )
    notice_minutes = models.PositiveSmallIntegerField(default=60, help_text="Least notice before the start.")
    details_prompt = models.CharField(
        max_length=200, blank=True, default="", help_text="What a patient is asked after saying yes; empty: nothing."
    )
    hold_seconds = models.PositiveSmallIntegerField(
        default=60,
        validators=[MinValueValidator(10), MaxValueValidator(3600)],
        help_text="How long the time is kept for them while they answer that.",
    )
    cancel_notice_minutes = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(43_200)],
        help_text="A later cancellation is late; empty: as the clinic says.",
    )
    policy = models.ForeignKey(
        "matching.PolicyVersion",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="How its free times are filled; empty: as the clinic's.",
    )
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "name"], name="service_name_once"),
            models.CheckConstraint(
                name="service_hold_seconds_in_range",
                condition=models.Q(hold_seconds__range=(10, 3600)),
                violation_error_message="Hold: it lasts 10 seconds at least and an hour at most.",
            ),
            models.CheckConstraint(
                name="service_cancel_notice_in_range",
                condition=models.Q(cancel_notice_minutes__isnull=True) | models.Q(cancel_notice_minutes__lte=43_200),
                violation_error_message="Notice: 30 days (43,200 minutes) at most.",
            ),
        ]

    def __str__(self) -> str:
        return self.name
