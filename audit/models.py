"""The trail: who did what to which row, when and from where. Rows are added, never changed or removed."""

from typing import Any, ClassVar

from auditlog.models import AbstractLogEntry, LogEntryManager
from django.conf import settings
from django.db import models

from audit.actor import ActorKind, current

__all__ = ["ActorKind", "AuditSeal", "Checkup", "Entry", "Heartbeat"]

ENDINGS = {0: "created", 1: "changed", 2: "deleted", 3: "seen"}


def hide(_value: str) -> str:
    """For secrets, and words somebody wrote: the trail says that they changed, never what they were."""
    return "•••"


def _clinic_id(row: models.Model) -> int | None:
    """Whose row it is: its own clinic, its connection's, or the clinic itself."""
    if row._meta.label == "waitlist.Clinic":
        return row.pk
    return getattr(row, "clinic_id", None) or getattr(getattr(row, "connection", None), "clinic_id", None)


def _filled(row: models.Model, changes: dict[str, Any]) -> dict[str, Any]:
    """Of a new or a deleted row the columns that hold something, and not what other tables say of it."""
    columns = {field.name for field in row._meta.concrete_fields if not field.primary_key}
    return {name: pair for name, pair in changes.items() if name in columns and set(pair) - {"None", ""}}


class EntryManager(LogEntryManager):
    """Fills our own columns of the entries django-auditlog writes for the settings tables."""

    def _columns(self, row: models.Model, action: int) -> dict[str, Any]:
        verb = f"{row._meta.model_name}.{ENDINGS[action]}"
        return {**current().columns(), "clinic_id": _clinic_id(row), "verb": verb}

    def log_create(self, instance: models.Model, force_log: bool = False, **fields: Any) -> Any:
        if fields["action"] in (Entry.Action.CREATE, Entry.Action.DELETE) and fields.get("changes"):
            fields["changes"] = _filled(instance, fields["changes"])
        return super().log_create(instance, force_log, **self._columns(instance, fields["action"]), **fields)

    def log_m2m_changes(
        self, changed_queryset: Any, instance: models.Model, operation: str, field_name: str, **fields: Any
    ) -> Any:
        columns = self._columns(instance, Entry.Action.UPDATE)
        return super().log_m2m_changes(changed_queryset, instance, operation, field_name, **columns, **fields)


class Entry(AbstractLogEntry):
    """One line of the trail. No foreign keys: nothing it names can be held back or lost by it."""

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

    objects = EntryManager()

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
    previous_digest = models.CharField(
        max_length=64, blank=True, unique=True, help_text="Unique: the chain cannot fork. Empty: the first."
    )
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


class Checkup(models.Model):
    """What the doctor found when it last looked at a clinic: how much, for the board; the page looks again."""

    clinic_id = models.BigIntegerField(primary_key=True)
    violations = models.PositiveIntegerField()
    checked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"checkup of clinic {self.clinic_id}"
