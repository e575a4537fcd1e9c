"""The tenant, and who works there."""

from typing import ClassVar
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from waitlist.models.contact_rules import ContactRules
from waitlist.states import Launch

# Of the score, in this order wherever they are shown.
PARTS = ("time", "practitioner", "service", "geography", "notice", "responsiveness", "fairness")

EXPRESS_MINUTES = (5, 120)  # a text has to be found first; and whoever was asked before waits meanwhile

ORIGIN = r"https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?"  # scheme, host and perhaps a port: no path, no *
ORIGINS = f"^({ORIGIN}( {ORIGIN})*)?$"


def validate_zone(name: str) -> None:
    """Refuse what is no IANA time zone."""
    if name not in available_timezones():
        raise ValidationError(f"“{name}” is not an IANA time zone such as America/Los_Angeles.")


class Clinic(ContactRules):
    """A tenant: its name, its policy, how it scores and when it is closed; of its messages, `ContactRules`."""

    name = models.CharField(max_length=60)
    slug = models.SlugField(unique=True)
    phone = models.CharField(max_length=20, help_text="What patients call; shown on every page of theirs.")
    email = models.EmailField(blank=True)
    timezone = models.CharField(max_length=50, validators=[validate_zone])

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
    express_minutes = models.PositiveSmallIntegerField(
        default=15,
        db_default=15,
        validators=[MinValueValidator(EXPRESS_MINUTES[0]), MaxValueValidator(EXPRESS_MINUTES[1])],
        help_text="How long a time is kept for whoever staff sent a booking link.",
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

    join_origins = models.CharField(
        max_length=1000,
        blank=True,
        default="",
        db_default="",
        validators=[RegexValidator(ORIGINS, "Origins such as https://www.example.com, one space between two.")],
        help_text="Sites that may show the join page inside theirs, as frame-ancestors takes them.",
    )
    launch = models.CharField(
        max_length=9,
        choices=Launch,
        default=Launch.EVERYONE,
        db_default=Launch.EVERYONE,
        help_text="Whom offers reach.",
    )
    live_since = models.DateTimeField(null=True, blank=True, help_text="When a dry run ended last: nothing older goes.")

    class Meta(ContactRules.Meta):
        abstract = False
        constraints: ClassVar = [
            *ContactRules.Meta.constraints,
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
                name="clinic_express_minutes_in_range",
                condition=models.Q(express_minutes__range=EXPRESS_MINUTES),
                violation_error_message="A booking link: the time is kept for 5 to 120 minutes.",
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
                name="clinic_join_origins_are_https",
                condition=models.Q(join_origins__regex=ORIGINS),
                violation_error_message="Sites that may show the form: https:// addresses without a path.",
            ),
            models.CheckConstraint(
                name="clinic_country_is_a_code",
                condition=models.Q(country__regex="^[A-Z]{2}$"),
                violation_error_message="Country: two capital letters, such as US.",
            ),
            models.CheckConstraint(
                name="clinic_launch_known",
                condition=models.Q(launch__in=Launch.values),
                violation_error_message="Launch: a dry run, Platinum only, or everyone.",
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
    gives = models.ManyToManyField("waitlist.Service", blank=True, related_name="given_by", help_text="None: all.")
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["clinic", "name"],
                name="practitioner_name_once",
                violation_error_message="Name: there is a practitioner of that name already.",
            )
        ]

    def __str__(self) -> str:
        return self.name
