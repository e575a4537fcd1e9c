"""Texts through Twilio, over real HTTP against a small one of our own."""

from datetime import timedelta

import pytest
import requests

from matching import claims, tokens
from matching.models import Offer
from notifications import outbox
from notifications.channels import twilio_http
from notifications.models import ContactPoint, Message
from ops.processes import free_port
from tests.factories import NOW
from tests.fakes import FakeTwilio
from tests.notifications.conftest import minutes, tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def twilio(settings):
    with FakeTwilio() as server:
        for name, value in server.environment.items():
            setattr(settings, name, value)
        settings.PUBLIC_URL = "https://standby.example"
        server.now = lambda: NOW
        yield server


def test_a_text_goes_out_with_all_that_is_needed_to_follow_it(twilio, told):
    message = told.deliver()
    (text,) = twilio.texts
    assert (message.status, message.provider_id) == ("sent", text.sid)
    assert (text.to, text.sender) == (told.point.value, told.world.clinic.sms_sender)
    assert tokens.link(told.offer.public_id) in text.body
    assert text.callback == f"https://standby.example/api/twilio/status/{message.public_id}/"
    assert 3500 < int(text.validity) <= 3600


@pytest.mark.parametrize(
    ("http", "code", "status"),
    [
        (429, 20429, "pending"),
        (400, 21211, "failed"),
        (400, 21614, "failed"),
        (400, 99999, "failed"),
        (401, 20003, "pending"),
        (400, 21606, "pending"),
        (503, 20503, "unknown"),
    ],
)
def test_what_a_refusal_means(twilio, told, http, code, status, caplog):
    twilio.trouble.append(("refuse", http, code))
    message = told.deliver()
    assert (message.status, message.error_code) == (status, str(code))
    assert ("is not set up" in caplog.text) == (code in (20003, 21606))
    assert not twilio.texts


def test_a_number_that_takes_no_texts_is_remembered(twilio, told):
    twilio.trouble.append(("refuse", 400, 21614))
    told.deliver()
    assert ContactPoint.objects.get(pk=told.point.pk).sms_capability == "no"


def test_an_opt_out_the_carrier_knows_of_is_in_our_ledger_too(twilio, told):
    twilio.trouble.append(("refuse", 400, 21610))
    told.deliver()
    point = ContactPoint.objects.get(pk=told.point.pk)
    assert point.stopped_at is not None
    assert {line.note for line in point.consents.all()} == {"said so to the carrier (21610)"}


def test_no_server_is_surely_not_sent(twilio, told, settings):
    settings.TWILIO_API_URL = f"http://127.0.0.1:{free_port()}"
    message = told.deliver()
    assert (message.status, message.error_code) == ("pending", "ConnectionError")
    settings.TWILIO_API_URL = twilio.url
    assert told.deliver(message.next_attempt_at).status == "sent"
    assert len(twilio.texts) == 1


def test_an_unknown_host_is_surely_not_sent(twilio, told, settings):
    settings.TWILIO_API_URL = "http://no-such-host.invalid"
    assert told.deliver().status == "pending"


@pytest.mark.parametrize("trouble", [("lose",), ("break",), ("hang", 1.5)])
def test_sent_but_not_heard_is_found_again_and_not_repeated(twilio, told, trouble, settings):
    settings.TWILIO_TIMEOUT_SECONDS = 0.5
    twilio.trouble.append(trouble)
    assert told.deliver().status == "unknown"
    message = told.deliver(minutes(3))
    assert (message.status, message.provider_id) == ("sent", twilio.texts[0].sid)
    assert len(twilio.texts) == 1


def test_lost_before_it_arrived_is_sent_once_more(twilio, told):
    twilio.trouble.append(("reset",))
    assert told.deliver().status == "unknown"
    assert told.deliver(minutes(3)).status == "pending"
    assert told.deliver(minutes(3.1)).status == "sent"
    assert len(twilio.texts) == 1


def test_lost_twice_is_given_up_and_the_next_is_asked(twilio, told):
    twilio.trouble.extend([("reset",), ("reset",)])
    told.deliver()
    told.deliver(minutes(3))
    told.deliver(minutes(3.1))
    message = told.deliver(minutes(9))
    assert (message.status, message.error_code) == ("failed", "lost")


