"""Numbers and addresses, what their users allowed, and every message out and in."""

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from matching.models import Offer
from notifications.states import Capability, Channel, ContactKind, Kind, MessageStatus, OutageCause, Purpose
from waitlist.models import Appointment, Clinic, Patient, Slot, User, Writeback


class ContactPoint(models.Model):
    """A number or an address. Consent, STOP and caps belong to it, not to the person: families share phones."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="contact_points")
    kind = models.CharField(max_length=5, choices=ContactKind)
    value = models.CharField(max_length=254, help_text="E.164, or the address in lower case.")
    sms_capability = models.CharField(max_length=7, choices=Capability, default=Capability.UNKNOWN)
    granted = ArrayField(
        models.CharField(max_length=20),
        default=list,
        help_text="What the ledger allows now: purpose:channel.",
    )
    stopped_at = models.DateTimeField(null=True, help_text="STOP: nothing at all until they start again.")
    patients: "models.ManyToManyField[Patient, PatientContact]" = models.ManyToManyField(
        Patient, through="PatientContact", related_name="contact_points"
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "kind", "value"], name="contact_point_once"),
        ]

    def __str__(self) -> str:
        return f"contact {self.pk}"


class PatientContact(models.Model):
    """Who uses a contact point; the lowest position is tried first."""

    patient = models.ForeignKey(Patient, models.CASCADE, related_name="contacts")
    contact_point = models.ForeignKey(ContactPoint, models.PROTECT, related_name="users")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["position", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["patient", "contact_point"], name="patient_contact_once"),
        ]

    def __str__(self) -> str:
        return f"patient {self.patient_id} uses contact {self.contact_point_id}"


class Consent(models.Model):
    """One line of the ledger: somebody allowed or withdrew one purpose on one channel. Append-only."""

    class Source(models.TextChoices):
        FORM = "form", "Web form"
        STAFF = "staff", "Told to staff"
        KEYWORD = "keyword", "Replied by text"
        IMPORT = "import", "Imported"

    contact_point = models.ForeignKey(ContactPoint, models.PROTECT, related_name="consents")
    purpose = models.CharField(max_length=9, choices=Purpose)
    channel = models.CharField(max_length=8, choices=Channel)
    granted = models.BooleanField()
    at = models.DateTimeField(help_text="When the person said so.")
    source = models.CharField(max_length=7, choices=Source)
    text_version = models.CharField(max_length=40, blank=True, help_text="Which consent text they agreed to.")
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True)
    remote_addr = models.GenericIPAddressField(null=True)
    note = models.CharField(max_length=200, blank=True)
    recorded_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["contact_point", "-at"], name="consent_by_contact")]

    def __str__(self) -> str:
        return f"consent {self.pk}"


class Message(models.Model):
    """The outbox and the delivery record in one: written by the act that causes it, sent after commit."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="messages")
    kind = models.CharField(max_length=10, choices=Kind)
    purpose = models.CharField(max_length=9, choices=Purpose, default=Purpose.OFFERS)
    channel = models.CharField(max_length=8, choices=Channel)
    contact_point = models.ForeignKey(ContactPoint, models.PROTECT, null=True, related_name="messages")
    patient = models.ForeignKey(Patient, models.PROTECT, null=True, related_name="messages")
    offer = models.ForeignKey(Offer, models.PROTECT, null=True, related_name="messages")
    slot = models.ForeignKey(Slot, models.PROTECT, null=True, related_name="messages")
    appointment = models.ForeignKey(Appointment, models.PROTECT, null=True, related_name="+")
    writeback = models.ForeignKey(Writeback, models.PROTECT, null=True, related_name="messages")
    round = models.PositiveSmallIntegerField(
        default=1, db_default=1, help_text="Of how often they were asked, the time it is about: again as reserve."
    )
    dedupe_key = models.CharField(max_length=120, unique=True)
    context = models.JSONField(default=dict, help_text="Frozen facts for the template; links only as {link}.")
    not_after = models.DateTimeField(null=True, help_text="Too late to send from then on.")
    status = models.CharField(max_length=11, choices=MessageStatus, default=MessageStatus.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(help_text="Pending: when to try. Sending, unknown: when to look again.")
    text = models.TextField(blank=True, help_text="As it was sent, with {link} for the link.")
    provider_id = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001 - unique, so no two ""
    error_code = models.CharField(max_length=20, blank=True)
    refused_by = models.CharField(max_length=40, blank=True, help_text="The rule of contact that forbade it.")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    resent_at = models.DateTimeField(null=True, help_text="When it was put back once, surely not sent or not received.")
    unreached = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="How often in a row the provider could not be reached with it."
    )
    unreached_since = models.DateTimeField(null=True)
    unreached_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="message_has_a_receiver",
                condition=Q(channel=Channel.WEBHOOK, writeback__isnull=False)
                | (~Q(channel=Channel.WEBHOOK) & Q(contact_point__isnull=False)),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["next_attempt_at"],
                name="message_due",
                condition=Q(status__in=["pending", "sending", "unknown"]),
            ),
            models.Index(fields=["contact_point", "sent_at"], name="message_by_contact"),
            models.Index(fields=["channel", "sent_at"], name="message_by_channel"),
            models.Index(fields=["channel", "unreached_at"], name="message_unreached", condition=Q(unreached__gt=0)),
        ]

    def __str__(self) -> str:
        return f"message {self.pk}"


class Outage(models.Model):
    """A time in which nothing went out by a channel: clocks stand still, and are put on by its length."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    channel = models.CharField(max_length=8, choices=Channel)
    cause = models.CharField(max_length=11, choices=OutageCause)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, help_text="Empty: now.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel"], name="outage_one_at_a_time", condition=Q(ended_at=None)),
            models.CheckConstraint(
                name="outage_ends_after_start", condition=Q(ended_at=None) | Q(ended_at__gte=models.F("started_at"))
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["ended_at"], name="outage_by_end")]

    def __str__(self) -> str:
        return f"outage {self.pk}"


class InboundMessage(models.Model):
    """What somebody wrote to us, and how it was understood."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="inbound_messages")
    contact_point = models.ForeignKey(ContactPoint, models.PROTECT, related_name="inbound_messages")
    channel = models.CharField(max_length=8, choices=Channel)
    provider_id = models.CharField(max_length=64, unique=True)
    text = models.TextField(blank=True)
    meaning = models.CharField(max_length=12, blank=True, help_text="yes, no, stop, start or unclear.")
    offer = models.ForeignKey(Offer, models.PROTECT, null=True)
    already_answered = models.BooleanField(default=False, help_text="The carrier has replied to this word itself.")
    received_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True, help_text="When it was acted on and answered.")
    read_at = models.DateTimeField(null=True, help_text="When staff had read what nobody understood.")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["contact_point", "received_at"], name="inbound_by_contact"),
            models.Index(fields=["received_at"], name="inbound_to_handle", condition=Q(handled_at__isnull=True)),
            models.Index(
                fields=["clinic", "received_at"],
                name="inbound_to_read",
                condition=Q(meaning="unclear", read_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"inbound message {self.pk}"


class SimulatedText(models.Model):
    """The demo's carrier: one row each time a text was handed to it. Two for one message would be a fault."""

    message = models.ForeignKey(Message, models.PROTECT, related_name="simulated_texts")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"simulated text {self.pk}"
