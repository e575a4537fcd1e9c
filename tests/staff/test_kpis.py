"""The four figures: what counts, what does not, and on whose clock the week begins."""

from datetime import UTC, datetime, timedelta

import pytest

from matching import kpis
from notifications.models import Join, Message
from notifications.states import Kind, MessageStatus, Rule
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


def message(world: World, slot: Slot, seconds: float | None, kind: str = Kind.OFFER) -> None:
    """Handed to the carrier so long after the opening; None: a dry run held it back."""
    offer = world.offer(slot)
    fate = {"status": MessageStatus.REFUSED, "refused_by": Rule.REHEARSAL}
    if seconds is not None:
        fate = {"status": MessageStatus.SENT, "sent_at": slot.opened_at + timedelta(seconds=seconds)}
    Message.objects.create(
        clinic=world.clinic,
        kind=kind,
        channel="sms",
        contact_point=offer.patient.contact_points.get(),
        offer=offer,
        patient=offer.patient,
        slot=slot,
        dedupe_key=f"{kind}:{offer.pk}",
        next_attempt_at=NOW,
        created_at=NOW,
        **fate,
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


@pytest.mark.parametrize("launch", ["rehearsal", "platinum", "everyone"])
def test_what_was_only_rehearsed_is_counted_apart_wherever_the_switch_stands(launch):
    world = World(launch=launch)
    for slot in (filled(world, 6), world.slot(NOW + timedelta(hours=40), state=SlotState.EXPIRED)):
        message(world, slot, None)
        message(world, slot, None)
    message(world, world.slot(NOW + timedelta(hours=50)), None)
    filled(world, 9, 3)
    figures = kpis.figures(world.clinic, since=SINCE)
    assert (figures.filled, figures.ended, figures.recovered, figures.messaged) == (1, 1, 1, 0)
    assert figures.fill_median == timedelta(minutes=9)
    assert (figures.rehearsed, figures.would_hear) == (3, 5)


def test_an_opening_somebody_was_really_told_of_counts_whatever_was_held_back_of_it():
    world = World()
    slot = filled(world, 6)
    message(world, slot, 2)
    message(world, slot, None)
    figures = kpis.figures(world.clinic, since=SINCE)
    assert (figures.filled, figures.messaged, figures.rehearsed, figures.would_hear) == (1, 1, 0, 0)


def test_an_opening_that_was_opened_anew_counts_once():
    world = World()
    filled(world, 6)
    world.slot(NOW + timedelta(hours=30), state=SlotState.WITHDRAWN, closed_because=ClosedBecause.REHEARSED)
    figures = kpis.figures(world.clinic, since=SINCE)
    assert (figures.filled, figures.ended, figures.rehearsed) == (1, 1, 1)


def test_the_first_message_counts_from_when_it_might_go_and_from_the_opening():
    world = World()
    thought, at_once = world.slot(), world.slot(NOW + timedelta(hours=50))
    Slot.objects.filter(pk=thought.pk).update(may_ask_at=thought.opened_at + timedelta(minutes=10))
    message(world, thought, 601)
    message(world, at_once, 1)
    figures = kpis.figures(world.clinic, since=SINCE)
    assert figures.first_message_p95 == timedelta(seconds=1)
    assert figures.from_cancel_p95 == timedelta(seconds=571)
    assert figures.waits_for_ok


def test_where_nobody_took_their_time_both_are_one():
    world = World()
    message(world, world.slot(), 1)
    figures = kpis.figures(world.clinic, since=SINCE)
    assert figures.first_message_p95 == figures.from_cancel_p95 and not figures.waits_for_ok


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
