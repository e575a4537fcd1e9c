"""Events of one booking are applied one at a time; and a lost nudge is made good by the sweep."""

import threading
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from audit.models import Entry, Heartbeat
from tests.at_once import wait_until_blocked
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
        assert wait_until_blocked(threads[0]) is is_locked
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


class Killed(BaseException):
    """As kill -9 would: nothing of ours catches it."""


@pytest.mark.filterwarnings("ignore:task_always_eager has no effect")
@pytest.mark.parametrize("dies_at", [1, 2])
def test_a_kept_cancellation_outlives_a_worker_that_dies_in_between(worker_at_hand, monkeypatch, dies_at):
    """After the booking is mirrored and before that is noted, or before the cancellation is applied."""
    world = World()
    calendar = world.connection()
    start = timezone.now()
    kept, booked = (
        stored(calendar, standard(kind, "A-1", version, world, **times))
        for kind, version, times in (("cancelled", 2, {}), ("booked", 1, {"starts_at": start + timedelta(hours=30)}))
    )
    events.apply(kept.pk, now=start)
    InboundEvent.objects.update(received_at=start - timedelta(seconds=30))
    calls = iter(range(1, 3))
    settle, apply = events._settle, events._apply

    def dying(step: Any) -> Any:
        def run(*arguments: Any, **options: Any) -> Any:
            if next(calls) == dies_at:
                raise Killed
            return step(*arguments, **options)

        return run

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(events, *(("_settle", dying(settle)) if dies_at == 1 else ("_apply", dying(apply))))
        events.apply(booked.pk, now=start)
    assert Appointment.objects.get().status == "booked"
    tasks.sweep_events()
    tasks.sweep_events()
    assert Appointment.objects.get().status == "cancelled"
    assert is_settled(booked)
    kept.refresh_from_db()
    assert (kept.status, kept.applied_at is not None) == (EventStatus.APPLIED, True)
    assert not events.kept().exists()


@pytest.mark.filterwarnings("ignore:task_always_eager has no effect")
def test_a_cancellation_of_nothing_known_is_left_in_peace(worker_at_hand):
    world = World()
    tasks.apply_event(stored(world.connection(), standard("cancelled", "A-1", 2, world)).pk)
    lines = Entry.objects.count()
    InboundEvent.objects.update(received_at=NOW - timedelta(days=1))
    tasks.sweep_events()
    tasks.apply_event(InboundEvent.objects.get().pk)
    assert Entry.objects.count() == lines


@pytest.mark.filterwarnings("ignore:task_always_eager has no effect")
def test_the_refresh_counts_every_clinic_though_one_cannot_be(worker_at_hand):
    worlds = [World(), World(), World()]
    long = [world.entry(added_at=timezone.now() - timedelta(days=9)) for world in worlds]
    somebody_else = connection.copy()
    with connection.cursor() as mine, somebody_else.cursor() as theirs:
        theirs.execute("BEGIN")
        theirs.execute("SELECT FROM waitlist_waitlistentry WHERE id = %s FOR UPDATE", [long[0].pk])
        mine.execute("SET lock_timeout = '100ms'")
        tasks.refresh_waiting()
        mine.execute("RESET lock_timeout")
    somebody_else.close()
    long[0].refresh_from_db()
    assert long[0].waited_days == 0
    for world, entry in list(zip(worlds, long, strict=True))[1:]:
        world.clinic.refresh_from_db()
        entry.refresh_from_db()
        assert entry.waited_days == world.clinic.max_waited_days == 9
    assert Heartbeat.objects.filter(name="waitlist.tasks.refresh_waiting").exists()
