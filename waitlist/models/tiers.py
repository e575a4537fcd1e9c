"""What one clinic asks for its tiers."""

from dataclasses import fields
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from waitlist.models.clinic import Clinic
from waitlist.tiers import Rules


class TierRules(models.Model):
    """The thresholds of one clinic; a clinic without a row has the preset `standard`."""

    clinic = models.OneToOneField(Clinic, models.PROTECT, related_name="tier_rules")
    counts_all_visits = models.BooleanField(default=False, help_text="Those ever, not those of the last 12 months.")
    platinum_visits = models.PositiveSmallIntegerField()
    platinum_spend_cents = models.PositiveIntegerField()
    platinum_show_rate = models.PositiveSmallIntegerField()
    gold_visits = models.PositiveSmallIntegerField()
    gold_spend_cents = models.PositiveIntegerField()
    gold_show_rate = models.PositiveSmallIntegerField()
    fewest_past_visits = models.PositiveSmallIntegerField(
        default=3, help_text="With fewer past visits the show rate is not applied."
    )

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="tier_platinum_not_below_gold",
                condition=Q(
                    platinum_visits__gte=F("gold_visits"),
                    platinum_spend_cents__gte=F("gold_spend_cents"),
                    platinum_show_rate__gte=F("gold_show_rate"),
                ),
                violation_error_message="What Platinum asks for must not lie below what Gold asks for.",
            ),
            models.CheckConstraint(
                name="tier_gold_asks_for_something",
                condition=Q(gold_visits__gte=1, gold_spend_cents__gte=1),
                violation_error_message="Gold has to ask for at least one visit, and for some spend.",
            ),
            models.CheckConstraint(
                name="tier_show_rates_percent",
                condition=Q(platinum_show_rate__lte=100, gold_show_rate__lte=100),
                violation_error_message="A show rate is a percentage, 0 to 100.",
            ),
        ]

    def __str__(self) -> str:
        return f"tier rules {self.pk}"

    @property
    def rules(self) -> Rules:
        return Rules(**{field.name: getattr(self, field.name) for field in fields(Rules)})
