"""E-mail through a real SMTP server: what is in it, and what became of it."""

import pytest
from django.core import mail

from matching import tokens
from notifications.models import ContactPoint, Message
from ops.processes import free_port
from tests.fakes import FakeMailServer, MoodyMailServer
from tests.fakes.moody_mail import DROP
from tests.notifications.conftest import minutes, tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(settings):
    with FakeMailServer() as running:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.DEFAULT_FROM_EMAIL = "Standby <standby@clinic.example>"
        settings.PUBLIC_URL = "https://standby.example"
        yield running


@pytest.fixture
def told(world):
    """Somebody who prefers e-mail."""
    told = tell(world, email="ana@example.com")
    address = told.patient.contact_points.get(kind="email")
    Message.objects.update(channel="email", contact_point=address)
    told.message.refresh_from_db()
    return told


def test_an_offer_by_email(server, told):
    told.world.clinic.email = "desk@clinic.example"
    told.world.clinic.name = "Glow, “Med” Spa"
    told.world.clinic.save()
    message = told.deliver()
    assert message.status == "sent"
    (sent,) = server.mails
    assert sent["to"] == "ana@example.com"
    assert "standby@clinic.example" in sent["from"]
    assert sent["reply-to"] == "desk@clinic.example"
    assert sent["message-id"] == f"<{message.public_id}@standby.example>"
    assert sent["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    link = tokens.link(told.offer.public_id)
    text, page = (sent.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert link in text
    assert f'href="{link}"' in page
    assert told.world.practitioner.name not in text + page
    assert "/o/" not in message.text
    assert "unsubscribe/" not in message.text


def test_no_server_is_tried_again(server, told, settings):
    settings.EMAIL_PORT = free_port()
    message = told.deliver()
    assert (message.status, message.error_code) == ("pending", "ConnectionRefusedErr")
    settings.EMAIL_PORT = server.port
    assert told.deliver(message.next_attempt_at).status == "sent"
    assert len(server.mails) == 1


@pytest.mark.parametrize(
    ("answer", "status"), [("550 No such user", "failed"), ("450 Greylisted, try again", "pending")]
)
def test_refused_for_good_and_for_now(server, told, answer, status):
    server.refuse.append(answer)
    message = told.deliver()
    assert (message.status, message.error_code) == (status, answer[:3])


def test_a_mail_nobody_can_say_was_taken_is_not_sent_twice(server, told, settings):
    with MoodyMailServer(dot=DROP) as moody:
        settings.EMAIL_PORT = moody.port
        assert told.deliver().status == "unknown"
        settings.EMAIL_PORT = server.port
        assert told.deliver(minutes(5)).status == "unknown"
        assert told.deliver(minutes(60 * 25)).error_code == "unresolved"
        assert not server.mails and len(moody.bodies) == 1


def test_one_click_ends_it(server, told, client):
    told.deliver()
    url = server.mails[0]["list-unsubscribe"].strip(" <>").removeprefix("https://standby.example")
    assert client.get(url).status_code == 200
    address = ContactPoint.objects.get(kind="email")
    assert address.stopped_at is None, "GET asks only"
    answer = client.post(url, {"List-Unsubscribe": "One-Click"})
    assert "No more e-mails" in answer.text
    assert (answer["Cache-Control"], answer["Referrer-Policy"]) == ("no-store", "no-referrer")
    address.refresh_from_db()
    assert address.stopped_at is not None
    assert address.consents.first().source == "form"
    assert client.post(url).status_code == 200
    assert client.get(url[:-3] + "x/").status_code == 404
    assert not ContactPoint.objects.get(kind="phone").stopped_at, "the phone is another matter"


def test_other_backends_work_too(told):
    assert told.deliver().status == "sent"
    assert len(mail.outbox) == 1
