"""kill -9 at the worst moments: everything goes on, no message twice, none lost."""

from collections import Counter
from datetime import timedelta

import pytest
import redis
from django.utils import timezone

from matching import cascade, claims
from matching.models import Offer
from matching.tasks import sweep_cascades
from notifications.models import Message, SimulatedText
from tests.factories import World
from tests.harness import Stack, eventually
from waitlist import schedule
from waitlist.models import Slot

pytestmark = pytest.mark.worker
SWEEPS_SECONDS = 60  # several five-second sweeps, and a worker that waits longer and longer for its broker


def cancelled(people: int) -> Slot:
    """A clinic where somebody has just cancelled an appointment and `people` would like it."""
    world = World(is_open_any_hour=True)
    for _ in range(people):
        world.entry()
    now = timezone.now()
    slot = schedule.cancel(world.appointment(now + timedelta(days=2)).pk, reason="ill", by="clinic", now=now).slot
    assert slot is not None
    return slot


def texts(slot: Slot, kind: str = "offer") -> Counter:
    """How often the carrier was given each message of the slot."""
    return Counter(
        SimulatedText.objects.filter(message__slot=slot, message__kind=kind).values_list("message", flat=True)
    )


def everybody_was_texted_once(slot: Slot, people: int, kind: str = "offer") -> bool:
    eventually(lambda: len(texts(slot, kind)) == people, seconds=SWEEPS_SECONDS)
    return set(texts(slot, kind).values()) == {1}


def forget_nudges(stack: Stack) -> None:
    """What was on its way through the broker is lost."""
    redis.Redis.from_url(stack.redis_url).flushdb()


def test_the_worker_dies_after_the_slot_opened(stack: Stack) -> None:
    stack.kill_worker()
    slot = cancelled(people=4)
    forget_nudges(stack)
    stack.start_worker()
    assert everybody_was_texted_once(slot, 4)


def test_the_worker_dies_after_the_offers_were_made(stack: Stack) -> None:
    stack.kill_worker()
    slot = cancelled(people=4)
    cascade.advance(slot.pk, now=timezone.now())
    forget_nudges(stack)
    assert texts(slot) == {}
    stack.start_worker()
    assert everybody_was_texted_once(slot, 4)


def test_the_worker_dies_again_and_again_while_it_sends(stack: Stack) -> None:
    slots = [cancelled(people=5) for _ in range(3)]
    for _ in range(3):
        stack.kill_worker()
        stack.start_worker()
    for slot in slots:
        assert everybody_was_texted_once(slot, 5)


def test_the_broker_dies_in_the_middle_of_a_cascade(stack: Stack) -> None:
    slot = cancelled(people=7)
    assert everybody_was_texted_once(slot, 5)
    stack.kill_broker()
    for offer in slot.offers.all():
        claims.decline(offer.pk, reason="", via="link", now=timezone.now())  # their nudges are lost
    stack.start_broker()
    assert everybody_was_texted_once(slot, 7)


def test_the_broker_dies_before_the_losers_are_told(stack: Stack) -> None:
    slot = cancelled(people=3)
    assert everybody_was_texted_once(slot, 3)
    eventually(lambda: not Message.objects.filter(slot=slot).exclude(status__in=["sent", "delivered"]).exists())
    stack.kill_broker()
    assert claims.claim(slot.offers.order_by("pk")[0].pk, via="link", now=timezone.now()) == "booked"
    stack.start_broker()
    assert everybody_was_texted_once(slot, 2, kind="retracted")
    assert everybody_was_texted_once(slot, 1, kind="booked")
    assert Counter(Offer.objects.values_list("state", flat=True)) == {"accepted": 1, "retracted": 2}


def test_the_broker_dies_while_the_worker_has_tasks_in_hand(stack: Stack) -> None:
    worker, broker = stack.children["worker"], redis.Redis.from_url(stack.redis_url)
    stack.kill_beat()
    with stack.frozen_pool():
        for _ in range(10):
            sweep_cascades.apply_async()
        eventually(lambda: broker.llen("celery") < 10)
        stack.kill_broker()
        stack.start_broker()
        eventually(lambda: stack.ask_worker("ping"), seconds=SWEEPS_SECONDS)
    stack.start_beat()
    assert everybody_was_texted_once(cancelled(people=3), 3)
    assert worker.poll() is None
