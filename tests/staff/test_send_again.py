"""What did not arrive is sent again by staff: once, and under every rule."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from notifications import consent, outbox
from notifications.models import Message
from notifications.outbox.queue import freeze
from tests.at_once import at_once
from tests.factories import World
from tests.staff.test_calls import asked

pytestmark = pytest.mark.django_db


def messages_page(staff: Client, message: Message) -> str:
    return staff.get(reverse("slot", args=[message.slot_id]), {"tab": "messages"}).content.decode()


def press(staff: Client, message: Message) -> str:
    address = reverse("slot-message-again", args=[message.slot_id, message.pk])
    return staff.post(address, follow=True).content.decode()


@pytest.fixture
def failed(world: World) -> Message:
    message = Message.objects.get(offer=asked(world, "failed"))
    message.not_after = timezone.now() + timedelta(hours=1)
    message.context = freeze(message.slot, message.patient, message.offer)
    message.save()
    return message


def test_a_failed_text_goes_again_once(staff: Client, failed: Message):
    assert "Send again" in messages_page(staff, failed)
    assert "On its way again" in press(staff, failed)
    (again,) = failed.followed_by.all()
    assert (again.kind, again.channel, again.status) == ("offer", "sms", "pending")
    assert again.contact_point == failed.contact_point
    assert Entry.objects.filter(verb="message.sent_again", object_id=again.pk).exists()
    assert "sent again before" in press(staff, failed)
    assert Message.objects.filter(kind="offer").count() == 2
    assert "Send again" not in messages_page(staff, failed)


@pytest.mark.parametrize("status", ["pending", "sent", "delivered", "unknown", "dropped"])
def test_what_arrived_or_may_arrive_yet_is_not_sent_again(staff: Client, failed: Message, status: str):
    Message.objects.update(status=status)
    assert "Send again" not in messages_page(staff, failed)
    press(staff, failed)
    assert Message.objects.count() == 1


def test_too_late_it_is_not_sent_again(staff: Client, failed: Message):
    Message.objects.update(not_after=timezone.now())
    press(staff, failed)
    assert Message.objects.count() == 1


def test_after_stop_it_is_refused_again(staff: Client, failed: Message):
    consent.stop(failed.contact_point, source="keyword", now=timezone.now())
    press(staff, failed)
    (again,) = failed.followed_by.all()
    outbox.deliver(again.pk, now=timezone.now())
    again.refresh_from_db()
    assert (again.status, again.refused_by) == ("refused", "stopped")


def test_that_of_another_clinic_is_not_found(staff: Client):
    theirs = Message.objects.get(offer=asked(World(), "failed"))
    address = reverse("slot-message-again", args=[theirs.slot_id, theirs.pk])
    assert staff.post(address).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_two_who_press_at_once_have_pressed_once(world: World):
    message = Message.objects.get(offer=asked(world, "failed"))
    at_once([lambda: outbox.send_again(message, now=timezone.now())] * 4)
    assert message.followed_by.count() == 1
