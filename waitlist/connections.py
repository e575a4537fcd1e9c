"""Rows: the systems that may tell us things, and what their words mean here.

Edited as objects, so django-auditlog writes their lines of the trail; what it cannot see is recorded here.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Manager

from audit import trail
from waitlist.models import Clinic, Connection, Mapping
from waitlist.models.connections import new_secret


@transaction.atomic
def add(clinic: Clinic, *, now: datetime, **fields: Any) -> Connection:
    """A new connection with a secret of its own."""
    return Connection.objects.create(clinic=clinic, created_at=now, **fields)


@transaction.atomic
def edit(connection: Connection, **fields: Any) -> None:
    """Its name, its place, where bookings go back to, and whether it may speak."""
    for name, value in fields.items():
        setattr(connection, name, value)
    connection.save(update_fields=list(fields))


@transaction.atomic
def show_secret(connection: Connection, *, now: datetime) -> str:
    """The secret, for somebody setting up the other side; that they saw it is recorded."""
    trail.record("connection.secret_shown", connection, now=now, clinic_id=connection.clinic_id)
    return connection.secret


@transaction.atomic
def rotate(connection: Connection) -> str:
    """A fresh secret; the old one is worth nothing from now on."""
    connection.secret = new_secret()
    connection.save(update_fields=["secret"])
    return connection.secret


@transaction.atomic
def match(connection: Connection, kind: str, external: str, row_id: int) -> Mapping:
    """From now on this word of theirs means this row of ours; the row has to be the clinic's own."""
    rows: dict[str, Manager[Any]] = {
        Mapping.Kind.PRACTITIONER: connection.clinic.practitioners,
        Mapping.Kind.SERVICE: connection.clinic.services,
        Mapping.Kind.LOCATION: connection.clinic.locations,
    }
    row = rows[kind].get(pk=row_id)
    mapping, _ = Mapping.objects.update_or_create(
        connection=connection, kind=kind, external=external, defaults={kind: row}
    )
    return mapping


@transaction.atomic
def forget(mapping: Mapping) -> None:
    """This word means nothing any more."""
    mapping.delete()
