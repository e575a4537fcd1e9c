"""A worker that freezes for longer than its lease on a message, and wakes when others have seen to it."""

import os
import signal
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from notifications.models import Message
from ops import doctor
from tests.factories import World
from tests.fakes import FakeTwilio
from tests.faults.matrix import matrix
from tests.harness import eventually
from waitlist import schedule
from waitlist.states import CancelledBy

pytestmark = pytest.mark.django_db(transaction=True)


def test_frozen_after_the_hand_over_the_text_goes_out_once():
    with matrix() as house:
        peace = house.undisturbed("deliver")
        struck = house.strike("deliver", peace.number("after the hand-over"), peace, blow="freeze")
    assert struck.survived, struck


def test_frozen_before_the_hand_over_the_second_text_is_marked():
    """Nobody can know that it will wake and send: the carrier has nothing, so another sends it, and the row says so."""
    with matrix() as house:
        peace = house.undisturbed("deliver")
        struck = house.strike("deliver", peace.number("before the hand-over"), peace, blow="freeze")
    assert list(struck.added) == [("text", "offer", "P0")] and struck.sent_twice == 1
    assert not (struck.lost or struck.promised_twice or struck.violations), struck
    (twice,) = Message.objects.exclude(resent_at=None)
    assert (twice.patient.first_name, twice.simulated_texts.count()) == ("P0", 2)


def test_a_real_worker_frozen_while_its_carrier_answers(make_stack: Any):
    """It has handed the text over and stands still; another looks it up and records it; then it wakes, too late."""
    with FakeTwilio() as twilio:
        stack = make_stack(DEMO="0", **twilio.environment)
        answered = twilio.holds_its_answer()
        world = World(is_open_any_hour=True)
        world.entry()
        now = timezone.now()
        schedule.cancel(world.appointment(now + timedelta(days=2)).pk, reason="ill", by=CancelledBy.PATIENT, now=now)
        eventually(lambda: len(twilio.texts) == 1, seconds=60)
        frozen, name = stack.children.pop("worker"), stack.worker_name
        os.killpg(frozen.pid, signal.SIGSTOP)
        try:
            mine = Message.objects.filter(kind="offer")
            assert mine.values_list("status", "provider_id").get() == ("sending", None)
            mine.update(next_attempt_at=now)  # its lease is over
            stack.start_worker()
            eventually(lambda: mine.get().status == "sent", seconds=60)
            known = mine.values().get()
            answered.set()
            os.killpg(frozen.pid, signal.SIGCONT)
            stack.worker_name = name
            eventually(stack.worker_is_idle, seconds=60)  # it came to its end, and recorded in vain
            assert mine.values().get() == known
            assert len(twilio.texts) == 1
            assert doctor.examine(world.clinic, now=timezone.now()) == []
        finally:
            answered.set()
            os.killpg(frozen.pid, signal.SIGKILL)
            frozen.wait()
