"""How much a message may say (decision R1): 0 nobody and nothing, 1 first name and provider, 2 the service, too."""

from notifications.models import Message
from notifications.states import Purpose

MOST = 2


def of(message: Message) -> int:
    """As it was frozen, unless the clinic says less by now, or consent to detail has been withdrawn since."""
    frozen = min(int(message.context.get("level", 0)), MOST)
    if frozen <= 0 or message.contact_point is None:
        return 0
    return min(frozen, message.clinic.content_level) if allows(message.contact_point.granted, message.channel) else 0


def allows(granted: list[str], channel: str) -> bool:
    """Whether what is allowed at a number or address includes detail by this channel."""
    return f"{Purpose.DETAIL}:{channel}" in granted
