"""Many cancelled at once: paused once, asked once, refilled or kept empty."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from audit.models import Entry
from matching import cascade, claims, returns, work
from matching.answering import reserves
from matching.models import Offer
from matching.states import Reserve
from notifications.models import Message
from tests import factories
from tests.at_once import at_once
from tests.factories import NOW, World
from tests.matching.steps import step
from waitlist import closing, masses, schedule, vacancies
from waitlist.models import Closure, MassCancellation, Slot
from waitlist.states import CancelledBy
from waitlist.vacancies import Refused

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
ANSWER = MassCancellation.Answer


def visits(world: World, count: int, **fields: object) -> list[int]:
    """That many appointments of one day, from tomorrow nine o'clock on."""
    start = NOW + timedelta(hours=23)
    return [world.appointment(start + timedelta(hours=n), **fields).pk for n in range(count)]


def cancel(pk: int, minutes: int = 0) -> Slot:
    return schedule.cancel(pk, reason="", by=CancelledBy.CLINIC, now=NOW + minutes * MINUTE).slot


def entries(world: World, count: int = 12) -> None:
    for _ in range(count):
        world.entry()


def test_the_fourth_within_ten_minutes_pauses_all_of_the_day_and_asks_once():
    world = World()
    entries(world)
    freed = [cancel(pk, n) for n, pk in enumerate(visits(world, 6))]
    mass = MassCancellation.objects.get()
    assert (mass.practitioner, mass.location, mass.noticed_at) == (world.practitioner, None, NOW + 3 * MINUTE)
    assert mass.day.isoformat() == "2026-11-24"
    for slot in freed:
        assert step(slot, NOW + 5 * MINUTE) == 0
    assert work.due(now=NOW + timedelta(hours=3), limit=9) == []  # the sweep does not go round and round
    ((found, waiting),) = masses.unanswered(world.clinic, now=NOW)
    assert (found, waiting) == (mass, freed)
    assert Entry.objects.filter(verb="masscancellation.noticed").count() == 1
    assert not Message.objects.exists()


def asked_and_taken_back(count: int) -> tuple[World, list[int]]:
    """A clinic asked about the first four of five visits of a day, of which so many are on again a minute later."""
    world = World()
    entries(world)
    theirs = visits(world, 5)
    for pk in theirs[:4]:
        cancel(pk)
    for pk in theirs[:count]:
        assert schedule.uncancel(pk, now=NOW + MINUTE).outcome == "done"
    return world, theirs


def test_a_question_about_times_that_were_all_taken_back_is_not_asked_of_the_next():
    world, theirs = asked_and_taken_back(4)
    assert masses.unanswered(world.clinic, now=NOW + MINUTE) == []
    alone = cancel(theirs[4], 20)
    assert step(alone, NOW + 21 * MINUTE) > 0
    assert list(Entry.objects.filter(object_repr__startswith="mass").order_by("pk").values_list("verb", flat=True)) == [
        "masscancellation.noticed", "masscancellation.forgotten",
    ]  # fmt: skip


def test_a_question_still_open_holds_for_the_next():
    _, theirs = asked_and_taken_back(3)
    assert step(cancel(theirs[4], 20), NOW + 21 * MINUTE) == 0


def test_who_moves_up_is_nobody_s_sick_day():
    world = World()
    entries(world)
    freed = [cancel(pk) for pk in visits(world, 3)]
    (swapped,) = visits(world, 4)[3:]
    offer = world.offer(world.slot(NOW + timedelta(hours=20), practitioner=factories.practitioner(world.clinic)), None)
    Offer.objects.filter(pk=offer.pk).update(gave_up=swapped)
    freed.append(cancel(swapped))
    assert not MassCancellation.objects.exists()
    Offer.objects.filter(pk=offer.pk).update(gave_up=None)
    assert step(freed[-1], NOW + MINUTE) == 0 and MassCancellation.objects.exists()


def test_three_are_refilled_as_ever():
    world = World()
    entries(world)
    freed = [cancel(pk) for pk in visits(world, 3)]
    assert [step(slot, NOW) for slot in freed] != [0, 0, 0]
    assert not MassCancellation.objects.exists()


