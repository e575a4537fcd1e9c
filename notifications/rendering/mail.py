"""E-mails: the same facts with room to breathe, as plain text and as a page, with the visit for the calendar."""

from dataclasses import dataclass, field

from django.conf import settings
from django.core.signing import Signer
from django.template.loader import render_to_string
from django.urls import reverse

from notifications.models import Message
from notifications.rendering import facts, invites
from notifications.rendering.invites import Invite
from notifications.rendering.sms import fill
from notifications.states import Kind

UNSUBSCRIBE_SALT = "unsubscribe"


@dataclass(frozen=True)
class Letter:
    """An e-mail ready to go: links filled in, `invites` the calendar files if there is a visit to keep or to end."""

    subject: str
    text: str
    html: str
    unsubscribe_url: str
    invites: tuple[Invite, ...] = ()
    stored: str = field(default="", compare=False)


@dataclass(frozen=True)
class Wording:
    """What an e-mail of one kind says; the button leads to the offer's page."""

    subject: str
    heading: str
    lines: tuple[str, ...]
    button: str = ""


WORDINGS = {
    Kind.OFFER: Wording(
        "A time has opened up at {clinic}",
        "{long_when}",
        ("This time has just become free.", "It is yours if you answer by {deadline}."),
        "See it and answer",
    ),
    Kind.FOLLOW_UP: Wording(
        "Still open at {clinic}: {when}",
        "{long_when}",
        ("We texted you about this time some hours ago. It is still open.", "Whoever answers first has it."),
        "See it and answer",
    ),
    Kind.RETRACTED: Wording(
        "That time at {clinic} is taken",
        "Somebody was a moment faster",
        ("{long_when} has just been taken.", "You keep your place in line."),
        "See other times",
    ),
    Kind.WITHDRAWN: Wording(
        "That time at {clinic} is no longer open",
        "That time is no longer open",
        ("{long_when} is no longer open. We are sorry.", "You keep your place in line."),
    ),
    Kind.BOOKED: Wording(
        "You are booked at {clinic}",
        "You are booked: {long_when}",
        ("We look forward to seeing you.", "The visit is attached for your calendar."),
        "Details or changes",
    ),
    Kind.CHANGED: Wording(
        "Your visit at {clinic} is changed",
        "Your visit on {long_when} is changed",
        ("The time is the same as before.", "The visit is attached for your calendar."),
        "See what it is now",
    ),
    Kind.CANCELLED: Wording(
        "Your visit at {clinic} is cancelled",
        "Your visit is cancelled",
        ("{long_when} is cancelled, as you asked.", "You keep your place in line."),
    ),
    Kind.ENDED: Wording(
        "Your visit at {clinic} is cancelled",
        "Your visit is cancelled",
        ("{long_when} is cancelled, as you asked.", "What our terms say about it stands on your page."),
        "See the details",
    ),
    Kind.LOST: Wording(
        "We are sorry: your visit at {clinic} is cancelled",
        "We are sorry",
        ("We had to cancel {long_when}. You owe nothing for it.", "You keep your place in line."),
        "See other times",
    ),
    Kind.GONE: Wording(
        "Your visit at {clinic} is cancelled",
        "Your visit is cancelled",
        ("{long_when} is cancelled. You owe nothing for it.", "You keep your place in line."),
        "See other times",
    ),
    Kind.REMINDER: Wording(
        "Your visit at {clinic}",
        "{long_when}",
        ("We look forward to seeing you.", "Please say whether you will be there, or that you cannot come."),
        "I will be there, or I cannot",
    ),
    Kind.APOLOGY: Wording(
        "We are sorry: that time at {clinic} was taken already",
        "We are sorry",
        ("{long_when} had been given away in our calendar, so it is not yours after all.",),
        "See other times",
    ),
}


MOVES_VISIT = "You keep your later visit until you say yes. Then it moves to this time."


def letter(message: Message) -> Letter:
    """The whole e-mail; `stored` is its plain text with {link} for the link."""
    wording = WORDINGS[Kind(message.kind)]
    known = facts.of(message)
    leave = unsubscribe_url(message)
    moves = [MOVES_VISIT] if message.kind == Kind.OFFER and message.context.get("moves_visit") else []
    parts = {
        "clinic": known["clinic"],
        "phone": known["phone"],
        "heading": wording.heading.format(**known),
        "lines": [line.format(**known) for line in wording.lines] + moves,
        "button": wording.button,
        "unsubscribe_url": leave,
    }
    stored = render_to_string("notifications/email.txt", {**parts, "link": "{link}"})
    link = fill("{link}", message) if wording.button else ""
    return Letter(
        subject=wording.subject.format(**known),
        text=stored.replace("{link}", link),
        html=render_to_string("notifications/email.html", {**parts, "link": link}),
        unsubscribe_url=leave,
        invites=invites.of(message),
        stored=stored.replace(leave, "…"),
    )


def unsubscribe_url(message: Message) -> str:
    """Where one click, by a person or their mail program, ends e-mails to this address."""
    token = Signer(salt=UNSUBSCRIBE_SALT).sign(str(message.contact_point_id))
    return settings.PUBLIC_URL + reverse("unsubscribe", args=[token])
