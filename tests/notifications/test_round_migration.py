"""Who was asked again before messages knew of which time they are still hears of its end."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection
from django.utils import timezone

from notifications import asked
from notifications.models import Message
from notifications.outbox.queue import key
from tests.factories import World

pytestmark = pytest.mark.django_db


def test_the_time_a_message_is_about_is_read_from_its_key():
    world, now = World(), timezone.now()
    offer = world.offer(world.slot(now + timedelta(hours=30), state="offering"), rounds=2)
    about = {"clinic": world.clinic, "offer": offer, "patient": offer.patient, "channel": "sms", "created_at": now}
    about["contact_point"] = offer.patient.contact_points.get()
    for kind, time in (("offer", 1), ("offer", 2), ("retracted", 2), ("withdrawn", 2), ("booked", 1)):
        its_key = key(kind, offer.pk, 7, "sms", time)
        Message.objects.create(kind=kind, dedupe_key=its_key, next_attempt_at=now, **about)
    assert not asked.of([offer]).exists()
    with connection.cursor() as cursor:
        cursor.execute(import_module("notifications.migrations.0009_message_round").ROUNDS_OF_OLD)
    assert list(Message.objects.order_by("pk").values_list("round", flat=True)) == [1, 2, 2, 2, 1]
    assert asked.of([offer]).get().dedupe_key.endswith(":2")
