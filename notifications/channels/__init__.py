"""Ways out of the house. A channel hands one message over and says what became of it; it writes no message rows."""

from django.conf import settings

from notifications.channels import email, outreach, simulator, twilio, webhook
from notifications.channels.base import Outcome, Result, Transport
from notifications.models import Message
from notifications.states import Channel

__all__ = ["Outcome", "Result", "Transport", "is_paced", "is_remote", "of"]


def of(message: Message) -> Transport:
    """The way this message goes."""
    if message.channel == Channel.EMAIL:
        return email
    if message.channel == Channel.WEBHOOK:
        return webhook
    if message.channel == Channel.STAFF:
        return outreach
    transports: dict[str, Transport] = {"simulator": simulator, "twilio": twilio}
    return transports[settings.SMS_TRANSPORT]


def is_remote(message: Message) -> bool:
    """Whether its provider is somewhere else, and may take its time."""
    return of(message) not in (simulator, outreach)


def is_paced(message: Message) -> bool:
    """Whether its provider takes so many a second from one number and no more."""
    return of(message) is twilio
