"""Making messages ready to go: read, worded, looked at once more under their locks, and committed as on their way.

A batch takes a few statements, however many it holds. Messages that another worker has locked are left to it.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection, transaction

from matching.models import Offer
from notifications import rules
from notifications.alerts import notices
from notifications.channels import Outcome, Result
from notifications.models import ContactPoint, Message
from notifications.outbox import checks, deadlines, lookups, pace, results, written
from notifications.states import UNFINISHED, MessageStatus
from waitlist.models import Clinic
from waitlist.states import LAUNCHED

LEASE = timedelta(seconds=30)  # longer than any channel's timeout
KNOWN_AT_MOST = 200
NONE = rules.Spent()
HOW_FAR = "SELECT id, launch, live_since FROM waitlist_clinic WHERE id = ANY (%s) ORDER BY id FOR KEY SHARE"
ON_THEIR_WAY = """
UPDATE notifications_message m SET status = 'sending', attempts = r.attempts, next_attempt_at = %(lease)s,
    text = r.text, context = r.context, segments = r.segments, cost_mills = r.cost_mills, error_code = ''
FROM jsonb_to_recordset(%(rows)s::jsonb)
    AS r(id bigint, attempts int, text text, context jsonb, segments int, cost_mills int)
WHERE m.id = r.id
"""


@dataclass
class Boarded:
    """What may go now, what is to be looked up, and what is known already."""

    ready: list[Message] = field(default_factory=list)
    to_look_up: list[tuple[Message, frozenset[str]]] = field(default_factory=list)  # with ids that are others'
    known: list[tuple[Message, Result]] = field(default_factory=list)


def board(message_ids: Sequence[int], *, now: datetime) -> Boarded:
    """Those of them that are due and nobody else's."""
    found, waiting, unsure = Boarded(), [], []
    for message in _rows(message_ids, now=now):
        if message.status != MessageStatus.PENDING:
            unsure.append(message)
        elif (failure := written.write(message, now=now)) is None:
            waiting.append(message)
        elif failure.outcome != Outcome.ABSENT:
            found.known.append((message, failure))
    if unsure:
        found.to_look_up = [(one, _ids_of_others(one)) for one in lookups.begin(unsure, until=now + LEASE, now=now)]
    if waiting:
        found.ready = claim(waiting, now=now)
    return found


@transaction.atomic(durable=True)
def claim(messages: Sequence[Message], *, now: datetime) -> list[Message]:
    """Commit that they are on their way: those that still may go. Of the others it is on the row why not."""
    left = _money_left(messages, now=now)
    _keep_to_launch(messages)
    mine = _lock(messages)
    capped = [one.contact_point_id for one in mine if one.contact_point_id is not None and rules.capped(one.kind)]
    spent = rules.spent(capped, now=now) if capped else {}
    ready: list[Message] = []
    for message in mine:
        so_far = spent[message.contact_point_id or 0].without(message, now=now) if rules.capped(message.kind) else NONE
        verdict = checks.look(message, so_far, left.get(message.clinic_id), now=now)
        if verdict.wait_until is not None:
            Message.objects.filter(pk=message.pk).update(next_attempt_at=verdict.wait_until)
        elif verdict.status is not None:
            results.end(message, verdict, now=now)
            if so_far is not NONE:
                spent[message.contact_point_id or 0] = so_far
        else:
            ready.append(message)
            if message.clinic_id in left:
                left[message.clinic_id] -= message.cost_mills
    for pk, at in (put_off := pace.over(ready, now=now)).items():
        Message.objects.filter(pk=pk).update(next_attempt_at=at)
    ready = [message for message in ready if message.pk not in put_off]
    _write(ready, now=now)
    _say_what_is_used_up(ready, left, now=now)
    return ready


def _say_what_is_used_up(ready: Iterable[Message], left: dict[int, int], *, now: datetime) -> None:
    """A clinic whose money of this month pays for no text more."""
    for clinic in {one.clinic_id: one.clinic for one in ready if one.cost_mills}.values():
        if clinic.pk in left and left[clinic.pk] < clinic.text_cost_mills:
            notices.money_used_up(clinic, now=now)


