"""Who is not reached by one way hears by the next (decision R14): text, automated call, e-mail, a call by staff.

Every hop is a message of its own that names the one before it. The last one stands on the staff's call list.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet

from audit import trail
from matching.policy.ends import answers_end_at
from matching.states import OfferState
from notifications import rules, whom
from notifications.models import ContactPoint, Message
from notifications.outbox.queue import enqueue, key
from notifications.states import KIND_OF, Channel, ContactKind, Kind, MessageStatus
from waitlist.models import Slot
from waitlist.states import LIVE_SLOT_STATES

SILENT_AFTER = timedelta(minutes=2)
SILENT_AT_MOST = timedelta(hours=1)  # then nobody waits for its receipt any more
STAFF_CALL_WITHIN = timedelta(hours=1)
WRITTEN = (Channel.SMS, Channel.EMAIL)
WAYS = {
    Kind.OFFER: (Channel.SMS, Channel.VOICE, Channel.EMAIL, Channel.STAFF),
    **dict.fromkeys((Kind.BOOKED, Kind.LOST, Kind.GONE, Kind.APOLOGY), WRITTEN),
}
IN_VAIN = (MessageStatus.FAILED, MessageStatus.UNDELIVERED)  # what a rule forbade, staff do not do instead
NOT_TOLD = (*IN_VAIN, MessageStatus.REFUSED, MessageStatus.DROPPED)


def hop(message: Message, because: str, *, is_over: bool = True, now: datetime) -> Message | None:
    """The same by the next way there is, to whoever has allowed it and has not had it; None where there is none.

    `is_over`: it did not reach them; else it may still, and staff need not call yet.
    """
    if message.patient is None or message.kind not in WAYS or message.channel not in WAYS[Kind(message.kind)]:
        return None
    if (message.not_after is not None and message.not_after <= now) or _wants_none(message):
        return None
    same = _same(message)
    if message.followed_by.exists() and _may_still_hear(same, message):
        return None  # they are being told by the next way: that one goes on where it fails
    tried = set(same.values_list("channel", flat=True))
    for channel in WAYS[Kind(message.kind)]:
        if channel in tried or (channel == Channel.VOICE and message.context.get("is_booking_link")):
            continue  # a link cannot be said
        if channel == Channel.STAFF:
            in_vain = is_over and not _may_still_hear(same, message) and same.filter(status__in=IN_VAIN).exists()
            return _to_staff(message, because, now=now) if in_vain else None
        point = _point(message, channel, now=now)
        if point is not None:
            return _follow(message, channel, point, because, now=now)
    return None


def told_otherwise(message: Message) -> bool:
    """Another message of the same offer, the same time, went out or still may; a call by staff is no reason to wait."""
    return _may_still_hear(_same(message), message)


def silent(*, now: datetime, limit: int) -> list[int]:
    """Offers handed over minutes ago of which no receipt has come; some carriers send none at all."""
    rows = Message.objects.filter(
        kind=Kind.OFFER,
        channel__in=(Channel.SMS, Channel.VOICE),
        status__in=(MessageStatus.SENT, MessageStatus.UNKNOWN),
        silent_at=None,
        created_at__gt=now - SILENT_AT_MOST - SILENT_AFTER,
        sent_at__range=(now - SILENT_AT_MOST, now - SILENT_AFTER),
        round=F("offer__rounds"),
        offer__state=OfferState.PENDING,
        offer__expires_at__gt=now,
        slot__state__in=LIVE_SLOT_STATES,
    )
    return list(rows.order_by("sent_at", "pk").values_list("pk", flat=True)[:limit])


@transaction.atomic(durable=True)
def go_on(message_id: int, *, now: datetime) -> Message | None:
    """Nothing was heard of it for so long: the next way is tried beside it, once."""
    mine = Message.objects.filter(pk=message_id, silent_at=None, delivered_at=None)
    if not mine.update(silent_at=now):
        return None
    message = Message.objects.select_related("clinic", "patient", "contact_point", "offer", "slot").get(pk=message_id)
    return hop(message, "silent", is_over=False, now=now)


def _wants_none(message: Message) -> bool:
    """An offer to who has stopped or withdrawn it there: that is their answer, and no reason to try elsewhere."""
    if message.kind != Kind.OFFER or message.contact_point is None:
        return False
    point = ContactPoint.objects.get(pk=message.contact_point.pk)
    return point.stopped_at is not None or not any(one.startswith(f"{message.purpose}:") for one in point.granted)


def _same(message: Message) -> QuerySet[Message]:
    """All that tell the same, of the same time they are asked."""
    return Message.objects.filter(
        kind=message.kind, patient=message.patient_id, offer=message.offer_id, appointment=message.appointment_id,
        round=message.round,
    )  # fmt: skip


def _may_still_hear(same: QuerySet[Message], message: Message) -> bool:
    others = same.exclude(pk=message.pk).exclude(channel=Channel.STAFF)
    return others.exclude(status__in=NOT_TOLD).exists()


def _point(message: Message, channel: Channel, *, now: datetime) -> ContactPoint | None:
    """The first of theirs that may be used for it."""
    offered = message.slot if message.kind == Kind.OFFER and channel == Channel.EMAIL else None
    if offered is not None and rules.mail_too_slow(message.clinic, offered, now=now):
        return None
    return next(
        (
            point
            for point in _points(message, KIND_OF[channel])
            if rules.forbidden(point, message.kind, message.purpose, channel) is None
        ),
        None,
    )


def _points(message: Message, kind: ContactKind) -> Iterable[ContactPoint]:
    if message.patient is None:
        return []
    users = message.patient.contacts.filter(contact_point__kind=kind).select_related("contact_point")
    return [user.contact_point for user in users]


def _to_staff(message: Message, because: str, *, now: datetime) -> Message | None:
    """On the call list, due within the hour, where they have a number that has not been stopped."""
    slots = Slot.objects.select_related("clinic", "location", "service", "policy")
    slot = slots.filter(pk=message.slot_id or 0).first()
    point = next((one for one in _points(message, ContactKind.PHONE) if one.stopped_at is None), None)
    if slot is None or point is None or not slot.is_live or now >= (ends_at := answers_end_at(slot)):
        return None
    due_at = min(now + STAFF_CALL_WITHIN, ends_at)
    return _follow(message, Channel.STAFF, point, because, not_after=None, next_attempt_at=due_at, now=now)


def _follow(
    message: Message, channel: Channel, point: ContactPoint, because: str, *, now: datetime, **times: datetime | None
) -> Message | None:
    about = {"not_after": message.not_after, **times}
    following = enqueue(
        Kind(message.kind),
        clinic=message.clinic,
        contact_point=point,
        channel=channel,
        purpose=message.purpose,
        round=message.round,
        dedupe_key=key(message.kind, message.offer_id, message.appointment_id, channel, message.round),
        context={**message.context, "level": whom.level(message.clinic, point, channel)},
        patient=message.patient,
        offer=message.offer,
        slot=message.slot,
        appointment=message.appointment,
        after=message,
        now=now,
        **about,
    )
    if following is not None:
        changes = {"from": message.channel, "to": str(channel), "because": because}
        trail.record("message.fell_back", following, now=now, clinic_id=message.clinic_id, changes=changes)
    return following
