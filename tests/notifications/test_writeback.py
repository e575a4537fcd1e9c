"""What the clinic's calendar hears: signed, in its own words, again until it has it, and staff where it cannot."""

from datetime import timedelta

import pytest

from notifications import outbox
from notifications.models import Message
from ops.processes import free_port
from tests import factories
from tests.factories import NOW
from tests.fakes import FakeCalendar
from waitlist import writebacks
from waitlist.models import Mapping, Writeback

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """Receivers compare the timestamp with the hour it is; our hour here is NOW."""
    import standardwebhooks.webhooks as library

    class Clock(library.datetime):
        @classmethod
        def now(cls, tz=None):
            return NOW

    monkeypatch.setattr(library, "datetime", Clock)


@pytest.fixture
def calendar(world):
    connection = world.connection()
    with FakeCalendar(connection.secret) as server:
        connection.writeback_url = f"{server.url}/hook"
        connection.save()
        yield server


@pytest.fixture
def visit(world, calendar):
    patient = factories.patient(world.clinic, email="ana@example.com", external_id="p-7")
    return world.appointment(patient=patient)


def owe(visit, kind="booked"):
    outbox.write_back(visit, kind, now=NOW)
    return Message.objects.get(writeback__kind=kind)


def deliver(message, now=NOW):
    outbox.deliver(message.pk, now=now)
    message.refresh_from_db()
    return message.status, Writeback.objects.get(pk=message.writeback_id).status


def test_a_booking_reaches_the_calendar_in_its_own_words(world, calendar, visit):
    theirs = world.clinic.connections.get()
    Mapping.objects.create(
        connection=theirs, kind="practitioner", external="chen@clinic", practitioner=world.practitioner
    )
    assert deliver(owe(visit)) == ("delivered", "confirmed")
    (event,) = calendar.events
    assert event["type"] == "appointment.booked"
    data = event["data"]
    assert data["external_id"] == visit.external_id
    assert (data["practitioner"], data["service"]) == ("chen@clinic", world.service.name)
    assert data["starts_at"] == visit.starts_at.isoformat()
    assert data["patient"]["external_id"] == "p-7"
    assert data["patient"]["email"] == "ana@example.com"
    assert data["patient"]["phone"].startswith("+1")


def test_it_is_told_again_with_the_same_id_until_it_has_it(calendar, visit):
    calendar.answers.extend([500, 503, 429])
    message = owe(visit)
    now, states = NOW, []
    for _ in range(4):
        states.append(deliver(message, now))
        now = message.next_attempt_at
    assert states == [("pending", "queued")] * 3 + [("delivered", "confirmed")]
    assert len(set(calendar.ids)) == 1
    assert len(calendar.ids) == 4
    assert len(calendar.events) == 1


def test_a_calendar_that_is_away_for_an_hour_becomes_a_task(calendar, visit):
    message = owe(visit)
    message.writeback.connection.writeback_url = f"http://127.0.0.1:{free_port()}/"
    message.writeback.connection.save()
    assert deliver(message) == ("pending", "queued")
    assert deliver(message, NOW + timedelta(hours=1)) == ("failed", "task")
    assert "could not be reached" in Writeback.objects.get().detail


@pytest.mark.parametrize("status", [301, 400, 404, 418, 501])
def test_a_calendar_that_refuses_becomes_a_task_at_once(calendar, visit, status):
    calendar.answers.append(status)
    assert deliver(owe(visit)) == ("failed", "task")
    assert Writeback.objects.get().detail == f"The calendar answered {status}."


def test_a_time_that_was_taken_becomes_a_conflict(calendar, visit, monkeypatch):
    nudged = []
    monkeypatch.setattr("notifications.outbox.results.nudge", lambda name, pk: nudged.append((name, pk)))
    calendar.answers.append(409)
    assert deliver(owe(visit)) == ("failed", "conflict")
    assert nudged == [("matching.tasks.give_way", Writeback.objects.get().pk)]


def test_a_cancellation_is_told_after_the_booking(calendar, visit):
    calendar.answers.append(503)
    booked = owe(visit)
    deliver(booked)
    cancelled = owe(visit, "cancelled")
    assert deliver(cancelled) == ("pending", "queued")
    deliver(booked, booked.next_attempt_at)
    assert deliver(cancelled, cancelled.next_attempt_at + timedelta(seconds=9)) == ("delivered", "confirmed")
    assert [event["type"] for event in calendar.events] == ["appointment.booked", "appointment.cancelled"]


def test_a_worker_that_died_while_telling_tells_again(calendar, visit):
    message = owe(visit)
    Message.objects.update(status="sending", attempts=1, next_attempt_at=NOW)
    deliver(message, NOW + timedelta(minutes=1))
    assert message.status == "pending"
    assert deliver(message, NOW + timedelta(minutes=1.1)) == ("delivered", "confirmed")


def test_a_secret_of_another_form_signs_too(world, visit):
    connection = visit.clinic.connections.get()
    connection.secret = "not base64 at all"
    connection.save()
    with FakeCalendar(b"not base64 at all") as server:
        connection.writeback_url = server.url
        connection.save()
        assert deliver(owe(visit)) == ("delivered", "confirmed")


def test_a_calendar_taken_away_meanwhile_becomes_a_task(visit):
    message = owe(visit)
    visit.clinic.connections.update(writeback_url="")
    assert deliver(message) == ("failed", "task")
    assert Writeback.objects.get().detail == "No calendar is connected."


def test_a_visit_cancelled_twice_is_told_twice_and_each_once(world, calendar, visit):
    """Cancelled here, told, booked again in the calendar, cancelled here again."""
    first = owe(visit, "cancelled")
    assert deliver(first) == ("delivered", "confirmed")
    for _ in range(2):
        outbox.write_back(visit, "cancelled", now=NOW + timedelta(minutes=1))
    again = Message.objects.exclude(pk=first.pk).get()
    assert (again.dedupe_key, again.writeback.status) == (f"writeback:{first.writeback_id}:1", "queued")
    assert deliver(again, NOW + timedelta(minutes=1)) == ("delivered", "confirmed")
    assert len(set(calendar.ids)) == 2


def test_a_task_done_and_owed_again_is_a_task_again(world):
    visit = world.appointment()
    outbox.write_back(visit, "cancelled", now=NOW)
    writebacks.done(Writeback.objects.get(), now=NOW)
    outbox.write_back(visit, "cancelled", now=NOW)
    assert Writeback.objects.get().status == "task"


def test_a_cancellation_the_calendar_refuses_is_a_task(calendar, visit, monkeypatch):
    nudged = []
    monkeypatch.setattr("notifications.outbox.results.nudge", lambda name, pk: nudged.append((name, pk)))
    calendar.answers.append(409)
    assert deliver(owe(visit, "cancelled")) == ("failed", "task")
    assert "refused this cancellation" in Writeback.objects.get().detail
    assert nudged == []