@pytest.mark.parametrize("what", ["slow", "another_day", "other_people", "opened"])
def test_what_is_no_mass_cancellation(what):
    world = World()
    pks = visits(world, 4)
    if what == "slow":
        for n, pk in enumerate(pks):
            cancel(pk, 5 * n)
    elif what == "another_day":
        for pk in [*pks[:3], world.appointment(NOW + timedelta(days=4)).pk]:
            cancel(pk)
    elif what == "other_people":
        for pk in pks[:2]:
            cancel(pk)
        other = factories.practitioner(world.clinic)
        elsewhere = factories.location(world.clinic)
        for pk in visits(world, 2, practitioner=other, location=elsewhere):
            cancel(pk)
    else:
        for hours in range(4):
            slot = world.slot(NOW + timedelta(hours=40 + hours))
            cascade.advance(slot.pk, now=NOW)
    assert not MassCancellation.objects.exists()


def test_many_of_one_location_are_one_too():
    world = World()
    pks = visits(world, 2)
    for _ in range(2):
        pks += visits(world, 1, practitioner=factories.practitioner(world.clinic))
    freed = [cancel(pk) for pk in pks]
    mass = MassCancellation.objects.get()
    assert (mass.practitioner, mass.location) == (None, world.location)
    assert [step(slot, NOW) for slot in freed] == [0] * 4


def test_one_practitioners_day_is_not_asked_about_twice_as_their_locations():
    world = World()
    for pk in visits(world, 4):
        cancel(pk)
    cancel(visits(world, 1, practitioner=factories.practitioner(world.clinic))[0])
    assert MassCancellation.objects.get().practitioner == world.practitioner


def test_the_clinic_says_how_many_are_many():
    world = World(mass_cancellation_count=2)
    for pk in visits(world, 2):
        cancel(pk)
    assert MassCancellation.objects.count() == 1


def test_who_was_asked_before_may_still_say_yes_but_no_wave_follows():
    world = World()
    entries(world)
    pks = visits(world, 4)
    first = cancel(pks[0])
    assert step(first, NOW) == 5
    for pk in pks[1:]:
        cancel(pk, 2)
    later = NOW + timedelta(hours=2)
    assert step(first, later) == 0
    assert (first.state, first.wave) == ("open", 1)  # their time is over; nobody else was asked
    offer = first.offers.order_by("pk").first()
    assert claims.claim(offer.pk, via="link", now=later) == "booked"  # late, and still free


def test_nobody_is_booked_as_reserve_before_staff_have_said_what_becomes_of_the_day():
    world = World()
    entries(world)
    pks = visits(world, 4)
    first = cancel(pks[0])
    step(first, NOW)
    winner, second, *_ = first.offers.order_by("pk")
    assert claims.claim(winner.pk, via="link", now=NOW) == "booked"
    assert reserves.keep(second.pk, Reserve.BOOK, now=NOW)
    for pk in pks[1:]:
        cancel(pk, 2)
    assert returns.cancel_in_grace(winner.pk, now=NOW + 3 * MINUTE)
    assert step(first, NOW + 3 * MINUTE) == 0
    assert first.state == "open"
    closing.answer(MassCancellation.objects.get(), ANSWER.REFILL, None, now=NOW + 4 * MINUTE)
    step(first, NOW + 4 * MINUTE)
    second.refresh_from_db()
    assert (first.state, second.answered_by) == ("filled", "reserve")


def test_refill_goes_on_and_is_not_asked_again():
    world = World()
    entries(world, 60)
    pks = visits(world, 6)
    freed = [cancel(pk) for pk in pks[:4]]
    mass, user = MassCancellation.objects.get(), factories.user(world.clinic)
    assert closing.answer(mass, ANSWER.REFILL, user.pk, now=NOW)
    assert not closing.answer(mass, ANSWER.KEEP_EMPTY, user.pk, now=NOW)  # somebody said so before
    mass.refresh_from_db()
    assert (mass.answer, mass.answered_by, mass.answered_at) == ("refill", user, NOW)
    freed += [cancel(pk, 1) for pk in pks[4:]]
    assert set(work.due(now=NOW + MINUTE, limit=9)) == {slot.pk for slot in freed}
    assert all(step(slot, NOW + MINUTE) for slot in freed)
    assert masses.unanswered(world.clinic, now=NOW) == []
    assert MassCancellation.objects.count() == 1


