"""E-mails: the same facts with room to breathe, as plain text and as a page, with the visit for the calendar."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import ModuleType

from django.conf import settings
from django.core.signing import Signer
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from notifications.models import Message, MessageTemplate
from notifications.rendering import facts, invites, levels, own, words
from notifications.rendering.invites import Invite
from notifications.rendering.links import fill, fill_code
from notifications.rendering.needs import HAS_CODE, TIMELESS
from notifications.rendering.placeholders import write
from notifications.rendering.sms import asks_earlier, language
from notifications.rendering.words.shape import Mail
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


def letter(message: Message) -> Letter:
    """The whole e-mail; `stored` is its plain text with {link} for the link and {passcode} for a code."""
    return compose(message, own.wording(message, words.known(language(message)), levels.of(message)))


def compose(message: Message, mine: MessageTemplate | None) -> Letter:
    """The same where the clinic's own wording is this one."""
    speaks, level = words.of(language(message)), levels.of(message)
    known = facts.of(message, speaks, level)
    subject, heading, lines, button = _said(message, mine, speaks, level, known)
    leave = unsubscribe_url(message)
    parts = {
        "clinic": known["clinic"],
        "language": words.known(language(message)),
        "heading": heading,
        "lines": lines,
        "button": button if "link" in known else "",
        "questions": write(speaks.QUESTIONS, known),
        "questions_at": write(speaks.QUESTIONS_AT, known),
        "no_more": speaks.NO_MORE,
        "unsubscribe_url": leave,
    }
    stored = render_to_string("notifications/email.txt", {**parts, "link": "{link}"})
    link = fill("{link}", message) if parts["button"] else ""
    with translation.override(parts["language"]):
        files = invites.of(message)
    return Letter(
        subject=subject,
        text=fill_code(stored.replace("{link}", link), message),
        html=fill_code(render_to_string("notifications/email.html", {**parts, "link": link}), message),
        unsubscribe_url=leave,
        invites=files,
        stored=stored.replace(leave, "…"),
    )


def _said(
    message: Message, mine: MessageTemplate | None, speaks: ModuleType, level: int, known: Mapping[str, str]
) -> tuple[str, str, list[str], str]:
    """Subject, heading, lines and button: the clinic's own words where it has some that can be said, else ours."""
    ours = speaks.MAILS[shape_of(message)]
    if mine is not None:
        said = of_text(mine.subject, mine.text, ours)
        whole = [write(part, known) for part in (said.subject, said.heading, *said.lines)]
        if None not in whole:
            subject, heading, *lines = (part or "" for part in whole)
            return one_line(subject), heading, lines, ours.button
    said = detailed(shape_of(message), speaks, level)
    heading = write(said.heading, known) or known["clinic"]
    subject = write(said.subject, known) or known["clinic"]
    lines = _known(said.lines, known) + _more(message, speaks, known)
    if message.kind == Kind.DESK:
        lines = [line for line in str(message.context["text"]).splitlines() if line.strip()]
    return one_line(subject), _capital(heading), [_capital(line) for line in lines], said.button


def shape_of(message: Message) -> str:
    """Which of our e-mails it is: an earlier time is an offer with a line more."""
    return str(message.kind) if (kind := own.kind_of(message)) == own.EARLIER else kind


def detailed(kind: str, speaks: ModuleType, level: int) -> Mail:
    """Our own e-mail of this kind at this level. Its subject, which a locked phone shows, names nobody."""
    mail: Mail = speaks.MAILS[kind]
    if not level or kind == Kind.DESK:
        return mail
    code = (speaks.MAIL_CODE,) if kind in HAS_CODE else ()
    what = () if kind in TIMELESS else (speaks.MAIL_WHAT[level],)
    return replace(mail, lines=(speaks.GREETING, *mail.lines, *what, *code, speaks.AUTOMATED))


def of_text(subject: str, text: str, ours: Mail) -> Mail:
    """A clinic's own: the first line is the heading, each other one a line; the button stays ours."""
    heading, *lines = [line.strip() for line in text.splitlines() if line.strip()] or [ours.heading]
    return Mail(subject, heading, tuple(lines), ours.button)


def with_line(mail: Mail, line: str) -> Mail:
    """The same with one line more."""
    return replace(mail, lines=(*mail.lines, line))


def as_text(mail: Mail) -> str:
    """Heading and lines as a clinic edits them."""
    return "\n\n".join((mail.heading, *mail.lines))


def one_line(subject: str) -> str:
    """A subject has no line breaks, whatever a name held."""
    return " ".join(subject.split())


def _more(message: Message, speaks: ModuleType, known: Mapping[str, str]) -> list[str]:
    """What only some have to know: their own clock, that they could come sooner, that a yes moves their visit."""
    theirs = [speaks.MAIL_ZONE2] if known.get("clock2") else []
    asks = [speaks.ASKS_EARLIER] if asks_earlier(message) else []
    return _known(theirs, known) + asks + ([speaks.MOVES_VISIT] if _moves(message) else [])


def _moves(message: Message) -> bool:
    """Whether a yes to it gives up the visit they hold."""
    return message.kind == Kind.OFFER and bool(message.context.get("moves_visit"))


def _known(lines: Iterable[str], known: Mapping[str, str]) -> list[str]:
    """The lines whose facts are known, with these in them."""
    return [said for line in lines if (said := write(line, known)) is not None]


def _capital(line: str) -> str:
    return line[:1].upper() + line[1:]


def unsubscribe_url(message: Message) -> str:
    """Where one click, by a person or their mail program, ends e-mails to this address."""
    token = Signer(salt=UNSUBSCRIBE_SALT).sign(f"{message.contact_point_id}:{message.purpose}")
    return settings.PUBLIC_URL + reverse("unsubscribe", args=[token])
