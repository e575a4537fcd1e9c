"""The clocks of a slot: they start when somebody hears of it and stand still while nobody can be told.

Deadlines only ever move later, and only here. Whoever calls holds the slot's lock.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from audit import trail
from matching import offers
from matching.asking import waves
from matching.models import Offer, SentWave
from matching.policy import plans
from matching.policy.ends import answers_end_at
from matching.policy.policies import Wave
from matching.states import OfferState
from notifications import asked, outages
from notifications.models import Message, Outage
from notifications.outbox import deadlines
from notifications.states import REACHED_CARRIER, Channel, MessageStatus
from waitlist.models import Slot

MINUTE = timedelta(minutes=1)
LATE = timedelta(minutes=1)  # heard of it later than this: the page says so at once, not only when it is due
KEPT = timedelta(days=7)  # after an outage nobody's clock runs for longer


def take_in(slot: Slot, *, now: datetime) -> list[int]:
    """Move the clocks on by what became known since; the offers whose clock stands still now."""
    stand_still, waiting = outages.out(), offers.pending(slot)
    over = list(Outage.objects.filter(ended_at__gt=slot.opened_at).order_by("started_at", "pk"))
    rows = {row.pk: row for row in _heard(waiting, now=now)} | {row.pk: row for row in _thawing(waiting, over)}
    lost = _move(slot, list(rows.values()), over, now=now) if rows else timedelta()
    if lost or (slot.paused_for and slot.paused_for not in stand_still):
        _move_waves(slot, lost, stand_still, now=now)
    return list(waiting.filter(stands_still(stand_still)).values_list("pk", flat=True)) if stand_still else []


def is_to_thaw(slot: Slot) -> bool:
    """Whether its waves await the end of an outage that is over."""
    return bool(slot.paused_for) and slot.paused_for not in outages.out()


def have_news(slot: Slot, *, now: datetime) -> bool:
    """Whether taking in would move the clock of anybody asked, looked at without the lock."""
    waiting = offers.pending(slot)
    over = list(Outage.objects.filter(ended_at__gt=slot.opened_at))
    return _heard(waiting, now=now).exists() or (bool(over) and _thawing(waiting, over).exists())


def stands_still(channels: Iterable[str]) -> Q:
    """Offers of which people hear by these channels only."""
    told = asked.of_each()
    found = Q(pk__in=[])
    for channel in channels:
        otherwise = told.filter(status__in=REACHED_CARRIER).exclude(channel=channel)
        found |= Q(Exists(told.filter(channel=channel)), ~Exists(otherwise))
    return found


def thawed(*, now: datetime) -> Q:
    """Slots of which an outage is over that their clocks have not taken in, or that their wave awaited."""
    over = Outage.objects.filter(ended_at__gt=now - KEPT).order_by("started_at")
    late = _thawing(Offer.objects.filter(slot=OuterRef("pk"), state=OfferState.PENDING), over)
    return Q(Exists(late)) | (~Q(paused_for="") & ~Q(paused_for__in=outages.out()))


def await_end(slot: Slot, channel: str, *, now: datetime) -> None:
    """No wave goes while this channel is out; the slot still ends in time, and what waits for staff goes on to."""
    end = answers_end_at(slot) if slot.next_wave_at is not None else None
    if (slot.paused_for, slot.next_wave_at) == (channel, end):
        return
    slot.paused_for, slot.next_wave_at = channel, end
    Slot.objects.filter(pk=slot.pk).update(paused_for=channel, next_wave_at=slot.next_wave_at)
    trail.record("slot.paused", slot, now=now, clinic_id=slot.clinic_id, changes={"channel": channel})


def stopped_by(needed: Iterable[Wave], stand_still: Collection[str] | None = None) -> str:
    """The channel that one of these waves needs and that is out; empty where all of them may go."""
    stand_still = outages.out() if stand_still is None else stand_still
    return next((channel for channel in map(_channel, needed) if channel in stand_still), "")


def _channel(wave: Wave) -> str:
    return str(Channel.SMS if not wave.channels or Channel.SMS in wave.channels else wave.channels[0])


def _heard(waiting: QuerySet[Offer], *, now: datetime) -> QuerySet[Offer]:
    """Those with a later word than the row has, where they are due or it is late enough to be worth telling."""
    told = asked.of_each().filter(status__in=(MessageStatus.SENT, MessageStatus.DELIVERED))
    first = told.values("offer").annotate(at=Min(Coalesce("delivered_at", F("sent_at") + deadlines.NO_RECEIPT)))
    known = waiting.filter(window_minutes__gt=0).annotate(told_at=Subquery(first.values("at")))
    late = Q(told_at__lte=now, told_at__gt=F("expires_at") - F("window_minutes") * Value(MINUTE) + Value(LATE))
    news = Q(heard_at=None, told_at__isnull=False) | Q(told_at__gt=F("heard_at"))
    return known.filter(news, late | Q(expires_at__lte=now)).select_related("patient")


def _thawing(waiting: QuerySet[Offer], over: Iterable[Outage]) -> QuerySet[Offer]:
    """Those that lived through one of these outages which is not in their clock yet."""
    lived = Q(pk__in=[])
    for outage in over:
        if outage.ended_at is not None:
            not_yet = Q(thawed_to=None) | Q(thawed_to__lt=outage.ended_at)
            lived |= Q(Exists(asked.of_each().filter(channel=outage.channel)), offered_at__lt=outage.ended_at) & not_yet
    return waiting.filter(lived).select_related("patient")


def _move(slot: Slot, rows: list[Offer], over: list[Outage], *, now: datetime) -> timedelta:
    """Move the clocks of these offers; what the one that stood still longest had lost."""
    told: dict[int | None, list[Message]] = {row.pk: [] for row in rows}
    for message in asked.of(rows).select_related("contact_point").order_by("pk"):
        told[message.offer_id].append(message)
    moved: dict[str, list[Offer]] = {}
    longest = timedelta()
    for row in rows:
        lost, because = _put_on(row, slot, told[row.pk], over)
        longest = max(longest, lost)
        moved.setdefault(because, []).append(row)
    Offer.objects.bulk_update(rows, ["expires_at", "heard_at", "thawed_to"])
    deadlines.follow(rows)
    for because, mine in sorted(moved.items()):
        trail.record("offer.clock_moved", mine, now=now, clinic_id=slot.clinic_id, changes={"because": because})
    return longest


def _put_on(row: Offer, slot: Slot, messages: list[Message], over: list[Outage]) -> tuple[timedelta, str]:
    """Set this offer's clock; how much time it had lost, and why it moved."""
    channels, since = {message.channel for message in messages}, row.thawed_to or row.offered_at
    lived = [one for one in over if one.channel in channels and one.ended_at is not None and one.ended_at > since]
    lost = deadlines.lost_time(row, messages, lived)
    heard_at = deadlines.heard_at(messages)
    row.heard_at = max(filter(None, (row.heard_at, heard_at)), default=None)
    row.thawed_to = max([one.ended_at for one in lived if one.ended_at is not None], default=row.thawed_to)
    row.expires_at = deadlines.until(row, slot, messages, lost=lost, heard_at=row.heard_at)
    return lost, "outage" if lost else "heard"


