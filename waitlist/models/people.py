"""Who may be asked."""

from typing import ClassVar
from zoneinfo import ZoneInfo

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Concat

from waitlist.models.clinic import Clinic, validate_zone
from waitlist.models.folded import Folded
from waitlist.models.places import place_is_whole, validate_place
from waitlist.states import Tier


class Patient(models.Model):
    """A person of one clinic. How they are reached is in notifications.ContactPoint."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="patients")
    external_id = models.CharField(max_length=100, blank=True)
    first_name = models.CharField(max_length=60)
    last_name = models.CharField(max_length=60, blank=True)
    folded_name = models.GeneratedField(
        expression=Folded(Concat("first_name", Value(" "), "last_name")),
        output_field=models.TextField(),
        db_persist=True,
        help_text="What a search looks in.",
    )
    language = models.CharField(max_length=5, default="en")
    timezone = models.CharField(max_length=50, blank=True, validators=[validate_zone])
    state = models.CharField(max_length=2, blank=True, help_text="US state they live in, if known.")
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    visits = models.PositiveSmallIntegerField(default=0, help_text="In the last 12 months.")
    past_visits = models.PositiveSmallIntegerField(default=0, help_text="Ever; under 3 the show rate is not used.")
    spend_cents = models.PositiveIntegerField(default=0, help_text="In the last 12 months.")
    show_rate = models.PositiveSmallIntegerField(default=100, validators=[MaxValueValidator(100)])
    told_visits = models.PositiveSmallIntegerField(
        default=0, db_default=0, editable=False, help_text="As another system counted, up to then."
    )
    told_past_visits = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    told_show_rate = models.PositiveSmallIntegerField(default=100, db_default=100, editable=False)
    told_at = models.DateTimeField(null=True, editable=False, help_text="Our own count begins here; empty: ever.")
    tier = models.CharField(max_length=10, choices=Tier, default=Tier.SILVER)
    tier_reason = models.CharField(
        max_length=200, blank=True, help_text="Why staff chose the tier; empty: it follows from the figures."
    )
    tier_set_by = models.ForeignKey("waitlist.User", models.PROTECT, null=True, blank=True, related_name="+")
    tier_set_at = models.DateTimeField(null=True, blank=True)
    preferred_channel = models.CharField(max_length=10, default="sms")
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["clinic", "external_id"],
                name="patient_external_id_once",
                condition=~Q(external_id=""),
            ),
            models.CheckConstraint(name="patient_show_rate_percent", condition=Q(show_rate__lte=100)),
            place_is_whole("patient_place_whole"),
            models.CheckConstraint(
                name="patient_tier_by_hand_has_a_reason",
                condition=Q(tier_reason="", tier_set_by=None, tier_set_at=None)
                | (~Q(tier_reason="") & Q(tier_set_by__isnull=False, tier_set_at__isnull=False)),
                violation_error_message="A tier chosen by hand needs a reason, and who chose it when.",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["clinic", "last_name", "first_name"], name="patient_by_name")]

    def __str__(self) -> str:
        return f"patient {self.pk}"

    def clean(self) -> None:
        validate_place(self.latitude, self.longitude)

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def short_name(self) -> str:
        """As the board shows it: first name and initial."""
        return f"{self.first_name} {self.last_name[:1]}.".removesuffix(" .")

    @property
    def is_tier_by_hand(self) -> bool:
        return self.tier_reason != ""

    def zone(self) -> ZoneInfo | None:
        """Where they said they are; None if they did not."""
        return ZoneInfo(self.timezone) if self.timezone else None
