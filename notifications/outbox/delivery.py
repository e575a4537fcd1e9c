"""What is due, and having it done.

Messages are claimed and committed before the call, called outside any transaction, then recorded (boarding, flight,
landing). A worker that dies between the call and the record leaves a `sending` row. When its lease is over the row is
`unknown`, and unknown is looked up before anything is sent again (FACTS 2).
"""

from datetime import datetime

from django.conf import settings
from django.db.models import Case, When, Window
from django.db.models.functions import RowNumber

from notifications.models import Message
from notifications.outbox.flight import fly
from notifications.outbox.urgency import FIRST_DUE_FIRST, RANK
from notifications.states import UNFINISHED, Channel, MessageStatus


def due(*, now: datetime, limit: int) -> list[int]:
    """Messages to send or to look after, answers first, then the longest due; of one clinic at most half of `limit`,
    so that it keeps no other waiting."""
    rows = Message.objects.filter(status__in=UNFINISHED, next_attempt_at__lte=now)
    placed = rows.annotate(place=Window(RowNumber(), partition_by="clinic", order_by=FIRST_DUE_FIRST))
    fair = placed.filter(place__lte=max(limit // 2, 1))
    return list(fair.order_by(*FIRST_DUE_FIRST).values_list("pk", flat=True)[:limit])


def due_of_slot(slot_id: int, *, now: datetime) -> list[int]:
    """Messages of one slot to send now, answers first, texts before anything slower."""
    rows = Message.objects.filter(slot=slot_id, status=MessageStatus.PENDING, next_attempt_at__lte=now)
    texts_first = Case(When(channel=Channel.SMS, then=0), default=1)
    return list(rows.order_by(RANK, texts_first, "pk").values_list("pk", flat=True))


def deliver_due(*, now: datetime, limit: int = 100) -> int:
    """Everything due; how many."""
    found = due(now=now, limit=limit)
    fly(found, now=now)
    return len(found)


def deliver_slot(slot_id: int, *, now: datetime) -> None:
    """Everything that waits of one slot; in what room is left in the air, what else is due."""
    mine = due_of_slot(slot_id, now=now)
    room = settings.MESSAGES_IN_FLIGHT - len(mine)
    others = due(now=now, limit=room) if mine and room > 0 else []
    fly(list(dict.fromkeys([*mine, *others])), now=now)


def deliver(message_id: int, *, now: datetime) -> None:
    """One message."""
    fly([message_id], now=now)
