"""What became of a message, and what follows from it: another way, the next wave, the ledger, the staff's task."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from random import Random
from typing import Any

from django.db import transaction

from audit import trail
from matching.models import Offer
from matching.states import OfferState
from notifications import consent, outages
from notifications.channels import Outcome, Result
from notifications.models import ContactPoint, Message
from notifications.outbox import chain, learning
from notifications.outbox.checks import Verdict
from notifications.outbox.queue import enqueue_news
from notifications.states import MESSAGE_MOVES, Capability, Channel, Kind, MessageStatus, Rule
from waitlist import writebacks
from waitlist.live import hint
from waitlist.nudge import nudge
from waitlist.states import SlotState

log = logging.getLogger(__name__)
FIRST_WAIT_SECONDS = 2
LONGEST_WAIT_SECONDS = {
    Channel.SMS: 60,
    Channel.VOICE: 60,
    Channel.EMAIL: 300,
    Channel.STAFF: 300,
    Channel.WEBHOOK: 600,
}
GIVE_UP = {channel: timedelta(hours=1 if channel == Channel.WEBHOOK else 24) for channel in LONGEST_WAIT_SECONDS}
LOOK_AGAIN = timedelta(minutes=1)
LOOK_AGAIN_AT_MOST = timedelta(minutes=30)  # it may have waited for the morning before it was unknown
WENT_OUT = (MessageStatus.SENT, MessageStatus.DELIVERED)
DIED_AT_MOST = 10  # times: a message that ends every worker is given up


@transaction.atomic
def record(message: Message, result: Result, *, now: datetime) -> None:
    """Write down what the channel said, unless a receipt was here first: settled it, or put this very try back to go
    once more (receipts)."""
    lock_what_it_is_about(message, result.code)
    known = {"error_code": result.code[:20], "provider_id": result.provider_id or message.provider_id}
    if result.outcome in (Outcome.SENT, Outcome.DELIVERED):
        delivered = {"delivered_at": now} if result.outcome == Outcome.DELIVERED else {}
        status = MessageStatus.DELIVERED if delivered else MessageStatus.SENT
        if move(message, status, now=now, sent_at=message.sent_at or now, **known, **delivered):
            succeeded(message, now=now)
    elif result.outcome == Outcome.UNKNOWN:
        _still_unknown(message, now=now, **known)
    elif result.outcome in (Outcome.FAILED, Outcome.CONFLICT):
        if move(message, MessageStatus.FAILED, now=now, **known):
            failed(message, result, now=now)
    else:
        _again(message, result, now=now, **known)


def lock_what_it_is_about(message: Message, code: str = "") -> ContactPoint | None:
    """Lock the contact point, then an offer: a claim that is just retracting it is waited for. Where the code is a
    STOP, all that it ends first."""
    if message.contact_point_id is None:
        return None
    if message.contact_point is not None and learning.is_stop(code):
        consent.lock_ways(message.contact_point)
    point = ContactPoint.objects.select_for_update(no_key=True).get(pk=message.contact_point_id)
    if message.kind == Kind.OFFER and message.offer_id is not None:
        message.offer = Offer.objects.select_for_update(no_key=True).get(pk=message.offer_id)
    return point


def end(message: Message, verdict: Verdict, *, now: datetime) -> None:
    """It does not go out: the reason is on the row, and an offer that cannot be told frees its place. In a dry run it
    is kept as it would have gone, and all goes on as if they had been told; a calendar that was not is staff's."""
    said = {"text": message.text, "segments": message.segments} if verdict.rule == Rule.REHEARSAL else {}
    if verdict.status is None or not move(message, verdict.status, now=now, refused_by=verdict.rule or "", **said):
        return
    if verdict.rule == Rule.REHEARSAL:
        if message.writeback is not None:
            writebacks.hand_over(message.writeback, "A dry run tells no calendar.", now=now)
        return
    if verdict.status == MessageStatus.REFUSED or verdict.rule == Rule.TOO_LATE:
        failed(message, Result(Outcome.FAILED), now=now)


def move(message: Message, to: MessageStatus, *, now: datetime, **fields: Any) -> bool:
    """Compare-and-swap, with its line in the trail and a hint to the boards. False: it is elsewhere by now, or this try
    of it is over and it goes once more."""
    rows = Message.objects.filter(pk=message.pk, status__in=MESSAGE_MOVES[to])
    if to in WENT_OUT:
        this_try = fields.get("provider_id") or ""
        rows = rows.exclude(status=MessageStatus.PENDING, provider_id=this_try, resent_at__isnull=False)
    if not rows.update(status=to, **fields):
        return False
    changes = {"status": [message.status, str(to)], "channel": message.channel, "kind": message.kind}
    message.status = to
    for name, value in fields.items():
        setattr(message, name, value)
    trail.record(f"message.{to}", message, now=now, clinic_id=message.clinic_id, changes=changes)
    hint(message.clinic_id, "board")
    return True


