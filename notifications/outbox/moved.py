"""A message that waited while its visit was moved says when and where the visit is, not what it was."""

from datetime import datetime

from notifications.models import Message
from notifications.states import Kind
from waitlist.models import Appointment

SAYS_WHEN = (Kind.BOOKED, Kind.CHANGED, Kind.MOVED)
FOLLOWS = (*SAYS_WHEN, Kind.REMINDER)  # a reminder where to


def follow(message: Message) -> None:
    """Its facts are those of the visit as it was just read."""
    visit = message.appointment
    if message.kind not in FOLLOWS or visit is None or is_as_told(visit, message):
        return
    if message.kind == Kind.REMINDER and visit.starts_at != _at(message):
        return  # it is reminded of anew
    message.context = {
        **message.context,
        "starts_at": visit.starts_at.isoformat(),
        "zone": visit.location.zone.key,
        "minutes": int((visit.ends_at - visit.starts_at).total_seconds() // 60),
        "practitioner": visit.practitioner.name,
        "location": visit.location.name,
    }


def just_now(message: Message) -> bool:
    """Moved since its words were written: they are to be written again."""
    if message.kind not in FOLLOWS or message.appointment_id is None:
        return False
    visit = Appointment.objects.select_related("location").get(pk=message.appointment_id)
    return not is_as_told(visit, message)


def is_as_told(visit: Appointment | None, message: Message) -> bool:
    """Whether the visit is when and where this message says, or said."""
    place = message.context.get("location", "")
    return visit is not None and visit.starts_at == _at(message) and place in ("", visit.location.name)


def _at(message: Message) -> datetime | None:
    at = message.context.get("starts_at")
    return datetime.fromisoformat(at) if at else None
