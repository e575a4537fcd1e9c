"""Ways out of the house. A channel hands one message over and says what became of it; it writes no message rows."""

from django.conf import settings

from notifications.channels import email, memory, outreach, simulator, simulator_calls, twilio, voice, webhook
from notifications.channels.base import Outcome, Result, Transport
from notifications.channels.twilio_http import line
from notifications.models import Message
from notifications.states import Channel

__all__ = ["Outcome", "Result", "Transport", "is_paced", "is_remote", "line", "of"]
ALWAYS: dict[str, Transport] = {Channel.EMAIL: email, Channel.WEBHOOK: webhook, Channel.STAFF: outreach}
CARRIERS: dict[str, dict[str, Transport]] = {  # by settings.SMS_TRANSPORT
    "twilio": {Channel.SMS: twilio, Channel.VOICE: voice},
    "simulator": {Channel.SMS: simulator, Channel.VOICE: simulator_calls},
    "memory": {Channel.SMS: memory, Channel.VOICE: memory},
}


def of(message: Message) -> Transport:
    """The way this message goes."""
    return (ALWAYS | CARRIERS[settings.SMS_TRANSPORT])[message.channel]


def is_remote(message: Message) -> bool:
    """Whether its provider is somewhere else, and may take its time."""
    return of(message) not in (simulator, simulator_calls, memory, outreach)


def is_paced(message: Message) -> bool:
    """Whether its provider takes so many a second from one number and no more."""
    return of(message) in (twilio, voice)
