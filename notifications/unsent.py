"""What did not reach a patient lately, and why: a reminder, say, which stands on no opening's page. Reads only."""

from django.db.models import Q, QuerySet

from notifications.models import Message
from notifications.states import Channel, MessageStatus, Rule
from waitlist.models import Patient

SHOWN = 10
IN_VAIN = (MessageStatus.REFUSED, MessageStatus.UNDELIVERED, MessageStatus.FAILED)


def of(patient: Patient) -> QuerySet[Message]:
    """The latest first: forbidden by a rule, not delivered, or too late to be sent."""
    late = Q(status=MessageStatus.DROPPED, refused_by=Rule.TOO_LATE)
    mine = patient.messages.filter(Q(status__in=IN_VAIN) | late, clinic=patient.clinic_id)
    return mine.exclude(channel=Channel.STAFF).select_related("contact_point").order_by("-created_at", "-pk")[:SHOWN]
