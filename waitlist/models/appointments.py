"""What is booked, and what is free to fill."""

import uuid
from datetime import datetime
from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from waitlist.models.clinic import Clinic, Practitioner
from waitlist.models.people import Patient
from waitlist.models.places import Location
from waitlist.models.services import Service
from waitlist.states import (
    LIVE_SLOT_STATES,
    OVER_STATUSES,
    AppointmentStatus,
    CancelledBy,
    ClosedBecause,
    ConfirmedVia,
    OpenedBecause,
    SlotState,
)


def new_external_id() -> str:
    """The name of an appointment of our own, as the calendar of record will know it."""
    return str(uuid.uuid4())


class TsTzRange(Func):
    function = "TSTZRANGE"


def _span() -> TsTzRange:
    return TsTzRange("starts_at", "ends_at", RangeBoundary())


class Appointment(models.Model):
    """A booked time: our own, or a mirror of the clinic's calendar."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="appointments")
    location = models.ForeignKey(Location, models.PROTECT)
    practitioner = models.ForeignKey(Practitioner, models.PROTECT)
    service = models.ForeignKey(Service, models.PROTECT)
    patient = models.ForeignKey(Patient, models.PROTECT, null=True, related_name="appointments")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    price_cents = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=10, choices=AppointmentStatus, default=AppointmentStatus.BOOKED)
    connection = models.ForeignKey("waitlist.Connection", models.PROTECT, null=True, related_name="+")
    external_id = models.CharField(max_length=200, default=new_external_id, help_text="In the calendar it came from.")
    version = models.BigIntegerField(default=0, help_text="The newest version seen from that calendar.")
    is_exclusive = models.BooleanField(default=True, help_text="False: the calendar's own double booking.")
    cancelled_at = models.DateTimeField(null=True)
    cancel_reason = models.CharField(max_length=200, blank=True)
    details = models.CharField(
        max_length=1000,
        blank=True,
        default="",
        db_default="",
        help_text="What the patient told us with their yes. About their health: never in the trail, a log or a text.",
    )
    cancelled_by = models.CharField(max_length=7, choices=CancelledBy, blank=True, default="", db_default="")
    confirmed_at = models.DateTimeField(null=True, help_text="When the patient said they will be there, at this time.")
    confirmed_via = models.CharField(max_length=5, choices=ConfirmedVia, blank=True, default="", db_default="")
    remind_at = models.DateTimeField(
        null=True, help_text="When its reminders are looked at next; empty: not looked at since it has this time."
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="appointment_ends_after_start", condition=Q(ends_at__gt=F("starts_at"))),
            models.UniqueConstraint(fields=["clinic", "external_id"], name="appointment_external_id_once"),
            models.CheckConstraint(
                name="appointment_confirmed_somehow",
                condition=Q(confirmed_at=None, confirmed_via="")
                | (Q(confirmed_at__isnull=False) & ~Q(confirmed_via="")),
            ),
            ExclusionConstraint(
                name="practitioner_not_double_booked",
                expressions=[("practitioner", RangeOperators.EQUAL), (_span(), RangeOperators.OVERLAPS)],
                condition=Q(status=AppointmentStatus.BOOKED, is_exclusive=True),
            ),
            ExclusionConstraint(
                name="patient_not_double_booked",
                expressions=[("patient", RangeOperators.EQUAL), (_span(), RangeOperators.OVERLAPS)],
                condition=Q(status=AppointmentStatus.BOOKED, is_exclusive=True),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["clinic", "starts_at"], name="appointment_by_time"),
            models.Index(
                fields=["clinic", "starts_at"],
                name="appointment_double_booked",
                condition=Q(status=AppointmentStatus.BOOKED, is_exclusive=False),
            ),
            models.Index(
                fields=["patient", "starts_at"],
                name="appointment_over",
                condition=Q(status__in=OVER_STATUSES),
            ),
        ]

    def __str__(self) -> str:
        return f"appointment {self.pk}"


class Slot(models.Model):
    """One vacancy to fill (not FHIR's Slot): the time, who, what and where, and how far the asking has got."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="slots")
    location = models.ForeignKey(Location, models.PROTECT)
    practitioner = models.ForeignKey(Practitioner, models.PROTECT)
    service = models.ForeignKey(Service, models.PROTECT)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    price_cents = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=SlotState, default=SlotState.OPEN)
    opened_at = models.DateTimeField(help_text="When the time became free: the clock of whatever was filled.")
    may_ask_at = models.DateTimeField(
        null=True, help_text="From when on its policy or staff let it ask: the clock of the first message."
    )
    opened_because = models.CharField(max_length=10, choices=OpenedBecause)
    freed_by = models.ForeignKey(Appointment, models.PROTECT, null=True, related_name="freed_slots")
    filled_by = models.OneToOneField(Appointment, models.PROTECT, null=True, related_name="filled_slot")
    filled_at = models.DateTimeField(null=True)
    known_at = models.DateTimeField(null=True, help_text="When its winner can know of it, since it was filled.")
    closed_at = models.DateTimeField(null=True)
    closed_because = models.CharField(max_length=12, choices=ClosedBecause, blank=True)
    policy = models.ForeignKey("matching.PolicyVersion", models.PROTECT, related_name="+")
    wave = models.PositiveSmallIntegerField(default=0, help_text="Waves sent so far.")
    next_wave_at = models.DateTimeField(null=True, help_text="When the cascade acts next; empty: only by hand.")
    halted_at = models.DateTimeField(null=True, help_text="When staff paused it: they resume it.")
    exclusive_until = models.DateTimeField(null=True, help_text="Until then only those asked may have it.")
    paused_for = models.CharField(
        max_length=8, blank=True, default="", db_default="", help_text="The channel whose outage its next wave awaits."
    )
    held_by = models.ForeignKey(Patient, models.PROTECT, null=True, related_name="+")
    held_until = models.DateTimeField(null=True)

    by_link = False  # for an offer it was just locked with: staff had sent a booking link

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="slot_ends_after_start", condition=Q(ends_at__gt=F("starts_at"))),
            models.CheckConstraint(
                name="slot_filled_iff_filled_by",
                condition=Q(state=SlotState.FILLED, filled_by__isnull=False)
                | (~Q(state=SlotState.FILLED) & Q(filled_by__isnull=True)),
            ),
            models.CheckConstraint(
                name="slot_held_by_somebody",
                condition=~Q(state=SlotState.HELD) | Q(held_by__isnull=False, held_until__isnull=False),
            ),
            ExclusionConstraint(
                name="live_slots_do_not_overlap",
                expressions=[("practitioner", RangeOperators.EQUAL), (_span(), RangeOperators.OVERLAPS)],
                condition=Q(state__in=LIVE_SLOT_STATES),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["next_wave_at"], name="slot_due", condition=Q(state__in=LIVE_SLOT_STATES)),
            models.Index(fields=["clinic", "starts_at"], name="slot_by_time"),
        ]

    def __str__(self) -> str:
        return f"slot {self.pk}"

    @property
    def is_live(self) -> bool:
        return self.state in LIVE_SLOT_STATES

    def is_time_of(self, visit: "Appointment | Slot") -> bool:
        """Whether the visit is, or was, then and with this practitioner: not moved since it was won, however long the
        clinic's calendar lets it last."""
        return (visit.practitioner_id, visit.starts_at) == (self.practitioner_id, self.starts_at)

    @property
    def won_at(self) -> datetime | None:
        """From when on whoever has it can know that: their free minutes count from here."""
        return self.filled_at and (self.known_at or self.filled_at)

    @property
    def is_lost(self) -> bool:
        """Filled once, and the booking cancelled since: its time is a slot of its own now, or stays empty."""
        return self.filled_by is not None and self.filled_by.status == AppointmentStatus.CANCELLED

    def is_exclusive(self, now: datetime) -> bool:
        """Whether it is kept for those who were asked."""
        return self.exclusive_until is not None and now < self.exclusive_until
