"""The staff's call list as a channel: it stands there from the moment it is written; due, and nobody has called, it is
over: they could not be reached."""

from collections.abc import Collection
from datetime import datetime

from notifications.channels.base import Outcome, Result
from notifications.models import Message


def send(message: Message, *, now: datetime) -> Result:
    """Its hour is over."""
    return Result(Outcome.FAILED, code="unreachable", detail="Nobody called them in time.")


def find(message: Message, *, taken: Collection[str], now: datetime) -> Result:
    """Nothing is on its way that could be looked for: the same as if it were sent now."""
    return Result(Outcome.ABSENT)
