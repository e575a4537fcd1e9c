"""What patients wait for, and when they can come."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from waitlist.models.clinic import Clinic
from waitlist.models.people import Patient
from waitlist.states import WAITING_STATUSES, EntryStatus, Origin, Tier


class WaitlistEntry(models.Model):
    """One wish of one patient: any of these services, then, there, with them."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="entries")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="entries")
    status = models.CharField(max_length=8, choices=EntryStatus, default=EntryStatus.ACTIVE)
    services = ArrayField(models.BigIntegerField(), help_text="Service ids, sorted, each once.")
    practitioners = ArrayField(models.BigIntegerField(), default=list, blank=True, help_text="Empty: anybody.")
    excluded_practitioners = ArrayField(models.BigIntegerField(), default=list, blank=True)
    max_travel_minutes = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text="Empty: any distance."
    )
    notice_minutes = models.PositiveIntegerField(help_text="Least notice this person needs.")
    earliest_on = models.DateField(null=True, blank=True)
    latest_on = models.DateField(null=True, blank=True)
    priority = models.CharField(max_length=10, choices=Tier, blank=True, help_text="Staff's word; else the tier.")
    offers_received = models.PositiveIntegerField(default=0, help_text="However they ended; breaks ties of the score.")
    offers_answered = models.PositiveIntegerField(default=0, help_text="Accepted, declined or let lapse.")
    offers_accepted = models.PositiveIntegerField(default=0)
    waited_days = models.PositiveIntegerField(default=0, help_text="Whole local days, as of the nightly refresh.")
    standing = models.PositiveIntegerField(
        default=0,
        editable=False,
        help_text="Responsiveness and fairness, weighed: what it scores for any slot. Kept by trigger.",
    )
    days = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="Of all its windows. Kept by trigger."
    )
    from_minute = models.PositiveSmallIntegerField(
        null=True, editable=False, help_text="Of its only window; empty with several. Kept by trigger."
    )
    until_minute = models.PositiveSmallIntegerField(
        null=True, editable=False, help_text="Of its only window; empty with several. Kept by trigger."
    )
    note = models.CharField(max_length=300, blank=True)
    added_at = models.DateTimeField()
    paused_until = models.DateTimeField(null=True, blank=True)
    later_visit = models.ForeignKey(
        "waitlist.Appointment",
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        help_text="Held already: only earlier times fit, and a yes gives it up.",
    )
    origin = models.CharField(
        max_length=10, choices=Origin, blank=True, default="", db_default="", editable=False, help_text="How it began."
    )
    is_automatic = models.BooleanField(
        default=False, db_default=False, editable=False, help_text="Joined by the clinic’s own rule."
    )
    paused_for = models.ForeignKey(
        "waitlist.Appointment",
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        help_text="The booking after which it closes by itself, or was asked to go on.",
    )
    closes_at = models.DateTimeField(null=True, editable=False, help_text="Off the list then, unless they keep it.")
    confirmed_at = models.DateTimeField(
        null=True, editable=False, help_text="When it was last said that they want it; empty: when it was added."
    )
    still_asked_at = models.DateTimeField(
        null=True, editable=False, help_text="When they were asked whether they still want it; empty: no answer is due."
    )
    silent_since = models.DateTimeField(
        null=True, editable=False, help_text="It rests since then, as no answer came: asked for nothing, kept in line."
    )

    class Meta:
        verbose_name_plural = "waitlist entries"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["patient", "services"],
                name="entry_one_active_wish",
                condition=Q(status__in=WAITING_STATUSES),
            ),
            models.CheckConstraint(name="entry_travels_a_minute", condition=Q(max_travel_minutes__gte=1)),
            models.CheckConstraint(name="entry_names_a_service", condition=Q(services__len__gt=0)),
            models.CheckConstraint(
                name="entry_dates_in_order",
                condition=Q(latest_on__isnull=True) | Q(latest_on__gte=F("earliest_on")) | Q(earliest_on__isnull=True),
            ),
            models.CheckConstraint(
                name="entry_accepted_within_answered", condition=Q(offers_accepted__lte=F("offers_answered"))
            ),
            models.CheckConstraint(name="entry_origin_known", condition=Q(origin__in=Origin.values)),
            models.CheckConstraint(
                name="entry_closes_after_a_booking", condition=Q(closes_at=None) | Q(paused_for__isnull=False)
            ),
            models.CheckConstraint(
                name="entry_silent_rests",
                condition=Q(silent_since=None)
                | Q(status=EntryStatus.PAUSED, paused_until=None, closes_at=None, still_asked_at__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["clinic", "-standing"], name="entry_ranked", condition=Q(status=EntryStatus.ACTIVE)),
            models.Index(
                fields=["clinic", "added_at", "id"], name="entry_in_line", condition=Q(status__in=WAITING_STATUSES)
            ),
            models.Index(fields=["closes_at"], name="entry_closing", condition=Q(closes_at__isnull=False)),
            models.Index(
                fields=["clinic", "still_asked_at"],
                name="entry_still_asked",
                condition=Q(still_asked_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"entry {self.pk}"


class Availability(models.Model):
    """One window of a wish: these weekdays, from–until, in the location's local time."""

    entry = models.ForeignKey(WaitlistEntry, models.CASCADE, related_name="availabilities")
    days = models.PositiveSmallIntegerField(help_text="Bit 0 Monday … bit 6 Sunday.")
    from_minute = models.PositiveSmallIntegerField(default=0, help_text="Minutes after local midnight.")
    until_minute = models.PositiveSmallIntegerField(default=24 * 60)

    class Meta:
        verbose_name_plural = "availabilities"
        constraints: ClassVar = [
            models.CheckConstraint(name="availability_names_a_day", condition=Q(days__gt=0, days__lt=128)),
            models.CheckConstraint(
                name="availability_in_order",
                condition=Q(from_minute__lt=F("until_minute"), until_minute__lte=24 * 60),
            ),
        ]

    def __str__(self) -> str:
        return f"availability {self.pk}"
