"""What waits for staff, found from rows: what it is, which one and since when. Reads only."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Value

from matching.models import SentWave
from notifications import inbox
from notifications.alerts.events import ONLY, PAGES, SHORT, Event
from notifications.alerts.notices import Found
from notifications.models import Join, Message, Notice
from notifications.states import Channel, MessageStatus
from waitlist import masses
from waitlist.models import MassCancellation, Slot, WaitlistEntry
from waitlist.states import WAITING_STATUSES, Autopilot, ClosedBecause, SlotState

ASK_STAFF_FIRST = (Autopilot.APPROVE, Autopilot.SUGGEST)
NO_ONE_TOOK_IT = (ClosedBecause.PAST, ClosedBecause.TOO_NEAR)
LATELY = timedelta(days=1)
AHEAD = timedelta(days=366)
AT_WORK = timedelta(minutes=1)  # a wave due so soon is on its way


def waiting_slots(*, now: datetime) -> QuerySet[Slot]:
    """Open, and nobody is asked before staff say so, or their minutes are over; so, too, where staff paused it."""
    rows = Slot.objects.filter(state=SlotState.OPEN, starts_at__gt=now, starts_at__lt=now + AHEAD, paused_for="")
    asked = SentWave.objects.filter(slot=OuterRef("pk"))
    not_yet = Q(next_wave_at=None) | Q(next_wave_at__gt=now)
    by_staff = Q(policy__document__autopilot__in=ASK_STAFF_FIRST) | Q(halted_at__isnull=False)
    return rows.filter(not_yet, by_staff, ~Exists(asked))


def waiting_days(*, now: datetime) -> QuerySet[MassCancellation]:
    """Days of which so much was cancelled at once that staff are asked whether to refill them."""
    return MassCancellation.objects.filter(answer="", ends_at__gt=now)


def exhausted(*, now: datetime) -> QuerySet[Slot]:
    """Open, and nobody is left who could be asked."""
    rows = Slot.objects.filter(state=SlotState.OPEN, starts_at__gt=now, starts_at__lt=now + AHEAD, paused_for="")
    rows = rows.filter(halted_at=None)
    waves = SentWave.objects.filter(slot=OuterRef("pk"))
    at_rest = Q(next_wave_at=None) | Q(next_wave_at__gt=now + AT_WORK)
    return rows.filter(at_rest, ~masses.pausing(), Exists(waves))


def expired(*, now: datetime) -> QuerySet[Slot]:
    """Ended lately, and nobody had taken it."""
    near = Slot.objects.filter(starts_at__gt=now - LATELY, starts_at__lt=now + AHEAD)
    return near.filter(state=SlotState.EXPIRED, closed_because__in=NO_ONE_TOOK_IT, closed_at__gt=now - LATELY)


def to_call(*, now: datetime) -> QuerySet[Message]:
    """On the list of those nothing else reaches, and not too late to be called."""
    rows = Message.objects.filter(channel=Channel.STAFF, status=MessageStatus.PENDING)
    return rows.filter(Q(not_after=None) | Q(not_after__gt=now))


def joined_lately(*, now: datetime) -> Q:
    """For a query of wishes: their patients put themselves on the list, and their number has said START since a day."""
    confirmed = Join.objects.filter(entry=OuterRef("pk"), is_new=True, confirmed_at__gt=now - LATELY)
    return Q(Exists(confirmed), status__in=WAITING_STATUSES)


def found(clinic_id: int, *, now: datetime) -> Iterator[Found]:
    """All of it at one clinic."""
    mine: dict[str, Any] = {"clinic": clinic_id}
    for pk, at in waiting_slots(now=now).filter(**mine).values_list("pk", "opened_at"):
        yield Event.APPROVAL, f"slot:{pk}", at
    for pk, at in waiting_days(now=now).filter(**mine).values_list("pk", "noticed_at"):
        yield Event.APPROVAL, f"day:{pk}", at
    for pk in exhausted(now=now).filter(**mine).values_list("pk", flat=True):
        yield Event.EXHAUSTED, f"slot:{pk}", now
    for pk, closed_at in expired(now=now).filter(**mine).values_list("pk", "closed_at"):
        yield Event.EXHAUSTED, f"slot:{pk}", closed_at or now
    for pk, at in inbox.to_read(clinic_id, now=now).values_list("pk", "received_at"):
        yield Event.INBOUND, f"inbound:{pk}", at
    for pk, at in to_call(now=now).filter(**mine).values_list("pk", "created_at"):
        yield Event.OUTREACH, f"message:{pk}", at


def lines(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """What waits, each with how many and the name of its page; money is used up or not."""
    return [
        {
            "n": counts[event] if event != Event.MONEY else None,
            "words": SHORT[event],
            "page": PAGES[event],
            "only": ONLY.get(event, ""),
        }
        for event in Event
        if event in counts
    ]


def counting(clinic_id: int, membership_id: int | None, *, now: datetime) -> list[QuerySet[Any]]:
    """How much of each there is now, as parts of one query: an event with its number each."""
    rows: list[tuple[str, QuerySet[Any]]] = [
        (Event.APPROVAL, waiting_slots(now=now)),
        (Event.APPROVAL, waiting_days(now=now)),
        (Event.EXHAUSTED, exhausted(now=now)),
        (Event.INBOUND, inbox.to_read(clinic_id, now=now)),
        (Event.OUTREACH, to_call(now=now)),
        (Event.JOIN, WaitlistEntry.objects.filter(joined_lately(now=now))),
    ]
    parts = [part(event, those.filter(clinic=clinic_id)) for event, those in rows]
    raised = Notice.objects.filter(membership=membership_id, happened_at__gt=now - LATELY, event=Event.MONEY)
    return [*parts, part(Event.MONEY, raised)]


def part(name: str, rows: QuerySet[Any]) -> QuerySet[Any]:
    """One line of a union: this name, and how many."""
    return rows.order_by().annotate(what=Value(str(name))).values("what").annotate(n=Count("pk")).values("what", "n")
