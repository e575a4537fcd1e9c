"""The demo's carrier makes calls too: each rings on the phones on the screen until somebody there picks up, or not."""

from collections.abc import Collection
from datetime import datetime

from notifications.channels.base import Outcome, Result
from notifications.models import Message, SimulatedCall


def send(message: Message, *, now: datetime) -> Result:
    """It rings; what becomes of it is reported as a real carrier reports it."""
    call = SimulatedCall.objects.create(message=message, at=now, changed_at=now)
    return Result(Outcome.SENT, call_id(call))


def find(message: Message, *, taken: Collection[str], now: datetime) -> Result:
    """Its own store knows."""
    call = SimulatedCall.objects.filter(message=message).first()
    return Result(Outcome.SENT, call_id(call)) if call else Result(Outcome.ABSENT)


def call_id(call: SimulatedCall) -> str:
    return f"simulated-call-{call.pk}"
