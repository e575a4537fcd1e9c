"""What may have been sent is looked up before anything is sent again: by one worker at a time."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from notifications.models import Message
from notifications.outbox import results
from notifications.states import MessageStatus


@transaction.atomic(durable=True)
def begin(messages: Sequence[Message], *, until: datetime, now: datetime) -> list[Message]:
    """Those of them that are ours to look up `until` then. One whose lease is over becomes unknown."""
    rows = Message.objects.select_for_update(no_key=True, skip_locked=True).order_by("pk")
    free = rows.filter(pk__in=[one.pk for one in messages])
    there = {pk: (status, at) for pk, status, at in free.values_list("pk", "status", "next_attempt_at")}
    mine = [one for one in messages if there.get(one.pk) == (one.status, one.next_attempt_at)]
    unknown = {"status": MessageStatus.UNKNOWN, "next_attempt_at": until}
    Message.objects.filter(pk__in=[one.pk for one in mine]).update(**unknown)
    lost = [(one, MessageStatus.UNKNOWN) for one in mine if one.status == MessageStatus.SENDING]
    results.record_moves(lost, now=now)
    for one in mine:
        one.status = MessageStatus.UNKNOWN
    return mine
