"""Acts: somebody of the staff writes to a number, and what they answer is read."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import TextChoices

from audit import trail
from notifications import inbox, outbox, threads
from notifications.models import ContactPoint
from notifications.states import Channel, Kind
from waitlist.live import hint
from waitlist.models import User

GOOD_FOR = timedelta(hours=24)  # over a night, for the morning
BRACES = str.maketrans("{}", "()")  # a link of ours is written so


class Written(TextChoices):
    """What became of an answer."""

    SENT = "sent"
    ANSWERED = "answered"  # by somebody else, since they looked
    FORBIDDEN = "forbidden"


@transaction.atomic(durable=True)
def write(point_id: int, text: str, *, after: int, up_to: int, by: User, now: datetime) -> Written:
    """A text to this number, once, and theirs up to `up_to` are read. `after`: the last of staff that they had seen;
    whoever answers after the same one is second, and nothing of theirs goes out."""
    point = ContactPoint.objects.select_related("clinic").select_for_update(no_key=True, of=("self",)).get(pk=point_id)
    if threads.seen(point)[1] != after:  # first: a text sent twice may itself have been the last one allowed
        return Written.ANSWERED
    if threads.standing(point, now=now).rule is not None:
        return Written.FORBIDDEN
    message = outbox.enqueue(
        Kind.DESK,
        clinic=point.clinic,
        contact_point=point,
        channel=Channel.SMS,
        purpose=threads.purpose(point),
        dedupe_key=f"{Kind.DESK}:{point.pk}:{after}",
        context={"clinic_name": point.clinic.name, "text": text.translate(BRACES)},
        patient=threads.only_patient(point),
        user=by,
        not_after=now + GOOD_FOR,
        now=now,
    )
    if message is None:
        return Written.ANSWERED
    trail.record("message.written", message, now=now, clinic_id=point.clinic_id, changes={"contact": point.pk})
    inbox.mark_thread_read(point, up_to=up_to, now=now)
    hint(point.clinic_id, inbox.TOPIC)
    return Written.SENT


@transaction.atomic(durable=True)
def read(point: ContactPoint, *, up_to: int, now: datetime) -> int:
    """Read, without an answer; how many texts nobody had read before."""
    return inbox.mark_thread_read(point, up_to=up_to, now=now)


@transaction.atomic(durable=True)
def unread(point: ContactPoint, *, read_at: datetime, now: datetime) -> int:
    """Not read after all; how many texts that were read at that moment."""
    return inbox.mark_thread_unread(point, read_at=read_at, now=now)
