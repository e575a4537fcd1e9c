"""A time of a service that asks something after the yes, offered to a few people who heard of it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from matching import cascade
from matching.models import Offer
from notifications.models import Message
from tests.at_once import while_uncommitted
from tests.factories import NOW, World
from waitlist import slots
from waitlist.models import Slot

PROMPT = "Any allergies or medicines we should know of?"
MINUTE = timedelta(minutes=1)


def offered(people: int = 3, *, prompt: str = PROMPT, more: int = 0, **fields: Any) -> tuple[World, Slot, list[Offer]]:
    """A slot whose first wave went to `people`; `more` wait who were not asked yet."""
    world = World(**fields)
    world.service.details_prompt = prompt
    world.service.save()
    for _ in range(people):
        world.entry()
    slot = world.slot()
    cascade.advance(slot.pk, now=NOW)
    slot.refresh_from_db()
    made = list(slot.offers.order_by("pk"))
    assert len(made) == people
    told(made)
    for _ in range(more):
        world.entry()
    return world, slot, made


def told(offers: list[Offer]) -> None:
    """As if the carrier had taken every offer."""
    Message.objects.filter(offer__in=offers, kind="offer").update(status="sent", sent_at=NOW)


def fresh(row: Any) -> Any:
    row.refresh_from_db()
    return row


def meanwhile(slot: Slot, act: Callable[[Slot], Any], call: Callable[[], Any]) -> Any:
    """What `call` finds that comes while `act`, on the locked slot, is done but not committed."""
    return while_uncommitted(lambda: act(slots.lock_slot(slot.pk)), call)


def after(minutes: float) -> datetime:
    return NOW + minutes * MINUTE
