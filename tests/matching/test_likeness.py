"""How often openings like this one were filled: what is like it, what counts, and what speaks for it where few are."""

from datetime import timedelta

import pytest

from matching import likeness
from matching.likeness import ENOUGH, WHOLE, Past
from tests import factories
from tests.factories import NOW, World
from waitlist.models import Slot
from waitlist.states import ClosedBecause, SlotState

pytestmark = pytest.mark.django_db
THIS, ANY = "this service with 4 to 24 hours’ notice", "any service with 4 to 24 hours’ notice"


def ended(world: World, n: int, *, filled: bool = False, lead_hours: float = 10, status: str = "booked") -> Slot:
    """An opening of the past, the n-th hour back."""
    starts_at = NOW - timedelta(hours=n)
    fields = {"opened_at": starts_at - timedelta(hours=lead_hours), "next_wave_at": None}
    if not filled:
        return world.slot(starts_at, state=SlotState.EXPIRED, closed_because=ClosedBecause.PAST, **fields)
    visit = world.appointment(starts_at, patient=factories.patient(world.clinic), status=status)
    return world.slot(starts_at, state=SlotState.FILLED, filled_by=visit, filled_at=starts_at, **fields)


def open_slot(world: World, lead_hours: float = 10) -> Slot:
    return world.slot(NOW + timedelta(hours=lead_hours), opened_at=NOW)


def test_so_many_of_so_many():
    world = World()
    for n in range(1, 24):
        ended(world, n, filled=n <= 9)
    slot = open_slot(world)
    assert likeness.of(world.clinic, [slot], now=NOW) == {slot.pk: Past(9, 23, THIS)}


def test_of_too_few_nothing_is_foretold():
    world = World()
    slot = open_slot(world)
    assert likeness.of(world.clinic, [slot], now=NOW) == {slot.pk: Past(0, 0, WHOLE)}
    for n in range(1, ENOUGH):
        ended(world, n, filled=True)
    (past,) = likeness.of(world.clinic, [slot], now=NOW).values()
    assert (past, past.is_known) == (Past(ENOUGH - 1, ENOUGH - 1, WHOLE), False)
    ended(world, ENOUGH)
    (past,) = likeness.of(world.clinic, [slot], now=NOW).values()
    assert (past, past.is_known) == (Past(ENOUGH - 1, ENOUGH, THIS), True)


def test_where_few_are_like_it_those_of_any_service_speak_for_it_and_then_the_whole_clinic():
    world, asked_for = World(), []
    asked_for.append(open_slot(world, lead_hours=10))
    asked_for.append(open_slot(world, lead_hours=3))
    for n in range(1, ENOUGH):
        ended(world, n, filled=True)
    world.service = factories.service(world.clinic)
    ended(world, ENOUGH)
    asked_for.append(open_slot(world, lead_hours=12))
    assert list(likeness.of(world.clinic, asked_for, now=NOW).values()) == [
        Past(ENOUGH - 1, ENOUGH, ANY),
        Past(ENOUGH - 1, ENOUGH, WHOLE),
        Past(ENOUGH - 1, ENOUGH, ANY),
    ]


def test_what_is_not_like_it_does_not_count():
    world, other = World(), World()
    for n in range(1, ENOUGH + 1):
        ended(world, n)
        ended(other, n, filled=True)
        ended(world, n + 100, filled=True, lead_hours=100)
    service, world.service = world.service, factories.service(world.clinic)
    ended(world, 50, filled=True)
    world.service = service
    ended(world, 51, filled=True, status="cancelled")
    world.slot(NOW - timedelta(hours=52), state=SlotState.WITHDRAWN, closed_because=ClosedBecause.KEPT_EMPTY,
               opened_at=NOW - timedelta(hours=62))  # fmt: skip
    ended(world, -5, filled=True)  # its time is to come
    ended(world, 24 * 181, filled=True)
    slot = open_slot(world)
    assert likeness.of(world.clinic, [slot], now=NOW) == {slot.pk: Past(0, ENOUGH, THIS)}


@pytest.mark.parametrize(
    ("filled", "ended", "words"),
    [
        (9, 23, "about 4 in 10"),
        (0, 20, "none"),
        (1, 100, "fewer than 1 in 10"),
        (99, 100, "more than 9 in 10"),
        (20, 20, "about 10 in 10"),
        (5, 20, "about 3 in 10"),
    ],
)
def test_in_words(filled: int, ended: int, words: str):
    assert Past(filled, ended, WHOLE).words == words


def test_one_statement_for_all_and_none_for_none(django_assert_num_queries):
    world = World()
    slots = [open_slot(world, lead_hours=n) for n in (3, 10, 100)]
    with django_assert_num_queries(1):
        likeness.of(world.clinic, slots, now=NOW)
    with django_assert_num_queries(0):
        likeness.of(world.clinic, [], now=NOW)
