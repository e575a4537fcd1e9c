"""When nobody is to be booked: closures, public holidays on which they work after all, and cancellations en masse."""

from datetime import date, time, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Q

from waitlist.models.clinic import Clinic, Practitioner
from waitlist.models.places import Location


class Closure(models.Model):
    """A time when nobody is to be booked: a holiday, a course, a sick day."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="closures")
    location = models.ForeignKey(Location, models.PROTECT, null=True, blank=True, help_text="Empty: everywhere.")
    practitioner = models.ForeignKey(Practitioner, models.PROTECT, null=True, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=100)
    holiday = models.DateField(null=True, blank=True, help_text="The public holiday it is; by its location’s day.")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="closure_ends_after_start",
                condition=Q(ends_at__gt=models.F("starts_at")),
                violation_error_message="Until: it has to be after the start.",
            ),
            models.CheckConstraint(
                name="closure_has_a_reason",
                condition=~Q(reason=""),
                violation_error_message="Reason: say why, in a word or two.",
            ),
            models.CheckConstraint(
                name="closure_of_a_holiday_is_of_a_location", condition=Q(holiday=None) | Q(location__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["location", "holiday"], condition=Q(holiday__isnull=False), name="closure_holiday_once"
            ),
        ]

    def __str__(self) -> str:
        return f"closure {self.pk}"

    @property
    def zone(self) -> ZoneInfo:
        return self.location.zone if self.location is not None else self.clinic.zone

    @property
    def first_day(self) -> date:
        return self.starts_at.astimezone(self.zone).date()

    @property
    def last_day(self) -> date:
        """The last day with some of it."""
        return (self.ends_at - timedelta(microseconds=1)).astimezone(self.zone).date()

    @property
    def is_whole_days(self) -> bool:
        """From midnight to midnight, there."""
        ends = (moment.astimezone(self.zone).time() for moment in (self.starts_at, self.ends_at))
        return all(end == time() for end in ends)


class WorkedHoliday(models.Model):
    """A public holiday on which a location works, as staff said: it is not closed again by itself."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="worked_holidays")
    location = models.ForeignKey(Location, models.PROTECT)
    day = models.DateField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["location", "day"], name="worked_holiday_once")]

    def __str__(self) -> str:
        return f"worked holiday {self.day}"


class MassCancellation(models.Model):
    """Many times of one practitioner, or one location, were freed at once for one day: refill them or keep them empty?

    It pauses every slot freed there for that day until it is answered, and is asked once.
    """

    class Answer(models.TextChoices):
        REFILL = "refill", "Refill them"
        KEEP_EMPTY = "keep_empty", "Keep them empty"

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="mass_cancellations")
    location = models.ForeignKey(Location, models.PROTECT, null=True)
    practitioner = models.ForeignKey(Practitioner, models.PROTECT, null=True)
    day = models.DateField(help_text="Of the location.")
    starts_at = models.DateTimeField(help_text="When that day begins.")
    ends_at = models.DateTimeField()
    noticed_at = models.DateTimeField()
    answer = models.CharField(max_length=10, choices=Answer, blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey("waitlist.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["location", "practitioner", "day"], name="mass_cancellation_asked_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                name="mass_cancellation_of_one",
                condition=Q(location=None, practitioner__isnull=False) | Q(location__isnull=False, practitioner=None),
            ),
            models.CheckConstraint(
                name="mass_cancellation_answered_whole",
                condition=Q(answer="", answered_at=None) | (~Q(answer="") & Q(answered_at__isnull=False)),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["clinic"], name="mass_cancellation_unanswered", condition=Q(answer="")),
        ]

    def __str__(self) -> str:
        return f"mass cancellation {self.pk}"
