"""What the carrier reports later. Reports come twice and out of order: a message never goes back."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from notifications.channels import Outcome, Result, twilio_codes
from notifications.models import Message
from notifications.outbox import deadlines, results
from notifications.states import UNFINISHED, Kind, MessageStatus
from waitlist.nudge import nudge

STATUSES = {
    "accepted": MessageStatus.SENT,
    "scheduled": MessageStatus.SENT,
    "queued": MessageStatus.SENT,
    "sending": MessageStatus.SENT,
    "sent": MessageStatus.SENT,
    "delivered": MessageStatus.DELIVERED,
    "read": MessageStatus.DELIVERED,
    "undelivered": MessageStatus.UNDELIVERED,
    "failed": MessageStatus.FAILED,
    "canceled": MessageStatus.FAILED,
}
ONCE_MORE_AFTER = timedelta(minutes=1)


@transaction.atomic(durable=True)
def receipt(public_id: UUID, *, provider_id: str, status: str, code: str, now: datetime) -> bool:
    """Take in one report; False where it changes nothing. It also settles a message of which nothing was known."""
    to = STATUSES.get(status)
    message = locked(public_id, code, now=now)
    if to is None or message is None or is_old_news(message, provider_id):
        return False
    ended_badly = to in (MessageStatus.UNDELIVERED, MessageStatus.FAILED)
    if ended_badly and _once_more(message, provider_id, code, now=now):
        return True
    is_late = message.sent_at is not None and now > message.sent_at + deadlines.NO_RECEIPT
    fields = {"provider_id": provider_id, "error_code": code[:20], "sent_at": message.sent_at or now}
    if to == MessageStatus.DELIVERED:
        fields["delivered_at"] = now
    if not results.move(message, to, now=now, **fields):
        return False
    if ended_badly:
        results.failed(message, Result(Outcome.FAILED, provider_id, code), now=now)
    else:
        results.succeeded(message, now=now)
        if is_late and message.kind == Kind.OFFER:  # their clock begins later than their page says
            nudge("matching.tasks.advance", message.slot_id or 0)
    return True


def locked(public_id: UUID, code: str, *, now: datetime) -> Message | None:
    """The message and, before it, its contact point and its offer."""
    found = Message.objects.filter(public_id=public_id).select_related("contact_point").first()
    point = results.lock_what_it_is_about(found, code) if found is not None else None
    if point is None:
        return None
    rows = Message.objects.select_for_update(no_key=True, of=("self",)).select_related("clinic", "patient", "offer")
    message = rows.get(public_id=public_id)
    message.contact_point = point
    deadlines.refresh([message], now=now)
    return message


def is_old_news(message: Message, provider_id: str) -> bool:
    """A report on an earlier try of a message that is being tried again, or on one that is not this message's."""
    if message.provider_id is None:
        return False
    if message.status in UNFINISHED:
        return message.provider_id == provider_id and message.resent_at is not None
    return message.provider_id != provider_id


def _once_more(message: Message, provider_id: str, code: str, *, now: datetime) -> bool:
    """A phone that was off gets the offer a second time, if the offer lasts."""
    at = now + ONCE_MORE_AFTER
    if not code.isdigit() or int(code) not in twilio_codes.PERHAPS_LATER:
        return False
    if message.kind != Kind.OFFER or message.resent_at is not None or at >= (message.not_after or at):
        return False
    rows = Message.objects.filter(pk=message.pk, status__in=(MessageStatus.SENT, *UNFINISHED))
    return bool(
        rows.update(
            status=MessageStatus.PENDING,
            provider_id=provider_id,
            error_code=code[:20],
            resent_at=now,
            next_attempt_at=at,
        )
    )
