"""The demo's phones: texts as the carrier got them, links that open, replies that count as real ones."""

import json

import pytest
from django.urls import reverse

from matching import tokens
from matching.models import Offer
from notifications import outbox
from notifications.models import ContactPoint, InboundMessage, Message, SimulatedText
from tests import factories
from tests.factories import NOW
from tests.notifications.conftest import minutes, tell

pytestmark = pytest.mark.django_db


def phones(client):
    return client.get("/demo/phones.json").json()["phones"]


@pytest.fixture
def reached(told, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    told.deliver()
    return told


def test_no_texts_no_phones(client, world):
    assert phones(client) == []
    assert "All quiet" in client.get(reverse("demo-phones")).text


def test_a_text_is_shown_as_the_carrier_got_it(client, reached):
    (phone,) = phones(client)
    assert set(phone) == {"number", "patient", "messages"}
    assert (phone["number"], phone["patient"]) == (reached.point.value, reached.patient.name)
    (message,) = phone["messages"]
    assert set(message) == {"id", "at", "direction", "text", "link"}
    assert message["direction"] == "out"
    assert message["link"] == tokens.link(reached.offer.public_id)
    assert message["link"] in message["text"]
    page = client.get(reverse("demo-phones")).text
    assert f'href="{message["link"]}" target="page"' in page
    assert "after the time opened" in page


def test_a_text_sent_twice_would_show_twice(client, reached):
    SimulatedText.objects.create(message=reached.message, at=NOW)
    assert len(phones(client)[0]["messages"]) == 2


def test_yes_from_the_phone_books(client, reached):
    answer = client.post(reverse("demo-reply", args=[reached.point.pk]), {"text": "YES"})
    assert answer.status_code == 302
    assert Offer.objects.get().state == "accepted"
    assert [message["direction"] for message in phones(client)[0]["messages"]] == ["out", "in"]
    outbox.deliver_due(now=minutes(1))
    assert phones(client)[0]["messages"][-1]["text"].startswith(reached.world.clinic.name)


def test_stop_from_the_phone_and_htmx_gets_the_shelf(client, reached):
    answer = client.post(
        reverse("demo-reply", args=[reached.point.pk]), {"text": "STOP"}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 200
    assert 'id="shelf"' in answer.text
    assert ContactPoint.objects.get(pk=reached.point.pk).stopped_at
    assert client.post(reverse("demo-reply", args=[reached.point.pk]), {"text": " "}).status_code == 302
    assert InboundMessage.objects.count() == 1


def test_the_shelf_is_sent_again_only_when_it_changed(client, reached):
    url = reverse("demo-shelf")
    first = client.get(url, {"seen": "0-0-0"})
    assert first.status_code == 200
    assert "buzz" in first.text
    seen = first.context["seen"]
    assert client.get(url, {"seen": seen}).status_code == 204
    other = tell(reached.world)
    other.deliver(minutes(1))
    again = client.get(url, {"seen": seen})
    assert again.status_code == 200
    assert again.text.count("buzz") == 1
    assert again.text.index(f'id="phone-{other.point.pk}"') < again.text.index(f'id="phone-{reached.point.pk}"')
    assert client.get(url, {"seen": "nonsense"}).status_code == 200


def test_a_family_phone_names_everybody(client, world):
    for name in ("Ana", "Ben"):
        tell(world, phone="+14155550123", first_name=name, last_name="Ortiz").deliver()
    (phone,) = phones(client)
    assert phone["patient"] == "Ana Ortiz & Ben Ortiz"
    assert len(phone["messages"]) == 2


def test_e_mails_show_on_the_page_and_not_among_the_texts(client, world):
    told = tell(world, email="ana@example.com")
    told.deliver()
    mail = Message.objects.create(
        clinic=world.clinic, kind="offer", channel="email", contact_point=told.patient.contact_points.get(kind="email"),
        patient=told.patient, offer=told.offer, slot=told.slot, dedupe_key="mail", context=told.message.context,
        next_attempt_at=NOW, created_at=NOW,
    )  # fmt: skip
    outbox.deliver(mail.pk, now=NOW)
    page = client.get(reverse("demo-phones")).text
    assert "E-mail: A time has opened up" in page
    assert page.count('<a target="page" href="http') == 2, "the offer, and the way out"
    assert len(phones(client)[0]["messages"]) == 1


def test_the_page_costs_the_same_queries_for_one_phone_and_for_three(client, world, django_assert_max_num_queries):
    for _ in range(3):
        tell(world).deliver()
        with django_assert_max_num_queries(9):
            client.get(reverse("demo-phones"))


def test_only_the_demo_frames_patients_pages_and_only_in_itself(client, reached):
    page = client.get(f"/o/{tokens.make(reached.offer.public_id)}")
    assert page["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in page["Content-Security-Policy"]
    for address in ("/v/x", "/unsubscribe/x/", "/join/x/"):
        assert client.get(address)["X-Frame-Options"] == "SAMEORIGIN"
    board = client.get("/accounts/login/")
    assert board["X-Frame-Options"] == "DENY"


def test_the_json_is_plain(client, reached):
    assert json.loads(client.get("/demo/phones.json").text) == {"phones": phones(client)}


def test_anybody_may_look_since_the_demo_serves_this_machine_only(client, db):
    factories.clinic()
    for name in ("demo-phones", "demo-shelf", "demo-phones-json", "demo-blank"):
        assert client.get(reverse(name)).status_code == 200
