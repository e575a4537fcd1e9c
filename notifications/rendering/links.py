"""The link of a message, or the digits of a code: never stored, filled in only to send."""

from django.conf import settings

from matching import tokens
from notifications.models import Message
from notifications.states import Kind

STAND_IN = "x" * 31  # as long as every token is
CODE_STAND_IN = "0" * 6


def has_one(message: Message) -> bool:
    """Whether there is a page it can lead to."""
    return message.offer is not None or _is_of_a_visit(message) or _is_a_question(message)


def fill(text: str, message: Message) -> str:
    """The text as it goes out, its link or its code filled in."""
    text = fill_code(text, message)
    if "{link}" not in text:
        return text
    if _is_of_a_visit(message):
        return text.replace("{link}", tokens.visit_link(message.appointment_id or 0))
    if _is_a_question(message):
        return text.replace("{link}", tokens.still_link(message.pk))
    if message.offer is None:
        raise ValueError(f"{message} has a link and no offer.")
    return text.replace("{link}", tokens.link(message.offer.public_id))


def fill_code(text: str, message: Message) -> str:
    """The text with the digits of its code, where it has one."""
    if "{passcode}" not in text:
        return text
    return text.replace("{passcode}", tokens.passcode(message.context["passcode"]))


def _is_of_a_visit(message: Message) -> bool:
    """A reminder leads to the visit's own page, and so does word of a move where no offer of ours won it."""
    of_a_visit = message.kind == Kind.REMINDER or (message.kind == Kind.MOVED and message.offer is None)
    return of_a_visit and message.appointment_id is not None


def _is_a_question(message: Message) -> bool:
    """Whether they still want it: that page is the question's own."""
    return message.kind == Kind.STILL and message.pk is not None


def fill_with_stand_in(text: str) -> str:
    """The text with a link, or a code, of the length ours have."""
    text = text.replace("{passcode}", CODE_STAND_IN)
    return text.replace("{link}", f"{settings.PUBLIC_URL}/o/{STAND_IN}")
