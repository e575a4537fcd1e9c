"""What is said when somebody, or something, picks up; and what a call that is over comes to."""

from copy import copy
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from matching import claims, offers
from matching.claims import Claim
from notifications import outbox, rules
from notifications.channels import twilio_codes
from notifications.models import Message
from notifications.rendering import voice
from notifications.states import Channel, Kind, Rule
from waitlist.models import Appointment


@dataclass(frozen=True)
class Stage:
    """How far a call is: how often the offer was said (0: not before a key shows that a person listens), and how
    often a key meant nothing."""

    said: int = 1
    wrong: int = 0


@dataclass(frozen=True)
class Spoken:
    """What the voice says next, part of it `slowly`. With a stage one key is awaited, without one the call ends."""

    words: str = ""
    stage: Stage | None = None
    slowly: str = ""


SILENCE = Spoken()


def find(public_id: UUID) -> Message | None:
    """The message a call is about, with all that is said."""
    rows = Message.objects.filter(channel=Channel.VOICE, kind=Kind.OFFER)
    whole = rows.filter(offer__isnull=False, contact_point__isnull=False)
    joined = whole.select_related("clinic", "patient", "contact_point", "offer", "slot__location")
    return joined.filter(public_id=public_id).first()


def pick_up(message: Message, *, call_id: str, answered_by: str, now: datetime) -> Spoken:
    """The offer to a person, not a word to a machine. Where it is unsure who listens, a key has to say so first."""
    if twilio_codes.is_machine(answered_by):
        not_heard(message, call_id, "machine", now=now)
        return SILENCE
    if answered_by == "unknown":
        return Spoken(voice.say("who", message), Stage(said=0))
    return tell(message, message.text or voice.render(message), Stage(), call_id=call_id, now=now)


def tell(message: Message, words: str, stage: Stage, *, call_id: str, now: datetime) -> Spoken:
    """The offer, if it may still be told and is still there: nobody is offered what is gone."""
    if rule := forbidden(message, now=now):
        not_heard(message, call_id, rule, now=now)
        return Spoken(voice.say("not_now", message))
    found = look(message, now=now)
    if found not in (Claim.OPEN, Claim.BUSY):
        not_heard(message, call_id, Rule.OFFER_OVER, now=now)
        return over(message, found)
    report(message, call_id, "delivered", now=now)
    return Spoken(words if found == Claim.OPEN else voice.say("busy", message), stage)


def over(message: Message, found: Claim) -> Spoken:
    """Kindly, that there is nothing to take."""
    name = {Claim.HELD: "held_call", Claim.DECLINED: "passed", Claim.OPEN: "busy_bye", Claim.BUSY: "busy_bye"}
    theirs = found in (Claim.BOOKED, Claim.YOURS)  # to be written down: nothing may be going out in writing
    if theirs:
        message = _as_it_is_now(message)
    return Spoken(voice.say(name.get(found, found.value), message), slowly=voice.when(message) if theirs else "")


def _as_it_is_now(message: Message) -> Message:
    """The same with the time of the visit, which may have been moved since it was told."""
    visit = Appointment.objects.filter(filled_slot=message.slot_id).select_related("location__clinic").first()
    if visit is None:
        return message
    told = copy(message)
    told.context = message.context | {"starts_at": visit.starts_at.isoformat(), "zone": visit.location.zone.key}
    return told


def forbidden(message: Message, *, now: datetime) -> Rule | None:
    """Why they may not be told of it by phone now, though they could when the call was made."""
    point, clinic = message.contact_point, message.clinic
    assert point is not None
    if rule := rules.forbidden(point, message.kind, message.purpose, Channel.VOICE):
        return rule
    state = message.slot.location.state if message.slot else ""
    opens_at = rules.next_open(clinic, message.patient, point.value, place_state=state, now=now)
    return None if opens_at == now else Rule.OUTSIDE_HOURS


def look(message: Message, *, now: datetime) -> Claim:
    """What the offer is worth now."""
    return claims.outcome(offers.get(message.offer_id or 0), now=now)


def ended(public_id: UUID, *, call_id: str, status: str, sip: str = "", answered_by: str = "", now: datetime) -> bool:
    """The call is over: whoever has not heard the offer by then has not been reached. What was answered may have been
    heard: that is told apart, before or after. False: it changes nothing."""
    if status not in (*twilio_codes.CALLS, "failed"):
        return False
    if status == "completed" and not twilio_codes.is_machine(answered_by):
        return outbox.hung_up(public_id, provider_id=call_id, now=now)
    code = twilio_codes.of_call(status, sip, answered_by)
    failed = "failed" if status in ("failed", "canceled") else "undelivered"
    return outbox.receipt(public_id, provider_id=call_id, status=failed, code=code, now=now)


def not_heard(message: Message, call_id: str, code: str, *, now: datetime) -> None:
    report(message, call_id, "undelivered", code=code, now=now)


def report(message: Message, call_id: str, status: str, *, code: str = "", now: datetime) -> None:
    outbox.receipt(message.public_id, provider_id=call_id, status=status, code=code, now=now)
