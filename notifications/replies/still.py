"""Yes or no to the question whether they still want it: only where that is the last they were sent."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models.functions import Coalesce

from audit import trail
from audit.models import ActorKind
from audit.trail import Actor
from matching.models import Offer
from notifications import consent, reminders
from notifications.models import ContactPoint, InboundMessage, Message
from notifications.replies import told
from notifications.replies.finishing import finish
from notifications.replies.meaning import Meaning
from notifications.states import Kind, MessageStatus
from waitlist import still_wanted

ANSWERS = {Meaning.KEPT: "still_kept", Meaning.LEFT: "still_left"}
SAID = tuple(str(meaning) for meaning in ANSWERS)
LEAVES_WITHIN = timedelta(days=14)  # of the question: a later no is for staff to read, and takes nobody off
ASKS_NOTHING = (Kind.STILL, Kind.ANSWER, Kind.STOPPED, Kind.PASSCODE, Kind.TEST, Kind.ALERT, Kind.WRITEBACK)
NEVER_SENT = (MessageStatus.FAILED, MessageStatus.REFUSED, MessageStatus.DROPPED)


def is_meant(heard: InboundMessage, meaning: Meaning, live: Sequence[Offer], *, now: datetime) -> bool:
    """Whether that answers it: no offer waits, and nothing was sent since that may be meant instead."""
    if live or meaning not in (Meaning.YES, Meaning.NO, Meaning.KEEP):
        return False
    found = still_wanted.open_for(heard.contact_point, now=now)
    if not found or meaning == Meaning.KEEP:
        return bool(found)
    asked_at = max(message.sent_at or message.created_at for message, _ in found)
    if meaning == Meaning.NO and asked_at <= now - LEAVES_WITHIN:
        return False
    return not _was_told_since(heard.contact_point, asked_at)


def is_for_staff(heard: InboundMessage, meaning: Meaning, live: Sequence[Offer], *, now: datetime) -> bool:
    """Whether only a person can tell what it answers: a question that is no more the last, or what came after it."""
    point = heard.contact_point
    if live or meaning not in (Meaning.YES, Meaning.NO) or not still_wanted.open_for(point, now=now):
        return False
    return told.last_at(point, now=now) is None and not reminders.open_for(point, now=now)


def answered(heard: InboundMessage, meaning: Meaning, *, now: datetime) -> None:
    """Kept, for everybody of this number who was asked; or off the list, where it can only be one of them."""
    found = still_wanted.open_for(heard.contact_point, now=now)
    leaves = meaning in (Meaning.NO, Meaning.LEFT)
    if leaves and len(found) > 1:
        return finish(heard, "still_whose", now=now)
    said = Meaning.LEFT if leaves else Meaning.KEPT
    InboundMessage.objects.filter(pk=heard.pk).update(meaning=said)  # so that it is known, whoever dies now
    for message, wishes in found:
        with trail.acting(Actor(kind=ActorKind.PATIENT, ref=message.patient_id)):
            for wish in wishes:
                (still_wanted.leave if leaves else still_wanted.keep)(wish.pk, now=now)
    finish(heard, ANSWERS[said], meaning=said, now=now)


def _was_told_since(point: ContactPoint, asked_at: datetime) -> bool:
    """Whether this number was sent anything else, by any clinic of its line, that a yes or no could be to."""
    sent = Message.objects.filter(contact_point__in=consent.on_one_line(point)).exclude(kind__in=ASKS_NOTHING)
    sent = sent.exclude(status__in=NEVER_SENT).annotate(at=Coalesce("sent_at", "created_at"))
    return sent.filter(at__gte=asked_at).exists()
