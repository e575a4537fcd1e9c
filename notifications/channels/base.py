"""What every channel speaks: an outcome, and the two questions it answers."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Protocol

from notifications.models import Message


class Outcome(Enum):
    """What is known after handing over, or after looking for a message of which nothing was known."""

    SENT = auto()
    DELIVERED = auto()
    NOT_SENT = auto()  # surely not processed: may be tried again
    MISCONFIGURED = auto()  # surely not processed, and somebody has to mend something
    FAILED = auto()  # for good
    CONFLICT = auto()  # the calendar had that time taken
    UNKNOWN = auto()  # perhaps processed: look before trying again
    ABSENT = auto()  # looked for and surely not there


@dataclass(frozen=True)
class Result:
    """An outcome with the provider's own id and error code."""

    outcome: Outcome
    provider_id: str | None = None
    code: str = ""
    detail: str = ""


class Transport(Protocol):
    """What a channel's module offers. A remote one is called in a thread, so it touches no rows."""

    def send(self, message: Message, *, now: datetime) -> Result:
        """Hand it over once."""

    def find(self, message: Message, *, taken: Collection[str], now: datetime) -> Result:
        """What became of a message that was perhaps handed over; the ids in `taken` are other messages'."""
