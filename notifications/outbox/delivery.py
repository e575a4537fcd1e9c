"""Sending: claimed and committed before the call, called outside any transaction, then recorded.

A worker that dies between the call and the record leaves a `sending` row. When its lease is over the row is
`unknown`, and unknown is looked up before anything is sent again (FACTS 2).
"""

import logging
from datetime import datetime, timedelta
from time import monotonic

from django.db import transaction
from django.db.models import Case, When

from matching.models import Offer
from notifications import channels, rendering
from notifications.channels import Outcome, Result
from notifications.models import ContactPoint, Message
from notifications.outbox import checks, deadlines, heed, results
from notifications.states import UNFINISHED, Channel, MessageStatus

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=30)  # longer than any channel's timeout
AFTER_A_FAULT = timedelta(seconds=15)
WORDED_AT_MOST = 5  # times: words that fail once fail again, unless somebody mends them at once


def due(*, now: datetime, limit: int) -> list[int]:
    """Messages to send or to look after, the longest due first."""
    rows = Message.objects.filter(status__in=UNFINISHED, next_attempt_at__lte=now)
    return list(rows.order_by("next_attempt_at", "pk").values_list("pk", flat=True)[:limit])


def due_of_slot(slot_id: int, *, now: datetime) -> list[int]:
    """Messages of one slot to send now, texts before anything slower."""
    rows = Message.objects.filter(slot=slot_id, status=MessageStatus.PENDING, next_attempt_at__lte=now)
    texts_first = Case(When(channel=Channel.SMS, then=0), default=1)
    return list(rows.order_by(texts_first, "pk").values_list("pk", flat=True))


def deliver_due(*, now: datetime, limit: int = 100) -> int:
    """Everything due, one by one; how many."""
    found = due(now=now, limit=limit)
    for message_id in found:
        deliver(message_id, now=now)
    return len(found)


def deliver(message_id: int, *, now: datetime) -> None:
    """Do what is due with this message: send it, or find out what became of it. Safe to run twice, or at once."""
    started = monotonic()
    try:
        message = _row(message_id)
        if message.status not in UNFINISHED or message.next_attempt_at > now:
            return
        heard_by = heed.heed if message.status == MessageStatus.PENDING else heed.heed_look_up
        deadlines.refresh(message, now=now)
        result = (_send if message.status == MessageStatus.PENDING else _look_up)(message, now=now)
        if result is not None:
            then = now + timedelta(seconds=monotonic() - started)
            results.record(message, result, now=then)
            heard_by(message, result, now=then)
    except Exception:  # one bad message must not hold up the others
        log.exception("message %s could not be delivered", message_id)
        Message.objects.filter(pk=message_id, status=MessageStatus.PENDING).update(next_attempt_at=now + AFTER_A_FAULT)


def _send(message: Message, *, now: datetime) -> Result | None:
    """None where it may not go now, or somebody else has it."""
    if message.not_after is None or now < message.not_after:
        try:
            message.text = rendering.render(message)
        except Exception as fault:
            return _without_words(message, fault)
    if not _claim(message, now=now):
        return None
    try:
        return channels.of(message).send(message, now=now)
    except Exception:  # it may have been handed over: look before sending again
        log.exception("message %s: its channel broke", message.pk)
        return Result(Outcome.UNKNOWN, code="internal")


def _without_words(message: Message, fault: Exception) -> Result | None:
    """Later once more, a few times; then it has failed. Its facts stay out of the log."""
    rows = Message.objects.filter(pk=message.pk, status=MessageStatus.PENDING, attempts=message.attempts)
    message.attempts += 1
    if not rows.update(attempts=message.attempts):
        return None
    if message.attempts < WORDED_AT_MOST:
        return Result(Outcome.NOT_SENT, code="no_words")
    log.error("message %s: there are no words for it (%s)", message.pk, type(fault).__name__)
    return Result(Outcome.FAILED, code="no_words")


@transaction.atomic(durable=True)
def _claim(message: Message, *, now: datetime) -> bool:
    """Commit that it is on its way, if it still may go; else record why not. False: it does not go now."""
    if message.contact_point_id is not None:  # before the message, and as long as the caps are counted
        message.contact_point = ContactPoint.objects.select_for_update(no_key=True).get(pk=message.contact_point_id)
    locked = Message.objects.select_for_update(no_key=True, skip_locked=True)
    mine = locked.filter(pk=message.pk, status=MessageStatus.PENDING, attempts=message.attempts).first()
    if mine is None or _was_put_off(mine, message):
        return False
    if message.offer_id is not None:  # as it is now, not as it was before we had waited for the locks
        message.offer = Offer.objects.select_related("slot").get(pk=message.offer_id)
    verdict = checks.look(message, now=now)
    if verdict.wait_until is not None:
        Message.objects.filter(pk=message.pk).update(next_attempt_at=verdict.wait_until)
    elif verdict.status is not None:
        results.end(message, verdict, now=now)
    else:
        message.attempts += 1
        message.status = MessageStatus.SENDING
        Message.objects.filter(pk=message.pk).update(
            status=message.status,
            attempts=message.attempts,
            next_attempt_at=now + LEASE,
            text=message.text,
            context=message.context,
        )
    return verdict.may_go


def _was_put_off(mine: Message, message: Message) -> bool:
    """Its clock was moved on since it was read: then its words are read again first."""
    return mine.not_after is not None and message.not_after is not None and mine.not_after > message.not_after


def _look_up(message: Message, *, now: datetime) -> Result | None:
    """What became of it. A lease that is over first becomes unknown, so that only one of us looks."""
    mine = Message.objects.filter(pk=message.pk, status=message.status, next_attempt_at=message.next_attempt_at)
    if not mine.update(status=MessageStatus.UNKNOWN, next_attempt_at=now + LEASE):
        return None
    message.status = MessageStatus.UNKNOWN
    return channels.of(message).find(message, now=now)


def _row(message_id: int) -> Message:
    """With all that rules, words and channels read. One join of it all takes PostgreSQL 20 ms to plan."""
    rows = Message.objects.select_related("clinic", "patient", "contact_point")
    return rows.prefetch_related(
        "offer", "slot__location", "appointment__clinic", "appointment__location",
        "writeback__connection", "writeback__appointment__practitioner", "writeback__appointment__service",
        "writeback__appointment__location", "writeback__appointment__patient",
    ).get(pk=message_id)  # fmt: skip
