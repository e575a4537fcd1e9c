"""Automated calls: made over real HTTP, what each key does, what a machine hears, and what is never said."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.db.models import F
from django.utils import timezone

from matching import claims
from matching.models import Offer
from notifications import outbox
from notifications.models import Consent, ContactPoint, Message
from notifications.outbox import Route
from notifications.rendering import voice
from tests import factories
from tests.factories import NOW
from tests.fakes.twilio_calls import FakeTwilioCalls
from tests.notifications.conftest import Told, minutes
from waitlist.models import Appointment, Service, Slot

pytestmark = pytest.mark.django_db
SITE = "https://standby.example"


@pytest.fixture
def twilio(settings, client):
    def ask(url, form, signature):
        address = urlsplit(url)
        path = f"{address.path}?{address.query}" if address.query else address.path
        answer = client.post(path, form, headers={"X-Twilio-Signature": signature})
        assert answer.status_code == 200
        return answer.text

    with FakeTwilioCalls() as server:
        for name, value in server.environment.items():
            setattr(settings, name, value)
        settings.PUBLIC_URL = SITE
        server.now, server.ask = lambda: NOW, ask
        yield server


def to_call(world, **fields) -> Told:
    """An offer to somebody who is to be called."""
    patient = factories.patient(world.clinic, **fields)
    slot = world.slot(NOW + timedelta(hours=30 + Slot.objects.count()), state="offering")
    offer = world.offer(slot, world.entry(patient))
    point = patient.contact_points.get(kind="phone")
    point.granted = sorted({*point.granted, "offers:voice"})
    point.save()
    outbox.enqueue_offers(slot, [(offer, [Route(point.pk, "voice", NOW)])], now=NOW)
    return Told(world, slot, offer, patient, point, Message.objects.get(offer=offer))


@pytest.fixture
def told(world, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: minutes(1))
    return to_call(world)


@pytest.fixture
def ringing(told, twilio):
    """The call was made and rings."""
    told.deliver()
    return twilio.calls[0]


def status_of(told) -> tuple[str, str]:
    told.message.refresh_from_db()
    return told.message.status, told.message.error_code


def state_of(told) -> str:
    return Offer.objects.get(pk=told.offer.pk).state


# Made


def test_a_call_asks_us_what_to_say_and_tells_us_how_it_ended(twilio, told):
    message = told.deliver()
    (call,) = twilio.calls
    assert (message.status, message.provider_id) == ("sent", call.sid)
    assert (call.to, call.of("From")) == (told.point.value, told.world.clinic.sms_sender)
    assert call.of("Url") == f"{SITE}/api/twilio/call/{message.public_id}/"
    assert call.of("StatusCallback") == f"{SITE}/api/twilio/call/{message.public_id}/status/"
    assert (call.of("Method"), call.of("StatusCallbackEvent")) == ("POST", "completed")
    assert (call.of("Timeout"), call.of("MachineDetection")) == ("25", "Enable")
    assert not twilio.texts


@pytest.mark.parametrize(
    ("http", "code", "status"),
    [
        (429, 20429, "pending"),
        (400, 10004, "pending"),
        (400, 21214, "failed"),
        (400, 21217, "failed"),
        (400, 21215, "pending"),
        (401, 20003, "pending"),
        (503, 20503, "unknown"),
    ],
)
def test_what_a_refusal_to_call_means(twilio, told, http, code, status):
    twilio.call_trouble.append(("refuse", http, code))
    told.deliver()
    assert status_of(told) == (status, str(code))
    assert not twilio.calls


@pytest.mark.parametrize("trouble", ["lose", "break"])
def test_a_call_that_was_perhaps_made_is_not_made_again(twilio, told, trouble):
    twilio.call_trouble.append((trouble,))
    assert told.deliver().status == "unknown"
    assert told.deliver(minutes(3)).status == "unknown", "it still rings: its end will tell"
    twilio.calls[0].status = "no-answer"
    assert told.deliver(minutes(6)).status == "failed"
    assert len(twilio.calls) == 1


def test_what_was_perhaps_made_is_known_by_the_address_it_asks_at(twilio, told):
    twilio.call_trouble.append(("lose",))
    assert told.deliver().status == "unknown"
    twilio.pick_up(twilio.calls[0])
    assert status_of(told) == ("delivered", "")
    assert told.message.provider_id == twilio.calls[0].sid


def test_a_call_that_was_never_made_is_made_once_more(twilio, told):
    twilio.call_trouble.append(("reset",))
    assert told.deliver().status == "unknown"
    assert told.deliver(minutes(3)).status == "pending"
    assert told.deliver(minutes(3.1)).status == "sent"
    assert len(twilio.calls) == 1


def test_of_two_of_a_family_neither_is_called_twice(twilio, told):
    other = to_call(told.world, phone=told.point.value)
    twilio.call_trouble.extend([("lose",), ("reset",)])
    told.deliver()
    other.deliver()
    for n in (3, 8, 20):
        told.deliver(minutes(n))
        other.deliver(minutes(n))
    assert (status_of(told)[0], status_of(other)[0]) == ("unknown", "unknown")
    assert len(twilio.calls) == 1, "the one call may be either's"
    twilio.pick_up(twilio.calls[0])
    twilio.press(twilio.calls[0], "2")
    assert (status_of(told)[0], state_of(told), state_of(other)) == ("delivered", "declined", "pending")
    other.deliver(minutes(45))
    assert (status_of(other)[0], len(twilio.calls)) == ("pending", 1), "it was told's: so other's never was"


def test_a_call_to_them_that_is_anothers_is_none_of_this_one(twilio, told):
    told.deliver()
    other = to_call(told.world, phone=told.point.value)
    twilio.call_trouble.append(("reset",))
    other.deliver()
    assert other.deliver(minutes(3)).status == "pending"


# Nothing unsigned, nothing by looking


def test_unsigned_is_not_heard_and_looking_never_acts(client, told, twilio):
    base = f"/api/twilio/call/{told.message.public_id}/"
    for path in (base, f"{base}key/?said=1&wrong=0", f"{base}status/"):
        assert client.post(path, {"Digits": "1", "CallStatus": "completed"}).status_code == 403
        assert client.get(path, {"Digits": "1"}).status_code == 405
    assert (state_of(told), status_of(told)[0]) == ("pending", "pending")


def test_a_signature_holds_for_its_address_and_its_key_only(client, ringing, twilio, told):
    twilio.pick_up(ringing)
    url = ringing.gather.attrib["action"]
    form = {"CallSid": ringing.sid, "Digits": "2"}
    signature = twilio.sign(url, form)
    path = url.removeprefix(SITE)
    for changed in ((path, {**form, "Digits": "1"}), (path.replace("wrong=0", "wrong=1"), form)):
        assert client.post(*changed, headers={"X-Twilio-Signature": signature}).status_code == 403
    assert state_of(told) == "pending"


def test_a_call_we_do_not_know_is_hung_up(twilio, told, ringing):
    ringing.form["Url"] = f"{SITE}/api/twilio/call/{'0' * 8}-0000-4000-8000-{'0' * 12}/"
    assert twilio.pick_up(ringing).hangs_up
    assert not ringing.words


# The keys


def test_a_person_hears_the_offer_and_counts_as_told(twilio, told, ringing):
    twilio.pick_up(ringing)
    assert status_of(told) == ("delivered", "")
    assert told.message.delivered_at == minutes(1)
    assert ringing.words == told.message.text
    assert (ringing.gather.attrib["numDigits"], ringing.gather.attrib["actionOnEmptyResult"]) == ("1", "true")
    assert 'language="en-US"' in ringing.twiml
    assert 'interpret-as="telephone">(415) 555-0100<' in ringing.twiml
    twilio.end(ringing)
    assert status_of(told) == ("delivered", ""), "completed is no news of what was heard"


def test_one_books(twilio, told, ringing):
    twilio.pick_up(ringing)
    twilio.press(ringing, "1")
    assert "it is yours" in ringing.words and ringing.hangs_up
    offer = Offer.objects.get(pk=told.offer.pk)
    assert (offer.state, offer.answered_by) == ("accepted", "call")
    booked = Message.objects.get(kind="booked")
    assert booked.channel == "sms", "only offers are worth a call"
    outbox.deliver(booked.pk, now=minutes(1))
    assert len(twilio.texts) == 1


def test_a_doubled_key_acts_once(twilio, told, ringing):
    twilio.pick_up(ringing)
    asked = ringing.twiml
    twilio.press(ringing, "1")
    ringing.twiml = asked
    twilio.press(ringing, "1")
    assert "yours already" in ringing.words
    assert (Appointment.objects.count(), Message.objects.filter(kind="booked").count()) == (1, 1)


def test_whose_visit_was_moved_meanwhile_hears_when_it_is(twilio, told, ringing):
    twilio.pick_up(ringing)
    asked = ringing.twiml
    twilio.press(ringing, "1")
    hour, later = voice.when(told.message), timedelta(hours=1)
    Appointment.objects.update(starts_at=F("starts_at") + later, ends_at=F("ends_at") + later)
    ringing.twiml = asked
    twilio.press(ringing, "1")
    assert "yours already" in ringing.words and hour not in ringing.words


def test_two_passes(twilio, told, ringing):
    twilio.pick_up(ringing)
    asked = ringing.twiml
    for _ in range(2):
        ringing.twiml = asked
        twilio.press(ringing, "2")
        assert ringing.hangs_up
    assert (state_of(told), Offer.objects.get(pk=told.offer.pk).answered_by) == ("declined", "call")
    ringing.twiml = asked
    twilio.press(ringing, "1")
    assert "have passed" in ringing.words
    assert state_of(told) == "declined"


def test_nine_ends_calls_and_texts(twilio, told, ringing):
    twilio.pick_up(ringing)
    asked = ringing.twiml
    for _ in range(2):
        ringing.twiml = asked
        twilio.press(ringing, "9")
        assert "no more calls or texts" in ringing.words and ringing.hangs_up
    point = ContactPoint.objects.get(pk=told.point.pk)
    assert (point.granted, point.stopped_at) == ([], minutes(1))
    withdrawn = Consent.objects.filter(contact_point=point, granted=False)
    assert {line.channel for line in withdrawn} == {"sms", "voice"}
    assert {line.note for line in withdrawn} == {"pressed 9 in a call"}
    assert state_of(told) == "declined"


def test_nine_stops_every_clinic_behind_that_line(twilio, told, ringing):
    neighbours = factories.World(sms_sender=told.world.clinic.sms_sender)
    other = to_call(neighbours, phone=told.point.value)
    Message.objects.filter(pk=other.message.pk).update(status="delivered", sent_at=NOW)
    twilio.pick_up(ringing)
    twilio.press(ringing, "9")
    assert list(ContactPoint.objects.values_list("granted", flat=True)) == [[], []]
    assert (state_of(told), state_of(other)) == ("declined", "declined")


def test_nothing_after_nine(twilio, told, ringing):
    text = Message.objects.create(
        clinic=told.world.clinic, kind="offer", channel="sms", contact_point=told.point, offer=told.offer,
        slot=told.slot, patient=told.patient, context=told.message.context, dedupe_key="t", not_after=minutes(60),
        next_attempt_at=NOW, created_at=NOW,
    )  # fmt: skip
    second = to_call(told.world, phone=told.point.value)
    twilio.pick_up(ringing)
    twilio.press(ringing, "9")
    outbox.deliver_due(now=minutes(2))
    assert {one.status for one in Message.objects.filter(pk__in=(text.pk, second.message.pk))} <= {"refused", "dropped"}
    assert (len(twilio.calls), len(twilio.texts)) == (1, 0)


def test_no_key_and_it_is_said_once_more_then_goodbye(twilio, told, ringing):
    twilio.pick_up(ringing)
    twilio.press(ringing)
    assert ringing.words.startswith("Once more")
    twilio.press(ringing)
    assert "Goodbye" in ringing.words and ringing.hangs_up
    assert (state_of(told), status_of(told)[0]) == ("pending", "delivered")


def test_a_wrong_key_is_asked_again_twice(twilio, told, ringing):
    twilio.pick_up(ringing)
    for digit in ("5", "*"):
        twilio.press(ringing, digit)
        assert ringing.words.startswith("Sorry, that key")
    twilio.press(ringing, "0")
    assert "Goodbye" in ringing.words and ringing.hangs_up
    assert state_of(told) == "pending"


def test_after_a_wrong_key_the_right_one_counts(twilio, told, ringing):
    twilio.pick_up(ringing)
    twilio.press(ringing, "7")
    twilio.press(ringing, "1")
    assert state_of(told) == "accepted"


# Machines, and whoever else is not there


@pytest.mark.parametrize("machine", ["machine_start", "machine_end_beep", "fax"])
def test_a_machine_hears_not_a_word(twilio, told, ringing, machine):
    twilio.pick_up(ringing, machine)
    assert ringing.hangs_up and not ringing.words
    assert status_of(told) == ("undelivered", "machine")
    twilio.end(ringing, AnsweredBy=machine)
    assert status_of(told) == ("undelivered", "machine")
    assert state_of(told) == "pending"


def test_where_it_is_unsure_who_listens_a_key_must_say_so(twilio, told, ringing):
    twilio.pick_up(ringing, "unknown")
    assert told.world.clinic.name in ringing.words
    assert "December" not in ringing.words
    assert status_of(told)[0] == "sent"
    twilio.press(ringing, "5")
    assert ringing.words == told.message.text
    twilio.press(ringing, "1")
    assert state_of(told) == "accepted"


def test_nobody_says_so(twilio, told, ringing):
    twilio.pick_up(ringing, "unknown")
    twilio.press(ringing)
    assert ringing.hangs_up and not ringing.words
    assert status_of(told) == ("undelivered", "nobody")


@pytest.mark.parametrize(
    ("ending", "sip", "status", "code"),
    [
        ("busy", "486", "undelivered", "busy"),
        ("no-answer", "", "undelivered", "no-answer"),
        ("canceled", "487", "failed", "canceled"),
        ("failed", "404", "failed", "no_such_number"),
        ("failed", "603", "failed", "declined"),
        ("failed", "503", "failed", "sip503"),
        ("failed", "", "failed", "failed"),
        ("ringing", "", "sent", ""),
        ("nonsense", "", "sent", ""),
    ],
)
def test_how_a_call_ended(twilio, told, ringing, ending, sip, status, code):
    twilio.end(ringing, ending, SipResponseCode=sip)
    twilio.end(ringing, ending, SipResponseCode=sip)
    assert status_of(told) == (status, code)


def settled(now) -> list[bool]:
    return [outbox.settle(pk, now=now) for pk in outbox.unheard(now=now, limit=9)]


def test_completed_alone_is_unheard_a_moment_later(twilio, told, ringing):
    for _ in range(2):
        twilio.end(ringing, "completed", SipResponseCode="200")
        assert status_of(told) == ("sent", "unheard")
    assert settled(minutes(1.2)) == [], "we may yet be told that somebody heard it"
    assert not Message.objects.filter(after=told.message).exists()
    assert settled(minutes(1.3)) == [True]
    assert status_of(told) == ("undelivered", "unheard")
    assert Message.objects.get(after=told.message).channel == "sms"
    assert settled(minutes(2)) == []


@pytest.mark.parametrize("answered_by", ["human", "unknown"])
@pytest.mark.parametrize("is_over_first", [False, True])
def test_in_whatever_order_who_heard_it_was_told(twilio, told, ringing, is_over_first, answered_by):
    def end():
        twilio.end(ringing)

    def hear():
        twilio.pick_up(ringing, answered_by)
        if answered_by == "unknown":
            twilio.press(ringing, "5")

    for step in (end, hear) if is_over_first else (hear, end):
        step()
    assert status_of(told) == ("delivered", "")
    assert settled(minutes(2)) == []
    assert not Message.objects.filter(after=told.message).exists(), "nobody is told twice"


@pytest.mark.parametrize("is_over_first", [False, True])
def test_in_whatever_order_a_machine_was_not(twilio, told, ringing, is_over_first):
    def end():
        twilio.end(ringing, AnsweredBy="machine_start")

    def answer():
        twilio.pick_up(ringing, "machine_start")

    for step in (end, answer) if is_over_first else (answer, end):
        step()
    assert status_of(told) == ("undelivered", "machine")
    assert settled(minutes(2)) == []


def test_what_is_over_before_we_know_that_it_was_made(twilio, told):
    twilio.call_trouble.append(("lose",))
    assert told.deliver().status == "unknown"
    twilio.end(twilio.calls[0])
    assert status_of(told) == ("sent", "unheard")
    assert settled(minutes(1.3)) == [True]
    assert status_of(told) == ("undelivered", "unheard")
    assert told.deliver(minutes(5)).status == "undelivered"
    assert len(twilio.calls) == 1


def test_who_takes_it_by_a_key_after_it_is_over_has_it(twilio, told, ringing):
    twilio.end(ringing)
    twilio.pick_up(ringing)
    twilio.press(ringing, "1")
    assert (status_of(told), state_of(told)) == (("delivered", ""), "accepted")


def test_states_never_go_back(twilio, told, ringing):
    twilio.end(ringing)
    assert settled(minutes(2)) == [True]
    twilio.pick_up(ringing)
    assert status_of(told) == ("undelivered", "unheard")
    twilio.end(ringing)
    assert status_of(told) == ("undelivered", "unheard")


def test_an_unheard_call_is_followed_by_a_text_where_that_is_allowed(twilio, told, ringing):
    twilio.end(ringing, "no-answer")
    following = Message.objects.get(after=told.message)
    assert (following.channel, following.contact_point_id) == ("sms", told.message.contact_point_id)


def test_an_unheard_call_wakes_what_comes_next(twilio, told, ringing, monkeypatch):
    nudged = []
    monkeypatch.setattr("notifications.outbox.results.nudge", lambda name, pk: nudged.append((name, pk)))
    ContactPoint.objects.filter(pk=told.point.pk).update(sms_capability="no")
    twilio.end(ringing, "no-answer")
    assert nudged == [("matching.tasks.advance", told.slot.pk)]


def test_an_unheard_call_is_followed_by_a_text_where_there_was_none(twilio, told, ringing):
    twilio.end(ringing, "no-answer")
    text = Message.objects.get(offer=told.offer, channel="sms")
    assert (text.after.channel, text.status, text.contact_point) == ("voice", "pending", told.point)


# What is gone is not offered


def test_taken_while_it_rang(twilio, told, ringing):
    rival = told.world.offer(told.slot, told.world.entry())
    claims.claim(rival.pk, via="link", now=NOW)
    twilio.pick_up(ringing)
    assert "has just been taken" in ringing.words and "press 1" not in ringing.words
    assert ringing.hangs_up
    assert status_of(told) == ("undelivered", "offer_over")


def test_taken_before_the_key(twilio, told, ringing):
    twilio.pick_up(ringing)
    rival = told.world.offer(told.slot, told.world.entry())
    claims.claim(rival.pk, via="link", now=NOW)
    twilio.press(ringing)
    assert "has just been taken" in ringing.words and ringing.hangs_up
    news = Message.objects.get(kind="retracted", offer=told.offer)
    assert news.channel == "sms"
    outbox.deliver(news.pk, now=minutes(1))
    assert len(twilio.texts) == 1, "who was called hears of it by text"


def test_one_after_it_was_taken(twilio, told, ringing):
    twilio.pick_up(ringing)
    rival = told.world.offer(told.slot, told.world.entry())
    claims.claim(rival.pk, via="link", now=NOW)
    twilio.press(ringing, "1")
    assert "has just been taken" in ringing.words and ringing.hangs_up
    assert Appointment.objects.count() == 1


@pytest.mark.parametrize("way", ["stopped", "no_consent", "outside_hours"])
def test_what_forbids_it_at_pick_up(twilio, told, ringing, way, monkeypatch):
    if way == "stopped":
        ContactPoint.objects.update(stopped_at=NOW)
    elif way == "no_consent":
        ContactPoint.objects.update(granted=["offers:sms"])
    else:
        monkeypatch.setattr(timezone, "now", lambda: NOW.replace(hour=11))
        Offer.objects.update(expires_at=NOW + timedelta(days=1))
    twilio.pick_up(ringing)
    assert ringing.words == "Sorry to have disturbed you. Goodbye."
    assert status_of(told) == ("undelivered", way)


def test_somebody_else_is_just_confirming(twilio, told, ringing):
    Service.objects.update(details_prompt="Any allergies?")
    rival = told.world.offer(told.slot, told.world.entry())
    claims.claim(rival.pk, via="link", now=minutes(1))
    twilio.pick_up(ringing)
    assert "just confirming" in ringing.words
    for _ in range(2):
        twilio.press(ringing, "1")
        assert "press 1" in ringing.words
    twilio.press(ringing, "1")
    assert ringing.hangs_up and state_of(told) == "pending"


def test_a_service_that_asks_something_texts_the_link(twilio, told, ringing):
    Service.objects.update(details_prompt="Any allergies?")
    twilio.pick_up(ringing)
    asked = ringing.twiml
    for _ in range(2):
        ringing.twiml = asked
        twilio.press(ringing, "1")
        assert "texting you a link" in ringing.words and ringing.hangs_up
    answer = Message.objects.get(kind="answer")
    outbox.deliver(answer.pk, now=minutes(1))
    (text,) = twilio.texts
    assert "/o/" in text.body
    assert not Appointment.objects.exists()


def test_a_landline_is_asked_to_call(twilio, told, ringing):
    Service.objects.update(details_prompt="Any allergies?")
    ContactPoint.objects.update(sms_capability="no")
    twilio.pick_up(ringing)
    twilio.press(ringing, "1")
    assert "call (415) 555-0100" in ringing.words
    assert not Message.objects.filter(kind="answer").exists()


def test_the_whole_way_over_http(settings, live_server, told, transactional_db):
    with FakeTwilioCalls() as twilio:
        for name, value in twilio.environment.items():
            setattr(settings, name, value)
        settings.PUBLIC_URL = live_server.url
        twilio.now = lambda: NOW
        told.deliver()
        (call,) = twilio.calls
        twilio.pick_up(call)
        twilio.press(call, "1")
        twilio.end(call)
    assert (state_of(told), status_of(told)[0]) == ("accepted", "delivered")


def test_what_is_theirs_is_said_twice_and_slowly(twilio, told, ringing):
    twilio.pick_up(ringing)
    twilio.press(ringing, "1")
    slow = re.findall(r'<prosody rate="slow">([^<]+)</prosody>', ringing.twiml)
    assert len(slow) == 2 and slow[0] == slow[1]
    assert slow[0].endswith("Pacific time") and ringing.words.count(slow[0]) == 2