def _move_waves(slot: Slot, lost: timedelta, stand_still: Collection[str], *, now: datetime) -> None:
    """What is to come counts from when they were told, and the time kept for them is as long as it was."""
    plan = plans.of(slot)
    end = answers_end_at(slot)
    current = next((row for row in plan.sent if row.asked and row.step == plan.done > 0), None)
    if current is not None and lost:
        current.told_at = (current.told_at or current.sent_at) + lost
        SentWave.objects.filter(pk=current.pk).update(told_at=current.told_at)
    if slot.exclusive_until is not None and lost:
        slot.exclusive_until = min(slot.exclusive_until + lost, max(end, slot.exclusive_until))
    if slot.paused_for and slot.paused_for not in stand_still:
        slot.paused_for = ""
        if slot.next_wave_at is not None:
            slot.next_wave_at = max(now, slot.exclusive_until or now)
            if plan.is_over or offers.pending(slot).exists():
                slot.next_wave_at = waves.next_look(slot, plan, (), slot.exclusive_until, now=now)
    elif not slot.paused_for and slot.next_wave_at is not None and lost:
        slot.next_wave_at = max(slot.next_wave_at, min(slot.next_wave_at + lost, end))
    columns = ("paused_for", "exclusive_until", "next_wave_at")
    Slot.objects.filter(pk=slot.pk).update(**{name: getattr(slot, name) for name in columns})
    trail.record("slot.clock_moved", slot, now=now, clinic_id=slot.clinic_id)
