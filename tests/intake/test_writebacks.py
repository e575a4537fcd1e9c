"""What the calendar of record has to hear: one line per booking, and every move only once."""

import pytest

from audit.models import Entry
from tests.factories import NOW, World
from waitlist import writebacks
from waitlist.models import Writeback
from waitlist.states import WritebackStatus

pytestmark = pytest.mark.django_db


def test_without_a_receiver_it_is_a_task_and_done_once():
    world = World()
    world.connection()  # tells us things, wants to hear nothing
    task = writebacks.open_for(world.appointment(), Writeback.Kind.BOOKED, now=NOW)
    assert (task.status, task.connection) == (WritebackStatus.TASK, None)
    assert writebacks.done(task, now=NOW)
    assert not writebacks.done(task, now=NOW)
    assert Entry.objects.filter(verb="writeback.done").count() == 1


def test_with_a_receiver_it_is_queued_once_and_goes_one_way():
    world = World()
    calendar = world.connection(writeback_url="https://calendar.example/hook")
    World().connection(writeback_url="https://other.example/hook")
    appointment = world.appointment()
    queued = writebacks.open_for(appointment, Writeback.Kind.BOOKED, now=NOW)
    assert (queued.status, queued.connection) == (WritebackStatus.QUEUED, calendar)
    assert writebacks.open_for(appointment, Writeback.Kind.BOOKED, now=NOW) == queued
    assert writebacks.conflict(queued, "409", now=NOW)
    assert not writebacks.confirm(queued, now=NOW)
    assert not writebacks.hand_over(queued, "late", now=NOW)
    queued.refresh_from_db()
    assert (queued.status, queued.detail, queued.resolved_at) == (WritebackStatus.CONFLICT, "409", None)


def test_a_connection_switched_off_hears_nothing():
    world = World()
    world.connection(writeback_url="https://calendar.example/hook", is_active=False)
    task = writebacks.open_for(world.appointment(), Writeback.Kind.CANCELLED, now=NOW)
    assert task.status == WritebackStatus.TASK
