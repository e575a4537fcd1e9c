"""Yes or no to an offer: a yes books, a no frees the place and teaches."""

from datetime import datetime

from audit import trail
from audit.models import ActorKind
from audit.trail import Actor
from matching import claims
from matching.answering import late
from matching.claims import Claim
from matching.models import Lesson, Offer
from matching.states import OfferState
from notifications.models import InboundMessage
from notifications.replies import openings, questions, told
from notifications.replies.finishing import finish
from notifications.replies.meaning import Meaning, Said
from notifications.replies.questions import ASK_WHICH
from notifications.replies.told import MAY_BE_TAKEN

JUST_NO = Said(Meaning.NO)


def take(heard: InboundMessage, offer: Offer | None, *, now: datetime) -> None:
    """Yes, to this offer; a bare yes to the only one there is. After news of another time it may be mere thanks:
    then it books nothing by itself."""
    if heard.offer is not None and (heard.offer.state, heard.offer.answered_by) == (OfferState.ACCEPTED, "reply"):
        return finish(heard, None, offer=heard.offer, meaning=Meaning.YES, now=now)  # by this text, before we died
    point = heard.contact_point
    if offer is None:
        live = told.live_offers(point, MAY_BE_TAKEN, now=now)
        news = told.news(point, now=now)
        if len(live) > 1 or (live and news):
            question = "another" if news else ASK_WHICH[Meaning.YES]
            return questions.ask(heard, question, questions.choices(live), now=now)
        offer = live[0] if live else news.offer if news else told.latest(point, MAY_BE_TAKEN, now=now)
    if offer is None:
        return openings.say(heard, now=now)
    if offer.state != OfferState.ACCEPTED:  # so that it is known, whoever dies now, which text took it
        InboundMessage.objects.filter(pk=heard.pk).update(offer=offer)
    with trail.acting(Actor(kind=ActorKind.PATIENT, ref=offer.patient_id)):
        outcome = late.note(offer, claims.claim(offer.pk, via="reply", now=now), via="reply", now=now)
    name = _step(offer, outcome) or words(Meaning.YES, outcome)
    return finish(heard, name, offer=offer, meaning=Meaning.YES, now=now)


def _step(offer: Offer, outcome: Claim) -> str:
    """What is left to do on their page before it is theirs, where that is not one question while it is held."""
    if outcome in (Claim.HELD, Claim.OPEN) and offer.link_sent_at is not None:
        return "complete"
    return "finish" if outcome == Claim.OPEN and offer.slot.service.details_prompt else ""


def say_no(heard: InboundMessage, offer: Offer | None, live: list[Offer], said: Said, *, now: datetime) -> None:
    """No, to this offer; a bare no to the only one there is, or to the last they heard of."""
    offer = offer or (live[0] if len(live) == 1 else None)
    if offer is None and len(live) > 1:
        return questions.ask(heard, ASK_WHICH[Meaning.NO], questions.choices(live), now=now)
    offer = offer or told.latest(heard.contact_point, now=now)
    return openings.say(heard, now=now) if offer is None else turn_down(heard, offer, said, now=now)


def turn_down(heard: InboundMessage, offer: Offer, said: Said, *, now: datetime) -> None:
    """Their answer says what became of it, and where to read what their reason changed."""
    name = words(Meaning.NO, decline(offer, said, now=now))
    if name == "declined" and said.reason and Lesson.objects.filter(offer=offer).exists():
        name = "noted"
    finish(heard, name, offer=offer, meaning=Meaning.NO, now=now)


def decline(offer: Offer, said: Said = JUST_NO, *, now: datetime) -> Claim:
    with trail.acting(Actor(kind=ActorKind.PATIENT, ref=offer.patient_id)):
        return claims.decline(offer.pk, reason=said.reason, via="reply", now=now)


def words(meaning: Meaning, outcome: Claim) -> str | None:
    """Which answer says this. A booking is confirmed by its own message."""
    if outcome == Claim.BOOKED:
        return None
    if outcome == Claim.DECLINED and meaning == Meaning.YES:
        return "passed"
    return Claim.BUSY.value if outcome == Claim.OPEN else outcome.value
