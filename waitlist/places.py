"""Acts: where patients come to, who sees them and what for; all are retired, never deleted, and may come back.

Edited as objects, so django-auditlog writes their lines of the trail.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from waitlist.models import Clinic, Connection, Location, Practitioner, Service, WaitlistEntry
from waitlist.states import LIVE_SLOT_STATES, WAITING_STATUSES, AppointmentStatus

Row = Location | Practitioner | Service
ONCE = "Name: there is one of that name already."


@transaction.atomic(durable=True)
def save(row: Row, *, others: Iterable[Service] = ()) -> None:
    """As it was typed; a service can stand in for `others`, a practitioner gives them. ValidationError by field
    where it cannot be."""
    row.full_clean()
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:  # somebody added it a moment ago
        raise ValidationError({"name": ONCE}) from None
    if isinstance(row, Service):
        row.compatible.set([*others, *row.compatible.exclude(retired_at=None)])
    elif isinstance(row, Practitioner):
        row.gives.set([*others, *row.gives.exclude(retired_at=None)])


def given_by(who: Practitioner) -> list[Service]:
    """The services they give, of those that are offered; empty: all."""
    return list(who.gives.filter(retired_at=None).order_by("name"))


def in_vain(clinic: Clinic, practitioner_ids: Collection[int], service_ids: Collection[int]) -> list[Practitioner]:
    """Those of these practitioners who give none of these services."""
    rows = clinic.practitioners.filter(pk__in=practitioner_ids, gives__isnull=False, gives__retired_at=None)
    return list(rows.exclude(gives__in=service_ids).distinct().order_by("name"))


@transaction.atomic(durable=True)
def retire(row: Row, *, now: datetime) -> None:
    """Nothing new happens there, or with them. ValidationError where something is still to come, or nowhere would be
    left."""
    Clinic.objects.select_for_update(no_key=True).get(pk=row.clinic_id)
    if why := kept_by(row, now=now):
        raise ValidationError(why)
    row.retired_at = now
    row.save(update_fields=["retired_at"])


@transaction.atomic(durable=True)
def bring_back(row: Row) -> None:
    """As before."""
    row.retired_at = None
    row.save(update_fields=["retired_at"])


def kept_by(row: Row, *, now: datetime) -> str:
    """Why it cannot be retired yet; empty where it can."""
    coming = row.appointment_set.filter(status=AppointmentStatus.BOOKED, starts_at__gt=now).count()
    live = row.slot_set.filter(state__in=LIVE_SLOT_STATES).count()
    if coming or live:
        visits = f"{coming} visit{'' if coming == 1 else 's'} to come"
        times = f"{live} open time{'' if live == 1 else 's'}"
        named = " and ".join([*([visits] if coming else []), *([times] if live else [])])
        return f"{row.name} still has {named}. Move or cancel {'it' if coming + live == 1 else 'them'} first."
    if isinstance(row, Service):
        waiting = WaitlistEntry.objects.filter(clinic=row.clinic_id, status__in=WAITING_STATUSES)
        if count := waiting.filter(services__contains=[row.pk]).count():
            people = "1 person waits" if count == 1 else f"{count} people wait"
            return f"{people} for {row.name}. Change their wishes on the waitlist first."
    if isinstance(row, Location):
        if not row.clinic.locations.filter(retired_at=None).exclude(pk=row.pk).exists():
            return f"{row.name} is the only location. Add another one first."
        if Connection.objects.filter(default_location=row, is_active=True).exists():
            return f"A calendar takes {row.name} where it names no location. Change that under Calendars first."
    return ""
