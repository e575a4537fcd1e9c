"""Sending: once, while it is true and allowed; a worker that dies at any line loses nothing and repeats nothing."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from audit.models import Entry
from matching import claims
from matching.models import Offer
from notifications import channels, consent, outbox
from notifications.channels import Outcome, Result, simulator
from notifications.models import ContactPoint, Message, SimulatedText
from notifications.outbox import boarding, checks
from notifications.outbox.results import DIED_AT_MOST
from notifications.states import Rule
from tests import factories
from tests.at_once import at_once
from tests.factories import NOW
from tests.notifications.conftest import minutes, tell
from waitlist.models import Clinic, Slot

pytestmark = pytest.mark.django_db


def test_a_text_is_handed_over_once(told):
    for _ in range(3):
        told.deliver()
    message = told.message
    assert (message.status, message.attempts, message.error_code) == ("delivered", 1, "")
    assert "{link}" in message.text
    assert "/o/" not in message.text
    assert message.sent_at is not None
    assert SimulatedText.objects.get().message == message
    assert list(Entry.objects.filter(verb__startswith="message.").values_list("verb", flat=True)) == [
        "message.delivered"
    ]
    told.point.refresh_from_db()
    assert told.point.sms_capability == "ok"


def test_texts_go_before_mails(told):
    mail = Message.objects.create(
        clinic=told.world.clinic, kind="offer", channel="email", contact_point=told.point, offer=told.offer,
        slot=told.slot, dedupe_key="mail", next_attempt_at=NOW, created_at=NOW,
    )  # fmt: skip
    Message.objects.filter(pk=told.message.pk).update(id=mail.pk + 1)
    assert outbox.due_of_slot(told.slot.pk, now=NOW) == [mail.pk + 1, mail.pk]


def test_not_before_its_time(told):
    Message.objects.update(next_attempt_at=minutes(5))
    assert told.deliver().status == "pending"
    assert outbox.due(now=minutes(4), limit=9) == []
    assert outbox.due(now=minutes(5), limit=9) == [told.message.pk]


@pytest.mark.parametrize(
    ("spoil", "status", "rule"),
    [
        (lambda told: Offer.objects.update(state="declined"), "dropped", Rule.OFFER_OVER),
        (lambda told: Offer.objects.update(expires_at=NOW), "dropped", Rule.OFFER_OVER),
        (lambda told: Slot.objects.update(state="withdrawn"), "dropped", Rule.OFFER_OVER),
        (lambda told: Message.objects.update(not_after=NOW), "dropped", Rule.TOO_LATE),
        (lambda told: consent.stop(told.point, source="keyword", now=NOW), "refused", Rule.STOPPED),
        (lambda told: ContactPoint.objects.update(granted=[]), "refused", Rule.NO_CONSENT),
        (lambda told: ContactPoint.objects.update(sms_capability="no"), "refused", Rule.TAKES_NO_TEXTS),
        (lambda told: Clinic.objects.update(offers_per_day=0), "refused", Rule.OFFERS_PER_DAY),
    ],
)
def test_what_became_untrue_or_forbidden_is_not_sent_and_says_why(told, spoil, status, rule):
    spoil(told)
    message = told.deliver()
    assert (message.status, message.refused_by) == (status, rule)
    assert not SimulatedText.objects.exists()


def test_an_offer_that_cannot_be_told_wakes_the_cascade_or_goes_by_email(told):
    ContactPoint.objects.filter(pk=told.point.pk).update(sms_capability="no")
    address = consent.contact(told.world.clinic, "email", "ana@example.com", now=NOW)
    consent.attach(told.patient, address, 1, now=NOW)
    assert told.deliver().status == "refused"
    assert not Message.objects.filter(channel="email").exists(), "no consent for that address"

    consent.record(address, purpose="offers", channel="email", granted=True, source="staff", at=NOW, now=NOW)
    other = tell(told.world, phone=told.point.value)
    consent.attach(other.patient, address, 1, now=NOW)
    assert other.deliver().status == "refused"
    mail = Message.objects.get(channel="email")
    assert (mail.offer, mail.not_after) == (other.offer, other.offer.expires_at)


def test_at_night_it_waits_for_the_morning_if_the_offer_lasts(told):
    night = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)  # 21:00 in Los Angeles
    Message.objects.update(next_attempt_at=night, not_after=night + timedelta(hours=1))
    Offer.objects.update(expires_at=night + timedelta(hours=20))
    assert told.deliver(night).refused_by == Rule.OUTSIDE_HOURS
    Message.objects.update(status="pending", not_after=night + timedelta(hours=20))
    message = told.deliver(night)
    assert (message.status, message.next_attempt_at) == ("pending", night + timedelta(hours=11))


def test_a_booking_is_confirmed_at_night_to_whoever_just_tapped(told):
    night = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
    told.deliver()
    visit = told.world.appointment(told.slot.starts_at, patient=told.patient)
    Offer.objects.update(state="accepted", answered_at=night, answered_by="link")
    told.offer.refresh_from_db()
    outbox.confirm(told.offer, visit, now=night)
    booked = Message.objects.get(kind="booked")
    outbox.deliver(booked.pk, now=night)
    booked.refresh_from_db()
    assert booked.status == "delivered"


def test_a_booking_that_is_gone_is_not_confirmed(told):
    visit = told.world.appointment(told.slot.starts_at, patient=told.patient, status="cancelled")
    outbox.confirm(told.offer, visit, now=NOW)
    booked = Message.objects.get(kind="booked")
    outbox.deliver(booked.pk, now=NOW)
    booked.refresh_from_db()
    assert (booked.status, booked.refused_by) == ("dropped", Rule.NOT_BOOKED)


# News that an offer is over.


def retract(told):
    Offer.objects.filter(pk=told.offer.pk).update(state="retracted")
    return told.news("retracted")


def outcome(message, now=NOW):
    outbox.deliver(message.pk, now=now)
    message.refresh_from_db()
    return message.status, message.refused_by


def test_whoever_heard_of_it_hears_that_it_is_taken(told):
    told.deliver()
    assert outcome(retract(told)) == ("delivered", "")


def test_the_news_waits_for_the_offer_that_is_just_going_out(told):
    Message.objects.update(status="sending", next_attempt_at=minutes(1))
    news = retract(told)
    assert outcome(news) == ("pending", "")
    Message.objects.filter(kind="offer").update(status="failed")
    assert outcome(news, minutes(0.1)) == ("dropped", Rule.NEVER_TOLD)


def test_no_news_of_an_offer_that_had_run_out_or_was_answered(told):
    told.deliver()
    news = retract(told)
    Offer.objects.update(state="expired")
    assert outcome(news) == ("dropped", Rule.OFFER_OVER)
    Message.objects.filter(pk=news.pk).update(status="pending")
    Offer.objects.update(state="retracted", expires_at=NOW)
    assert outcome(news) == ("dropped", Rule.OFFER_OVER)


def test_a_broadcast_is_taken_back_on_the_page_only(told):
    told.deliver()
    news = retract(told)
    for _ in range(10):
        told.world.offer(told.slot)
    assert outcome(news) == ("dropped", Rule.BROADCAST)


@pytest.mark.django_db(transaction=True)
def test_whoever_is_just_being_told_while_another_claims_hears_that_it_is_taken(told, monkeypatch):
    """The claim sees their text still waiting; by the time it has retracted the offer, the text is on its way."""
    winner = told.world.offer(told.slot)
    about_to_go, claiming = threading.Event(), threading.Event()
    look = checks.look

    def wait_then_look(*args, now):
        about_to_go.set()
        claiming.wait(5)
        return look(*args, now=now)

    def tell_them():
        try:
            told.deliver()
        finally:
            connection.close()

    monkeypatch.setattr(checks, "look", wait_then_look)
    thread = threading.Thread(target=tell_them)
    thread.start()
    assert about_to_go.wait(5)
    threading.Timer(0.4, claiming.set).start()  # the claim waits for the row by then
    assert claims.claim(winner.pk, via="link", now=NOW) == "booked"
    thread.join()
    told.message.refresh_from_db()
    assert told.message.status == "delivered"
    assert Message.objects.get(offer=told.offer, kind="retracted").contact_point == told.point


def test_a_report_too_tells_those_who_lost_meanwhile(told):
    Message.objects.update(status="sending", next_attempt_at=minutes(1))
    winner = told.world.offer(told.slot)
    assert claims.claim(winner.pk, via="link", now=NOW) == "booked"
    Message.objects.filter(kind="retracted").delete()
    outbox.receipt(told.message.public_id, provider_id="SM1", status="sent", code="", now=NOW)
    assert Message.objects.get(kind="retracted").offer == told.offer


def test_an_offer_taken_back_while_the_time_is_free_is_no_news(told):
    Message.objects.update(status="sending", next_attempt_at=NOW)
    SimulatedText.objects.create(message=told.message, at=NOW)
    Offer.objects.update(state="retracted")  # the same wish was booked elsewhere
    assert told.deliver().status == "delivered"
    assert not Message.objects.filter(kind="retracted").exists()


# Workers die.


class Died(BaseException):
    """As kill -9 would: nothing after it runs."""


def die(*_, **__):
    raise Died


def test_a_worker_that_dies_after_the_call_is_found_out_and_nothing_is_sent_twice(told, monkeypatch):
    monkeypatch.setattr("notifications.outbox.results.record", die)
    with pytest.raises(Died):
        told.deliver()
    monkeypatch.undo()
    told.message.refresh_from_db()
    assert (told.message.status, SimulatedText.objects.count()) == ("sending", 1)
    assert told.deliver(minutes(0.1)).status == "sending", "its lease is not over"
    assert told.deliver(minutes(1)).status == "delivered"
    assert SimulatedText.objects.count() == 1


def test_a_text_that_ends_every_worker_is_given_up(told, monkeypatch):
    """Each time the carrier is asked and has nothing, so it is tried again; but not for ever."""
    monkeypatch.setattr(simulator, "send", die)
    for death in range(DIED_AT_MOST):
        assert told.message.status == "pending"
        with pytest.raises(Died):
            told.deliver(minutes(death))
        told.message.refresh_from_db()
        assert told.message.status == "sending"
        told.deliver(minutes(death + 0.6))
    assert (told.message.status, told.message.error_code) == ("failed", "lost")
    assert not SimulatedText.objects.exists()


def test_a_call_that_nobody_heard_has_one_more_and_no_third(told, monkeypatch):
    answers(monkeypatch, *[Result(Outcome.UNKNOWN, code="ReadTimeout")] * 2)
    for n in range(2):
        assert told.deliver(minutes(9 * n)).status == "unknown"
        message = told.deliver(minutes(9 * n + 5))
    assert (message.status, message.error_code) == ("failed", "lost")


def test_a_lost_text_is_sent_again(told, monkeypatch):
    monkeypatch.setattr(simulator, "send", die)
    with pytest.raises(Died):
        told.deliver()
    monkeypatch.undo()
    assert told.deliver(minutes(1)).status == "pending"
    assert told.deliver(minutes(1.1)).status == "delivered"
    assert SimulatedText.objects.count() == 1


def test_a_lost_offer_that_is_over_by_then_is_not_sent_again(told, monkeypatch):
    monkeypatch.setattr(simulator, "send", die)
    with pytest.raises(Died):
        told.deliver()
    monkeypatch.undo()
    Offer.objects.update(state="retracted")
    told.deliver(minutes(1))
    assert told.deliver(minutes(1.1)).status == "dropped"


# Channels fail.


def answers(monkeypatch, *results):
    waiting = list(results)
    monkeypatch.setattr(simulator, "send", lambda message, now: waiting.pop(0))


def test_what_was_surely_not_sent_is_tried_again_later_and_later(told, monkeypatch):
    answers(monkeypatch, *[Result(Outcome.NOT_SENT, code="20429")] * 4)
    waits, now = [], NOW
    for _ in range(4):
        message = told.deliver(now)
        assert (message.status, message.error_code) == ("pending", "20429")
        waits.append((message.next_attempt_at - now).total_seconds())
        now = message.next_attempt_at
    assert all(0.7 * 2**n <= wait <= 1.4 * 2**n for n, wait in enumerate(waits, 1)), waits
    monkeypatch.undo()
    assert told.deliver(now).status == "delivered"


def test_trying_ends_with_the_offer(told, monkeypatch):
    Message.objects.update(not_after=NOW + timedelta(seconds=1))
    answers(monkeypatch, Result(Outcome.NOT_SENT, code="ConnectTimeout"))
    assert told.deliver().status == "failed"


def test_an_answer_nobody_heard_is_looked_up_after_a_while(told, monkeypatch):
    answers(monkeypatch, Result(Outcome.UNKNOWN, code="ReadTimeout"))
    message = told.deliver()
    assert (message.status, message.error_code) == ("unknown", "ReadTimeout")
    assert message.next_attempt_at >= minutes(1)
    monkeypatch.setattr(simulator, "find", lambda message, taken, now: Result(Outcome.UNKNOWN))
    assert told.deliver(minutes(2)).status == "unknown"
    monkeypatch.undo()
    SimulatedText.objects.create(message=message, at=NOW)
    assert told.deliver(minutes(4)).status == "delivered"


def test_a_broken_channel_is_unknown_not_sent_again_blindly(told, monkeypatch, caplog):
    monkeypatch.setattr(simulator, "send", lambda message, now: 1 / 0)
    assert told.deliver().status == "unknown"
    assert "its channel broke" in caplog.text


def test_what_cannot_be_worded_holds_up_nobody_and_is_given_up(told, caplog):
    other = tell(told.world)
    Message.objects.filter(pk=told.message.pk).update(context={"starts_at": "Ana, 2 pm"})
    outbox.deliver_due(now=NOW)
    other.message.refresh_from_db()
    told.message.refresh_from_db()
    assert (other.message.status, told.message.status) == ("delivered", "pending")
    assert told.message.next_attempt_at > NOW
    for _ in range(4):
        message = told.deliver(told.message.next_attempt_at)
    assert (message.status, message.error_code, message.attempts) == ("failed", "no_words", 5)
    assert [record.getMessage() for record in caplog.records] == [
        f"message {message.pk}: there are no words for it (KeyError)"
    ]
    assert "Ana" not in caplog.text


def test_what_comes_too_late_needs_no_words(told):
    Message.objects.update(context={}, not_after=NOW)
    assert told.deliver().refused_by == Rule.TOO_LATE


def test_nobody_knows_after_a_day_is_a_failure(told, monkeypatch):
    Message.objects.update(status="unknown", created_at=NOW - timedelta(hours=25))
    monkeypatch.setattr(simulator, "find", lambda message, taken, now: Result(Outcome.UNKNOWN))
    assert told.deliver().error_code == "unresolved"


def eight_at_once(monkeypatch, claim):
    """Eight workers have all read the message as waiting before any of them claims it."""
    told = tell(factories.World())
    all_have_read = threading.Barrier(8)

    def read_by_all_then_claim(messages, *, now):
        all_have_read.wait()
        return claim(messages, now=now)

    monkeypatch.setattr(boarding, "claim", read_by_all_then_claim)
    at_once([lambda: outbox.deliver(told.message.pk, now=NOW)] * 8)
    told.message.refresh_from_db()
    return told.message


@pytest.mark.django_db(transaction=True)
def test_eight_workers_at_once_send_one_text(monkeypatch):
    message = eight_at_once(monkeypatch, boarding.claim)
    assert (message.status, message.attempts) == ("delivered", 1)
    assert SimulatedText.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_control_without_the_claim_all_eight_would_send(monkeypatch):
    eight_at_once(monkeypatch, lambda messages, *, now: messages)
    assert SimulatedText.objects.count() == 8


@pytest.mark.django_db(transaction=True)
def test_nothing_is_locked_while_the_channel_works(told, monkeypatch):
    def send(message, *, now):
        assert not connection.in_atomic_block
        return Result(Outcome.SENT, "x")

    monkeypatch.setattr(simulator, "send", send)
    assert told.deliver().status == "sent"


def test_every_channel_has_its_way_out():
    for channel in ("sms", "email", "webhook"):
        assert channels.of(Message(channel=channel)).send
