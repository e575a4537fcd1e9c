"""Whether the question “do you still want it?” is still one, and whether a time offered goes first. Reads only."""

from datetime import datetime

from django.db.models import Max

from matching.models import Offer
from matching.states import OfferState
from notifications.models import Message
from waitlist.models import WaitlistEntry
from waitlist.states import EntryStatus


def is_open(message: Message) -> bool:
    """Whether an answer is due for any of the wishes it asks about."""
    asked = WaitlistEntry.objects.filter(pk__in=message.context["entries"], patient=message.patient_id)
    return asked.filter(status=EntryStatus.ACTIVE, still_asked_at__isnull=False).exists()


def waits_until(message: Message, *, now: datetime) -> datetime | None:
    """When the times offered to them meanwhile have been answered or are over: a yes must be theirs."""
    offered = Offer.objects.filter(patient=message.patient_id, state=OfferState.PENDING, expires_at__gt=now)
    ends_at: datetime | None = offered.aggregate(last=Max("expires_at"))["last"]
    return ends_at
