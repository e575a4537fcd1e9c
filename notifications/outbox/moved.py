"""A confirmation that waited while its visit was moved says when the visit is, not when it was."""

from datetime import datetime

from notifications.models import Message
from notifications.states import Kind
from waitlist.models import Appointment

SAYS_WHEN = (Kind.BOOKED, Kind.CHANGED)


def follow(message: Message) -> None:
    """Its facts are those of the visit as it was just read."""
    visit = message.appointment
    if message.kind not in SAYS_WHEN or visit is None or visit.starts_at == _told(message):
        return
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
    if message.kind not in SAYS_WHEN or message.appointment_id is None:
        return False
    at = Appointment.objects.values_list("starts_at", flat=True).get(pk=message.appointment_id)
    return at != _told(message)


def _told(message: Message) -> datetime | None:
    at = message.context.get("starts_at")
    return datetime.fromisoformat(at) if at else None
