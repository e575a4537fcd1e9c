"""Events of one booking are applied one at a time; and a lost nudge is made good by the sweep."""

import threading
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from audit.models import Heartbeat
from tests.factories import NOW, World
from tests.intake.senders import calcom, send, standard
from waitlist import events, tasks
from waitlist.models import Appointment, InboundEvent, Slot
from waitlist.states import EventStatus, SlotState

pytestmark = pytest.mark.django_db(transaction=True)


def stored(calendar: Any, body: dict) -> InboundEvent:
    return InboundEvent.objects.get(pk=send(calendar, body).json()["event"])


def in_thread(act: Any) -> threading.Thread:
    def run() -> None:
        try:
            act()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def is_settled(event: InboundEvent) -> bool:
    event.refresh_from_db()
    return event.status != EventStatus.RECEIVED


@pytest.mark.parametrize("is_locked", [True, False])
def test_an_event_waits_for_the_other_one_of_its_booking_only(is_locked, monkeypatch):
    world = World()
    calendar = world.connection()
    first, second, other = (
        stored(calendar, standard("booked", name, version, world, starts_at=NOW + timedelta(hours=hours)))
        for name, version, hours in (("A-1", 1, 30), ("A-1", 2, 31), ("B-1", 1, 40))
    )
    with events._alone(first):
        if not is_locked:  # the negative control
            monkeypatch.setattr(events, "_alone", lambda event: nullcontext())
        threads = [in_thread(lambda e=e: events.apply(e.pk, now=NOW)) for e in (second, other)]
        threads[1].join()
        threads[0].join(0.5)
        assert is_settled(other)
        assert is_settled(second) is not is_locked
    threads[0].join()
    assert is_settled(second)


def test_a_booking_and_its_cancellation_at_the_same_moment_end_cancelled_every_time():
    world = World()
    calendar = world.connection(source="calcom", secret="typed into Cal.com")
    for turn in range(6):
        at = NOW + timedelta(hours=30 + turn)
        bodies = [
            calcom("BOOKING_CREATED", f"u{turn}", NOW, at, world),
            calcom("BOOKING_CANCELLED", f"u{turn}", NOW + timedelta(minutes=1), at, world),
        ]
        pair = [stored(calendar, body) for body in bodies]
        threads = [in_thread(lambda e=e: events.apply(e.pk, now=NOW)) for e in (*pair, *pair)]
        for thread in threads:
            thread.join()
    assert not InboundEvent.objects.filter(status__in=["received", "rejected"]).exists()
    assert not Appointment.objects.filter(status="booked").exists()
    assert Slot.objects.filter(state=SlotState.OPEN).count() == 6


@pytest.fixture
def worker_at_hand() -> Iterator[None]:
    """Tasks that are sent run here and now."""
    tasks.apply_event.app.conf.task_always_eager = True
    yield
    tasks.apply_event.app.conf.task_always_eager = False


@pytest.mark.filterwarnings("ignore:task_always_eager has no effect")
def test_the_sweep_sends_what_a_lost_nudge_left_and_notes_that_it_ran(worker_at_hand):
    world = World()
    calendar = world.connection()
    start = timezone.now()
    lost, fresh = (stored(calendar, standard("cancelled", name, 1, world)) for name in ("A-1", "B-1"))
    InboundEvent.objects.filter(pk=lost.pk).update(received_at=start - timedelta(seconds=30))
    tasks.sweep_events()
    assert is_settled(lost)
    assert not is_settled(fresh)
    tasks.apply_event(fresh.pk)
    assert is_settled(fresh)
    assert Heartbeat.objects.get(name="waitlist.tasks.sweep_events").beat_at >= start


def test_the_nightly_refresh_counts_every_clinic():
    worlds = [World(), World()]
    long = [world.entry(added_at=timezone.now() - timedelta(days=9)) for world in worlds]
    tasks.refresh_waiting()
    for world, entry in zip(worlds, long, strict=True):
        world.clinic.refresh_from_db()
        entry.refresh_from_db()
        assert entry.waited_days == world.clinic.max_waited_days == 9
    assert Heartbeat.objects.filter(name="waitlist.tasks.refresh_waiting").exists()
