"""When nobody is at the desk: who writes then hears once a night when somebody reads it."""

from datetime import UTC, datetime
from typing import Any

from notifications.models import ContactPoint, Message
from notifications.replies import told
from notifications.states import Kind
from waitlist import desk
from waitlist.models import Appointment, Location
from waitlist.states import AppointmentStatus

NAME = "after_hours"


def opening(point: ContactPoint, *, now: datetime) -> dict[str, Any] | None:
    """When their desk opens, if it is closed now and they were not told so before; never after STOP."""
    place = place_of(point, now=now)
    if point.stopped_at is not None or place is None or desk.closes_at(place, now) is not None:
        return None
    opens_at = desk.opens_at(place, now)
    if opens_at is None:
        return None
    facts: dict[str, Any] = {"opens_at": opens_at.astimezone(UTC).isoformat(), "opens_zone": place.zone.key}
    told_so = Message.objects.filter(contact_point=point, kind=Kind.ANSWER, context__answer=NAME)
    return None if told_so.filter(context__opens_at=facts["opens_at"]).exists() else facts


def place_of(point: ContactPoint, *, now: datetime) -> Location | None:
    """Where they come next, else where they were last offered a time, else the clinic's first place."""
    visits = Appointment.objects.filter(patient__contacts__contact_point=point, clinic=point.clinic_id)
    coming = visits.filter(status=AppointmentStatus.BOOKED, starts_at__gt=now).order_by("starts_at", "pk")
    if (visit := coming.select_related("location__clinic").first()) is not None:
        return visit.location
    if (offer := told.offers(point).order_by("-offered_at", "-pk").first()) is not None:
        return offer.slot.location
    places = Location.objects.filter(clinic=point.clinic_id, retired_at=None)
    return places.select_related("clinic").order_by("pk").first()
