"""Numbers and addresses, who uses them, and the ledger of what their users allowed."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from notifications.states import Capability, Channel, ContactKind, Purpose
from waitlist.models import Clinic, Patient, User


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
    said_on = models.ForeignKey(
        ContactPoint, models.PROTECT, null=True, related_name="+", help_text="Their number, where that is another."
    )
    text_version = models.CharField(max_length=40, blank=True, help_text="Which consent text they agreed to.")
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True)
    remote_addr = models.GenericIPAddressField(null=True)
    note = models.CharField(max_length=200, blank=True)
    recorded_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["contact_point", "-at"], name="consent_by_contact")]

    def __str__(self) -> str:
        return f"consent {self.pk}"
