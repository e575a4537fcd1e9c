"""What Twilio tells us: signed or not heard, once however often, and never back."""

import json
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.http import QueryDict
from django.utils import timezone
from twilio.request_validator import RequestValidator

from matching.models import Offer
from notifications import outbox
from notifications.channels import Outcome, Result
from notifications.models import ContactPoint, InboundMessage, Message
from notifications.outbox import landing, results
from notifications.webhooks.door import is_signed
from tests import factories
from tests.at_once import at_once
from tests.factories import NOW
from tests.fakes import FakeTwilio
from tests.notifications.conftest import minutes, tell

SITE = "https://standby.example"
SAMPLES = Path(__file__).parents[3] / "shared" / "samples" / "twilio" / "signature_vectors.json"
MYAPP = "https://mycompany.com/myapp.php?foo=1&bar=2"
CALL = "CallSid=CA1234567890ABCDE&Digits=1234&From=%2B14158675309&To=%2B18005551212&Caller=%2B14158675309"
JSON_BODY = '{"property": "value", "boolean": true}'
JSON_HASH = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
# Published by Twilio (twilio-python, MIT): token 12345.
VECTORS = [
    (MYAPP, CALL, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    (MYAPP, "Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234", "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
    (MYAPP, CALL, "kvajT1Ptam85bY51eRf/AJRuM3w="),
    (MYAPP.replace("https", "http"), CALL, "0ZXoZLH/DfblKGATFgpif+LLRf4="),
    (MYAPP.replace("https://mycompany.com", "http://mycompany.com:1234"), CALL, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
    (MYAPP.replace("mycompany.com", "mycompany.com:1234"), CALL, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    (f"{MYAPP}&bodySHA256={JSON_HASH}", JSON_BODY, "a9nBmqA0ju/hNViExpshrM61xv4="),
]


def params(body):
    return body if body.startswith("{") else QueryDict(body)


@pytest.mark.parametrize(("url", "body", "signature"), VECTORS)
def test_published_signatures_hold(url, body, signature, settings):
    settings.TWILIO_AUTH_TOKEN = "12345"
    assert is_signed(url, params(body), signature)
    assert not is_signed(url, params(body), signature.swapcase())
    assert not is_signed(url + "x", params(body), signature)


@pytest.mark.skipif(not SAMPLES.exists(), reason="no ../shared/samples here: the same vectors, typed above, are run")
def test_the_published_files_hold(settings):
    samples = json.loads(SAMPLES.read_text())
    settings.TWILIO_AUTH_TOKEN = samples["auth_token"]
    for vector in samples["vectors"]:
        body = vector.get("body")
        if body is None:
            body = QueryDict(mutable=True)
            for name, values in vector["params"].items():
                body.setlist(name, values)
        assert is_signed(vector["url"], body, vector["signature"]), vector["name"]
    assert len(samples["vectors"]) == len(VECTORS) == 7


def test_without_a_token_nothing_is_signed(settings):
    settings.TWILIO_AUTH_TOKEN = settings.TWILIO_AUTH_TOKEN_PREVIOUS = ""
    assert not is_signed(MYAPP, params(CALL), RequestValidator("").compute_signature(MYAPP, params(CALL)))


def test_both_tokens_hold_while_they_rotate(settings):
    settings.TWILIO_AUTH_TOKEN, settings.TWILIO_AUTH_TOKEN_PREVIOUS = "new", "12345"
    assert is_signed(MYAPP, params(CALL), VECTORS[0][2])


@pytest.fixture
def twilio(settings):
    """Signs and stores, and posts through the test client instead of the net."""
    with FakeTwilio() as server:
        for name, value in server.environment.items():
            setattr(settings, name, value)
        settings.PUBLIC_URL = SITE
        yield server


@pytest.fixture
def post(client, twilio):
    def post(url, form, signature=None):
        signature = signature or twilio.sign(url, form)
        return client.post(urlsplit(url).path, form, headers={"X-Twilio-Signature": signature})

    return post


@pytest.fixture
def text_in(post):
    def text_in(told, body, sid="SM1", **extra):
        form = {"From": told.point.value, "To": told.world.clinic.sms_sender, "Body": body, "MessageSid": sid, **extra}
        return post(f"{SITE}/api/twilio/inbound/", form)

    return text_in


@pytest.fixture
def report(post):
    def report(message, status, code="", sid=None):
        form = {"MessageSid": sid or message.provider_id, "MessageStatus": status, "ErrorCode": code}
        answer = post(f"{SITE}/api/twilio/status/{message.public_id}/", form)
        message.refresh_from_db()
        return answer.status_code

    return report


@pytest.fixture
def told(db, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: minutes(1))
    return tell(factories.World())


def test_unsigned_is_not_heard(client, told):
    for url in ("/api/twilio/inbound/", f"/api/twilio/status/{uuid.uuid4()}/"):
        assert client.post(url, {"From": told.point.value}).status_code == 403
        assert client.get(url).status_code == 405


def test_yes_comes_in_and_books(text_in, twilio, told):
    told.deliver()
    answer = text_in(told, "YES")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/xml")
    assert answer.text.endswith("<Response/>")
    assert Offer.objects.get().state == "accepted"
    text_in(told, "YES")
    assert InboundMessage.objects.count() == 1
    assert not Message.objects.filter(kind="answer").exists()


def test_a_signature_for_another_text_does_not_hold(post, twilio, told):
    form = {"From": told.point.value, "To": told.world.clinic.sms_sender, "Body": "NO", "MessageSid": "SM1"}
    signature = twilio.sign(f"{SITE}/api/twilio/inbound/", form)
    assert post(f"{SITE}/api/twilio/inbound/", {**form, "Body": "YES"}, signature).status_code == 403


def test_of_clinics_that_share_a_number_the_one_that_wrote_is_answered(text_in, told):
    told.deliver()
    other = factories.clinic(sms_sender=told.world.clinic.sms_sender)
    text_in(told, "hello")
    assert InboundMessage.objects.get().clinic == told.world.clinic
    told.world.clinic.sms_sender, other.sms_sender = "", told.world.clinic.sms_sender
    text_in(told, "hello", sid="SM2", To=other.sms_sender)
    assert InboundMessage.objects.get(provider_id="SM2").clinic == told.world.clinic


def test_what_only_waits_at_another_clinic_of_the_number_has_written_to_nobody(text_in, told):
    other = tell(factories.World(sms_sender=told.world.clinic.sms_sender), phone=told.point.value)
    told.deliver()
    assert (other.message.status, other.message.pk > told.message.pk) == ("pending", True)
    text_in(told, "YES")
    assert InboundMessage.objects.get().clinic == told.world.clinic
    assert Offer.objects.get(pk=told.offer.pk).state == "accepted"


def test_stop_that_twilio_has_answered_itself(text_in, told):
    assert text_in(told, "STOP").status_code == 200
    assert ContactPoint.objects.get(pk=told.point.pk).stopped_at
    assert text_in(told, "please leave me alone", sid="SM2", OptOutType="STOP").status_code == 200
    assert not Message.objects.filter(kind="stopped").exists()


def test_for_nobody_or_from_nobody_is_taken_quietly(post, told):
    for form in (
        {"From": "+14155550123", "To": "+14155550999", "Body": "hi", "MessageSid": "SM1"},
        {"From": "BANK", "To": told.world.clinic.sms_sender, "Body": "hi", "MessageSid": "SM2"},
        {},
    ):
        assert post(f"{SITE}/api/twilio/inbound/", form).status_code == 200
    assert not InboundMessage.objects.exists()


def test_reports_go_forward_only(report, told):
    message = told.deliver()
    assert report(message, "delivered") == 200
    assert message.status == "delivered"
    delivered_at = message.delivered_at
    for late in ("sent", "queued", "failed", "delivered", "nonsense"):
        assert report(message, late) == 200
        assert (message.status, message.delivered_at) == ("delivered", delivered_at)
    assert ContactPoint.objects.get(pk=told.point.pk).sms_capability == "ok"


def test_a_report_settles_what_was_unknown(report, twilio, told):
    twilio.trouble.append(("lose",))
    message = told.deliver()
    assert (message.status, message.provider_id) == ("unknown", None)
    report(message, "sent", sid=twilio.texts[0].sid)
    assert (message.status, message.provider_id) == ("sent", twilio.texts[0].sid)


def test_a_report_before_our_own_record_is_not_overwritten(report, twilio, told):
    message = told.deliver()
    Message.objects.update(status="sending", provider_id=None)
    report(message, "delivered", sid=twilio.texts[0].sid)
    stale = Message.objects.select_related("contact_point").get()
    stale.status = "sending"
    results.record(stale, Result(Outcome.SENT, twilio.texts[0].sid), now=NOW)
    message.refresh_from_db()
    assert message.status == "delivered"


def test_not_delivered_goes_by_email(report, told):
    world = factories.World()
    other = tell(world, email="ana@example.com")
    message = other.deliver()
    report(message, "undelivered", "30006")
    assert message.status == "undelivered"
    assert ContactPoint.objects.get(pk=other.point.pk).sms_capability == "no"
    assert Message.objects.get(offer=other.offer, channel="email").status == "pending"


def test_a_phone_that_was_off_gets_it_once_more(report, twilio, told):
    message = told.deliver()
    first = message.provider_id
    report(message, "undelivered", "30003")
    assert (message.status, message.error_code) == ("pending", "30003")
    report(message, "undelivered", "30003")
    assert message.status == "pending", "the same report again is old news"
    told.deliver(message.next_attempt_at)
    assert len(twilio.texts) == 2
    report(told.message, "undelivered", "30003", sid=first)
    assert told.message.status == "sent"
    report(told.message, "undelivered", "30003")
    assert told.message.status == "undelivered", "not a third time"


# The report that it must go once more may come before the answer of the very try it is about.


def lands(message, sid, *, with_another=False):
    """The carrier's answer, as the worker has it that made the call."""
    stale = Message.objects.select_related("contact_point", "clinic").get(pk=message.pk)
    stale.status = "sending"
    landed = [(stale, Result(Outcome.SENT, sid))]
    if with_another:
        other = tell(factories.World(), phone="+14155550177").message
        Message.objects.filter(pk=other.pk).update(status="sending")
        other.refresh_from_db()
        landed.append((other, Result(Outcome.SENT, "SManother")))
    landing.land(landed, now=NOW)


def called(message, twilio):
    """As it is while the call is in the air."""
    Message.objects.filter(pk=message.pk).update(status="sending", provider_id=None, sent_at=None)
    return twilio.texts[0].sid


def reported(message, sid):
    outbox.receipt(message.public_id, provider_id=sid, status="undelivered", code="30003", now=NOW)


@pytest.mark.parametrize("with_another", [False, True], ids=["alone", "in a batch"])
@pytest.mark.parametrize("is_report_first", [False, True])
def test_in_either_order_it_goes_once_more(twilio, told, is_report_first, with_another):
    message = told.deliver()
    sid = called(message, twilio)
    steps = [lambda: reported(message, sid), lambda: lands(message, sid, with_another=with_another)]
    for step in steps if is_report_first else reversed(steps):
        step()
    message.refresh_from_db()
    assert (message.status, message.provider_id, message.resent_at) == ("pending", sid, NOW)
    told.deliver(message.next_attempt_at)
    assert (told.message.status, len(twilio.to(told.point.value))) == ("sent", 2)
    reported(told.message, told.message.provider_id)
    told.message.refresh_from_db()
    assert told.message.status == "undelivered", "not a third time"


def test_control_a_report_whose_try_is_not_remembered_loses_it(twilio, told):
    message = told.deliver()
    sid = called(message, twilio)
    reported(message, sid)
    Message.objects.update(provider_id=None)
    lands(message, sid)
    message.refresh_from_db()
    assert message.status == "sent"


@pytest.mark.django_db(transaction=True)
@pytest.mark.alone
def test_at_once_it_goes_once_more(twilio):
    told = tell(factories.World())
    message = told.deliver()
    sid = called(message, twilio)
    at_once([lambda: reported(message, sid), lambda: lands(message, sid)])
    message.refresh_from_db()
    assert (message.status, message.resent_at) == ("pending", NOW)


@pytest.mark.django_db
def test_a_report_on_no_message_of_ours_is_fine(post):
    form = {"MessageSid": "x", "MessageStatus": "sent"}
    assert post(f"{SITE}/api/twilio/status/{uuid.uuid4()}/", form).status_code == 200


def test_an_undelivered_offer_wakes_the_cascade(report, told, django_capture_on_commit_callbacks, monkeypatch):
    nudged = []
    monkeypatch.setattr("notifications.outbox.results.nudge", lambda name, pk: nudged.append((name, pk)))
    message = told.deliver()
    report(message, "failed", "30005")
    assert nudged == [("matching.tasks.advance", told.slot.pk)]
    assert outbox.due(now=minutes(60), limit=9) == []
