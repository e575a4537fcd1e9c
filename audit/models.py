"""The trail: who did what to which row, when and from where. Rows are added, never changed or removed."""

from typing import ClassVar

from auditlog.models import AbstractLogEntry
from django.conf import settings
from django.db import models


class ActorKind(models.TextChoices):
    STAFF = "staff", "Staff"
    PATIENT = "patient", "Patient"
    CONNECTION = "connection", "Calendar"
    SYSTEM = "system", "Standby"


class Entry(AbstractLogEntry):
    """One line of the trail. Holds no foreign keys, so that nothing it names can be held back or lost by it."""

    content_type = models.ForeignKey(
        "contenttypes.ContentType", models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, db_constraint=False, null=True, related_name="+"
    )
    clinic_id = models.BigIntegerField(null=True)
    verb = models.CharField(max_length=40, blank=True, help_text="slot.opened, offer.accepted, …")
    actor_kind = models.CharField(max_length=10, choices=ActorKind, default=ActorKind.SYSTEM)
    actor_ref = models.BigIntegerField(null=True, help_text="The patient's or connection's id.")

    class Meta(AbstractLogEntry.Meta):
        abstract = False
        verbose_name_plural = "entries"
        indexes: ClassVar = [
            models.Index(fields=["clinic_id", "-timestamp"], name="entry_by_clinic"),
            models.Index(fields=["content_type", "object_id"], name="entry_by_object"),
        ]


class AuditSeal(models.Model):
    """A link of the hash chain: whoever changes a sealed entry breaks every seal from there on."""

    first_entry_id = models.BigIntegerField()
    last_entry_id = models.BigIntegerField(unique=True)
    entries = models.PositiveIntegerField()
    previous_digest = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256, hexadecimal.")
    sealed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"seal {self.pk}"


class Heartbeat(models.Model):
    """When each sweep last ran: /readyz and the doctor look here."""

    name = models.CharField(max_length=60, primary_key=True)
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
