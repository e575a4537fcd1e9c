"""Batches: several in the air at once, at the pace of their number, and one bad or slow message holds up no other."""

import threading
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import Entry
from matching import claims
from notifications import outbox
from notifications.channels import Outcome, Result, memory, simulator, twilio_http
from notifications.models import Message, Notice, Sender
from notifications.outbox import boarding, flight, landing, results, urgency
from notifications.states import Rule
from tests import factories
from tests.at_once import at_once
from tests.factories import NOW
from tests.fakes import FakeTwilio
from tests.harness import eventually
from tests.notifications.conftest import minutes, tell
from waitlist.models import Clinic

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def twilio(settings):
    with FakeTwilio() as server:
        for name, value in server.environment.items():
            setattr(settings, name, value)
        settings.PUBLIC_URL = "https://standby.example"
        server.now = lambda: NOW
        yield server


def statuses() -> Counter:
    return Counter(Message.objects.exclude(channel="staff").values_list("status", flat=True))


def many(world, count):
    """So many offers told to as many people."""
    return [tell(world) for _ in range(count)]


def test_a_batch_is_sent_and_recorded_like_each_of_them(world, twilio):
    Clinic.objects.update(texts_per_second=100)
    several = many(world, 6)
    outbox.deliver_due(now=NOW)
    assert statuses() == {"sent": 6}
    for told in several:
        (text,) = twilio.to(told.point.value)
        told.message.refresh_from_db()
        assert (told.message.provider_id, told.message.attempts) == (text.sid, 1)
        assert (told.message.segments, told.message.cost_mills) == (1, world.clinic.text_cost_mills)
        assert told.message.sent_at is not None
    lines = Entry.objects.filter(verb="message.sent")
    assert set(lines.values_list("object_id", flat=True)) == set(Message.objects.values_list("pk", flat=True))
    assert lines.first().changes == {"status": ["sending", "sent"], "channel": "sms", "kind": "offer"}


def test_a_batch_of_twelve_takes_hardly_more_statements_than_one_of_two(world, twilio):
    Clinic.objects.update(texts_per_second=100)
    counted = []
    for count in (2, 2, 12):
        many(world, count)
        with CaptureQueriesContext(connection) as queries:
            outbox.deliver_due(now=NOW)
        counted.append(len(queries))
    assert statuses() == {"sent": 16}
    assert counted[2] <= counted[1] + 30, counted  # what lands a moment later is another statement or eight


def test_a_lease_that_is_over_is_in_the_trail_once_in_as_many_statements_for_nine_as_for_three(world, twilio):
    counted = []
    for size in (3, 9):
        ids = [told.message.pk for told in many(world, size)]
        Message.objects.filter(pk__in=ids).update(status="sending", attempts=1, next_attempt_at=NOW)
        with CaptureQueriesContext(connection) as queries:
            boarded = boarding.board(ids, now=NOW)
        assert {one.pk for one, _ in boarded.to_look_up} == set(ids)
        assert not boarding.board(ids, now=NOW).to_look_up, "only one of us looks"
        lines = Entry.objects.filter(verb="message.unknown", object_id__in=ids)
        assert lines.count() == size
        assert lines.first().changes == {"status": ["sending", "unknown"], "channel": "sms", "kind": "offer"}
        statuses_of = Message.objects.filter(pk__in=ids).values_list("status", "next_attempt_at")
        assert set(statuses_of) == {("unknown", NOW + boarding.LEASE)}
        boarding.board(ids, now=NOW + boarding.LEASE)
        assert lines.count() == size, "looked up again it is no news"
        counted.append(len(queries) - size)  # each asks for the ids of its number's others
    assert counted[0] == counted[1]


def test_one_slow_call_keeps_no_other_waiting(world, twilio):
    Clinic.objects.update(texts_per_second=100)
    many(world, 4)
    answered = twilio.holds_its_answer()

    def let_go_when_all_are_out():
        eventually(lambda: len(twilio.texts) == 4)  # in line, it would never come to the second
        answered.set()

    watcher = threading.Thread(target=let_go_when_all_are_out)
    watcher.start()
    outbox.deliver_due(now=NOW)
    watcher.join()
    assert statuses() == {"sent": 4}


def test_one_that_cannot_be_read_holds_up_no_other(world, twilio, monkeypatch, caplog):
    Clinic.objects.update(texts_per_second=100)
    bad, *_ = many(world, 3)
    look = boarding.checks.look

    def breaks_on_one(message, *args, now):
        if message.pk == bad.message.pk:
            raise RuntimeError("spoilt")
        return look(message, *args, now=now)

    monkeypatch.setattr(boarding.checks, "look", breaks_on_one)
    outbox.deliver_due(now=NOW)
    assert statuses() == {"sent": 2, "pending": 1}
    bad.message.refresh_from_db()
    assert bad.message.next_attempt_at > NOW
    assert f"message {bad.message.pk} could not be delivered" in caplog.text


