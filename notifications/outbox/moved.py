"""A message that waited while its visit was moved says when and where the visit is, not what it was."""

from datetime import datetime

from notifications.models import Message
from notifications.states import Kind
from waitlist.models import Appointment

SAYS_WHEN = (Kind.BOOKED, Kind.CHANGED, Kind.MOVED)


def follow(message: Message) -> None:
    """Its facts are those of the visit as it was just read."""
    visit = message.appointment
    if message.kind not in SAYS_WHEN or visit is None or is_as_told(visit, message):
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
    visit = Appointment.objects.select_related("location").get(pk=message.appointment_id)
    return not is_as_told(visit, message)


def is_as_told(visit: Appointment | None, message: Message) -> bool:
    """Whether the visit is when and where this message says, or said."""
    told = message.context
    at = datetime.fromisoformat(told["starts_at"]) if told.get("starts_at") else None
    return visit is not None and visit.starts_at == at and told.get("location", "") in ("", visit.location.name)
