"""A provider that cannot be reached: noticed from rows, by whichever worker; over with the first success."""

from datetime import timedelta

import pytest

from audit.models import Entry
from notifications import outages
from notifications.channels import Outcome, Result
from notifications.models import Message, Outage
from notifications.outbox import deadlines, heed
from tests.at_once import at_once
from tests.factories import NOW, World
from tests.notifications.conftest import minutes, tell
from tests.recorded import everything_recorded

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
UNHEARD = Result(Outcome.NOT_SENT, code="ConnectionError")


def fail(*messages: Message, times: int = 1, start=NOW, result: Result = UNHEARD):
    """So many failed attempts with each of these, a second apart; the moment of the last."""
    at = start
    for _ in range(times):
        for message in messages:
            heed.heed(message, result, now=at)
            at += SECOND
    return at - SECOND


@pytest.fixture
def messages(world) -> list[Message]:
    return [tell(world).message for _ in range(4)]


def test_five_attempts_over_three_messages_begin_one_from_the_first_of_them(messages):
    at = fail(*messages)
    assert outages.out() == []
    fail(messages[0], start=at + SECOND)
    outage = Outage.objects.get()
    assert (outage.channel, outage.cause, outage.started_at, outage.ended_at) == ("sms", "unreachable", NOW, None)
    fail(*messages, times=2, start=at + 5 * SECOND)
    assert Outage.objects.count() == 1


def test_two_messages_are_not_enough_while_others_wait_to_be_tried(messages):
    fail(*messages[:2], times=3)
    assert outages.out() == []


def test_a_clinic_that_asks_one_after_the_other_has_one_message_only(world):
    only = tell(world).message
    fail(only, times=5)
    assert outages.out() == ["sms"]


def test_one_that_went_out_between_says_that_it_is_no_outage(messages):
    at = fail(*messages)
    Message.objects.filter(pk=messages[0].pk).update(status="sent", sent_at=at + SECOND)
    fail(messages[1], start=at + 2 * SECOND)
    assert outages.out() == []
    fail(*messages[1:], times=2, start=at + 3 * SECOND)  # but from then on
    assert Outage.objects.get().started_at == at + SECOND


def test_what_failed_long_ago_does_not_count(messages):
    fail(*messages)
    fail(messages[0], start=minutes(3))
    assert outages.out() == []


@pytest.mark.parametrize(
    "result",
    [
        Result(Outcome.FAILED, code="21211"),
        Result(Outcome.ABSENT),
        Result(Outcome.UNKNOWN, code="internal"),
        Result(Outcome.NOT_SENT, code="no_words"),
        Result(Outcome.MISCONFIGURED, code="no_sender"),
        Result(Outcome.MISCONFIGURED, code="21606"),
    ],
)
def test_what_is_wrong_with_a_number_a_clinic_or_us_is_no_outage(messages, result):
    fail(*messages, times=3, result=result)
    assert outages.out() == []


def test_an_account_that_is_refused_is_one_at_once(told):
    fail(told.message, result=Result(Outcome.MISCONFIGURED, code="20003"))
    assert Outage.objects.get().cause == "account"


def test_a_look_up_counts_for_texts_only(messages):
    for _ in range(2):
        for message in messages:
            heed.heed_look_up(message, Result(Outcome.UNKNOWN, code="ReadTimeout"), now=NOW)
    assert outages.out() == ["sms"]
    outages.end("sms", now=NOW)
    Message.objects.update(channel="email")
    for message in Message.objects.all():
        heed.heed_look_up(message, Result(Outcome.UNKNOWN, code="ReadTimeout"), now=NOW)
    assert outages.out() == []


def test_the_first_success_ends_it_and_what_waited_is_tried_at_once(messages):
    at = fail(*messages, times=2)
    Message.objects.update(next_attempt_at=minutes(1))
    heed.heed(messages[0], Result(Outcome.SENT, "SM1"), now=at + SECOND)
    assert Outage.objects.get().ended_at == at + SECOND
    waiting = Message.objects.exclude(pk=messages[0].pk)
    assert {message.next_attempt_at for message in waiting} == {at + SECOND}


def test_one_begun_by_hand_is_ended_by_hand(told):
    assert outages.begin("sms", "by_hand", now=NOW)
    assert not outages.begin("sms", "by_hand", now=NOW)
    heed.heed(told.message, Result(Outcome.SENT, "SM1"), now=NOW)
    assert outages.out() == ["sms"]
    assert outages.end("sms", by_hand=True, now=NOW) and not outages.end("sms", by_hand=True, now=NOW)
    assert Outage.objects.get().ended_at == NOW


def test_with_nothing_left_to_try_it_ends_and_the_next_text_will_tell(messages):
    fail(*messages, times=2)
    assert outages.end_if_nothing_waits(now=NOW) == 0
    Message.objects.update(next_attempt_at=minutes(60))  # waits for the morning: tries nothing
    assert outages.end_if_nothing_waits(now=NOW) == 1
    assert outages.out() == []


def test_the_trail_of_every_clinic_has_it(messages):
    other = World()
    at = fail(*messages, times=2)
    outages.end("sms", now=at)
    for clinic in (messages[0].clinic, other.clinic):
        lines = Entry.objects.filter(clinic_id=clinic.pk, verb__startswith="outage.").order_by("pk")
        assert [(line.verb, line.changes["channel"]) for line in lines] == [
            ("outage.began", "sms"),
            ("outage.ended", "sms"),
        ]


def test_a_text_late_by_an_outage_names_the_deadline_as_it_would_be_and_is_not_too_late(told, monkeypatch):
    told.offer.expires_at = told.message.not_after = minutes(10)
    told.offer.save()
    Message.objects.update(not_after=minutes(10))
    outages.begin("sms", "unreachable", now=minutes(5))
    results = iter([UNHEARD, Result(Outcome.SENT, "SM1")])
    monkeypatch.setattr("notifications.channels.simulator.send", lambda message, now: next(results))
    message = told.deliver(minutes(20))
    assert (message.status, message.attempts) == ("pending", 1)  # though its offer's time would be over
    message = told.deliver(minutes(65))
    assert message.status == "sent"
    assert "11:10 AM" in message.text  # 10:10, and the hour from 10:05 to 11:05
    told.offer.refresh_from_db()
    assert minutes(70) <= deadlines.present(told.offer, now=minutes(90)) < minutes(71)


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_begin_one_and_end_one():
    world = World()
    messages = [tell(world).message for _ in range(6)]
    fail(*messages)
    Outage.objects.all().delete()
    with everything_recorded() as changed:
        calls = [lambda m=m: heed.heed(m, UNHEARD, now=NOW + 9 * SECOND) for m in messages]
        assert at_once(calls) == [None] * 6
        assert Outage.objects.count() == 1
        ended = at_once([lambda: outages.end("sms", now=minutes(1)) for _ in range(6)])
    assert sorted(ended) == [False] * 5 + [True]
    assert "notifications_outage" in changed
    assert Entry.objects.filter(verb="outage.ended").count() == 1
