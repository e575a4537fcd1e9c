"""The staff's call list: what became of the calls that stand on it. Rows."""

from datetime import datetime

from django.db import transaction

from matching.models import Offer
from notifications.models import Message
from notifications.outbox.results import move
from notifications.states import Channel, Kind, MessageStatus

NO_ANSWER = "no_answer"
UNREACHABLE = "unreachable"


def reached(offer: Offer, *, now: datetime) -> bool:
    """Staff have spoken with them; False where nobody was to be called, or somebody had."""
    return _settle(offer, MessageStatus.DELIVERED, "", now=now)


def no_answer(offer: Offer, *, now: datetime) -> bool:
    """Staff have rung in vain; False where nobody was to be called, or somebody had."""
    return _settle(offer, MessageStatus.UNDELIVERED, NO_ANSWER, now=now)


@transaction.atomic
def _settle(offer: Offer, to: MessageStatus, code: str, *, now: datetime) -> bool:
    """By compare-and-swap: of two at once the first counts."""
    to_call = Message.objects.filter(offer=offer, kind=Kind.OFFER, channel=Channel.STAFF, round=offer.rounds)
    message = to_call.filter(status=MessageStatus.PENDING).first()
    delivered = {"delivered_at": now} if to == MessageStatus.DELIVERED else {}
    return message is not None and move(message, to, now=now, error_code=code, sent_at=now, **delivered)
