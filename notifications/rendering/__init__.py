"""Words: what a text or an e-mail says, from facts frozen when it was written. Links are filled in only to send."""

from notifications.models import Message
from notifications.rendering import sms
from notifications.rendering.facts import clock, national
from notifications.rendering.mail import UNSUBSCRIBE_SALT, Letter, letter
from notifications.rendering.sms import fill, fits, segments
from notifications.states import Channel

__all__ = ["UNSUBSCRIBE_SALT", "Letter", "clock", "fill", "fits", "letter", "national", "render", "segments"]


def render(message: Message) -> str:
    """What this message says, with {link} for the link; nothing for a calendar, which gets data."""
    if message.channel == Channel.WEBHOOK:
        return ""
    return letter(message).stored if message.channel == Channel.EMAIL else sms.render(message)
