"""Reminders that may be answered by text. The one place that knows how a visit is confirmed."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from audit import trail
from notifications.models import ContactPoint, Message
from notifications.states import REACHED_CARRIER, Kind
from waitlist.models import Appointment
from waitlist.states import AppointmentStatus

REMEMBERED = timedelta(hours=48)


def open_for(point: ContactPoint, *, now: datetime) -> list[Message]:
    """Reminders this number was sent of visits to come that nobody has confirmed, one per visit, by their start."""
    rows = Message.objects.filter(
        contact_point=point,
        kind=Kind.REMINDER,
        status__in=REACHED_CARRIER,
        sent_at__gt=now - REMEMBERED,
        appointment__status=AppointmentStatus.BOOKED,
        appointment__starts_at__gt=now,
    ).exclude(appointment__in=_confirmed(point))
    found = rows.select_related("appointment__location__clinic", "patient").order_by("appointment__starts_at", "-pk")
    return list({message.appointment_id: message for message in reversed(found)}.values())[::-1]


def last_confirmed(point: ContactPoint, *, now: datetime) -> Message | None:
    """The latest “confirmed” this number was answered, of a visit to come."""
    rows = Message.objects.filter(contact_point=point, kind=Kind.ANSWER, context__answer="confirmed")
    coming = rows.filter(appointment__starts_at__gt=now, appointment__status=AppointmentStatus.BOOKED)
    return coming.select_related("appointment__location__clinic").order_by("-pk").first()


@transaction.atomic(durable=True)
def confirm(message: Message, *, via: str, now: datetime) -> None:
    """They come to the visit of this reminder."""
    visit = message.appointment
    if visit is not None:
        trail.record("appointment.confirmed", visit, now=now, clinic_id=message.clinic_id, changes={"via": via})


def facts(visit: Appointment) -> dict[str, Any]:
    """When it is, as a template wants it."""
    starts_at = visit.starts_at.isoformat()
    return {"starts_at": starts_at, "expires_at": starts_at, "zone": visit.location.zone.key}


def _confirmed(point: ContactPoint) -> list[int]:
    rows = Message.objects.filter(contact_point=point, kind=Kind.ANSWER, context__answer="confirmed")
    return [pk for pk in rows.values_list("appointment", flat=True) if pk is not None]
