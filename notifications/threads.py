"""Conversations by number: who it is, what they wrote, what we wrote, and whether staff may write now. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Max, Q, QuerySet

from notifications import rules
from notifications.inbox import FOR_STAFF
from notifications.models import ContactPoint, InboundMessage, Message
from notifications.priorities import Needs
from notifications.rules import conversation
from notifications.rules.places import states
from notifications.states import Channel, Kind, MessageStatus, Purpose, Rule
from waitlist.models import Appointment, Patient
from waitlist.states import AppointmentStatus

SHOWN = 60  # of one conversation, the latest
VISIT_NO = "visit_no"  # what replies.visits answers to who cannot come
MEANT = {  # replies.Meaning, as the column holds it
    "yes": "understood as yes",
    "no": "understood as no",
    "stop": "wants no more texts",
    "stop_offers": "wants no more offers",
    "pause": "wants a pause",
    "start": "wants texts again",
    "help": "asks for help",
    "who": "asks who we are",
    "confirm": "confirms a visit",
    "kept": "still wants it",
    "left": "wants it no more: off the list",
    "cannot": "cannot come to a visit",
    "unclear": "not understood",
}


@dataclass(frozen=True)
class Thread:
    """One number as the list shows it: the last they wrote, and whether staff have answered since. `open_until`: until
    when an offer to whoever uses it may be answered."""

    point: ContactPoint
    people: list[Patient]
    unread: int
    last: InboundMessage
    is_answered: bool
    needs: Needs = Needs.NOTHING
    open_until: datetime | None = None

    @property
    def needs_nothing(self) -> bool:
        return self.needs == Needs.NOTHING


@dataclass(frozen=True)
class Bubble:
    """One text of a conversation: theirs, or ours."""

    at: datetime
    heard: InboundMessage | None = None
    told: Message | None = None

    @property
    def is_unread(self) -> bool:
        return self.heard is not None and self.heard.read_at is None and self.heard.meaning in FOR_STAFF

    @property
    def meaning(self) -> str:
        """How theirs was understood."""
        return MEANT.get(self.heard.meaning, "") if self.heard is not None else ""

    @property
    def text(self) -> str:
        if self.heard is not None:
            return self.heard.text
        return (self.told.text or self.told.context.get("text", "")) if self.told is not None else ""


@dataclass(frozen=True)
class Standing:
    """Whether staff may text this number now; `rule` forbids it, `goes_at` is later than now where it has to wait."""

    rule: Rule | None
    goes_at: datetime | None
    wrote_at: datetime | None


def as_threads(points: Sequence[ContactPoint]) -> list[Thread]:
    """These of `priorities.of_clinic`, their patients prefetched, in a fixed number of queries."""
    last = {one.contact_point_id: one for one in _latest(points)}
    written = Message.objects.filter(contact_point__in=points, kind=Kind.DESK)
    answered = dict(written.values_list("contact_point").annotate(at=Max("created_at")))
    return [
        Thread(
            point,
            list(point.patients.all()),
            getattr(point, "unread", 0),
            last[point.pk],
            point.pk in answered and answered[point.pk] > last[point.pk].received_at,
            Needs(getattr(point, "needs", Needs.NOTHING)),
            getattr(point, "open_until", None),
        )
        for point in points
        if point.pk in last
    ]


def conversation_with(point: ContactPoint) -> list[Bubble]:
    """The latest texts of both sides, oldest first."""
    heard = point.inbound_messages.order_by("-received_at", "-pk")[:SHOWN]
    told = point.messages.filter(channel=Channel.SMS).exclude(status=MessageStatus.DROPPED)
    told = told.select_related("user").order_by("-created_at", "-pk")[:SHOWN]
    bubbles = [Bubble(one.received_at, heard=one) for one in heard]
    bubbles += [Bubble(one.sent_at or one.created_at, told=one) for one in told]
    return sorted(bubbles, key=lambda one: (one.at, one.told is not None))[-SHOWN:]


def given_up(point: ContactPoint, *, now: datetime) -> QuerySet[Appointment]:
    """The visits to come that they said no to and have not confirmed since, by their start."""
    not_since = Q(appointment__confirmed_at=None) | Q(created_at__gt=F("appointment__confirmed_at"))
    said_no = point.messages.filter(not_since, kind=Kind.ANSWER, context__answer=VISIT_NO)
    rows = Appointment.objects.filter(clinic=point.clinic_id, status=AppointmentStatus.BOOKED, starts_at__gt=now)
    theirs = rows.filter(pk__in=said_no.values("appointment")).select_related("patient", "location__clinic")
    return theirs.order_by("starts_at", "pk")


def seen(point: ContactPoint) -> tuple[int, int]:
    """The last text of theirs and the last that staff wrote: what whoever answers now has before them."""
    last_heard = point.inbound_messages.aggregate(last=Max("pk"))["last"]
    last_written = point.messages.filter(kind=Kind.DESK).aggregate(last=Max("pk"))["last"]
    return last_heard or 0, last_written or 0


def standing(point: ContactPoint, *, now: datetime) -> Standing:
    """The same rules that are asked again just before sending."""
    wrote_at = conversation.wrote_at(point)
    is_answer = conversation.is_answer(wrote_at, now=now)
    rule = rules.forbidden(point, Kind.DESK, purpose(point), Channel.SMS, is_answer=is_answer)
    if rule is not None or rules.in_conversation(Kind.DESK, None, wrote_at=wrote_at, now=now):
        return Standing(rule, now, wrote_at)
    patient = only_patient(point)
    so_far = rules.spent([point.pk], now=now)[point.pk]
    rule = rules.over_cap(point.clinic, so_far, Kind.DESK, Channel.SMS, states(patient, point.value, ""))
    opens_at = rules.next_open(point.clinic, patient, point.value, place_state="", now=now)
    return Standing(rule or (Rule.OUTSIDE_HOURS if opens_at is None else None), opens_at, wrote_at)


def purpose(point: ContactPoint) -> Purpose:
    """What staff write is about visits rather than openings, where they agreed to either."""
    return Purpose.REMINDERS if f"{Purpose.REMINDERS}:{Channel.SMS}" in point.granted else Purpose.OFFERS


def only_patient(point: ContactPoint) -> Patient | None:
    """Whoever uses it, where that is one person."""
    people = list(point.patients.all()[:2])
    return people[0] if len(people) == 1 else None


def _latest(points: Sequence[ContactPoint]) -> QuerySet[InboundMessage]:
    rows = InboundMessage.objects.filter(contact_point__in=points)
    return rows.order_by("contact_point_id", "-received_at", "-pk").distinct("contact_point_id")
