"""Yes or no to a reminder: a yes confirms the visit, a no cancels nothing and is for staff."""

from datetime import datetime

from audit import trail
from audit.models import ActorKind
from audit.trail import Actor
from matching.models import Offer
from notifications import reminders
from notifications.inbox import CANNOT_COME
from notifications.models import InboundMessage, Message
from notifications.replies import openings, questions, reminding, told
from notifications.replies.finishing import finish
from notifications.replies.meaning import Meaning
from notifications.replies.questions import ASK_WHICH
from waitlist.models import Appointment


def are_meant(heard: InboundMessage, meaning: Meaning, live: list[Offer], *, now: datetime) -> bool:
    """Whether a bare yes or no answers a reminder, or may do so: then that is done here, or asked."""
    waiting = reminders.open_for(heard.contact_point, now=now)
    if not waiting:
        return False
    if live:
        name = "which_reminder" if meaning == Meaning.YES else ASK_WHICH[Meaning.NO]
        questions.ask(heard, name, questions.choices(live, waiting), now=now)
        return True
    last_at = told.last_at(heard.contact_point, now=now)
    if last_at is not None and all(one.sent_at is not None and one.sent_at < last_at for one in waiting):
        return False  # of an offer, or what became of one, they were told since
    if len(waiting) > 1:
        questions.ask(heard, ASK_WHICH[meaning], questions.choices([], waiting), now=now)
    else:
        answered(heard, waiting[0], meaning, now=now)
    return True


def answered(heard: InboundMessage, reminder: Message, meaning: Meaning, *, now: datetime) -> None:
    """Yes or no to this one."""
    if meaning == Meaning.NO and reminder.appointment is not None:
        cannot_come(heard, reminder.appointment, now=now)
    else:
        confirm(heard, reminder, now=now)


def confirm_any(heard: InboundMessage, *, now: datetime) -> None:
    """C: to the one reminder there is; where it was confirmed before, that is said again."""
    waiting = reminders.open_for(heard.contact_point, now=now)
    if len(waiting) > 1:
        return questions.ask(heard, ASK_WHICH[Meaning.YES], questions.choices([], waiting), now=now)
    if waiting:
        return confirm(heard, waiting[0], now=now)
    before = reminding.last_confirmed(heard.contact_point, now=now)
    if before is not None and before.appointment is not None:
        return _say(heard, "confirmed", before.appointment, Meaning.CONFIRM, now=now)
    return openings.say(heard, now=now)


def confirm(heard: InboundMessage, reminder: Message, *, now: datetime) -> None:
    """They come, and hear that we know."""
    visit = reminder.appointment
    if visit is None:
        return openings.say(heard, now=now)
    with trail.acting(Actor(kind=ActorKind.PATIENT, ref=visit.patient_id)):
        is_confirmed = reminders.confirm(reminder, via="reply", now=now)
    visit.refresh_from_db(fields=["status", "confirmed_at"])
    if not is_confirmed and visit.confirmed_at is None:  # it was moved or cancelled just now
        return openings.say(heard, now=now)
    _say(heard, "confirmed", visit, Meaning.CONFIRM, now=now)


def cannot_come(heard: InboundMessage, visit: Appointment, *, now: datetime) -> None:
    """Nothing is cancelled by a bare no: they hear how, and staff read it."""
    _say(heard, "visit_no", visit, CANNOT_COME, now=now)


def reminder_of(heard: InboundMessage, visit: Appointment | None, *, now: datetime) -> Message | None:
    """The reminder of this visit that waits for an answer."""
    if visit is None:
        return None
    mine = (one for one in reminders.open_for(heard.contact_point, now=now) if one.appointment_id == visit.pk)
    return next(mine, None)


def _say(heard: InboundMessage, name: str, visit: Appointment, meaning: str, *, now: datetime) -> None:
    finish(heard, name, visit=visit, meaning=meaning, now=now, **reminding.facts(visit))