@pytest.mark.parametrize(("deaths", "status"), [(4, "sent"), (12, "failed")])
def test_a_worker_that_dies_with_a_text_in_hand_loses_nothing_unless_every_worker_does(twilio, told, deaths, status):
    """None of them had handed it over, and each time the carrier was asked: that is not the one call nobody heard."""
    for death in range(deaths):
        held = Message.objects.filter(pk=told.message.pk, status="pending")
        held.update(status="sending", attempts=death + 1, next_attempt_at=minutes(death + 0.5))
        message = told.deliver(minutes(death + 1))
    if deaths == 4:
        assert message.resent_at is not None
        message = told.deliver(minutes(deaths + 1))
    assert message.status == status
    assert len(twilio.texts) == (status == "sent")


def test_while_nobody_can_say_nothing_is_sent(twilio, told):
    twilio.trouble.append(("reset",))
    twilio.list_trouble.append((500, 20500))
    told.deliver()
    assert told.deliver(minutes(3)).status == "unknown"
    assert not twilio.texts


def test_a_text_of_another_message_is_not_taken_for_this_one(twilio, told):
    other = tell(told.world, phone=told.point.value)
    other.deliver()
    twilio.trouble.append(("reset",))
    assert told.deliver().status == "unknown"
    assert told.deliver(minutes(3)).status == "pending"


def test_an_offers_text_is_not_taken_for_the_confirmation_with_the_same_link(twilio, told):
    twilio.trouble.append(("lose",))
    assert told.deliver().status == "unknown"
    claims.claim(told.offer.pk, via="link", now=NOW)
    booked = Message.objects.get(kind="booked")
    twilio.trouble.append(("reset",))
    for at in (NOW, minutes(3)):
        outbox.deliver(booked.pk, now=at)
    booked.refresh_from_db()
    assert (booked.status, booked.provider_id) == ("pending", None), "it never arrived: once more"
    assert told.deliver(minutes(3)).provider_id == twilio.texts[0].sid


def test_the_same_words_twice_are_two_texts(twilio, told):
    Message.objects.update(status="sent", text="x")
    Offer.objects.update(state="retracted")
    first = told.news("withdrawn")
    outbox.deliver(first.pk, now=NOW)
    second = Message.objects.create(
        clinic=first.clinic, kind="withdrawn", channel="sms", contact_point=first.contact_point, offer=first.offer,
        slot=first.slot, patient=first.patient, context=first.context, dedupe_key="2", next_attempt_at=NOW,
        created_at=NOW,
    )  # fmt: skip
    twilio.trouble.append(("reset",))
    for at in (NOW, minutes(3), minutes(3.1)):
        outbox.deliver(second.pk, now=at)
    second.refresh_from_db()
    assert (second.status, second.resent_at is not None) == ("sent", True)
    assert len(twilio.texts) == 2


def test_a_clinic_without_a_number_is_a_fault_somebody_must_mend(twilio, told, caplog):
    told.world.clinic.sms_sender = ""
    told.world.clinic.save()
    message = told.deliver()
    assert (message.status, message.error_code) == ("pending", "no_sender")
    assert message.next_attempt_at - NOW >= timedelta(seconds=60)
    assert "is not set up" in caplog.text


def test_no_account_in_the_settings_is_a_fault_too(twilio, told, settings, caplog):
    settings.TWILIO_ACCOUNT_SID = settings.TWILIO_AUTH_TOKEN = ""
    assert told.deliver().status == "pending"
    assert "is not set up" in caplog.text


@pytest.mark.parametrize(
    ("trouble", "outcome"),
    [
        (requests.ConnectTimeout(), "NOT_SENT"),
        (requests.exceptions.ProxyError(), "NOT_SENT"),
        (requests.ReadTimeout(), "UNKNOWN"),
        (requests.ConnectionError("reset"), "UNKNOWN"),
        (requests.exceptions.ChunkedEncodingError(), "UNKNOWN"),
    ],
)
def test_only_what_never_connected_was_surely_not_sent(trouble, outcome):
    assert twilio_http.unheard(trouble).name == outcome
