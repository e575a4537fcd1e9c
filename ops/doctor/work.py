"""Checks for work that nobody does: rows whose time is long past. Reads only; each is one statement."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from matching.asking import clocks
from matching.models import Offer
from matching.states import OfferState
from notifications import outages
from notifications.models import InboundMessage, Message, Outage
from notifications.states import MessageStatus
from ops.doctor.found import AT_MOST, Found, of_slot
from waitlist import masses
from waitlist.models import Clinic, InboundEvent, Location, Slot, Writeback
from waitlist.states import LIVE_SLOT_STATES, EventStatus, SlotState, WritebackStatus

LATE = timedelta(minutes=5)  # many sweeps long
UNKNOWN_AT_MOST = timedelta(hours=1)
QUEUED_AT_MOST = timedelta(hours=1)


def stuck_slot(clinic: Clinic, *, now: datetime) -> Iterator[Found]:
    """Due since LATE, by its own minute, an offer's or its start; or asking, while nobody could answer since LATE.

    Its minute waits where staff are asked first what becomes of the day, an offer's clock where nothing goes out."""
    late = now - LATE
    theirs = Offer.objects.filter(slot=OuterRef("pk"), wave__gt=0)  # whoever was not asked has nothing to answer
    pending = theirs.filter(state=OfferState.PENDING)
    could_answer = theirs.filter(Q(answered_at__gt=late) | Q(answered_at=None, expires_at__gt=late))
    over = pending.filter(~_stands_still(late), expires_at__lte=late)
    due = (Q(next_wave_at__lte=late) & ~masses.pausing()) | Q(starts_at__lte=late) | Exists(over)
    nobody_left = Q(state=SlotState.OFFERING) & ~Exists(pending) & ~Exists(could_answer)
    rows = Slot.objects.filter(due | nobody_left, clinic=clinic, state__in=LIVE_SLOT_STATES)
    for slot in rows.exclude(state=SlotState.HELD).order_by("pk")[:AT_MOST]:
        yield of_slot(clinic, slot, "The asking about {time} should have gone on, and did not.")


def hold_that_never_ends(clinic: Clinic, *, now: datetime) -> Iterator[Found]:
    rows = Slot.objects.filter(clinic=clinic, state=SlotState.HELD, held_until__lte=now - LATE)
    for slot in rows.order_by("pk")[:AT_MOST]:
        yield of_slot(clinic, slot, "{time} is still held for somebody whose minutes are over.")


def message_not_sent(clinic: Clinic, *, now: datetime) -> Iterator[Found]:
    waiting = (MessageStatus.PENDING, MessageStatus.SENDING)
    late = now - LATE
    rows = Message.objects.filter(clinic=clinic, status__in=waiting, next_attempt_at__lte=late)
    rows = rows.exclude(channel__in=_out_since(late).values("channel"))
    for message in rows.order_by("pk")[:AT_MOST]:
        sentence = f"This {message.get_channel_display().lower()} ({message.kind}) should have gone out."
        yield Found(f"message {message.pk}", sentence, message.slot_id)


def message_nobody_knows_of(clinic: Clinic, *, now: datetime) -> Iterator[Found]:
    rows = Message.objects.filter(
        clinic=clinic, status=MessageStatus.UNKNOWN, created_at__lte=now - UNKNOWN_AT_MOST
    )
    for message in rows.order_by("pk")[:AT_MOST]:
        sentence = f"Whether this {message.get_channel_display().lower()} ({message.kind}) went out is not known."
        yield Found(f"message {message.pk}", sentence, message.slot_id)


def event_not_applied(clinic: Clinic, *, now: datetime) -> Iterator[Found]:
    rows = InboundEvent.objects.filter(
        connection__clinic=clinic, status=EventStatus.RECEIVED, received_at__lte=now - LATE
    )
    for event in rows.order_by("pk")[:AT_MOST]:
        yield Found(f"event {event.pk}", "The calendar told us something, and nothing came of it.")


def reply_not_handled(clinic: Clinic, *, now: datetime) -> Iterator[Found]:
    rows = InboundMessage.objects.filter(clinic=clinic, handled_at=None, received_at__lte=now - LATE)
    for heard in rows.order_by("pk")[:AT_MOST]:
        yield Found(f"reply {heard.pk}", "Somebody wrote to us, and nothing came of it.")


def calendar_not_told(clinic: Clinic, *, now: datetime) -> Iterator[Found]:
    rows = Writeback.objects.filter(
        clinic=clinic, status=WritebackStatus.QUEUED, updated_at__lte=now - QUEUED_AT_MOST
    )
    for owed in rows.order_by("pk")[:AT_MOST]:
        yield Found(f"writeback {owed.pk}", f"The calendar has not heard that a visit was {owed.kind}.")


def task_left_undone(clinic: Clinic, *, now: datetime) -> Iterator[Found]:
    since = a_working_day_before(clinic, now)
    rows = Writeback.objects.filter(clinic=clinic, status=WritebackStatus.TASK, updated_at__lte=since)
    for owed in rows.order_by("pk")[:AT_MOST]:
        yield Found(f"writeback {owed.pk}", f"A visit that was {owed.kind} waits to be entered in the calendar.")


def conflict_without_apology(clinic: Clinic, *, now: datetime) -> Iterator[Found]:
    rows = Writeback.objects.filter(
        clinic=clinic, status=WritebackStatus.CONFLICT, resolved_at=None, updated_at__lte=now - LATE
    )
    for owed in rows.order_by("pk")[:AT_MOST]:
        yield Found(f"writeback {owed.pk}", "The calendar had that time taken, and its patient still counts on it.")


def _out_since(late: datetime) -> QuerySet[Outage]:
    """Outages of now, and those of which the sweeps have just begun to take in the end."""
    return Outage.objects.filter(Q(ended_at=None) | Q(ended_at__gt=late))


def _stands_still(late: datetime) -> Q:
    """Offers of which people hear only by a channel that was out by then, in the same statement."""
    still = Q(pk__in=[])
    for channel in outages.WATCHED:
        still |= clocks.stands_still([channel]) & Q(Exists(_out_since(late).filter(channel=channel)))
    return still


def a_working_day_before(clinic: Clinic, now: datetime) -> datetime:
    """The moment since which 24 hours of open days have passed; by the calendar where no day is open."""
    open_days = 0
    for days in Location.objects.filter(clinic=clinic).values_list("open_days", flat=True):
        open_days |= days
    at, left = now.astimezone(clinic.zone), timedelta(days=1)
    for _ in range(9):
        day = (at - timedelta(microseconds=1)).date()
        midnight = datetime.combine(day, time(), clinic.zone)
        if open_days >> day.weekday() & 1:
            if at - midnight >= left:
                return at - left
            left -= at - midnight
        at = midnight
    return now - timedelta(days=1)
