"""E-mail stage by stage: what is surely not sent, what nobody can say, and what a mail looks like on the wire."""

import re
from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest
from django.core.mail import EmailMessage

from notifications.channels import email
from notifications.models import Message
from tests.factories import NOW
from tests.fakes import FakeMailServer, MoodyMailServer
from tests.fakes.moody_mail import DROP, HANG
from tests.notifications.conftest import minutes, tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(world):
    """Somebody who prefers e-mail."""
    told = tell(world, email="ana@example.com")
    address = told.patient.contact_points.get(kind="email")
    Message.objects.update(channel="email", contact_point=address)
    told.message.refresh_from_db()
    return told


@pytest.fixture
def smtp(settings):
    """smtp(server): mails go there."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "127.0.0.1", "", ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_TIMEOUT = 0.3
    settings.DEFAULT_FROM_EMAIL = "Standby <standby@clinic.example>"
    settings.PUBLIC_URL = "https://standby.example"

    def use(server, **more):
        settings.EMAIL_PORT = server.port
        for name, value in more.items():
            setattr(settings, name, value)
        return server

    return use


LOGIN = {"EMAIL_HOST_USER": "u", "EMAIL_HOST_PASSWORD": "p"}
TLS = {"EMAIL_USE_TLS": True}


@pytest.mark.parametrize(
    ("stage", "answer", "more", "status", "code"),
    [
        ("connect", "421 busy", {}, "pending", "421"),
        ("connect", "554 go away", {}, "pending", "554"),
        ("connect", HANG, {}, "pending", "SMTPServerDisconnect"),
        ("connect", DROP, {}, "pending", "SMTPServerDisconnect"),
        ("EHLO", HANG, {}, "pending", "SMTPServerDisconnect"),
        ("EHLO", DROP, {}, "pending", "SMTPServerDisconnect"),
        ("STARTTLS", "454 not now", TLS, "pending", "454"),
        ("STARTTLS", "554 never", TLS, "pending", "554"),
        ("STARTTLS", HANG, TLS, "pending", "SMTPServerDisconnect"),
        ("AUTH", "454 not now", LOGIN, "pending", "454"),
        ("AUTH", "535 who are you", LOGIN, "pending", "535"),
        ("AUTH", HANG, LOGIN, "pending", "SMTPServerDisconnect"),
        ("MAIL", "451 not now", {}, "pending", "451"),
        ("MAIL", "550 you may not", {}, "pending", "550"),
        ("MAIL", "552 too big", {}, "failed", "552"),
        ("MAIL", HANG, {}, "pending", "SMTPServerDisconnect"),
        ("MAIL", DROP, {}, "pending", "SMTPServerDisconnect"),
        ("RCPT", "450 grey", {}, "pending", "450"),
        ("RCPT", "421 bye", {}, "pending", "421"),
        ("RCPT", "550 nobody", {}, "failed", "550"),
        ("RCPT", "251 will forward", {}, "sent", ""),
        ("RCPT", DROP, {}, "pending", "SMTPServerDisconnect"),
        ("DATA", "451 not now", {}, "pending", "451"),
        ("DATA", "554 no", {}, "failed", "554"),
        ("DATA", HANG, {}, "pending", "SMTPServerDisconnect"),
        ("dot", "451 not now", {}, "pending", "451"),
        ("dot", "554 spam", {}, "failed", "554"),
        ("dot", HANG, {}, "unknown", "SMTPServerDisconnect"),
        ("dot", DROP, {}, "unknown", "SMTPServerDisconnect"),
        ("QUIT", HANG, {}, "sent", ""),
        ("QUIT", DROP, {}, "sent", ""),
    ],
)
def test_every_stage_says_what_became_of_it(smtp, told, stage, answer, more, status, code):
    with MoodyMailServer(**{stage: answer}) as server:
        smtp(server, **more)
        message = told.deliver()
        assert stage in server.stages
        assert (message.status, message.error_code) == (status, code)


@pytest.mark.parametrize(
    ("stage", "more"), [("connect", {}), ("AUTH", LOGIN), ("MAIL", {})], ids=["connect", "auth", "mail"]
)
def test_a_refusal_of_ourselves_is_tried_again_when_somebody_may_have_mended_it(smtp, told, stage, more):
    with MoodyMailServer(**{stage: "550 not you"}) as server:
        smtp(server, **more)
        assert told.deliver().next_attempt_at >= NOW + timedelta(seconds=300)


def test_a_server_without_tls_gets_nothing(smtp, told):
    with MoodyMailServer(EHLO="250 moody.example") as server:
        smtp(server, **TLS)
        message = told.deliver()
        assert (message.status, message.error_code) == ("pending", "SMTPNotSupportedErro")
        assert "MAIL" not in server.stages


def test_what_nobody_can_say_is_not_sent_twice(smtp, told):
    with MoodyMailServer(dot=DROP) as server:
        smtp(server)
        told.deliver()
        told.deliver(minutes(5))
        assert len(server.bodies) == 1


def test_an_address_nobody_can_write_to_has_failed(smtp, told):
    told.message.contact_point.value = "no one\n@example.com"
    told.message.contact_point.save()
    with MoodyMailServer() as server:
        smtp(server)
        assert told.deliver().status == "failed"
        assert server.stages == []


def test_every_line_that_begins_with_a_dot_arrives(smtp, told, monkeypatch):
    body = ".\n..two\n.three\nlong " + "x" * 2_000 + "\nñandú – “fin”\n."
    mail = EmailMessage("Cita: mañana, ¿sí?", body, "desk@clinic.example", ["ana@example.com"])
    monkeypatch.setattr(email, "compose", lambda message: mail)
    with FakeMailServer() as server:
        smtp(server, EMAIL_TIMEOUT=10)
        assert told.deliver().status == "sent"
    (sent,) = server.mails
    assert sent.get_content().replace("\r\n", "\n").rstrip("\n") == body
    assert sent["subject"] == "Cita: mañana, ¿sí?"
    assert max(map(len, server.raw[0].split(b"\r\n"))) <= 998


def test_dots_are_doubled_on_the_wire(smtp, told, monkeypatch):
    mail = EmailMessage("Dots", ".one\n..two", "desk@clinic.example", ["ana@example.com"])
    monkeypatch.setattr(email, "compose", lambda message: mail)
    with MoodyMailServer() as server:
        smtp(server)
        told.deliver()
    assert server.bodies[0].endswith(b"\r\n\r\n..one\r\n...two\r\n")


# Headers


@pytest.fixture
def sent(smtp, told):
    told.world.clinic.name = "Clínica Ñandú"
    told.world.clinic.email = "desk@clinic.example"
    told.world.clinic.save()
    Message.objects.update(context={**told.message.context, "clinic_name": "Clínica Ñandú"})
    with FakeMailServer() as server:
        smtp(server, EMAIL_TIMEOUT=10)
        assert told.deliver().status == "sent"
    (mail,) = server.mails
    mail.raw = server.raw[0]
    return mail


def test_the_headers_every_mail_program_reads(sent, told):
    assert sent["message-id"] == f"<{told.message.public_id}@standby.example>"
    assert sent["auto-submitted"] == "auto-generated"
    assert sent["reply-to"] == "desk@clinic.example"
    assert sent["from"] == "Clínica Ñandú <standby@clinic.example>"
    assert "Clínica Ñandú" in sent["subject"]
    assert parsedate_to_datetime(sent["date"]).year >= 2026
    assert [name for name in sent.keys() if sent.get_all(name, []).__len__() > 1] == []  # noqa: SIM118
    head, _, _ = sent.raw.partition(b"\r\n\r\n")
    assert head.isascii() and max(map(len, head.split(b"\r\n"))) <= 998


def test_one_click_as_rfc_8058_has_it(sent, client):
    assert sent["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    uris = re.findall(r"<([^<>]+)>", sent["list-unsubscribe"])
    assert len(uris) == 1 and uris[0].startswith("https://")
    path = uris[0].removeprefix("https://standby.example")
    form = ("List-Unsubscribe=One-Click", "application/x-www-form-urlencoded")
    answer = client.post(path, form[0], content_type=form[1])  # no cookie, no token, no page before
    assert answer.status_code == 200 and "Location" not in answer


def test_the_parts_say_their_charset(sent):
    parts = [part for part in sent.walk() if not part.is_multipart()]
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    assert {part.get_content_charset() for part in parts} == {"utf-8"}
    assert sent.get_content_type() == "multipart/alternative"


def test_a_retry_has_the_same_id(smtp, told):
    with MoodyMailServer(DATA="451 not now") as first, MoodyMailServer() as second:
        smtp(first)
        again_at = told.deliver().next_attempt_at
        smtp(second)
        assert told.deliver(again_at).status == "sent"
    assert f"Message-ID: <{told.message.public_id}@standby.example>".encode() in second.bodies[0]
