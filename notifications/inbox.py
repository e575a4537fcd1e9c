"""Rows: texts that nobody understood, until somebody of the staff has read them."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from audit import trail
from notifications.models import InboundMessage
from waitlist import live

TOPIC = "tasks"
UNCLEAR = "unclear"  # replies.Meaning.UNCLEAR, as the column holds it
SHOWN = timedelta(days=7)


def to_read(clinic_id: int, *, now: datetime) -> QuerySet[InboundMessage]:
    """What nobody understood and nobody has read, of the last days."""
    return InboundMessage.objects.filter(
        clinic_id=clinic_id, meaning=UNCLEAR, read_at=None, received_at__gt=now - SHOWN
    )


@transaction.atomic
def mark_read(message: InboundMessage, *, now: datetime) -> bool:
    """Somebody of the staff has read it; False where somebody had before."""
    if not InboundMessage.objects.filter(pk=message.pk, read_at=None).update(read_at=now):
        return False
    trail.record("message.read", message, now=now, clinic_id=message.clinic_id)
    live.hint(message.clinic_id, TOPIC)
    return True
