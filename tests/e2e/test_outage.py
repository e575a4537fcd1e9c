"""The carrier is away for a while: clocks stand still, and everybody is told once when it is back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from matching import cascade
from matching.models import Offer
from matching.policy.policies import Wave
from notifications.models import Message, Outage
from tests.factories import World
from tests.fakes import FakeTwilio
from tests.harness import eventually
from tests.matching.steps import policy

pytestmark = pytest.mark.worker


def test_a_carrier_that_is_away_and_comes_back(make_stack):
    twilio = FakeTwilio().start()
    twilio.goes_away()
    make_stack(DEMO="0", **twilio.environment)
    world = World(is_open_any_hour=True, policy=policy(Wave(size=3, window_minutes=30)))
    for _ in range(3):
        world.entry()
    now = timezone.now()
    slot = world.slot(now + timedelta(hours=30), next_wave_at=now, opened_at=now)
    assert cascade.advance(slot.pk, now=now) == 3
    eventually(lambda: Outage.objects.filter(channel="sms", ended_at=None).exists(), seconds=60)
    promised = dict(Offer.objects.values_list("pk", "expires_at"))

    twilio.comes_back()
    try:
        eventually(lambda: Outage.objects.filter(ended_at=None).count() == 0, seconds=90)
        eventually(lambda: Message.objects.filter(status="sent").count() == 3, seconds=90)
        eventually(lambda: Offer.objects.filter(thawed_to=None).count() == 0, seconds=30)
        assert len(twilio.texts) == len({text.to for text in twilio.texts}) == 3
        outage = Outage.objects.get()
        for offer in Offer.objects.all():
            lost = outage.ended_at - max(outage.started_at, offer.offered_at)
            assert (offer.state, offer.expires_at >= promised[offer.pk] + lost) == ("pending", True)
    finally:
        twilio.stop()
