"""What a key does: 1 takes the time, 2 passes, 9 ends all calls and texts to this number. A doubled key acts once."""

from datetime import datetime, timedelta

from django.db import transaction

from audit import trail
from audit.models import ActorKind
from audit.trail import Actor
from matching import claims
from matching.answering import late
from matching.claims import Claim
from matching.models import Offer
from notifications import consent, outbox
from notifications.calls.talk import SILENCE, Spoken, Stage, not_heard, over, report, tell
from notifications.models import Consent, Message
from notifications.rendering import voice
from notifications.replies.letting import let_go
from notifications.states import Capability, Channel, Kind, Purpose

TAKE, PASS, STOP = "1", "2", "9"
SAID_AT_MOST = 2
WRONG_AT_MOST = 2
LINK_GOOD_FOR = timedelta(minutes=15)


def press(message: Message, key: str, stage: Stage, *, call_id: str, now: datetime) -> Spoken:
    """What follows from a key, or from none."""
    if key == STOP:
        return _stop(message, stage, call_id=call_id, now=now)
    if stage.said == 0 and not key:
        not_heard(message, call_id, "nobody", now=now)
        return SILENCE
    if stage.said == 0:
        return tell(message, message.text or voice.render(message), Stage(), call_id=call_id, now=now)
    if key == TAKE:
        return _take(message, stage, now=now)
    if key == PASS:
        return _pass(message, now=now)
    if not key and stage.said < SAID_AT_MOST:
        again = Stage(stage.said + 1, stage.wrong)
        return tell(message, voice.say("again", message), again, call_id=call_id, now=now)
    return _astray(message, stage) if key else Spoken(voice.say("goodbye", message))


def _astray(message: Message, stage: Stage, name: str = "wrong", instead: str = "goodbye") -> Spoken:
    """Asked again, twice at most."""
    if stage.wrong < WRONG_AT_MOST:
        return Spoken(voice.say(name, message), Stage(stage.said, stage.wrong + 1))
    return Spoken(voice.say(instead, message))


def _take(message: Message, stage: Stage, *, now: datetime) -> Spoken:
    offer = _offer(message)
    with trail.acting(Actor(kind=ActorKind.PATIENT, ref=offer.patient_id)):
        found = late.note(offer, claims.claim(offer.pk, via="call", now=now), via="call", now=now)
    if found == Claim.HELD or (found == Claim.OPEN and offer.slot.service.details_prompt):
        name = "held" if found == Claim.HELD else "finish"
        return Spoken(voice.say(name if _text_link(message, name, now=now) else f"{name}_call", message))
    if found in (Claim.BUSY, Claim.OPEN):
        return _astray(message, stage, "busy", "busy_bye")
    return over(message, found)


def _pass(message: Message, *, now: datetime) -> Spoken:
    found = _decline(_offer(message), now=now)
    return Spoken(voice.say("declined", message)) if found == Claim.DECLINED else over(message, found)


def _stop(message: Message, stage: Stage, *, call_id: str, now: datetime) -> Spoken:
    """The revocation first, in a transaction of its own; then what was open for this number is passed on."""
    assert message.contact_point is not None
    point = message.contact_point
    with transaction.atomic(durable=True), trail.acting(consent.whoever_uses(point)):
        consent.stop_person(point, source=Consent.Source.KEYWORD, now=now, note="pressed 9 in a call")
    let_go(point, via="call", now=now)
    if stage.said == 0:
        report(message, call_id, "undelivered", code="stopped", now=now)
    return Spoken(voice.say("stopped", message))


def _decline(offer: Offer, *, now: datetime) -> Claim:
    with trail.acting(Actor(kind=ActorKind.PATIENT, ref=offer.patient_id)):
        return claims.decline(offer.pk, reason="", via="call", now=now)


def _offer(message: Message) -> Offer:
    return Offer.objects.select_related("slot__service").get(pk=message.offer_id or 0)


def _text_link(message: Message, name: str, *, now: datetime) -> bool:
    """The link to what is left to answer, to a phone that takes texts; once, however often it is asked for."""
    point = message.contact_point
    if point is None or point.sms_capability == Capability.NO:
        return False
    outbox.enqueue(
        Kind.ANSWER,
        clinic=message.clinic,
        contact_point=point,
        channel=Channel.SMS,
        purpose=Purpose.OFFERS,
        dedupe_key=f"{Kind.ANSWER}:call:{message.public_id}:{name}",
        context={**message.context, "answer": name},
        offer=message.offer,
        slot=message.slot,
        patient=message.patient,
        not_after=now + LINK_GOOD_FOR,
        now=now,
    )
    return True
