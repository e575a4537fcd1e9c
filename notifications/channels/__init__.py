"""Ways out of the house. A channel hands one message over and says what became of it; it writes no message rows."""

from django.conf import settings

from notifications.channels import email, simulator, twilio, webhook
from notifications.channels.base import Outcome, Result, Transport
from notifications.models import Message
from notifications.states import Channel

__all__ = ["Outcome", "Result", "Transport", "of"]


def of(message: Message) -> Transport:
    """The way this message goes."""
    if message.channel == Channel.EMAIL:
        return email
    if message.channel == Channel.WEBHOOK:
        return webhook
    transports: dict[str, Transport] = {"simulator": simulator, "twilio": twilio}
    return transports[settings.SMS_TRANSPORT]
