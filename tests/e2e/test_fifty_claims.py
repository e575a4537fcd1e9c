"""Fifty people tap at the same moment: one booking, forty-nine polite answers, over real HTTP."""

import re
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import requests
from django.utils import timezone

from matching import tokens
from tests.factories import World
from tests.harness import Stack
from waitlist.models import Appointment

pytestmark = pytest.mark.worker


def test_one_is_booked_and_nobody_is_shown_an_error(stack: Stack) -> None:
    now = timezone.now()
    world = World(is_open_any_hour=True)
    slot = world.slot(now + timedelta(days=2), next_wave_at=None)
    offers = [world.offer(slot, world.entry(), offered_at=now, expires_at=now + timedelta(hours=1)) for _ in range(50)]
    barrier = threading.Barrier(len(offers))

    def tap(public_id: str) -> tuple[int, str]:
        barrier.wait()
        answer = requests.post(f"{stack.url}/o/{tokens.make(public_id)}/claim", timeout=30)
        shown = re.search(r'data-outcome="(\w+)"', answer.text)
        return answer.status_code, shown.group(1) if shown else answer.text[:200]

    with ThreadPoolExecutor(len(offers)) as pool:
        answers = Counter(pool.map(tap, [offer.public_id for offer in offers]))
    assert sum(count for (status, _), count in answers.items() if status >= 500) == 0, answers
    outcomes = Counter(outcome for (_, outcome), count in answers.items() for _ in range(count))
    assert outcomes == {"booked": 1, "taken": 49}
    assert Appointment.objects.filter(status="booked").count() == 1
    assert Counter(slot.offers.values_list("state", flat=True)) == {"accepted": 1, "retracted": 49}