def test_one_that_cannot_be_recorded_with_the_others_is_recorded_by_itself(world, twilio, monkeypatch, caplog):
    Clinic.objects.update(texts_per_second=100)
    many(world, 3)
    monkeypatch.setattr(results, "record_moves", lambda moved, now: 1 / 0)
    outbox.deliver_due(now=NOW)
    assert statuses() == {"sent": 3}
    assert "could not be recorded together" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_whoever_is_just_being_retracted_is_recorded_by_itself_and_hears_of_it(world, twilio):
    """A claim has its lock on one of the offers of a batch; the others are written down meanwhile."""
    Clinic.objects.update(texts_per_second=100)
    first, *others = many(world, 4)
    winner = world.offer(first.slot)
    answered = twilio.holds_its_answer()
    sending = threading.Thread(target=lambda: (outbox.deliver_due(now=NOW), connection.close()))
    sending.start()
    eventually(lambda: len(twilio.texts) == 4)
    assert claims.claim(winner.pk, via="link", now=NOW) == "booked"
    answered.set()
    sending.join()
    assert statuses()["sent"] >= 4
    assert Message.objects.get(kind="retracted", offer=first.offer).channel == "sms"
    assert not Message.objects.filter(kind="retracted", offer__in=[other.offer for other in others]).exists()


def test_the_texts_of_a_flight_share_its_connections_and_leave_none_open(world, twilio, settings):
    Clinic.objects.update(texts_per_second=100)
    settings.MESSAGES_IN_FLIGHT = 3
    many(world, 12)
    outbox.deliver_due(now=NOW)
    assert statuses() == {"sent": 12}
    assert len(twilio.callers) <= 3
    told = tell(world)
    told.deliver()
    assert len(twilio.callers) <= 3 + 1, "one by itself has its own"


@pytest.mark.parametrize("texts", [1, 3])
def test_texts_go_by_the_proxy_that_the_environment_names(world, twilio, settings, monkeypatch, texts):
    settings.TWILIO_API_URL = "http://api.twilio.example"
    monkeypatch.setenv("http_proxy", twilio.url)
    monkeypatch.delenv("no_proxy", raising=False)
    many(world, texts)
    outbox.deliver_due(now=NOW)
    assert len(twilio.callers) >= 1


# A lease is never over while its message is in the air.


@pytest.fixture
def clock(monkeypatch, settings):
    """Two messages made ready together, and time that only passes where a test says so."""
    settings.MESSAGES_IN_FLIGHT = 2
    passed = [0.0]
    monkeypatch.setattr(flight, "monotonic", lambda: passed[0])
    return passed


def test_a_lease_is_counted_from_after_what_landed_before_it(world, clock, monkeypatch):
    many(world, 4)
    land, send, leases = landing.land, simulator.send, []

    def lands_slowly(landed, now):
        clock[0] += 4
        land(landed, now=now)

    def sees_its_lease(message, now):
        leases.append(Message.objects.get(pk=message.pk).next_attempt_at - NOW)
        return send(message, now=now)

    monkeypatch.setattr(landing, "land", lands_slowly)
    monkeypatch.setattr(simulator, "send", sees_its_lease)
    outbox.deliver_due(now=NOW)
    assert leases == [boarding.LEASE] * 2 + [boarding.LEASE + 4 * SECOND] * 2


def test_what_was_held_up_is_looked_at_again_before_it_goes(world, clock, monkeypatch):
    several = many(world, 2)
    send, sent = simulator.send, []

    def takes_long(message, now):
        sent.append(message.pk)
        clock[0] += flight.HELD_AT_MOST_SECONDS + 1
        return send(message, now=now)

    monkeypatch.setattr(simulator, "send", takes_long)
    outbox.deliver_due(now=NOW)
    assert sent == [several[0].message.pk]
    held = several[1].message
    held.refresh_from_db()
    assert (held.status, held.error_code) == ("pending", "held_up")
    outbox.deliver_due(now=NOW + 10 * SECOND)
    held.refresh_from_db()
    assert held.status == "delivered"


def test_what_surely_did_not_go_is_tried_again_though_its_lease_was_over(world, clock, monkeypatch):
    """An e-mail that a server kept hanging: nobody could look it up, whoever held it knows."""
    (told,) = many(world, 1)

    def is_given_up(message, now):
        Message.objects.filter(pk=message.pk).update(status="unknown")  # as another worker does after the lease
        return Result(Outcome.NOT_SENT, code="TimeoutError")

    monkeypatch.setattr(simulator, "send", is_given_up)
    outbox.deliver_due(now=NOW)
    told.message.refresh_from_db()
    assert (told.message.status, told.message.attempts) == ("pending", 1)


