"""The four figures: what counts, what does not, and on whose clock the week begins."""

from datetime import UTC, datetime, timedelta

import pytest

from matching import kpis
from notifications.models import Join, Message
from notifications.states import Kind, MessageStatus
from tests import factories
from tests.factories import NOW, World
from waitlist.models import Slot
from waitlist.states import ClosedBecause, Origin, SlotState

pytestmark = pytest.mark.django_db
SINCE = NOW - timedelta(days=1)


def filled(world: World, minutes: int, n: int = 0) -> Slot:
    slot = world.slot(NOW + timedelta(hours=30 + n))
    appointment = world.appointment(slot.starts_at, patient=factories.patient(world.clinic))
    Slot.objects.filter(pk=slot.pk).update(
        state=SlotState.FILLED, filled_by=appointment, filled_at=slot.opened_at + timedelta(minutes=minutes)
    )
    return slot


def message(world: World, slot: Slot, seconds: float, kind: str = Kind.OFFER) -> None:
    offer = world.offer(slot)
    Message.objects.create(
        clinic=world.clinic,
        kind=kind,
        channel="sms",
        contact_point=offer.patient.contact_points.get(),
        offer=offer,
        slot=slot,
        dedupe_key=f"{kind}:{offer.pk}",
        status=MessageStatus.SENT,
        next_attempt_at=NOW,
        created_at=NOW,
        sent_at=slot.opened_at + timedelta(seconds=seconds),
    )


def test_nothing_happened():
    figures = kpis.figures(factories.clinic(), since=SINCE)
    assert (figures.ended, figures.fill_percent, figures.first_message_p95) == (0, None, None)


def test_fill_rate_counts_what_was_meant_to_be_filled():
    world = World()
    filled(world, 6)
    hours = 40
    for state, because in (
        (SlotState.EXPIRED, ClosedBecause.PAST),
        (SlotState.WITHDRAWN, ClosedBecause.STOPPED),
        (SlotState.WITHDRAWN, ClosedBecause.KEPT_EMPTY),
        (SlotState.WITHDRAWN, ClosedBecause.CLOSURE),
        (SlotState.WITHDRAWN, ClosedBecause.REBOOKED),
        (SlotState.WITHDRAWN, ClosedBecause.UNCANCELLED),
        (SlotState.OFFERING, ""),
    ):
        hours += 1
        world.slot(NOW + timedelta(hours=hours), state=state, closed_because=because)
    world.slot(NOW + timedelta(hours=60), state=SlotState.EXPIRED, opened_at=SINCE - timedelta(seconds=1))
    figures = kpis.figures(world.clinic, since=SINCE)
    assert (figures.filled, figures.ended, figures.fill_percent) == (1, 3, 33)


def test_recovered_and_the_time_it_took():
    world = World()
    for n, minutes in enumerate((2, 6, 100)):
        filled(world, minutes, n)
    figures = kpis.figures(world.clinic, since=SINCE)
    assert (figures.recovered, figures.recovered_cents) == (3, 96_000)
    assert figures.fill_median == timedelta(minutes=6)


def test_the_first_message_of_each_slot_counts():
    world = World()
    one, two = world.slot(), world.slot(NOW + timedelta(hours=50))
    message(world, one, 0.4)
    message(world, one, 30)
    message(world, two, 1.4)
    message(world, two, 0.1, kind=Kind.RETRACTED)
    figures = kpis.figures(world.clinic, since=SINCE)
    assert figures.messaged == 2
    assert figures.first_message_median == timedelta(seconds=0.9)
    assert figures.first_message_p95 == timedelta(seconds=1.35)


def test_other_clinics_do_not_count():
    filled(World(), 5)
    assert kpis.figures(factories.clinic(), since=SINCE).recovered == 0


def test_the_week_begins_on_the_clinics_own_monday():
    clinic = factories.clinic(timezone="America/Los_Angeles")
    sunday_night = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)  # 23:30 on Sunday there
    assert kpis.week_start(clinic, now=sunday_night) == datetime(2026, 11, 16, 8, tzinfo=UTC)
    assert kpis.week_start(clinic, now=NOW) == datetime(2026, 11, 23, 8, tzinfo=UTC)


def test_the_week_begins_at_midnight_though_the_clocks_changed():
    clinic = factories.clinic(timezone="America/Los_Angeles")
    after_the_change = datetime(2026, 11, 1, 20, tzinfo=UTC)
    assert kpis.week_start(clinic, now=after_the_change) == datetime(2026, 10, 26, 7, tzinfo=UTC)


def test_how_people_came_onto_the_list_and_what_it_led_to():
    world = World()
    for origin, accepted, added in (
        (Origin.WEB, 0, NOW),
        (Origin.REMINDER, 0, NOW),
        (Origin.REMINDER, 1, NOW),
        (Origin.CANCEL_DESK, 0, SINCE - timedelta(seconds=1)),
    ):
        world.entry(origin=origin, offers_answered=1, offers_accepted=accepted, added_at=added)
    World().entry(origin=Origin.TAKEN_PAGE, added_at=NOW)
    unconfirmed = world.entry(origin=Origin.CANCEL_PAGE, added_at=NOW, status="paused")
    Join.objects.create(
        clinic=world.clinic,
        contact_point=unconfirmed.patient.contact_points.get(),
        entry=unconfirmed,
        is_new=True,
        asked_at=NOW,
    )
    came = [(one.origin, one.joined, one.booked) for one in kpis.came_by(world.clinic, since=SINCE)]
    assert came == [(Origin.WEB, 1, 0), (Origin.REMINDER, 2, 1)]
