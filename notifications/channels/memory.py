"""A double for tests: what is handed over stands in a list, as with Django's mail outbox, and nothing goes anywhere."""

from collections.abc import Collection
from datetime import datetime

from notifications.channels.base import Outcome, Result
from notifications.models import Message

handed_over: list[Message] = []


def send(message: Message, *, now: datetime) -> Result:
    """Remembered, and nothing is heard of it again."""
    handed_over.append(message)
    return Result(Outcome.SENT, f"memory-{message.public_id}")


def find(message: Message, *, taken: Collection[str], now: datetime) -> Result:
    """Whether it was handed over in this process."""
    known = any(one.pk == message.pk for one in handed_over)
    return Result(Outcome.SENT, f"memory-{message.public_id}") if known else Result(Outcome.ABSENT)
