"""Every (from, to) of every life: a legal move changes one row and writes one line, any other changes nothing."""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.db.models import Model

from audit.models import Entry as Line
from audit.trail import content_type_id
from matching import offers
from matching.answering import booking, reserves
from matching.models import Offer
from matching.states import BY_PATIENT, BY_STAFF, IN_LINE, MAY_BE_RESERVE, OFFER_MOVES, OfferState
from tests import factories
from tests.factories import NOW, World
from waitlist import calendar, entries, mirrors, slots
from waitlist.calendar import Time
from waitlist.models import Appointment, Slot, WaitlistEntry
from waitlist.states import (
    APPOINTMENT_MOVES,
    ENTRY_MOVES,
    LIVE_SLOT_STATES,
    SLOT_MOVES,
    WAITING_STATUSES,
    AppointmentStatus,
    ClosedBecause,
    EntryStatus,
    SlotState,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World(is_open_any_hour=True)


def pairs(states: Any, *only: Any) -> list[Any]:
    found = product(states, only or states)
    return [pytest.param(start, to, id=f"{start.value}-{to.value}") for start, to in found]


def look(row: Model) -> dict[str, Any]:
    """The row as it is in the database."""
    return type(row)._default_manager.filter(pk=row.pk).values().get()


def lines_of(row: Model) -> int:
    return Line.objects.filter(content_type_id=content_type_id(type(row)), object_id=row.pk).count()


def judge(row: Model, field: str, before: dict[str, Any], to: str, *, moved: bool, legal: bool) -> None:
    """Moved, and said so once; or nothing at all."""
    after = look(row)
    assert moved == legal
    assert lines_of(row) == (1 if legal else 0)
    if legal:
        assert after[field] == to
    else:
        assert after == before


# Slots.


def slot_in(world: World, state: SlotState) -> Slot:
    if state == SlotState.FILLED:
        return world.slot(state=state, filled_by=world.appointment(), filled_at=NOW, next_wave_at=None)
    held = {"held_by": factories.patient(world.clinic), "held_until": NOW + timedelta(minutes=2)}
    return world.slot(state=state, **held if state == SlotState.HELD else {})


@pytest.mark.parametrize(("start", "to"), pairs(SlotState))
def test_a_slot_moves_by_its_table(world, start, to):
    slot = slot_in(world, start)
    fields: dict[str, Any] = {"filled_by": None}
    if to == SlotState.FILLED:
        fields = {"filled_by": slot.filled_by or world.appointment(), "filled_at": NOW}
    if to == SlotState.HELD:
        fields |= {"held_by": factories.patient(world.clinic), "held_until": NOW + timedelta(minutes=2)}
    before = look(slot)
    moved = slots.move_slot(slot, to, now=NOW, verb=f"slot.{to}", **fields)
    judge(slot, "state", before, to, moved=moved, legal=start in SLOT_MOVES[to])


@pytest.mark.parametrize(("start", "to"), pairs(SlotState, SlotState.EXPIRED, SlotState.WITHDRAWN))
def test_a_slot_is_closed_by_its_table(world, start, to):
    slot = slot_in(world, start)
    before = look(slot)
    moved = slots.close_slot(slot, to, because=ClosedBecause.STOPPED, now=NOW)
    judge(slot, "state", before, to, moved=moved, legal=start in SLOT_MOVES[to])


# Offers.


@pytest.fixture
def slot(world: World) -> Slot:
    made = world.asked_slot()
    found = slots.lock_slot(made.pk)
    assert found is not None
    return found


def offer_in(world: World, slot: Slot, state: OfferState) -> Offer:
    offer = world.offer(slot, state=state, reserved_at=NOW)
    return Offer.objects.select_related("patient", "entry").get(pk=offer.pk)


def write(slot: Slot, offer: Offer, via: str) -> bool:
    try:
        return bool(booking.write(slot, offer.pk, via=via, now=NOW))
    except booking.Lost:
        return False


OFFER_ACTS = {
    OfferState.DECLINED: lambda slot, offer: offers.decline(slot, offer, reason="", via="link", now=NOW),
    OfferState.EXPIRED: lambda slot, offer: bool(offers.lapse(slot, Offer.objects.filter(pk=offer.pk), now=NOW)),
    OfferState.RETRACTED: lambda slot, offer: bool(offers.retract(slot, Offer.objects.filter(pk=offer.pk), now=NOW)),
    OfferState.RETURNED: lambda slot, offer: offers.give_back(slot, offer, now=NOW),
    OfferState.ACCEPTED: lambda slot, offer: write(slot, offer, "staff"),
    OfferState.PENDING: lambda slot, offer: reserves._ask(slot, offer, reserves.plans.of(slot), now=NOW),
}


@pytest.mark.parametrize(("start", "to"), pairs(OfferState))
def test_an_offer_moves_by_its_table(world, slot, start, to):
    offer = offer_in(world, slot, start)
    before = look(offer)
    moved = OFFER_ACTS[to](slot, offer)
    legal = OFFER_MOVES[to] if to != OfferState.PENDING else MAY_BE_RESERVE  # by a link of staff's: test_express.py
    judge(offer, "state", before, to, moved=moved, legal=start in legal)


@pytest.mark.parametrize("start", list(OfferState))
@pytest.mark.parametrize("via", ["link", "reply", "call", "reserve"])
def test_a_patient_takes_what_they_may(world, slot, start, via):
    """What only staff may take for them stays as it was."""
    offer = offer_in(world, slot, start)
    before = look(offer)
    legal = start in BY_PATIENT
    judge(offer, "state", before, OfferState.ACCEPTED, moved=write(slot, offer, via), legal=legal)
    assert Appointment.objects.filter(patient=offer.patient).exists() == legal


@pytest.mark.parametrize("state", list(SlotState))
def test_the_one_write_fills_what_the_table_lets_it(world, state):
    """claim.sql has its states written out: they are the table's."""
    slot = slot_in(world, state)
    Appointment.objects.filter(filled_slot=slot).update(status=AppointmentStatus.CANCELLED)
    offer = world.offer(slot)
    before = look(slot)
    moved = write(slot, offer, "link")
    judge(slot, "state", before, SlotState.FILLED, moved=moved, legal=state in SLOT_MOVES[SlotState.FILLED])


@pytest.mark.parametrize(("is_late", "to"), [(False, OfferState.RETRACTED), (True, OfferState.EXPIRED)])
@pytest.mark.parametrize("start", [state for state in OfferState if state != OfferState.ACCEPTED])
def test_the_one_write_ends_other_offers_by_the_table(world, slot, start, is_late, to):
    offer = world.offer(slot, state=start, **{"expires_at": NOW} if is_late else {})
    before = look(offer)
    assert write(slot, world.offer(slot), "link")
    moved = look(offer)["state"] == to != start
    legal = start == OfferState.PENDING
    assert not legal or start in OFFER_MOVES[to]
    judge(offer, "state", before, to, moved=moved, legal=legal)


def test_what_is_said_of_offers_in_two_places_agrees():
    assert OFFER_MOVES[OfferState.ACCEPTED] == BY_STAFF
    assert OFFER_MOVES[OfferState.PENDING] == BY_STAFF  # by a link of theirs; by itself only whoever may be reserve
    assert MAY_BE_RESERVE == BY_PATIENT < BY_STAFF
    assert BY_PATIENT < BY_STAFF
    assert len(IN_LINE) == 2
    assert SLOT_MOVES[SlotState.FILLED] == set(LIVE_SLOT_STATES)
    assert ENTRY_MOVES[EntryStatus.BOOKED] == set(WAITING_STATUSES)


# Appointments.


def uncancel(visit: Appointment) -> bool:
    return bool(calendar.uncancel(visit, now=NOW))


def rebook(visit: Appointment) -> bool:
    time = Time.of(visit)
    again = mirrors.rebook(visit.external_id, time, clinic_id=visit.clinic_id, version=visit.version + 1, now=NOW)
    return again is not None


def cancel(visit: Appointment) -> bool:
    return calendar.cancel(visit, reason="ill", version=None, now=NOW)


@pytest.mark.parametrize("start", list(AppointmentStatus))
@pytest.mark.parametrize(
    ("act", "to"),
    [
        (cancel, AppointmentStatus.CANCELLED),
        (uncancel, AppointmentStatus.BOOKED),
        (rebook, AppointmentStatus.BOOKED),
    ],
)
def test_a_visit_moves_by_its_table(world, start, act, to):
    """Whether somebody came is said by the calendar alone: nothing of ours writes it yet."""
    visit = world.appointment(status=start, patient=factories.patient(world.clinic))
    before = look(visit)
    judge(visit, "status", before, to, moved=act(visit), legal=start in APPOINTMENT_MOVES[to])


# Wishes.

ENTRY_ACTS = [
    (EntryStatus.REMOVED, lambda entry: entries.remove(entry, now=NOW)),
    (EntryStatus.PAUSED, lambda entry: entries.pause(entry, None, now=NOW)),
    (EntryStatus.ACTIVE, lambda entry: entries.wait_again(entry, now=NOW)),
]


@pytest.mark.parametrize("start", list(EntryStatus))
@pytest.mark.parametrize(("to", "act"), ENTRY_ACTS)
def test_a_wish_moves_by_its_table(world, start, to, act):
    entry = world.entry(status=start)
    before = look(entry)
    judge(entry, "status", before, to, moved=act(entry), legal=start in ENTRY_MOVES[to])


@pytest.mark.parametrize("start", list(EntryStatus))
def test_a_pause_ends_and_nothing_else_is_resumed(world, start):
    """A click on a page that is out of date puts no booked wish back on the list."""
    entry = world.entry(status=start)
    before = look(entry)
    moved = entries.resume(entry, now=NOW)
    judge(entry, "status", before, EntryStatus.ACTIVE, moved=moved, legal=start == EntryStatus.PAUSED)


@pytest.mark.parametrize("start", list(EntryStatus))
def test_a_yes_books_a_wish_by_its_table(world, slot, start):
    """Whoever was taken off the list may still say yes: their wish stays off it."""
    entry = world.entry(status=start)
    before = look(entry)
    write(slot, world.offer(slot, entry), "link")
    legal = start in ENTRY_MOVES[EntryStatus.BOOKED]
    moved = (look(entry)["status"] == EntryStatus.BOOKED) != (start == EntryStatus.BOOKED)
    judge(entry, "status", before, EntryStatus.BOOKED, moved=moved, legal=legal)


def test_no_state_is_left_out_of_a_table():
    for states, moves in (
        (SlotState, SLOT_MOVES),
        (OfferState, OFFER_MOVES),
        (AppointmentStatus, APPOINTMENT_MOVES),
        (EntryStatus, ENTRY_MOVES),
    ):
        assert set(moves) == set(states)
        assert {start for starts in moves.values() for start in starts} <= set(states)
    assert WaitlistEntry._meta.get_field("status").choices == EntryStatus.choices
