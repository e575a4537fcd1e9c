"""The pace of a sending number: so many texts a second, a few at once after a rest (the generic cell rate algorithm,
ITU-T I.371). Rows: where each number's pace stands.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from notifications import channels
from notifications.models import Message, Sender
from notifications.outbox import urgency

AT_ONCE = timedelta(seconds=5)  # of its pace, after a rest: a wave is not kept waiting for the next sweep


def over(messages: Iterable[Message], *, now: datetime) -> dict[int, datetime]:
    """Which of these about to go are too many for their numbers, offers and reminders before answers, each with the
    moment it may be tried again; the others are counted. Locks the numbers' rows, so two workers do not both send what
    only one of them may."""
    theirs: dict[str, list[Message]] = {}
    for message in sorted(messages, key=urgency.rank):
        if channels.is_paced(message) and message.clinic.sms_sender:
            theirs.setdefault(message.clinic.sms_sender, []).append(message)
    if not theirs:
        return {}
    put_off: dict[int, datetime] = {}
    known = Sender.objects.filter(number__in=theirs)
    if known.count() < len(theirs):
        made = [Sender(number=number, used_until=now) for number in sorted(theirs)]
        Sender.objects.bulk_create(made, ignore_conflicts=True)
    for sender in known.select_for_update(no_key=True).order_by("pk"):
        used_until, waiting = max(sender.used_until, now), 0
        for message in theirs[sender.number]:
            apart = timedelta(seconds=1) / message.clinic.texts_per_second
            free_at = used_until + apart - AT_ONCE
            if free_at <= now:
                used_until += apart
            else:
                put_off[message.pk] = free_at + waiting * apart
                waiting += 1
        Sender.objects.filter(pk=sender.pk).update(used_until=used_until)
    return put_off
