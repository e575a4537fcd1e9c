"""What a patient says to a reminder: which visits it can be about, and that they will be there."""

from datetime import datetime

from django.db import transaction

from notifications.models import ContactPoint, Message
from notifications.states import REACHED_CARRIER, Kind
from waitlist import visits
from waitlist.live import hint
from waitlist.states import AppointmentStatus, ConfirmedVia


def open_for(point: ContactPoint, *, now: datetime) -> list[Message]:
    """The latest reminder this number had of each visit nobody has confirmed yet, by the visits' times."""
    heard = Message.objects.filter(
        contact_point=point,
        kind=Kind.REMINDER,
        status__in=REACHED_CARRIER,
        appointment__status=AppointmentStatus.BOOKED,
        appointment__confirmed_at=None,
        appointment__starts_at__gt=now,
    )
    rows = heard.select_related("appointment__location__clinic", "appointment__clinic", "patient").order_by("pk")
    latest = {message.appointment_id: message for message in rows if _is_at_its_time(message)}
    return sorted(latest.values(), key=lambda message: (message.context["starts_at"], message.pk))


@transaction.atomic
def confirm(message: Message, *, via: str, now: datetime) -> bool:
    """They will be there, at the time this reminder spoke of; False if it is not booked then, or was confirmed."""
    visit = message.appointment
    if visit is None or message.kind != Kind.REMINDER:
        return False
    told = datetime.fromisoformat(message.context["starts_at"])
    if not visits.confirm(visit, told, via=ConfirmedVia(via), now=now):
        return False
    hint(visit.clinic_id, "board")
    return True


def _is_at_its_time(message: Message) -> bool:
    """Whether the visit is still at the time the reminder spoke of."""
    visit = message.appointment
    return visit is not None and visit.starts_at == datetime.fromisoformat(message.context["starts_at"])
