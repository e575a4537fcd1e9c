"""Ways out of the house. A channel hands one message over and says what became of it; it writes no message rows."""

from django.conf import settings

from notifications.channels import email, outreach, simulator, simulator_calls, twilio, voice, webhook
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
    if message.channel == Channel.VOICE:
        callers: dict[str, Transport] = {"simulator": simulator_calls, "twilio": voice}
        return callers[settings.SMS_TRANSPORT]
    transports: dict[str, Transport] = {"simulator": simulator, "twilio": twilio}
    return transports[settings.SMS_TRANSPORT]


def is_remote(message: Message) -> bool:
    """Whether its provider is somewhere else, and may take its time."""
    return of(message) not in (simulator, simulator_calls, outreach)


def is_paced(message: Message) -> bool:
    """Whether its provider takes so many a second from one number and no more."""
    return of(message) in (twilio, voice)
