"""When a provider cannot be reached: one row from the first failed attempt to the first success. Reads and rows.

Noticed from rows, since workers are many: how often in a row a message did not reach the provider stands on it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Max, Min, Q, Sum
from django.db.models.functions import Coalesce

from audit import trail
from notifications.models import Message, Outage
from notifications.states import UNFINISHED, Channel, MessageStatus, OutageCause
from waitlist.live import hint
from waitlist.models import Clinic

WATCHED = (Channel.SMS, Channel.EMAIL)
ATTEMPTS = 5
MESSAGES = 3  # or all there are: a clinic that asks one after the other has one
WITHIN = {Channel.SMS: timedelta(minutes=2), Channel.EMAIL: timedelta(minutes=10)}  # longer than a wait between tries
SOON = timedelta(minutes=5)


def out() -> list[str]:
    """The channels that do not go out now."""
    return list(Outage.objects.filter(ended_at=None).values_list("channel", flat=True))


def of_now() -> Outage | None:
    """The outage of texts that is not over yet, for a page to tell of."""
    return Outage.objects.filter(channel=Channel.SMS, ended_at=None).first()


def since(moment: datetime) -> list[Outage]:
    """Those that were not over by then, the earliest first."""
    return list(Outage.objects.filter(Q(ended_at=None) | Q(ended_at__gt=moment)).order_by("started_at", "pk"))


def begin(channel: str, because: OutageCause, *, now: datetime, started_at: datetime | None = None) -> bool:
    """From now on clocks of this channel stand still; False where they do already."""
    with transaction.atomic():
        row = Outage(channel=channel, cause=because, started_at=started_at or now)
        Outage.objects.bulk_create([row], ignore_conflicts=True)  # the index lets one of two workers in
        begun = Outage.objects.filter(channel=channel, ended_at=None, public_id=row.public_id).first()
        if begun is not None:
            _tell(begun, "outage.began", {"channel": channel, "cause": because}, now=now)
    return begun is not None


def end(channel: str, *, by_hand: bool = False, now: datetime) -> bool:
    """It goes out again: what waited is tried at once. One begun by hand is ended by hand."""
    rows = Outage.objects.filter(channel=channel, ended_at=None)
    with transaction.atomic():
        over = (rows if by_hand else rows.exclude(cause=OutageCause.BY_HAND)).select_for_update(no_key=True).first()
        if over is None:
            return False
        Outage.objects.filter(pk=over.pk).update(ended_at=max(now, over.started_at))  # clocks of workers differ
        waiting = Message.objects.filter(channel=channel, status=MessageStatus.PENDING, unreached__gt=0)
        waiting.filter(next_attempt_at__gt=now).update(next_attempt_at=now)
        _tell(over, "outage.ended", {"channel": channel}, now=now)
    return True


def end_if_nothing_waits(*, now: datetime) -> int:
    """Without a message that is tried again, nobody would notice that it goes out again: then the next one will."""
    ended = 0
    for channel in out():
        if not Message.objects.filter(channel=channel, status__in=UNFINISHED, next_attempt_at__lte=now + SOON).exists():
            ended += end(channel, now=now)
    return ended


def reached(message: Message) -> None:
    """The provider answered: whatever it said, it can be reached with this message."""
    Message.objects.filter(pk=message.pk, unreached__gt=0).update(unreached=0, unreached_since=None, unreached_at=None)


def not_reached(message: Message, *, now: datetime) -> None:
    """Count one attempt that did not reach the provider."""
    Message.objects.filter(pk=message.pk).update(
        unreached=F("unreached") + 1, unreached_since=Coalesce("unreached_since", now), unreached_at=now
    )


def began_at(channel: str, *, now: datetime) -> datetime | None:
    """Since when nothing has gone out by this channel, by the attempts of the last minutes; None where it still does.

    The last five attempts, over three messages or all there are, failed, and none went out between.
    """
    recent = Message.objects.filter(channel=channel, unreached__gt=0, unreached_at__gt=now - WITHIN[Channel(channel)])
    sent_at = Message.objects.filter(channel=channel).aggregate(at=Max("sent_at"))["at"]
    if sent_at is not None:
        recent = recent.filter(unreached_at__gt=sent_at)
    found = recent.aggregate(attempts=Sum("unreached"), since=Min("unreached_since"))
    if (found["attempts"] or 0) < ATTEMPTS:
        return None
    untried = Message.objects.filter(channel=channel, status=MessageStatus.PENDING, next_attempt_at__lte=now)
    if recent.count() < MESSAGES and untried.filter(unreached=0).exists():
        return None
    return max(found["since"], sent_at) if sent_at is not None else found["since"]


def lost_time(
    outages: Iterable[Outage],
    channels: Sequence[str],
    *,
    made_at: datetime,
    until: datetime,
    so_far: datetime | None,
) -> timedelta:
    """How much of the time from `made_at` to `until` nobody could be told by these channels.

    What is lost makes the time longer, and is counted once where two outages overlap.
    """
    lost, counted_to = timedelta(), made_at
    for outage in outages:
        if outage.channel not in channels:
            continue
        start = max(outage.started_at, counted_to)
        stop = outage.ended_at or so_far
        if stop is not None and start < stop and start < until + lost:
            lost += stop - start
            counted_to = stop
    return lost


def _tell(outage: Outage, verb: str, changes: dict[str, str], *, now: datetime) -> None:
    """A line for every clinic, since it is every clinic's, and their boards."""
    for clinic_id in Clinic.objects.order_by("pk").values_list("pk", flat=True):
        trail.record(verb, outage, now=now, clinic_id=clinic_id, changes=changes)
        hint(clinic_id, "board")