def test_the_longest_call_ends_before_its_lease():
    longest_answer_seconds = 20  # config.settings refuses more
    longest = flight.HELD_AT_MOST_SECONDS + twilio_http.CONNECTS_WITHIN_SECONDS + longest_answer_seconds
    assert longest < boarding.LEASE.total_seconds()


# The pace of a number.


def test_a_small_brand_sends_five_at_once_and_then_one_a_second(world, twilio):
    several = many(world, 9)
    outbox.deliver_due(now=NOW)
    assert len(twilio.texts) == 5
    waiting = Message.objects.filter(status="pending").order_by("next_attempt_at")
    assert [one.next_attempt_at - NOW for one in waiting] == [SECOND, 2 * SECOND, 3 * SECOND, 4 * SECOND]
    outbox.deliver_due(now=NOW + 2 * SECOND)
    assert len(twilio.texts) == 7
    outbox.deliver_due(now=NOW + 4 * SECOND)
    assert len(twilio.texts) == len(several)


def answers_to(told, kind="stopped"):
    """What answers a text of theirs, written after all that waits already."""
    return outbox.enqueue(
        kind, clinic=told.world.clinic, contact_point=told.point, channel="sms", dedupe_key=f"{kind}:1",
        context={"clinic_name": "Oak Clinic", "clinic_phone": "+14155550100", "answer": "who"},
        not_after=minutes(5), now=NOW,
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["stopped", "answer"])
def test_an_answer_goes_before_the_offers_that_wait_for_their_numbers_turn(world, twilio, kind):
    several = many(world, 9)
    answer = answers_to(several[0], kind)
    assert outbox.due(now=NOW, limit=20)[0] == answer.pk, "though it is the last that was written"
    outbox.deliver_due(now=NOW)
    assert len(twilio.texts) == 5
    answer.refresh_from_db()
    assert answer.status == "sent"
    waiting = Message.objects.filter(status="pending").order_by("next_attempt_at")
    assert [one.next_attempt_at - NOW for one in waiting] == [n * SECOND for n in range(1, 6)]


def test_an_answer_that_finds_the_pace_used_up_goes_with_the_next_turn(world, twilio):
    several = many(world, 9)
    outbox.deliver_due(now=NOW)
    answer = answers_to(several[0])
    outbox.deliver(answer.pk, now=NOW)
    assert (len(twilio.texts), Message.objects.get(pk=answer.pk).status) == (5, "pending")
    outbox.deliver_due(now=NOW + SECOND)
    assert (len(twilio.texts), Message.objects.get(pk=answer.pk).status) == (6, "sent")


def test_in_one_batch_the_pace_is_first_of_those_who_wrote(world, twilio):
    """Whatever order they are asked for in."""
    several = many(world, 9)
    answer = answers_to(several[0])
    outbox.fly([*(told.message.pk for told in several), answer.pk], now=NOW)
    assert Message.objects.get(pk=answer.pk).status == "sent"


def test_the_order_is_a_fixed_one():
    kinds = ["reminder", "offer", "booked", "desk", "answer", "stopped"]
    assert [urgency.rank(Message(kind=kind)) for kind in kinds] == [2, 2, 1, 1, 0, 0]


