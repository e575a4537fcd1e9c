"""Rows: texts that somebody of the staff should read, until somebody has."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from audit import trail
from notifications.models import ContactPoint, InboundMessage
from waitlist import live

TOPIC = "tasks"
CANNOT_COME = "cannot"  # to a visit they were reminded of: only a person, or their link, may cancel that
# replies.Meaning.UNCLEAR and WHO, as the column holds them
FOR_STAFF = ("unclear", "who", CANNOT_COME)
UNREAD = Q(meaning__in=FOR_STAFF, read_at=None)
SHOWN = timedelta(days=7)


def to_read(clinic_id: int, *, now: datetime) -> QuerySet[InboundMessage]:
    """What is for staff and nobody has read, of the last days."""
    return InboundMessage.objects.filter(UNREAD, clinic_id=clinic_id, received_at__gt=now - SHOWN)


@transaction.atomic
def mark_read(message: InboundMessage, *, now: datetime) -> bool:
    """Somebody of the staff has read it; False where somebody had before."""
    if not InboundMessage.objects.filter(pk=message.pk, read_at=None).update(read_at=now):
        return False
    trail.record("message.read", message, now=now, clinic_id=message.clinic_id)
    live.hint(message.clinic_id, TOPIC)
    return True


def mark_thread_read(point: ContactPoint, *, up_to: int, now: datetime) -> int:
    """All that somebody saw of it, up to this text; how many nobody had read before."""
    rows = InboundMessage.objects.filter(UNREAD, contact_point=point, pk__lte=up_to).order_by("pk")
    return sum(mark_read(one, now=now) for one in rows)


def mark_thread_unread(point: ContactPoint, *, read_at: datetime, now: datetime) -> int:
    """What somebody read of it at that moment is to be read again; how many texts."""
    rows = InboundMessage.objects.filter(contact_point=point, meaning__in=FOR_STAFF, read_at=read_at).order_by("pk")
    return sum(_mark_unread(one, read_at=read_at, now=now) for one in rows)


@transaction.atomic
def _mark_unread(message: InboundMessage, *, read_at: datetime, now: datetime) -> bool:
    if not InboundMessage.objects.filter(pk=message.pk, read_at=read_at).update(read_at=None):
        return False
    trail.record("message.unread", message, now=now, clinic_id=message.clinic_id)
    live.hint(message.clinic_id, TOPIC)
    return True
