"""Sent again because staff say so: a message of its own, under every rule once more."""

from datetime import datetime

from django.db import transaction

from audit import trail
from notifications.models import Message
from notifications.outbox.queue import enqueue
from notifications.states import Channel, Kind, MessageStatus, Rule

DID_NOT_ARRIVE = (MessageStatus.FAILED, MessageStatus.UNDELIVERED, MessageStatus.REFUSED)
# Said in their moment, or not by us.
NOT_AGAIN = (
    Kind.ANSWER, Kind.STOPPED, Kind.PASSCODE, Kind.WRITEBACK, Kind.ALERT, Kind.DESK, Kind.TEST,
)  # fmt: skip


def may_go_again(message: Message, *, now: datetime) -> bool:
    """Whether it did not arrive, is of use still, and nothing followed it by the same way."""
    if message.status not in DID_NOT_ARRIVE or message.kind in NOT_AGAIN or message.channel == Channel.STAFF:
        return False
    if message.not_after is not None and message.not_after <= now:
        return False
    if message.refused_by == Rule.REHEARSAL:
        return False  # what a dry run held back never goes
    if message.status == MessageStatus.REFUSED and message.contact_point_id is None:
        return False  # nobody to send it to
    return not any(one.channel == message.channel for one in message.followed_by.all())


@transaction.atomic(durable=True)
def send_again(message: Message, *, now: datetime) -> Message | None:
    """The same once more, whatever staff have mended meanwhile; None where it may not, or somebody was first.

    Its key names the one before it, so of two who press the button one has pressed it.
    """
    message = Message.objects.select_related("clinic", "patient", "contact_point", "offer", "slot").get(pk=message.pk)
    if not may_go_again(message, now=now):
        return None
    following = enqueue(
        Kind(message.kind),
        clinic=message.clinic,
        contact_point=message.contact_point,
        channel=message.channel,
        purpose=message.purpose,
        round=message.round,
        dedupe_key=f"{message.kind}:again:{message.pk}",
        context=message.context,
        patient=message.patient,
        offer=message.offer,
        slot=message.slot,
        appointment=message.appointment,
        not_after=message.not_after,
        after=message,
        now=now,
    )
    if following is not None:
        trail.record("message.sent_again", following, now=now, clinic_id=message.clinic_id, changes={"of": message.pk})
    return following
