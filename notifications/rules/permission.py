"""Whether this person may be told this at all, by this way."""

from datetime import datetime

from matching.models import Offer
from notifications.models import ContactPoint
from notifications.rules import conversation
from notifications.states import Capability, Channel, Kind, Rule

ANSWERS_THEM = (Kind.STOPPED, Kind.ANSWER)
ABOUT_THEIR_ACT = (Kind.BOOKED, Kind.CHANGED, Kind.CANCELLED, Kind.ENDED, Kind.APOLOGY)
THEIR_OWN_ACTS = ("link", "reply", "call")


def stopped(point: ContactPoint, kind: str) -> bool:
    """After STOP nothing but its own confirmation."""
    return point.stopped_at is not None and kind != Kind.STOPPED


def without_consent(
    point: ContactPoint, kind: str, purpose: str, channel: str, *, is_answer: bool = False
) -> bool:
    """The ledger does not allow it. Answers to what they wrote, and the question for consent, need none."""
    return not is_answer and kind not in (*ANSWERS_THEM, Kind.OPT_IN) and f"{purpose}:{channel}" not in point.granted


def takes_no_texts(point: ContactPoint, channel: str) -> bool:
    """The carrier has told us so."""
    return channel == Channel.SMS and point.sms_capability == Capability.NO


def in_conversation(kind: str, offer: Offer | None, *, wrote_at: datetime | None = None, now: datetime) -> bool:
    """They wrote or tapped a moment ago, so the answer may come at any hour. `wrote_at`: for what staff write."""
    if kind == Kind.DESK:
        return conversation.is_talking(wrote_at, now=now)
    if kind in ANSWERS_THEM:
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
