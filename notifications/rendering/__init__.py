"""Words: what a text or an e-mail says, from facts frozen when it was written. Links are filled in only to send."""

from notifications.models import Message
from notifications.rendering import alert, mail, sms, voice
from notifications.rendering.dates import clock
from notifications.rendering.facts import national
from notifications.rendering.invites import Invite
from notifications.rendering.links import fill
from notifications.rendering.mail import UNSUBSCRIBE_SALT, Letter
from notifications.rendering.plain import segments
from notifications.rendering.sms import fits
from notifications.states import Channel, Kind

__all__ = [
    "UNSUBSCRIBE_SALT",
    "Invite",
    "Letter",
    "clock",
    "fill",
    "fits",
    "letter",
    "national",
    "render",
    "segments",
    "voice",
]
WORDLESS = (Channel.WEBHOOK, Channel.STAFF)


def letter(message: Message) -> Letter:
    """The whole e-mail, to a patient or to somebody of the staff."""
    return alert.letter(message) if message.kind == Kind.ALERT else mail.letter(message)


def render(message: Message) -> str:
    """What this message says, with {link} for the link; nothing for a calendar, which gets data, or a call by staff."""
    if message.channel in WORDLESS:
        return ""
    if message.channel == Channel.VOICE:
        return voice.render(message)
    return letter(message).stored if message.channel == Channel.EMAIL else sms.render(message)
