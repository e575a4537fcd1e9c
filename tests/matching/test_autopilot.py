"""When the first wave goes: undo delay, buffer, approval, and the hours of the desk."""

from datetime import datetime, timedelta

import pytest

from tests import factories
from tests.factories import NOW, World
from tests.matching.steps import step
from waitlist import schedule, vacancies
from waitlist.models import Closure, Slot

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
CLOSES = 20 * 60  # of every location in tests; it opens at 8:00, but not on Sundays


def at(world: World, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=world.location.zone)


def cancelled(world: World, now: datetime, hours: float = 40) -> Slot:
    slot = schedule.cancel(world.appointment(now + timedelta(hours=hours)).pk, reason="x", by="clinic", now=now).slot
    assert slot is not None
    return slot


@pytest.mark.parametrize("hours, minutes", [(20, 2 + 10), (30, 2 + 45)])
def test_the_buffer_by_lead_time_comes_after_the_undo_delay_and_staff_override_it(hours, minutes):
    world = World(undo_delay_minutes=2, short_buffer_minutes=10, long_buffer_minutes=45)
    world.entry()
    slot = cancelled(world, NOW, hours)
    assert slot.next_wave_at == NOW + minutes * MINUTE
    assert step(slot, NOW + (minutes - 1) * MINUTE) == 0
    vacancies.start(slot.pk, now=NOW + MINUTE)
    assert step(slot, NOW + MINUTE) == 1


def test_suggest_asks_only_when_staff_start_it():
    world = World(autopilot="suggest")
    world.entry()
    slot = cancelled(world, NOW)
    assert slot.next_wave_at is None
    assert step(slot, NOW + timedelta(hours=5)) == 0
    vacancies.start(slot.pk, now=NOW + timedelta(hours=5))
    assert step(slot, NOW + timedelta(hours=5)) == 1


@pytest.mark.parametrize(
    "day, hour, minute, waits",
    [
        (23, 10, 0, 20),  # a Monday morning
        (23, 19, 50, 10),  # at closing, as staff would not see it any more
        (23, 19, 39, 20),
        (23, 20, 0, 0),  # closed
        (23, 7, 59, 0),  # not open yet
        (22, 10, 0, 0),  # a Sunday
    ],
)
def test_approval_falls_through_after_its_minutes_at_closing_or_at_once(day, hour, minute, waits):
    world = World(autopilot="approve", approve_within_minutes=20)
    world.entry()
    now = at(world, day, hour, minute)
    slot = cancelled(world, now)
    assert slot.next_wave_at == now + waits * MINUTE


@pytest.mark.parametrize(
    "starts, whose, waits",
    [(11, None, 0), (12, None, 15), (12, "other place", 20), (11, "one practitioner", 20), (13, None, 20)],
)
def test_a_closure_closes_the_desk_too(starts, whose, waits):
    world = World(autopilot="approve", approve_within_minutes=20)
    Closure.objects.create(
        clinic=world.clinic,
        location=factories.location(world.clinic) if whose == "other place" else None,
        practitioner=world.practitioner if whose == "one practitioner" else None,
        starts_at=at(world, 23, starts),
        ends_at=at(world, 23, 18),
        reason="Training",
    )
    now = at(world, 23, 11, 45)
    assert cancelled(world, now).next_wave_at == now + waits * MINUTE


def test_the_undo_delay_and_the_buffer_hold_outside_desk_hours_too():
    world = World(autopilot="approve", undo_delay_minutes=2, long_buffer_minutes=3)
    now = at(world, 22, 10)
    assert cancelled(world, now).next_wave_at == now + 5 * MINUTE


def test_neither_buffer_nor_approval_takes_the_last_minutes_to_answer():
    world = World(autopilot="approve", approve_within_minutes=60, undo_delay_minutes=1)
    world.entry()
    slot = cancelled(world, NOW, hours=1.5)  # 90 minutes less 60 notice and 15 cut-off leave 15
    assert slot.next_wave_at == NOW + 5 * MINUTE
    slot = cancelled(World(short_buffer_minutes=30, undo_delay_minutes=1), NOW, hours=80 / 60)
    assert slot.next_wave_at == NOW + MINUTE


def test_an_approval_by_staff_does_not_wait():
    world = World(autopilot="approve")
    world.entry()
    slot = cancelled(world, NOW)
    vacancies.start(slot.pk, now=NOW + MINUTE)
    assert step(slot, NOW + MINUTE) == 1