def record_moves(moved: Iterable[tuple[Message, MessageStatus]], *, now: datetime) -> None:
    """Of several that were moved by one statement: a line in the trail for each, and a hint to each clinic's boards."""

    def alike(one: tuple[Message, MessageStatus]) -> tuple[int, str, str, str, str]:
        message, status = one
        return message.clinic_id, message.status, str(status), message.channel, message.kind

    for (clinic_id, before, status, channel, kind), some in groupby(sorted(moved, key=alike), key=alike):
        changes = {"status": [before, status], "channel": channel, "kind": kind}
        rows = [message for message, _ in some]
        trail.record(f"message.{status}", rows, now=now, clinic_id=clinic_id, changes=changes)
        hint(clinic_id, "board")


def failed(message: Message, result: Result, *, now: datetime) -> None:
    """It will not reach them this way: learn from it, then try another way, or let the next person be asked."""
    code = int(result.code) if result.code.isdigit() else 0
    if message.writeback is not None:
        if result.outcome == Outcome.CONFLICT:
            if writebacks.conflict(message.writeback, result.detail, now=now):
                nudge("matching.tasks.give_way", message.writeback.pk)
        else:
            writebacks.hand_over(message.writeback, result.detail or "The calendar could not be told.", now=now)
        return
    if message.contact_point is not None and message.channel == Channel.SMS:
        learning.learn(message.contact_point, code, now=now)
    chain.hop(message, result.code or message.refused_by or result.outcome.name.lower(), now=now)
    if message.kind == Kind.OFFER and not chain.told_otherwise(message):
        nudge("matching.tasks.advance", message.slot_id or 0)


def succeeded(message: Message, *, now: datetime) -> None:
    """It went out: the calendar has it, or the number takes texts. An offer that was taken meanwhile is taken back:
    whoever claimed it saw this text still waiting."""
    if message.writeback is not None:
        writebacks.confirm(message.writeback, now=now)
    if message.kind == Kind.OFFER and message.offer is not None and _is_taken(message.offer, now=now):
        enqueue_news(Kind.RETRACTED, [message.offer], now=now)
    point = message.contact_point
    if point is not None and message.channel == Channel.SMS and message.status == MessageStatus.DELIVERED:
        learning.capable(point, Capability.OK, now=now)


def _is_taken(offer: Offer, *, now: datetime) -> bool:
    """Whether somebody was faster while this one could still have said yes."""
    return offer.state == OfferState.RETRACTED and offer.expires_at > now and offer.slot.state == SlotState.FILLED


def _still_unknown(message: Message, *, now: datetime, **known: Any) -> None:
    """Look again, less and less often; in the end it counts as failed, since nobody can say."""
    waited = now - message.created_at
    if waited > GIVE_UP[Channel(message.channel)]:
        move(message, MessageStatus.FAILED, now=now, **{**known, "error_code": "unresolved"})
        return
    look_at = now + min(max(LOOK_AGAIN, waited / 2), LOOK_AGAIN_AT_MOST)
    if message.status == MessageStatus.UNKNOWN:
        Message.objects.filter(pk=message.pk, status=MessageStatus.UNKNOWN).update(next_attempt_at=look_at)
    else:
        move(message, MessageStatus.UNKNOWN, now=now, next_attempt_at=look_at, **known)


def _again(message: Message, result: Result, *, now: datetime, **known: Any) -> None:
    """Surely not sent: back to pending, later each time; a text that was lost once goes out again only once.

    Nothing stands on one whose worker died with it in hand: most were never handed over, so that is no loss of its own.
    """
    lost = result.outcome == Outcome.ABSENT
    died = not message.error_code and message.attempts < DIED_AT_MOST
    if lost and message.resent_at is not None and message.channel != Channel.WEBHOOK and not died:
        move(message, MessageStatus.FAILED, now=now, **{**known, "error_code": "lost"})
        failed(message, result, now=now)
        return
    at = now if lost else now + wait(message, result.outcome)
    too_late = at >= (message.not_after or message.created_at + GIVE_UP[Channel(message.channel)])
    if too_late and message.channel not in outages.out():  # its clock stands still as long as nothing goes out
        if move(message, MessageStatus.FAILED, now=now, **known):
            failed(message, result, now=now)
        return
    if result.outcome == Outcome.MISCONFIGURED:
        log.error("message %s: %s is not set up (%s)", message.pk, message.channel, result.code)
        chain.hop(message, result.code, is_over=False, now=now)
    resent = {"resent_at": now} if lost else {}
    still = {message.status}  # and no receipt has come meanwhile
    if message.status == MessageStatus.SENDING:  # its lease may have been over: of this try we know more than a look-up
        still.add(MessageStatus.UNKNOWN)
    rows = Message.objects.filter(pk=message.pk, status__in=still, attempts=message.attempts)
    rows.update(status=MessageStatus.PENDING, next_attempt_at=at, **known, **resent)


def wait(message: Message, outcome: Outcome) -> timedelta:
    """2 s, 4 s, 8 s … up to the channel's longest, a quarter more or less; the longest where a person must act."""
    longest = LONGEST_WAIT_SECONDS[Channel(message.channel)]
    if outcome == Outcome.MISCONFIGURED:
        return timedelta(seconds=longest)
    seconds = min(FIRST_WAIT_SECONDS * 2 ** min(message.attempts - 1, 12), longest)
    return timedelta(seconds=seconds * Random(f"{message.pk}:{message.attempts}").uniform(0.75, 1.25))
