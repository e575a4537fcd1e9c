"""The tenant, who works there and what they do."""

from typing import ClassVar
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

# Of the score, in this order wherever they are shown.
PARTS = ("time", "practitioner", "service", "geography", "notice", "responsiveness", "fairness")


def validate_zone(name: str) -> None:
    """Refuse what is no IANA time zone."""
    if name not in available_timezones():
        raise ValidationError(f"“{name}” is not an IANA time zone such as America/Los_Angeles.")


class Clinic(models.Model):
    """A tenant: its name, its policy, what its messages may say and how often they may come."""

    name = models.CharField(max_length=60)
    slug = models.SlugField(unique=True)
    phone = models.CharField(max_length=20, help_text="What patients call; shown on every page of theirs.")
    email = models.EmailField(blank=True)
    timezone = models.CharField(max_length=50, validators=[validate_zone])
    is_open_any_hour = models.BooleanField(default=False, help_text="Demo only: messages go out at night too.")

    policy = models.ForeignKey("matching.PolicyVersion", models.PROTECT, null=True, related_name="+")
    grace_minutes = models.PositiveSmallIntegerField(default=15)
    cancel_fee_percent_early = models.PositiveSmallIntegerField(
        default=50, validators=[MaxValueValidator(100)], help_text="Of the price, after the free minutes."
    )
    cancel_fee_percent_late = models.PositiveSmallIntegerField(
        default=100, validators=[MaxValueValidator(100)], help_text="Of the price, inside the notice."
    )
    cancel_notice_minutes = models.PositiveIntegerField(
        default=1_440, validators=[MaxValueValidator(43_200)], help_text="Later than this before the start is late."
    )
    max_live_offers = models.PositiveSmallIntegerField(default=2, help_text="For one patient at a time.")
    earlier_from_days = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
        help_text="Whoever holds a visit this many days away waits for an earlier time; empty: only whom staff add.",
    )
    max_waited_days = models.PositiveIntegerField(default=0, help_text="Longest wait as of the nightly refresh.")

    # The score (seed S3, decision R8): what each part is worth in points, together 100.
    weight_time = models.PositiveSmallIntegerField(default=30)
    weight_practitioner = models.PositiveSmallIntegerField(default=20)
    weight_service = models.PositiveSmallIntegerField(default=20)
    weight_geography = models.PositiveSmallIntegerField(default=10)
    weight_notice = models.PositiveSmallIntegerField(default=10)
    weight_responsiveness = models.PositiveSmallIntegerField(default=5)
    weight_fairness = models.PositiveSmallIntegerField(default=5)
    threshold = models.PositiveSmallIntegerField(
        default=55, validators=[MaxValueValidator(100)], help_text="Points the first wave of `scored` asks for."
    )
    travel_kmh = models.PositiveSmallIntegerField(default=40, validators=[MinValueValidator(5)])
    newcomer_percent = models.PositiveSmallIntegerField(
        default=70, validators=[MaxValueValidator(100)], help_text="Responsiveness of who was never offered anything."
    )
    default_notice_minutes = models.PositiveIntegerField(
        default=120, validators=[MaxValueValidator(10_080)], help_text="Notice a new wish needs unless told."
    )

    country = models.CharField(
        max_length=2,
        default="US",
        validators=[RegexValidator("^[A-Z]{2}$", "Country: two capital letters, such as US.")],
        help_text="ISO 3166: whose public holidays are known.",
    )
    closes_on_holidays = models.BooleanField(default=False, help_text="But for those on which staff said they work.")
    mass_cancellation_count = models.PositiveSmallIntegerField(
        default=4,
        validators=[MinValueValidator(2), MaxValueValidator(1000)],
        help_text="So many cancelled within ten minutes: staff are asked whether to refill.",
    )

    takes_joins = models.BooleanField(
        default=False, db_default=False, help_text="Patients may put themselves on the list on the join page."
    )
    sms_sender = models.CharField(max_length=20, blank=True, help_text="The clinic's own sending number.")
    content_level = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(2)])
    texts_per_second = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text="What the carrier takes from the sending number: 1 for a small 10DLC brand.",
    )
    send_from_minute = models.PositiveSmallIntegerField(default=8 * 60)
    send_until_minute = models.PositiveSmallIntegerField(default=20 * 60)
    quiet_days = ArrayField(
        models.DateField(), default=list, blank=True, help_text="On these days nobody is texted or called."
    )
    offers_per_day = models.PositiveSmallIntegerField(default=2)
    offers_per_week = models.PositiveSmallIntegerField(default=3)
    offers_per_month = models.PositiveSmallIntegerField(default=8)
    sms_per_day = models.PositiveSmallIntegerField(default=3, help_text="All purposes, in any 24 hours.")
    monthly_budget_cents = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="What messages may cost in a calendar month; then no more offers go out. Empty: no limit.",
    )
    text_cost_mills = models.PositiveSmallIntegerField(
        default=11, help_text="A text's segment with the carrier's fee, in thousandths of a dollar."
    )
    call_cost_mills = models.PositiveSmallIntegerField(
        default=20, help_text="An automated call, in thousandths of a dollar."
    )
    sends_reminders = models.BooleanField(
        default=False, db_default=False, help_text="Off where the clinic’s own calendar reminds patients already."
    )
    email_lead_minutes = models.PositiveSmallIntegerField(
        default=120,
        validators=[MaxValueValidator(10_080)],
        help_text="Offers go by e-mail only this long before the start: it is read within hours.",
    )

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="clinic_sending_hours_in_order",
                condition=models.Q(send_from_minute__lt=models.F("send_until_minute")),
            ),
            models.CheckConstraint(name="clinic_content_level_known", condition=models.Q(content_level__lte=2)),
            models.CheckConstraint(
                name="clinic_weights_sum_to_100",
                condition=models.Q(weight_time=100 - sum(models.F(f"weight_{part}") for part in PARTS[1:])),
                violation_error_message="The seven weights have to add up to 100 points.",
            ),
            models.CheckConstraint(
                name="clinic_cancel_fees_in_order",
                condition=models.Q(
                    cancel_fee_percent_late__lte=100,
                    cancel_fee_percent_early__lte=models.F("cancel_fee_percent_late"),
                    cancel_notice_minutes__lte=43_200,
                ),
                violation_error_message="A late cancellation cannot cost less than an early one, nor more than 100 %.",
            ),
            models.CheckConstraint(
                name="clinic_earlier_from_days_in_range",
                condition=models.Q(earlier_from_days=None) | models.Q(earlier_from_days__range=(1, 365)),
                violation_error_message="The days before a visit have to be 1 to 365, or empty.",
            ),
            models.CheckConstraint(
                name="clinic_score_settings_in_range",
                condition=models.Q(threshold__lte=100, newcomer_percent__lte=100, travel_kmh__gte=5),
            ),
            models.CheckConstraint(
                name="clinic_country_is_a_code",
                condition=models.Q(country__regex="^[A-Z]{2}$"),
                violation_error_message="Country: two capital letters, such as US.",
            ),
            models.CheckConstraint(
                name="clinic_mass_cancellation_count_in_range",
                condition=models.Q(mass_cancellation_count__range=(2, 1000)),
                violation_error_message="Appointments cancelled at once: 2 to 1,000.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def weights(self) -> dict[str, int]:
        """What each part of the score is worth, in points."""
        return {part: getattr(self, f"weight_{part}") for part in PARTS}


class Practitioner(models.Model):
    """Who gives a service. Retired, never deleted."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="practitioners")
    name = models.CharField(max_length=60)
    specialty = models.CharField(max_length=60, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["clinic", "name"], name="practitioner_name_once")]

    def __str__(self) -> str:
        return self.name


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