def test_what_is_due_is_still_found_by_its_index(world):
    """The order by kind is a sort of what was found; nothing else is read for it."""
    (told,) = many(world, 1)
    sent = {"clinic": world.clinic, "kind": "offer", "channel": "sms", "contact_point": told.point, "status": "sent"}
    times = {"next_attempt_at": NOW, "created_at": NOW}
    Message.objects.bulk_create(Message(**sent, **times, dedupe_key=f"sent:{n}") for n in range(3000))
    with connection.cursor() as cursor, CaptureQueriesContext(connection) as queries:
        cursor.execute("ANALYZE notifications_message")
        outbox.due(now=NOW, limit=5)
        cursor.execute(f"EXPLAIN {queries[0]['sql']}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "message_due" in plan and plan.count("Scan") == 2, plan


def test_a_number_of_two_clinics_has_one_pace_and_another_number_its_own(world, twilio):
    other = factories.World(sms_sender=world.clinic.sms_sender)
    apart = factories.World(sms_sender="+15005550006")
    many(world, 3), many(other, 3), many(apart, 3)
    outbox.deliver_due(now=NOW)
    assert Counter(text.sender for text in twilio.texts) == {world.clinic.sms_sender: 5, "+15005550006": 3}
    assert Sender.objects.count() == 2


def test_what_waits_for_its_turn_too_long_is_not_sent(world, twilio):
    many(world, 7)
    outbox.deliver_due(now=NOW)
    Message.objects.filter(status="pending").update(not_after=NOW + SECOND)
    outbox.deliver_due(now=NOW + 5 * SECOND)
    assert (len(twilio.texts), statuses()["dropped"]) == (5, 2)


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_keep_to_one_pace(twilio):
    world = factories.World()
    ids = [told.message.pk for told in many(world, 10)]
    at_once([lambda: outbox.fly(ids[:5], now=NOW), lambda: outbox.fly(ids[5:], now=NOW)])
    assert len(twilio.texts) == 5


@pytest.mark.django_db(transaction=True)
def test_control_without_the_pace_they_send_all(twilio, monkeypatch):
    world = factories.World()
    ids = [told.message.pk for told in many(world, 10)]
    monkeypatch.setattr(boarding.pace, "over", lambda messages, now: {})
    at_once([lambda: outbox.fly(ids[:5], now=NOW), lambda: outbox.fly(ids[5:], now=NOW)])
    assert len(twilio.texts) == 10


# The month's money.


def spend(world, mills, **fields):
    told = tell(world)
    Message.objects.filter(pk=told.message.pk).update(status="sent", sent_at=NOW, cost_mills=mills, **fields)


def test_what_the_month_costs_ends_paid_offers_and_nothing_else(world):
    Clinic.objects.update(monthly_budget_cents=5)
    spend(world, 40)
    last, over = tell(world), tell(world)
    assert last.deliver().status == "refused", "10 are left, and it costs 11"
    Clinic.objects.update(monthly_budget_cents=6)
    assert over.deliver().status == "delivered"
    booked = tell(world)
    Message.objects.filter(pk=booked.message.pk).update(kind="opt_in")
    assert booked.deliver().status == "delivered", "what is no offer goes all the same"
    last.message.refresh_from_db()
    assert last.message.refused_by == Rule.MONEY_SPENT


def test_the_month_is_the_clinics_own(world):
    Clinic.objects.update(monthly_budget_cents=2)
    first_of_november = NOW.replace(day=1, hour=6, minute=30)  # 23:30 of October 31 in Los Angeles
    spend(world, 20, created_at=first_of_november)
    assert tell(world).deliver().status == "delivered"
    spend(world, 20, created_at=first_of_november + timedelta(hours=1))
    assert tell(world).deliver().status == "refused"


def test_who_spends_the_last_of_it_tells_staff_once(world):
    factories.user(world.clinic, "manager")
    Clinic.objects.update(monthly_budget_cents=3)
    tell(world).deliver()
    assert not Notice.objects.exists(), "one text more is paid for"
    tell(world).deliver()
    tell(world).deliver()
    assert [notice.event for notice in Notice.objects.all()] == ["money"]


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_spend_the_last_of_it_once(monkeypatch):
    world = factories.World(monthly_budget_cents=2)
    several = many(world, 2)
    at_once([lambda told=told: outbox.deliver(told.message.pk, now=NOW) for told in several])
    assert statuses() == {"delivered": 1, "refused": 1}


@pytest.mark.django_db(transaction=True)
def test_control_without_the_clinics_lock_both_spend_it(monkeypatch):
    world = factories.World(monthly_budget_cents=2)
    several = many(world, 2)
    both = threading.Barrier(2)

    def read_by_both(messages, now):
        left = {one.clinic_id: 20 for one in messages}
        both.wait(5)
        return left

    monkeypatch.setattr(boarding, "_money_left", read_by_both)
    at_once([lambda told=told: outbox.deliver(told.message.pk, now=NOW) for told in several])
    assert statuses() == {"delivered": 2}


def test_three_waiting_for_one_number_are_not_all_refused(world):
    """The cap leaves room for two: the third is refused, not each for the sake of the others."""
    first = tell(world)
    for _ in range(2):
        tell(world, phone=first.point.value)
    Clinic.objects.update(sms_per_day=9)
    outbox.deliver_due(now=minutes(0))
    assert statuses() == {"delivered": 2, "refused": 1}


def test_the_double_for_tests_keeps_what_it_is_handed(world, settings):
    settings.SMS_TRANSPORT = "memory"
    memory.handed_over.clear()
    told = tell(world)
    assert told.deliver().status == "sent"
    assert [message.pk for message in memory.handed_over] == [told.message.pk]
    Message.objects.update(status="unknown", provider_id=None, next_attempt_at=NOW)
    assert told.deliver().status == "sent", "found where it was kept"
