"""Calls on the demo's phones: they ring, say what Twilio would say, and their keys count as real ones."""

import pytest
from django.urls import reverse

from matching.models import Offer
from notifications import outbox
from notifications.models import ContactPoint, Message, SimulatedCall
from tests.factories import NOW
from tests.notifications.conftest import minutes
from tests.notifications.test_calls import to_call

pytestmark = pytest.mark.django_db


@pytest.fixture
def ringing(world, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: minutes(1))
    told = to_call(world)
    told.deliver()
    return told


@pytest.fixture
def press(client):
    """A button of the phone's, by its name."""

    def press(key):
        call = SimulatedCall.objects.get()
        return client.post(reverse("demo-call", args=[call.pk]), {"key": key}, headers={"HX-Request": "true"}).text

    return press


def status(told):
    told.message.refresh_from_db()
    return told.message.status, told.message.error_code


def test_it_rings_until_somebody_does_something(client, ringing):
    page = client.get(reverse("demo-phones")).text
    assert "Incoming call" in page and ringing.world.clinic.name in page
    assert ringing.message.text not in page
    assert f"Call to {ringing.patient.name}" in page
    assert 'value="YES"' not in page, "a phone that rings shows its call"
    assert status(ringing) == ("sent", "")
    seen = client.get(reverse("demo-shelf"), {"seen": "0-0-0"}).context["seen"]
    assert client.get(reverse("demo-shelf"), {"seen": seen}).status_code == 204


def test_answered_it_says_the_offer_and_one_books(ringing, press):
    page = press("answer")
    assert ringing.message.text in page and "On the phone" in page
    assert status(ringing) == ("delivered", "")
    page = press("1")
    assert "it is yours" in page and "Call ended" in page and "<kbd>1</kbd>" in page
    assert Offer.objects.get().answered_by == "call"
    outbox.deliver_due(now=minutes(2))
    assert Message.objects.get(kind="booked").status == "delivered"


def test_left_to_ring_is_no_answer(ringing, press):
    assert "Missed call" in press("ring")
    assert status(ringing) == ("undelivered", "no-answer")
    assert "Missed call" in press("answer"), "too late to pick up"
    assert Offer.objects.get().state == "pending"


def test_two_passes_and_nine_stops(ringing, press):
    press("answer")
    press("2")
    assert Offer.objects.get().state == "declined"
    second = to_call(ringing.world)
    second.deliver()
    SimulatedCall.objects.filter(message=ringing.message).delete()
    press("answer")
    assert "no more calls or texts" in press("9")
    assert ContactPoint.objects.get(pk=second.point.pk).stopped_at


def test_saying_nothing_hears_it_twice_and_then_goodbye(ringing, press):
    press("answer")
    assert "Once more" in press("")
    page = press("")
    assert page.count("Said nothing") == 2 and "Call ended" in page
    assert Offer.objects.get().state == "pending"


def test_a_key_of_a_page_that_was_behind_does_nothing(ringing, press):
    press("1")
    assert Offer.objects.get().state == "pending", "nobody has picked up"
    press("answer")
    press("answer")
    assert len(SimulatedCall.objects.get().turns) == 1


def test_a_call_asked_for_twice_would_ring_twice(client, ringing):
    SimulatedCall.objects.create(message=ringing.message, at=NOW, changed_at=NOW)
    assert client.get(reverse("demo-phones")).text.count("Incoming call") == 2


def test_without_javascript_a_button_leads_back_to_the_page(client, ringing):
    answer = client.post(reverse("demo-call", args=[SimulatedCall.objects.get().pk]), {"key": "answer"})
    assert (answer.status_code, answer["Location"]) == (302, reverse("demo-phones"))
    assert client.post(reverse("demo-call", args=[0]), {"key": "answer"}).status_code == 404


def test_a_call_costs_no_more_queries_than_three(client, world, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr("django.utils.timezone.now", lambda: minutes(1))
    for _ in range(3):
        to_call(world).deliver()
        with django_assert_max_num_queries(9):
            client.get(reverse("demo-phones"))
