"""The demo's carrier: it keeps every text it is handed, and delivers it at once to the phones on the screen."""

from collections.abc import Collection
from datetime import datetime

from notifications.channels.base import Outcome, Result
from notifications.models import Message, SimulatedText


def send(message: Message, *, now: datetime) -> Result:
    """Kept durably, before we are told so."""
    text = SimulatedText.objects.create(message=message, at=now)
    return Result(Outcome.DELIVERED, f"simulated-{text.pk}")


def find(message: Message, *, taken: Collection[str], now: datetime) -> Result:
    """Its own store knows."""
    text = SimulatedText.objects.filter(message=message).first()
    return Result(Outcome.DELIVERED, f"simulated-{text.pk}") if text else Result(Outcome.ABSENT)
