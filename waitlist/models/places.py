"""Where patients come to, and when many are asked there."""

from typing import ClassVar
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import models

from waitlist.models.clinic import Clinic, validate_zone


def validate_place(latitude: float | None, longitude: float | None) -> None:
    """Refuse half a place: a latitude without a longitude, or the other way round."""
    if longitude is None and latitude is not None:
        raise ValidationError({"longitude": "A latitude needs a longitude beside it."})
    if latitude is None and longitude is not None:
        raise ValidationError({"latitude": "A longitude needs a latitude beside it."})


def place_is_whole(name: str) -> models.CheckConstraint:
    """Both halves of a place or none, within the earth's degrees."""
    nowhere = models.Q(latitude__isnull=True, longitude__isnull=True)
    somewhere = models.Q(latitude__range=(-90, 90), longitude__range=(-180, 180))
    somewhere &= models.Q(latitude__isnull=False, longitude__isnull=False)  # of half a place the ranges say nothing
    return models.CheckConstraint(name=name, condition=nowhere | somewhere)


class InOrder(models.Func):
    """Whether each day's hours begin before they end, within the day."""

    template = """NOT jsonb_path_exists(%(expressions)s::jsonb,
        'strict $.* ? (@.size() != 2 || @[0] < 0 || @[0] >= @[1] || @[1] > 1440)')"""
    output_field = models.BooleanField()


class Location(models.Model):
    """A place patients come to; the clinic gives what it leaves empty."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="locations")
    name = models.CharField(max_length=60)
    address = models.CharField(max_length=200, blank=True)
    directions = models.CharField(
        max_length=300, blank=True, default="", db_default="", help_text="How to find it, for whoever is booked there."
    )
    state = models.CharField(max_length=2, blank=True, help_text="US state, for the hours its law allows.")
    timezone = models.CharField(max_length=50, blank=True, validators=[validate_zone])
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    opens_minute = models.PositiveSmallIntegerField(default=8 * 60)
    closes_minute = models.PositiveSmallIntegerField(default=20 * 60)
    open_days = models.PositiveSmallIntegerField(default=0b0111111, help_text="Bit 0 Monday … bit 6 Sunday.")
    day_hours = models.JSONField(
        default=dict,
        db_default={},
        blank=True,
        help_text="Weekdays with hours of their own: {“5”: [600, 840]} is Saturday, 10 AM to 2 PM.",
    )
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["clinic", "name"],
                name="location_name_once",
                violation_error_message="Name: there is such a location already.",
            ),
            place_is_whole("location_place_whole"),
            models.CheckConstraint(
                name="location_hours_in_order",
                condition=models.Q(opens_minute__lt=models.F("closes_minute"), closes_minute__lte=1440),
                violation_error_message="Opening hours: it has to open before it closes, and close by midnight.",
            ),
            models.CheckConstraint(
                name="location_day_hours_in_order",
                condition=InOrder("day_hours"),
                violation_error_message="Opening hours: it has to open before it closes, and close by midnight.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        validate_place(self.latitude, self.longitude)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone or self.clinic.timezone)

    def hours_of(self, weekday: int) -> tuple[int, int] | None:
        """From when until when it is open that day of the week, 0 Monday, in minutes; None where it is closed."""
        if not self.open_days >> weekday & 1:
            return None
        opens, closes = self.day_hours.get(str(weekday), (self.opens_minute, self.closes_minute))
        return opens, closes


class SurgeDay(models.Model):
    """A day, at one place or everywhere, whose free times are in demand: more are asked at once, for less long."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="surge_days")
    location = models.ForeignKey(Location, models.PROTECT, null=True, blank=True, help_text="Empty: everywhere.")
    day = models.DateField()
    reason = models.CharField(max_length=100)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["clinic", "location", "day"],
                name="surge_day_once",
                nulls_distinct=False,
                violation_error_message="Day: it is a surge day there already.",
            ),
            models.CheckConstraint(
                name="surge_day_has_a_reason",
                condition=~models.Q(reason=""),
                violation_error_message="Reason: say why, in a word or two.",
            ),
        ]

    def __str__(self) -> str:
        return f"surge day {self.day}"