def test_keep_empty_takes_back_what_is_out_closes_the_day_and_keeps_the_rest_empty_too():
    world = World()
    entries(world)
    pks = visits(world, 5)
    first = cancel(pks[0])
    step(first, NOW)
    Message.objects.update(status="sent")
    for pk in pks[1:4]:
        cancel(pk, 1)
    mass = MassCancellation.objects.get()
    assert closing.answer(mass, ANSWER.KEEP_EMPTY, None, now=NOW + MINUTE)
    closure = Closure.objects.get()
    assert (closure.practitioner, closure.starts_at, closure.ends_at) == (
        world.practitioner, mass.starts_at, mass.ends_at,
    )  # fmt: skip
    assert Message.objects.filter(kind="withdrawn").count() == first.offers.count() == 5
    assert cancel(pks[4], 2).closed_because == "closure"
    assert not Slot.objects.filter(state__in=("open", "offering")).exists()


def test_one_of_them_cannot_be_started_alone_but_the_next_day_can():
    world = World()
    freed = [cancel(pk) for pk in visits(world, 4)]
    with pytest.raises(Refused, match="refill"):
        vacancies.start(freed[0].pk, now=NOW)
    other = cancel(world.appointment(NOW + timedelta(days=5)).pk)
    assert vacancies.start(other.pk, now=NOW)


def test_unanswered_they_run_out_like_any_other():
    world = World()
    freed = [cancel(pk) for pk in visits(world, 4)]
    late = NOW + timedelta(days=2)
    assert set(work.due(now=late, limit=9)) == {slot.pk for slot in freed}
    for slot in freed:
        cascade.advance(slot.pk, now=late)
    assert work.due(now=late, limit=9) == []
    assert masses.unanswered(world.clinic, now=late) == []


def test_the_database_refuses_to_ask_twice_or_about_nobody():
    world = World()
    for pk in visits(world, 4):
        cancel(pk)
    mass = MassCancellation.objects.get()
    same = {"clinic": mass.clinic, "day": mass.day, "starts_at": NOW, "ends_at": NOW, "noticed_at": NOW}
    for wrong in ({"practitioner": mass.practitioner}, {}, {"location": world.location, "answer": "refill"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            MassCancellation.objects.create(**same, **wrong)


@pytest.mark.django_db(transaction=True)
def test_cancelled_at_the_same_moment_none_is_missed_and_staff_are_asked_once():
    world = World()
    entries(world)
    freed = at_once([lambda pk=pk: cancel(pk) for pk in visits(world, 4)])
    mass = MassCancellation.objects.get()
    assert len(list(masses.slots_of(mass))) == 4
    assert sum(cascade.advance(slot.pk, now=NOW) for slot in freed) == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("looks_again", [True, False])
def test_of_one_location_each_looks_again_before_anybody_is_asked(looks_again, monkeypatch):
    """Four practitioners' locks keep nobody apart: no cancellation sees the others, but the first wave does."""
    world = World()
    entries(world, 30)
    pks = []
    for _ in range(4):
        pks += visits(world, 1, practitioner=factories.practitioner(world.clinic))
    monkeypatch.setattr(masses, "_notice", lambda slot, *, now: False)  # as if none had committed before another looked
    freed = at_once([lambda pk=pk: cancel(pk) for pk in pks])
    if looks_again:
        monkeypatch.undo()
    asked = sum(cascade.advance(slot.pk, now=NOW) for slot in freed)
    assert (asked == 0) is looks_again
    assert MassCancellation.objects.count() == looks_again


@pytest.mark.django_db(transaction=True)
def test_answered_twice_at_once_the_first_word_counts():
    world = World()
    for pk in visits(world, 4):
        cancel(pk)
    mass = MassCancellation.objects.get()
    said = at_once([lambda word=word: closing.answer(mass, word, None, now=NOW) for word in (*ANSWER, *ANSWER)])
    assert sorted(said) == [False, False, False, True]
    mass.refresh_from_db()
    assert Closure.objects.count() == (mass.answer == "keep_empty")
