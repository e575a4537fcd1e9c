"""Other systems: who may tell us what, what they told us, and what we owe their calendar."""

import secrets
import uuid
from base64 import b64encode
from typing import ClassVar

from django.db import models
from django.db.models import Q

from waitlist.models.appointments import Appointment
from waitlist.models.clinic import Clinic, Practitioner
from waitlist.models.places import Location
from waitlist.models.services import Service
from waitlist.states import EventStatus, WritebackStatus


def new_secret() -> str:
    """A fresh signing secret in the Standard Webhooks form, 24 random bytes."""
    return "whsec_" + b64encode(secrets.token_bytes(24)).decode()


class Connection(models.Model):
    """A calendar or practice system of the clinic: its signing secret and where to write back."""

    class Source(models.TextChoices):
        STANDARD = "standard", "Standard Webhooks"
        CALCOM = "calcom", "Cal.com"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="connections")
    source = models.CharField(max_length=10, choices=Source)
    name = models.CharField(max_length=60)
    secret = models.CharField(max_length=100, default=new_secret)
    writeback_url = models.URLField(blank=True, help_text="Empty: bookings become a task for staff.")
    default_location = models.ForeignKey(Location, models.PROTECT, null=True, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["clinic"],
                name="clinic_one_calendar_of_record",
                condition=~Q(writeback_url="") & Q(is_active=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Mapping(models.Model):
    """Which of our rows a word of the other system means."""

    class Kind(models.TextChoices):
        PRACTITIONER = "practitioner"
        SERVICE = "service"
        LOCATION = "location"

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="mappings")
    kind = models.CharField(max_length=12, choices=Kind)
    external = models.CharField(max_length=200, help_text="As the other system writes it.")
    practitioner = models.ForeignKey(Practitioner, models.PROTECT, null=True, blank=True)
    service = models.ForeignKey(Service, models.PROTECT, null=True, blank=True)
    location = models.ForeignKey(Location, models.PROTECT, null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["connection", "kind", "external"], name="mapping_once"),
            models.CheckConstraint(
                name="mapping_to_its_kind",
                condition=Q(kind="practitioner", practitioner__isnull=False, service=None, location=None)
                | Q(kind="service", service__isnull=False, practitioner=None, location=None)
                | Q(kind="location", location__isnull=False, practitioner=None, service=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.external}"


class InboundEvent(models.Model):
    """One event as another system sent it, kept whole; what became of it, and why not if it was refused."""

    connection = models.ForeignKey(Connection, models.PROTECT, related_name="events")
    event_key = models.CharField(max_length=200, help_text="The sender's own id for this event.")
    kind = models.CharField(max_length=60, blank=True)
    subject = models.CharField(max_length=200, blank=True, help_text="The external appointment id.")
    replaces = models.CharField(max_length=200, blank=True, help_text="The id the subject had before a move.")
    version = models.BigIntegerField(default=0, help_text="Orders the events of one subject; 0: the sender gave none.")
    payload = models.JSONField()
    status = models.CharField(max_length=8, choices=EventStatus, default=EventStatus.RECEIVED)
    reason = models.CharField(max_length=300, blank=True, help_text="Why it was refused or changed nothing.")
    received_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["connection", "event_key"], name="event_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["received_at"], name="event_to_apply", condition=Q(status="received")),
            models.Index(
                fields=["connection", "subject"],
                name="event_kept",
                condition=Q(status="ignored", applied_at=None),
            ),
            models.Index(fields=["connection", "subject", "version"], name="event_by_subject"),
            models.Index(fields=["connection", "replaces"], name="event_by_replaced", condition=~Q(replaces="")),
        ]

    def __str__(self) -> str:
        return f"event {self.pk}"


class Writeback(models.Model):
    """A booking or cancellation of ours that the calendar of record has to hear of."""

    class Kind(models.TextChoices):
        BOOKED = "booked"
        CANCELLED = "cancelled"

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="writebacks")
    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="writebacks")
    connection = models.ForeignKey(Connection, models.PROTECT, null=True)
    kind = models.CharField(max_length=9, choices=Kind)
    status = models.CharField(max_length=9, choices=WritebackStatus)
    detail = models.CharField(max_length=300, blank=True)
    resolved_at = models.DateTimeField(null=True, help_text="When a conflict was turned into an apology.")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["appointment", "kind"], name="writeback_once"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["clinic", "created_at"],
                name="writeback_open",
                condition=Q(status__in=["queued", "task", "conflict"]),
            ),
        ]

    def __str__(self) -> str:
        return f"writeback {self.pk}"
