"""Whether this person may be told this at all, by this way."""

from datetime import datetime

from matching.models import Offer
from notifications.models import ContactPoint
from notifications.rules import conversation
from notifications.states import Capability, Channel, Kind, Purpose, Rule

ANSWERS_THEM = (Kind.STOPPED, Kind.ANSWER, Kind.PASSCODE)
ABOUT_THEIR_ACT = (Kind.BOOKED, Kind.CHANGED, Kind.CANCELLED, Kind.ENDED, Kind.APOLOGY)
OF_A_VISIT = (*ABOUT_THEIR_ACT, Kind.LOST, Kind.GONE, Kind.MOVED)
THEIR_OWN_ACTS = ("link", "reply", "call")


def stopped(point: ContactPoint, kind: str) -> bool:
    """After STOP nothing but its own confirmation."""
    return point.stopped_at is not None and kind != Kind.STOPPED


def without_consent(
    point: ContactPoint, kind: str, purpose: str, channel: str, *, is_answer: bool = False
) -> bool:
    """The ledger does not allow it. Answers to what they wrote or asked for, the question for consent, and a test that
    one of the team asks for need none; what becomes of a visit that an offer won may go where they hear of visits."""
    if is_answer or kind in (*ANSWERS_THEM, Kind.OPT_IN, Kind.TEST) or f"{purpose}:{channel}" in point.granted:
        return False
    of_their_visit = kind in OF_A_VISIT and purpose == Purpose.OFFERS
    return not (of_their_visit and _hears_of_visits(point, channel))


def _hears_of_visits(point: ContactPoint, channel: str) -> bool:
    """They take reminders there, or openings by e-mail ended only by a word on their phone (consent.persons)."""
    if f"{Purpose.REMINDERS}:{channel}" in point.granted:
        return True
    if channel != Channel.EMAIL:
        return False
    of_openings = point.consents.filter(purpose=Purpose.OFFERS, channel=channel)
    last = of_openings.order_by("-at", "-pk").first()
    return last is not None and last.said_on_id is not None


def takes_no_texts(point: ContactPoint, channel: str) -> bool:
    """The carrier has told us so."""
    return channel == Channel.SMS and point.sms_capability == Capability.NO


def in_conversation(kind: str, offer: Offer | None, *, wrote_at: datetime | None = None, now: datetime) -> bool:
    """They wrote or tapped a moment ago, so the answer may come at any hour. `wrote_at`: for what staff write."""
    if kind == Kind.DESK:
        return conversation.is_talking(wrote_at, now=now)
    if kind in (*ANSWERS_THEM, Kind.TEST):
        return True
    return (
        kind in ABOUT_THEIR_ACT
        and offer is not None
        and offer.answered_by in THEIR_OWN_ACTS
        and conversation.is_talking(offer.answered_at, now=now)
    )


def forbidden(
    point: ContactPoint, kind: str, purpose: str, channel: str, *, is_answer: bool = False
) -> Rule | None:
    """The first of these rules that it would break. `is_answer`: what staff write answers what they wrote."""
    if stopped(point, kind):
        return Rule.STOPPED
    if takes_no_texts(point, channel):
        return Rule.TAKES_NO_TEXTS
    if without_consent(point, kind, purpose, channel, is_answer=is_answer):
        return Rule.NO_CONSENT
    return None
