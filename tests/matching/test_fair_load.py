"""Two slots never both spend what one person has only once: live offers, caps, a wish that is gone."""

from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest

from matching import cascade
from matching.asking import reach, sending, waves
from matching.models import Offer
from matching.policy.policies import Wave
from tests import factories
from tests.at_once import at_once
from tests.factories import NOW, World
from tests.matching.steps import policy
from waitlist import roster, slots
from waitlist.models import Slot, WaitlistEntry

pytestmark = pytest.mark.django_db(transaction=True)
SLOTS = 20


def one_patient_and_many_slots(monkeypatch, **clinic) -> tuple[World, list[Slot]]:
    """Every slot's first look at whom to ask is over before any of them is asked."""
    world = World(policy=policy(Wave(size=1)), **{"offers_per_day": 100, "offers_per_week": 100, **clinic})
    world.clinic.offers_per_month = world.clinic.sms_per_day = 100
    world.clinic.save()
    world.entry()
    found = [world.slot(NOW + timedelta(hours=30 + 2 * n)) for n in range(SLOTS)]
    all_have_looked, find, looked = Barrier(SLOTS), waves.find, set()

    def look(slot, *args, **options):
        batch = find(slot, *args, **options)
        if slot.pk not in looked:
            looked.add(slot.pk)
            all_have_looked.wait()
        return batch

    monkeypatch.setattr(waves, "find", look)
    return world, found


def advance_all(found: list[Slot]) -> list:
    return at_once([partial(cascade.advance, slot.pk, now=NOW) for slot in found])


def test_twenty_slots_and_one_patient_who_may_hold_two(monkeypatch):
    _, found = one_patient_and_many_slots(monkeypatch, max_live_offers=2)
    assert sorted(advance_all(found)) == [0] * 18 + [1] * 2
    assert Offer.objects.filter(state="pending").count() == 2
    assert Slot.objects.filter(state="open").count() == 18
    assert {slot.waves.get().excluded.get("enough_offers") for slot in Slot.objects.filter(state="open")} == {1}


def test_control_without_a_second_look_they_are_asked_twenty_times(monkeypatch):
    monkeypatch.setattr(reach, "still_so", lambda slot, reached, *, now: True)
    _, found = one_patient_and_many_slots(monkeypatch, max_live_offers=2)
    assert advance_all(found) == [1] * 20


def test_a_number_is_not_written_to_more_often_than_it_may_be(monkeypatch):
    _, found = one_patient_and_many_slots(monkeypatch, max_live_offers=100, offers_per_day=3)
    assert sum(advance_all(found)) == 3


def test_a_family_on_one_number_shares_its_caps_across_slots(monkeypatch):
    world, found = one_patient_and_many_slots(monkeypatch, max_live_offers=1, offers_per_day=3)
    phone = world.clinic.contact_points.get().value
    for _ in range(4):
        world.entry(factories.patient(world.clinic, phone=phone))
    assert sum(advance_all(found)) == 3



def test_two_waves_of_one_slot_at_once_are_one(monkeypatch):
    world = World(policy=policy(Wave(size=2), Wave(15, size=2)))
    for _ in range(6):
        world.entry()
    slot = world.slot()
    both_have_looked, find, looked = Barrier(2), waves.find, []

    def look(*args, **options):
        batch = find(*args, **options)
        looked.append(1)
        if len(looked) <= 2:
            both_have_looked.wait()
        return batch

    monkeypatch.setattr(waves, "find", look)
    assert sorted(at_once([partial(cascade.advance, slot.pk, now=NOW)] * 2)) == [0, 2]
    assert Offer.objects.count() == 2


def test_control_without_the_lock_the_constraint_has_to_stop_the_second_wave(monkeypatch):
    world = World(policy=policy(Wave(size=2), Wave(15, size=2)))
    for _ in range(2):
        world.entry()
    slot = world.slot()
    monkeypatch.setattr(slots, "lock_unchanged", lambda slot: True)
    monkeypatch.setattr(reach, "still_so", lambda slot, reached, *, now: True)
    both_have_looked, find = Barrier(2), waves.find

    def look(*args, **options):
        batch = find(*args, **options)
        both_have_looked.wait()
        return batch

    monkeypatch.setattr(waves, "find", look)
    found = at_once([partial(cascade.advance, slot.pk, now=NOW)] * 2)
    assert sorted(map(str, found)) == ["2", "UniqueViolation"]


def withdrawn_between_look_and_offer(monkeypatch) -> tuple[World, WaitlistEntry, int]:
    """Somebody leaves the list after they were found and before they are asked; how many were asked."""
    world = World(policy=policy(Wave(size=2)))
    leaving, staying, spare = world.entry(), world.entry(), world.entry(added_at=NOW)
    send, left = sending.send, []

    def leave_first(batch, *, now):
        if not left:
            left.append(roster.remove(leaving.pk, now=NOW))
        return send(batch, now=now)

    monkeypatch.setattr(sending, "send", leave_first)
    asked = cascade.advance(world.slot().pk, now=NOW)
    assert staying.offers.exists()
    assert spare.offers.exists() is not leaving.offers.exists()
    return world, leaving, asked


def test_whoever_leaves_between_look_and_offer_is_not_asked_and_the_next_is(monkeypatch):
    _, leaving, asked = withdrawn_between_look_and_offer(monkeypatch)
    assert asked == 2
    assert not leaving.offers.exists()


def test_control_without_a_second_look_they_are_asked_after_they_left(monkeypatch):
    monkeypatch.setattr(reach, "still_so", lambda slot, reached, *, now: True)
    _, leaving, _ = withdrawn_between_look_and_offer(monkeypatch)
    assert leaving.offers.exists()
