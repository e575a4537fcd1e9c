"""Advancing a slot in tests: every step is taken twice, and the second time must change nothing."""

from collections import Counter
from datetime import datetime
from typing import Any

from audit.models import Entry
from matching import cascade, claims, work
from matching.models import Offer, SentWave
from matching.policy.policies import Policy, Wave
from notifications.models import Message
from tests.factories import NOW
from waitlist.models import Slot, WaitlistEntry


def policy(*waves: Wave, **fields: Any) -> Policy:
    """The same waves for a short and a long lead."""
    return Policy(**{"name": "test", "short": waves, "long": waves, **fields})


def step(slot: Slot, now: datetime) -> int:
    """What `advance` asked; once more at once, it does nothing."""
    asked = cascade.advance(slot.pk, now=now)
    before = rows()
    assert cascade.advance(slot.pk, now=now) == 0
    assert rows() == before
    slot.refresh_from_db()
    assert slot.pk not in work.due(now=now, limit=100)  # or the sweep would go round and round
    return asked


def rows() -> list[list[tuple[Any, ...]]]:
    models = (Slot, Offer, SentWave, Message, WaitlistEntry, Entry)
    return [list(model.objects.order_by("pk").values_list()) for model in models]


def told() -> None:
    """As if the carrier had taken every offer."""
    Message.objects.filter(kind="offer", status="pending").update(status="sent")


def asked(slot: Slot) -> list[int]:
    """The wishes asked, in the order they were."""
    return list(slot.offers.order_by("wave", "pk").values_list("entry_id", flat=True))


def states(slot: Slot) -> Counter[str]:
    return Counter(slot.offers.values_list("state", flat=True))


def decline_all(slot, *, now=NOW) -> None:
    for offer in slot.offers.filter(state="pending"):
        claims.decline(offer.pk, reason="", via="link", now=now)
