"""Reminders that may be answered by text, and what was answered to them."""

from datetime import datetime
from typing import Any

from notifications.models import ContactPoint, Message
from notifications.states import Kind
from waitlist.models import Appointment
from waitlist.states import AppointmentStatus


def last_confirmed(point: ContactPoint, *, now: datetime) -> Message | None:
    """The latest “confirmed” this number was answered, of a visit to come."""
    rows = Message.objects.filter(contact_point=point, kind=Kind.ANSWER, context__answer="confirmed")
    coming = rows.filter(appointment__starts_at__gt=now, appointment__status=AppointmentStatus.BOOKED)
    return coming.select_related("appointment__location__clinic").order_by("-pk").first()


def facts(visit: Appointment) -> dict[str, Any]:
    """When it is, as a template wants it."""
    starts_at = visit.starts_at.isoformat()
    return {"starts_at": starts_at, "expires_at": starts_at, "zone": visit.location.zone.key}
