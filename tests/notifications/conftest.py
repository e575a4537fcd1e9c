"""One offer told or about to be told, and a clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from matching.models import Offer
from notifications import outbox
from notifications.models import ContactPoint, Message
from notifications.outbox import Route
from tests import factories
from tests.factories import NOW
from waitlist.models import Patient, Slot


@dataclass
class Told:
    """A world with one offer whose text waits in the outbox."""

    world: factories.World
    slot: Slot
    offer: Offer
    patient: Patient
    point: ContactPoint
    message: Message

    def deliver(self, now: datetime = NOW) -> Message:
        outbox.deliver(self.message.pk, now=now)
        self.message.refresh_from_db()
        return self.message

    def news(self, kind: str, now: datetime = NOW) -> Message:
        outbox.enqueue_news(kind, [self.offer], now=now)
        return Message.objects.get(kind=kind, offer=self.offer)


def tell(world: factories.World, **fields) -> Told:
    """An offer of a new slot to a new patient, its message pending."""
    patient = factories.patient(world.clinic, **fields)
    slot = world.slot(NOW + timedelta(hours=30 + Slot.objects.count()), state="offering")
    offer = world.offer(slot, world.entry(patient))
    point = patient.contact_points.get(kind="phone")
    outbox.enqueue_offers(slot, [(offer, [Route(point.pk, "sms", NOW)])], now=NOW)
    return Told(world, slot, offer, patient, point, Message.objects.get(offer=offer))


@pytest.fixture
def world(db):
    return factories.World()


@pytest.fixture
def told(world):
    return tell(world)


def minutes(n: float) -> datetime:
    return NOW + timedelta(minutes=n)