def _money_left(messages: Sequence[Message], *, now: datetime) -> dict[int, int]:
    """Of the clinics that have a limit, in thousandths of a dollar; locked, so that the last of it is spent once."""
    limited = {one.clinic_id for one in messages if one.clinic.monthly_budget_cents is not None and one.cost_mills}
    if not limited:
        return {}
    clinics = Clinic.objects.select_for_update(no_key=True).filter(pk__in=limited).order_by("pk")
    left = {clinic.pk: rules.left_mills(clinic, now=now) for clinic in clinics}
    return {pk: mills for pk, mills in left.items() if mills is not None}


def _keep_to_launch(messages: Sequence[Message]) -> None:
    """How far their clinics have launched, as it is now and stays until they are committed: whoever turns that switch
    waits for this lock, and this for them. Every row that names a clinic takes it, so it keeps nobody else waiting."""
    ids = sorted({message.clinic_id for message in messages})
    with connection.cursor() as cursor:
        cursor.execute(HOW_FAR, [ids])
        launched = {pk: (launch, live_since) for pk, launch, live_since in cursor.fetchall()}
    for message in messages:
        message.clinic.launch, message.clinic.live_since = launched[message.clinic_id]


def _lock(messages: Sequence[Message]) -> list[Message]:
    """The contact points, then those of the messages that nobody else has locked, as they are now."""
    ids = {message.contact_point_id for message in messages if message.contact_point_id is not None}
    locked = ContactPoint.objects.select_for_update(no_key=True).filter(pk__in=ids)
    points = {point.pk: point for point in locked.order_by("pk")}
    rows = Message.objects.select_for_update(no_key=True, skip_locked=True, of=("self",)).order_by("pk")
    still = rows.filter(pk__in=[message.pk for message in messages], status=MessageStatus.PENDING)
    now_there = {row.pk: row for row in still.only("attempts", "not_after")}
    mine = []
    for message in messages:
        row, point_id = now_there.get(message.pk), message.contact_point_id
        if row is None or row.attempts != message.attempts or _was_put_off(row, message):
            continue
        message.contact_point = points[point_id] if point_id is not None else None
        mine.append(message)
    # the offers as they are now, not as they were before we had waited for the locks
    theirs = [one.offer_id for one in mine if one.offer_id is not None]
    more = ["entry"] if any(one.clinic.launch in LAUNCHED for one in mine) else []  # where the wish's tier decides
    offers = Offer.objects.prefetch_related("slot", *more).in_bulk(theirs)
    for message in mine:
        if message.offer_id is not None:
            message.offer = offers[message.offer_id]
    return mine


def _write(ready: Iterable[Message], *, now: datetime) -> None:
    rows = []
    for message in ready:
        message.attempts += 1
        message.status = MessageStatus.SENDING
        rows.append(
            {
                "id": message.pk,
                "attempts": message.attempts,
                "text": message.text,
                "context": message.context,
                "segments": message.segments,
                "cost_mills": message.cost_mills,
            }
        )
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(ON_THEIR_WAY, {"lease": now + LEASE, "rows": json.dumps(rows)})


def _was_put_off(row: Message, message: Message) -> bool:
    """Its clock was moved on since it was read: then its words are read again first."""
    return row.not_after is not None and message.not_after is not None and row.not_after > message.not_after


def _ids_of_others(message: Message) -> frozenset[str]:
    """What the provider has of ours for the same number or address that is another message."""
    others = Message.objects.filter(contact_point=message.contact_point_id).exclude(pk=message.pk)
    known = others.exclude(provider_id=None).order_by("-pk").values_list("provider_id", flat=True)
    return frozenset(str(one) for one in known[:KNOWN_AT_MOST])


def _rows(message_ids: Sequence[int], *, now: datetime) -> list[Message]:
    """With all that rules, words and channels read, in the order asked for. One join of it all takes PostgreSQL 20 ms
    to plan."""
    due = Message.objects.filter(pk__in=message_ids, status__in=UNFINISHED, next_attempt_at__lte=now)
    rows = due.select_related("patient", "contact_point").prefetch_related(
        "clinic__wordings", "user", "offer__slot", "slot__location", "appointment__clinic", "appointment__location",
        "writeback__connection__mappings", "writeback__appointment__practitioner", "writeback__appointment__service",
        "writeback__appointment__location", "writeback__appointment__patient__contacts__contact_point",
    )  # fmt: skip
    found = {message.pk: message for message in rows}
    in_order = [found[pk] for pk in message_ids if pk in found]
    deadlines.refresh(in_order, now=now)
    return in_order
