"""Yes or no to the question whether they still want it. A time that is offered comes first: that yes is the offer's."""

from collections.abc import Sequence
from datetime import datetime

from audit import trail
from audit.models import ActorKind
from audit.trail import Actor
from matching.models import Offer
from notifications import reminders
from notifications.models import InboundMessage
from notifications.replies import told
from notifications.replies.finishing import finish
from notifications.replies.meaning import Meaning
from waitlist import still_wanted

ANSWERS = {Meaning.KEPT: "still_kept", Meaning.LEFT: "still_left"}
SAID = tuple(str(meaning) for meaning in ANSWERS)


def is_meant(heard: InboundMessage, meaning: Meaning, live: Sequence[Offer], *, now: datetime) -> bool:
    """Whether that is the last they were asked: no offer waits, and nothing was told since of one, or of a visit."""
    if live or meaning not in (Meaning.YES, Meaning.NO, Meaning.KEEP):
        return False
    found = still_wanted.open_for(heard.contact_point, now=now)
    asked = [message.sent_at or message.created_at for message, _ in found]
    if not asked or meaning == Meaning.KEEP:
        return bool(asked)
    since = [told.last_at(heard.contact_point, now=now)]
    since += [one.sent_at for one in reminders.open_for(heard.contact_point, now=now)]
    return all(at is None or at < max(asked) for at in since)


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
