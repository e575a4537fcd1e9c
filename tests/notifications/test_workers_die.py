"""kill -9 of a real worker while Twilio has the text and we have no answer: found again, never repeated."""

from datetime import timedelta

import pytest
from django.utils import timezone

from notifications import outbox
from notifications.models import Message
from notifications.outbox import Route
from tests.factories import World
from tests.fakes import FakeTwilio
from tests.harness import eventually

pytestmark = pytest.mark.worker


def test_a_worker_killed_while_the_carrier_answers(make_stack):
    with FakeTwilio() as twilio:
        stack = make_stack(DEMO="0", **twilio.environment)
        twilio.trouble.append(("hang", 8))
        world = World(is_open_any_hour=True)
        now = timezone.now()
        slot = world.slot(now + timedelta(hours=30), state="offering", next_wave_at=now + timedelta(hours=1))
        offer = world.offer(slot, offered_at=now, expires_at=now + timedelta(hours=1))
        point = offer.patient.contact_points.get()
        outbox.enqueue_offers(slot, [(offer, [Route(point.pk, "sms", now)])], now=now)
        eventually(lambda: len(twilio.texts) == 1)
        stack.kill_worker()
        message = Message.objects.get()
        assert (message.status, message.provider_id) == ("sending", None)

        Message.objects.update(next_attempt_at=now)  # its lease is over
        stack.start_worker()
        eventually(lambda: Message.objects.get().status == "sent", seconds=30)
        assert Message.objects.get().provider_id == twilio.texts[0].sid
        twilio.report(twilio.texts[0], "delivered")
        assert Message.objects.get().status == "delivered"
        twilio.reply(stack.url, sender=point.value, to=world.clinic.sms_sender, body="YES")
        eventually(lambda: [text.body for text in twilio.to(point.value)][1:], seconds=20)
        assert "booked" in twilio.texts[1].body
        assert len(twilio.texts) == 2
