"""A call that was answered is over. Whether somebody heard it is told apart, and may come a moment later."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from notifications.models import Message
from notifications.outbox import receipts, results
from notifications.states import Channel, MessageStatus

UNHEARD = "unheard"
TOLD_WITHIN = timedelta(seconds=15)  # Twilio waits no longer for what a call is to say
LOOK_BACK = timedelta(days=1)


@transaction.atomic(durable=True)
def hung_up(public_id: UUID, *, provider_id: str, now: datetime) -> bool:
    """It was made and is over; unless we hear within seconds that they heard it, nobody has. False: known before."""
    message = receipts.locked(public_id, "", now=now)
    if message is None or receipts.is_old_news(message, provider_id):
        return False
    results.move(message, MessageStatus.SENT, now=now, provider_id=provider_id, sent_at=message.sent_at or now)
    rows = Message.objects.filter(pk=message.pk, status=MessageStatus.SENT).exclude(error_code=UNHEARD)
    return bool(rows.update(error_code=UNHEARD, next_attempt_at=now + TOLD_WITHIN))


def unheard(*, now: datetime, limit: int) -> list[int]:
    """Calls that are over, and nobody has heard them."""
    over = Message.objects.filter(channel=Channel.VOICE, status=MessageStatus.SENT, error_code=UNHEARD)
    due = over.filter(sent_at__gt=now - LOOK_BACK, next_attempt_at__lte=now)
    return list(due.order_by("sent_at", "pk").values_list("pk", flat=True)[:limit])


def settle(message_id: int, *, now: datetime) -> bool:
    """It reached nobody: the next way. False: somebody has heard it after all."""
    message = Message.objects.filter(pk=message_id, status=MessageStatus.SENT, error_code=UNHEARD).first()
    if message is None or message.next_attempt_at > now:
        return False
    known = message.provider_id or ""
    return receipts.receipt(message.public_id, provider_id=known, status="undelivered", code=UNHEARD, now=now)
