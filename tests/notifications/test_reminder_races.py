"""Reminders while the visit is moved or cancelled, and two sweeps at once; each with the guard taken out as control."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from django.db import connections, transaction

from notifications import outbox, reminders
from notifications.models import ContactPoint, Message, SimulatedText
from notifications.outbox import checks
from notifications.states import Rule
from tests import factories
from tests.at_once import at_once, while_uncommitted, without_locks
from tests.notifications.test_reminders import HOURS, NOON, booked, sweep, to
from waitlist import calendar
from waitlist.models import Appointment
from waitlist.states import CancelledBy

pytestmark = pytest.mark.django_db(transaction=True)
DAY_BEFORE = NOON - 24 * HOURS


@pytest.fixture
def world() -> factories.World:
    return factories.World(sends_reminders=True)


def remind(visit: Appointment) -> int:
    try:
        return reminders.remind(visit.pk, now=DAY_BEFORE)
    finally:
        connections.close_all()


def four_sweeps(visit: Appointment) -> int:
    at_once([lambda: reminders.remind(visit.pk, now=DAY_BEFORE)] * 4)
    return Message.objects.count()


def test_sweeps_at_once_write_one_reminder(world):
    assert four_sweeps(booked(world)) == 1


def test_control_without_the_key_they_write_several(world, monkeypatch):
    without_locks(monkeypatch)
    keys, all_have_looked = iter(range(100)), threading.Barrier(4)
    enqueue = outbox.enqueue

    def keyless(kind, *, dedupe_key, **rest):
        all_have_looked.wait()
        return enqueue(kind, dedupe_key=f"{dedupe_key}:{next(keys)}", **rest)

    monkeypatch.setattr(outbox, "enqueue", keyless)
    assert four_sweeps(booked(world)) == 4


def test_a_visit_that_is_being_moved_is_left_to_the_next_sweep(world):
    visit, later = booked(world), NOON + 3 * HOURS
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        assert calendar.move(visit, to(world, later), version=None, now=DAY_BEFORE)
        assert pool.submit(remind, visit).result() == 0
    assert sweep(DAY_BEFORE) == []
    assert sweep(later - 24 * HOURS) == ["24h"]
    assert Message.objects.get().context["starts_at"] == later.isoformat()


def test_control_without_the_lock_the_new_time_is_forgotten(world, monkeypatch):
    visit, later = booked(world), NOON + 3 * HOURS
    without_locks(monkeypatch)
    moved = lambda: calendar.move(visit, to(world, later), version=None, now=DAY_BEFORE)  # noqa: E731
    assert while_uncommitted(moved, lambda: reminders.remind(visit.pk, now=DAY_BEFORE)) == 1
    visit.refresh_from_db()
    assert visit.starts_at == later
    assert visit.remind_at == NOON - 2 * HOURS, "as it would be right for the old time"
    assert sweep(later - 24 * HOURS) == []


def cancelled_while_it_waits(world: factories.World) -> Message:
    """Its sender waits for the number's lock, and meanwhile the visit is cancelled."""
    visit = booked(world)
    sweep(DAY_BEFORE)
    message = Message.objects.get()

    def cancel() -> None:
        ContactPoint.objects.select_for_update(no_key=True).get(pk=message.contact_point_id)
        calendar.cancel(visit, reason="ill", by=CancelledBy.PATIENT, version=None, now=DAY_BEFORE)

    while_uncommitted(cancel, lambda: outbox.deliver(message.pk, now=DAY_BEFORE))
    message.refresh_from_db()
    return message


def test_a_visit_cancelled_while_its_reminder_is_being_sent(world):
    message = cancelled_while_it_waits(world)
    assert (message.status, message.refused_by) == ("dropped", Rule.NOT_BOOKED)
    assert not SimulatedText.objects.exists()


def test_control_by_the_visit_as_it_was_read_before_it_is_sent(world, monkeypatch):
    def as_read(message: Message, *, now: datetime) -> Rule | None:
        return None if message.appointment is not None and message.appointment.status == "booked" else Rule.NOT_BOOKED

    monkeypatch.setattr(checks, "_not_as_reminded", as_read)
    assert cancelled_while_it_waits(world).status == "delivered"
