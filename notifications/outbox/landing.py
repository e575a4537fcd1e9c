"""Taking in what became of messages: those that went out all together, each of the others by itself."""

import json
import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from matching.models import Offer
from notifications.channels import Outcome, Result
from notifications.models import ContactPoint, Message
from notifications.outbox import heed, results
from notifications.states import MESSAGE_MOVES, Channel, Kind, MessageStatus

log = logging.getLogger(__name__)
Landed = tuple[Message, Result]
TO_PEOPLE = (Channel.SMS, Channel.VOICE, Channel.EMAIL)
STATUSES = {Outcome.SENT: MessageStatus.SENT, Outcome.DELIVERED: MessageStatus.DELIVERED}
WENT_OUT = """
UPDATE notifications_message m SET status = r.status, sent_at = coalesce(m.sent_at, %(now)s),
    delivered_at = CASE r.status WHEN 'delivered' THEN %(now)s ELSE m.delivered_at END,
    provider_id = coalesce(r.provider_id, m.provider_id), error_code = r.code
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r(id bigint, status text, provider_id text, code text)
WHERE m.id = r.id AND m.status = ANY (%(before)s::varchar[])
    AND NOT coalesce(m.status = 'pending' AND m.provider_id = r.provider_id AND m.resent_at IS NOT NULL, false)
RETURNING m.id
"""


def land(landed: Sequence[Landed], *, now: datetime) -> None:
    """Write down what the channels said, unless a receipt was here first."""
    together = [one for one in landed if one[1].outcome in STATUSES and one[0].channel in TO_PEOPLE]
    done: set[int] = set()
    if len(together) > 1:
        try:
            done = _went_out(together, now=now)
        except Exception:  # one of them is bad: which, each shows by itself
            log.exception("%s messages could not be recorded together", len(together))
    for message, result in landed:
        if message.pk not in done:
            _land(message, result, now=now)


def _land(message: Message, result: Result, *, now: datetime) -> None:
    was_looked_up = message.status == MessageStatus.UNKNOWN
    try:
        results.record(message, result, now=now)
        (heed.heed_look_up if was_looked_up else heed.heed)(message, result, now=now)
    except Exception:  # its lease ends, and then it is looked up
        log.exception("message %s could not be recorded", message.pk)


def put_off(message_id: int, until: datetime) -> None:
    """Something is wrong with it: others first."""
    Message.objects.filter(pk=message_id, status=MessageStatus.PENDING).update(next_attempt_at=until)


@transaction.atomic(durable=True)
def _went_out(landed: Sequence[Landed], *, now: datetime) -> set[int]:
    """Those recorded: all but what somebody else has locked, or has settled, meanwhile."""
    free = _lock(landed)
    rows = [
        {"id": message.pk, "status": STATUSES[result.outcome], "provider_id": result.provider_id, "code": result.code}
        for message, result in free
    ]
    before = MESSAGE_MOVES[MessageStatus.SENT]
    with connection.cursor() as cursor:
        cursor.execute(WENT_OUT, {"now": now, "rows": json.dumps(rows), "before": [str(one) for one in before]})
        written = {pk for (pk,) in cursor.fetchall()}
    out = [(message, STATUSES[result.outcome]) for message, result in free if message.pk in written]
    results.record_moves(out, now=now)
    for message, status in out:
        message.status, message.sent_at = status, message.sent_at or now
        results.succeeded(message, now=now)
    heed.heed_all([one for one in free if one[0].pk in written], now=now)
    return written


def _lock(landed: Sequence[Landed]) -> list[Landed]:
    """The contact points, then the offers: a claim that is just retracting one is left to finish, and its message is
    recorded by itself."""
    point_ids = {message.contact_point_id for message, _ in landed}
    points = ContactPoint.objects.select_for_update(no_key=True, skip_locked=True).filter(pk__in=point_ids)
    mine = set(points.order_by("pk").values_list("pk", flat=True))
    asking = {message.offer_id for message, _ in landed if message.kind == Kind.OFFER}
    rows = Offer.objects.select_for_update(no_key=True, skip_locked=True, of=("self",)).filter(pk__in=asking)
    offers = {offer.pk: offer for offer in rows.select_related("slot").order_by("pk")}
    free = []
    for message, result in landed:
        if message.contact_point_id in mine and (message.kind != Kind.OFFER or message.offer_id in offers):
            if message.kind == Kind.OFFER and message.offer_id is not None:
                message.offer = offers[message.offer_id]
            free.append((message, result))
    return free
