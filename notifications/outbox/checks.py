"""A last look just before sending: what the message says must still be true, and every rule must still allow it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from matching.models import Offer
from matching.states import MAY_ANSWER, OfferState
from notifications import rules
from notifications.models import Message
from notifications.outbox import deadlines, follow_ups, moved, moves, queue, still
from notifications.rules import conversation
from notifications.rules.places import states
from notifications.states import REACHED_CARRIER, UNFINISHED, Channel, Kind, MessageStatus, Rule
from waitlist.models import Appointment, Membership, Writeback
from waitlist.states import AppointmentStatus

IN_FLIGHT = timedelta(seconds=2)
BROADCAST = 10  # more people asked than this hear of its end on the page only
NEWS_OF_AN_END = (Kind.RETRACTED, Kind.WITHDRAWN)
NOTHING_YET = rules.Spent()
END_OF_A_VISIT = (Kind.ENDED, Kind.LOST, Kind.GONE)


@dataclass(frozen=True)
class Verdict:
    """Go, or the state it ends in and why; `wait_until` = not yet."""

    status: MessageStatus | None = None
    rule: Rule | None = None
    wait_until: datetime | None = None

    @property
    def may_go(self) -> bool:
        return self.status is None and self.wait_until is None


GO = Verdict()


def look(
    message: Message, so_far: rules.Spent = NOTHING_YET, left_mills: int | None = None, *, now: datetime
) -> Verdict:
    """The verdict on a message about to be sent, its contact point locked, which has had `so_far` but for this; its
    clinic's money of this month has `left_mills` left, if that is limited. How far the clinic has launched comes last,
    so that a dry run holds back exactly what would have gone."""
    verdict = _look(message, so_far, left_mills, now=now)
    held_back = rules.held_back(message, message.clinic) if verdict.may_go else None
    return verdict if held_back is None else Verdict(MessageStatus.REFUSED, held_back)


def _look(message: Message, so_far: rules.Spent, left_mills: int | None, *, now: datetime) -> Verdict:
    if message.not_after is not None and now >= message.not_after:
        return Verdict(MessageStatus.DROPPED, Rule.TOO_LATE)
    if message.channel == Channel.WEBHOOK:
        return _after_the_booking(message, now=now)
    if message.channel == Channel.STAFF:
        return GO if _may_be_taken(message.offer, now) else Verdict(MessageStatus.DROPPED, Rule.OFFER_OVER)
    if message.kind == Kind.ALERT:
        return _of_staff(message)
    if rule := untrue(message, now=now):
        return Verdict(MessageStatus.DROPPED, rule)
    if message.kind == Kind.STILL and (ends_at := still.waits_until(message, now=now)):
        return Verdict(wait_until=ends_at)
    if moved.just_now(message):
        return Verdict(wait_until=now)
    if message.kind == Kind.MOVED and moves.goes_first(message):
        return Verdict(wait_until=now + IN_FLIGHT)
    if message.kind == Kind.MOVED and (rule := moves.known(message)):
        return Verdict(MessageStatus.DROPPED, rule)
    if message.kind in NEWS_OF_AN_END and _is_in_flight(message):
        return Verdict(wait_until=now + IN_FLIGHT)
    return _rules(message, so_far, left_mills, now=now)


def _of_staff(message: Message) -> Verdict:
    """Whoever does not work there any more is told nothing more of it."""
    theirs = Membership.objects.filter(clinic=message.clinic_id, user=message.user_id, user__is_active=True)
    return GO if theirs.exists() else Verdict(MessageStatus.DROPPED, Rule.ACCESS_ENDED)


def untrue(message: Message, *, now: datetime) -> Rule | None:
    """Why what it says is no longer so."""
    offer = message.offer
    if message.kind == Kind.OFFER and (offer is None or not _is_open(offer, now)):
        return Rule.OFFER_OVER
    if message.kind == Kind.FOLLOW_UP and not (_may_be_taken(offer, now) and offer and follow_ups.may_follow(offer)):
        return Rule.OFFER_OVER
    if message.kind in NEWS_OF_AN_END and offer is not None:
        return _not_worth_telling(message, offer, now)
    if message.kind in moved.SAYS_WHEN:
        visit = message.appointment
        if visit is None or visit.status != AppointmentStatus.BOOKED or visit.starts_at <= now:
            return Rule.NOT_BOOKED
    if message.kind == Kind.REMINDER and (rule := _not_as_reminded(message, now=now)):
        return rule
    if message.kind == Kind.STILL and not still.is_open(message):
        return Rule.SAID_SO
    ended = message.appointment if message.kind in END_OF_A_VISIT else None
    if ended is not None and ended.status == AppointmentStatus.BOOKED:
        return Rule.ON_AGAIN
    return Rule.ON_AGAIN if _is_overtaken(message) else None


def _not_as_reminded(message: Message, *, now: datetime) -> Rule | None:
    """The visit as it is now, not as it was before we had waited for the locks: booked, and at the time it names."""
    visit = Appointment.objects.filter(pk=message.appointment_id or 0, status=AppointmentStatus.BOOKED).first()
    if visit is None or visit.starts_at <= now:
        return Rule.NOT_BOOKED
    told = datetime.fromisoformat(message.context["starts_at"])
    return None if visit.starts_at == told else Rule.VISIT_MOVED


def _is_overtaken(message: Message) -> bool:
    """The visit ended or was on again since, and of that they hear by a message of its own."""
    if message.kind not in (Kind.BOOKED, *END_OF_A_VISIT):
        return False
    same = Message.objects.filter(offer=message.offer_id, appointment=message.appointment_id, channel=message.channel)
    return same.filter(pk__gt=message.pk, kind__in=(Kind.BOOKED, *END_OF_A_VISIT)).exists()


def _is_open(offer: Offer, now: datetime) -> bool:
    if offer.state != OfferState.PENDING or not offer.slot.is_live:
        return False
    return offer.expires_at > now or deadlines.present(offer, now=now) > now


def _may_be_taken(offer: Offer | None, now: datetime) -> bool:
    """Whether a yes would still count, be it late."""
    return offer is not None and offer.state in MAY_ANSWER and offer.slot.is_live and offer.slot.starts_at > now


def _not_worth_telling(message: Message, offer: Offer, now: datetime) -> Rule | None:
    """The end of an offer is news only until then, and to those who had heard of it."""
    if offer.state != OfferState.RETRACTED or queue.end_is_news_until(offer) <= now:
        return Rule.OFFER_OVER
    if not _offer_messages(message).filter(status__in=REACHED_CARRIER).exists():
        return Rule.NEVER_TOLD
    if Offer.objects.filter(slot=offer.slot_id, wave=offer.wave).count() > BROADCAST:
        return Rule.BROADCAST
    return None


def _is_in_flight(message: Message) -> bool:
    """The offer itself is just going out: let it arrive first."""
    return _offer_messages(message).filter(status=MessageStatus.SENDING).exists()


def _offer_messages(message: Message) -> QuerySet[Message]:
    """By the same number or address: who was called hears of its end by text."""
    mine = Message.objects.filter(offer=message.offer_id, contact_point=message.contact_point_id, kind=Kind.OFFER)
    return mine.filter(round=message.round)


def _rules(message: Message, so_far: rules.Spent, left_mills: int | None, *, now: datetime) -> Verdict:
    point, clinic = message.contact_point, message.clinic
    if point is None:
        return Verdict(MessageStatus.REFUSED, Rule.NO_CONTACT)
    wrote_at = conversation.wrote_at(point) if message.kind == Kind.DESK else None
    is_answer = conversation.is_answer(wrote_at, now=now)
    if rule := rules.forbidden(point, message.kind, message.purpose, message.channel, is_answer=is_answer):
        return Verdict(MessageStatus.REFUSED, rule)
    by_phone = message.channel in rules.PHONE
    about = message.slot or message.appointment
    state = about.location.state if about else ""
    by_law = states(message.patient, point.value, state) if by_phone else frozenset()
    continues = message.after_id is not None and message.channel == Channel.VOICE
    is_talking = rules.in_conversation(message.kind, message.offer, wrote_at=wrote_at, now=now)
    over = rules.over_cap(clinic, so_far, message.kind, message.channel, by_law, continues=continues)
    if over is not None and not is_talking:
        return Verdict(MessageStatus.REFUSED, over)
    if rule := rules.too_dear(message.kind, message.channel, message.cost_mills, left_mills):
        return Verdict(MessageStatus.REFUSED, rule)
    if not by_phone or is_talking:
        return GO
    opens_at = rules.next_open(clinic, message.patient, point.value, place_state=state, now=now)
    if opens_at is None or (message.not_after is not None and opens_at >= message.not_after):
        return Verdict(MessageStatus.REFUSED, Rule.OUTSIDE_HOURS)
    return GO if opens_at <= now else Verdict(wait_until=opens_at)


def _after_the_booking(message: Message, *, now: datetime) -> Verdict:
    """A calendar hears of a cancellation after the booking it cancels."""
    owed = message.writeback
    if owed is None:
        return GO
    if owed.kind == Writeback.Kind.BOOKED:  # by the reserve, say: the calendar frees the time first
        freed = Message.objects.filter(
            clinic=message.clinic_id,
            pk__lt=message.pk,
            writeback__kind=Writeback.Kind.CANCELLED,
            status__in=UNFINISHED,
            appointment__practitioner=owed.appointment.practitioner_id,
            appointment__starts_at__lt=owed.appointment.ends_at,
            appointment__ends_at__gt=owed.appointment.starts_at,
        )
        return Verdict(wait_until=now + IN_FLIGHT) if freed.exists() else GO
    booking = Message.objects.filter(
        appointment=message.appointment_id,
        writeback__kind=Writeback.Kind.BOOKED,
        status__in=UNFINISHED,
    )
    return Verdict(wait_until=now + IN_FLIGHT) if booking.exists() else GO
