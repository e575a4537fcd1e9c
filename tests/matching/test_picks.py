"""Staff pick whom to ask: exactly these, once, by the rules of contact, whatever the policy."""

from datetime import timedelta
from threading import Barrier

import pytest

from audit.models import Entry
from matching import claims, picks
from matching.asking import reach
from matching.choosing import ranking
from matching.models import Offer, SentWave
from matching.policy.policies import Wave
from notifications.models import Message
from tests import factories
from tests.at_once import at_once
from tests.factories import NOW, World
from tests.matching.steps import asked, decline_all, policy, step, told
from waitlist import slots, vacancies
from waitlist.models import Closure

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def test_offers_go_to_exactly_these_as_a_wave_of_staff():
    world = World(policy=policy())
    entries = [world.entry() for _ in range(5)]
    slot = world.slot(next_wave_at=None)
    chosen = [entries[1], entries[4]]
    outcome = picks.ask(slot.pk, [entry.pk for entry in chosen], now=NOW)
    assert (outcome.asked, outcome.refused) == (chosen, [])
    slot.refresh_from_db()
    assert (slot.state, slot.wave, slot.next_wave_at) == ("offering", 1, None)
    assert set(asked(slot)) == {entry.pk for entry in chosen}
    assert SentWave.objects.values_list("number", "step", "asked").get() == (1, 0, 2)
    assert Message.objects.filter(kind="offer").count() == 2
    assert set(Offer.objects.values_list("expires_at", flat=True)) == {NOW + 60 * MINUTE}
    assert Entry.objects.get(verb="slot.picked").changes == {"wave": 1, "asked": 2}
    told()
    assert step(slot, NOW + 60 * MINUTE) == 0  # silence asks nobody else
    assert (slot.state, slot.next_wave_at) == ("open", None)


def test_who_may_not_be_asked_is_named_with_the_reason():
    world = World(policy=policy())
    fits = world.entry()
    another = factories.entry(world.clinic, [factories.service(world.clinic)])
    stopped = world.entry()
    stopped.patient.contact_points.update(stopped_at=NOW)
    asleep = world.entry(factories.patient(world.clinic, timezone="Australia/Perth"))
    stranger = World().entry()
    slot = world.slot(NOW + timedelta(hours=3), next_wave_at=None)
    chosen = [entry.pk for entry in (fits, another, stopped, asleep, stranger)]
    outcome = picks.ask(slot.pk, chosen, now=NOW)
    assert outcome.asked == [fits]
    why = dict(outcome.refused)
    assert why == {another: "another_service", stopped: "opted_out", asleep: "outside_hours"}
    assert SentWave.objects.get().excluded["outside_hours"] == 1


def test_asked_twice_nobody_is_asked_twice():
    world = World(policy=policy())
    entry = world.entry()
    slot = world.slot(next_wave_at=None)
    picks.ask(slot.pk, [entry.pk, entry.pk], now=NOW)
    again = picks.ask(slot.pk, [entry.pk], now=NOW)
    assert (again.asked, again.refused) == ([], [(entry, "already_asked")])
    assert (Offer.objects.count(), SentWave.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_two_at_the_desk_at_once_ask_once():
    world = World(policy=policy())
    entries = [world.entry() for _ in range(3)]
    slot = world.slot(next_wave_at=None)
    found = at_once([lambda: picks.ask(slot.pk, [entry.pk for entry in entries], now=NOW)] * 4)
    assert sorted(len(outcome.asked) for outcome in found) == [0, 0, 0, 3]
    assert Offer.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_they_would_be_asked_twice(monkeypatch):
    world = World(policy=policy())
    entry = world.entry()
    slot = world.slot(next_wave_at=None)
    all_have_looked = Barrier(2)
    among = ranking.among

    def look(*args, **options):
        found = among(*args, **options)
        all_have_looked.wait()
        return found

    monkeypatch.setattr(slots, "lock_unchanged", lambda slot: True)
    monkeypatch.setattr(reach, "still_so", lambda slot, reached, *, now: True)
    monkeypatch.setattr(ranking, "among", look)
    found = at_once([lambda: len(picks.ask(slot.pk, [entry.pk], now=NOW).asked)] * 2)
    assert set(found) == {1, "UniqueViolation"}  # the constraint is the last judge


def test_a_time_that_is_gone_asks_nobody():
    world = World(policy=policy())
    entry = world.entry()
    stopped = world.slot(next_wave_at=None)
    vacancies.stop(stopped.pk, now=NOW)
    late = world.slot(NOW + 70 * MINUTE, next_wave_at=None)
    booked = world.slot(NOW + timedelta(hours=50), next_wave_at=None)
    world.appointment(booked.starts_at)
    closed = world.slot(NOW + timedelta(hours=60), next_wave_at=None)
    Closure.objects.create(clinic=world.clinic, starts_at=closed.starts_at, ends_at=closed.ends_at, reason="Course")
    for slot in (stopped, late, booked, closed):
        assert not picks.ask(slot.pk, [entry.pk], now=NOW).is_free
    assert not picks.ask(0, [entry.pk], now=NOW).is_free
    assert not Offer.objects.exists()


def test_before_the_first_wave_they_have_their_time_and_then_the_policy_begins():
    world = World(policy=policy(Wave(size=1), Wave(15, size=1), autopilot="approve"))
    entries = [world.entry() for _ in range(4)]
    slot = world.slot(next_wave_at=NOW + 5 * MINUTE)
    picks.ask(slot.pk, [entries[3].pk], now=NOW)
    told()
    assert step(slot, NOW + 5 * MINUTE) == 0
    assert slot.next_wave_at == NOW + 60 * MINUTE
    assert step(slot, NOW + 60 * MINUTE) == 1
    assert (slot.wave, slot.next_wave_at) == (2, NOW + 75 * MINUTE)
    assert step(slot, NOW + 75 * MINUTE) == 1
    assert list(slot.waves.order_by("number").values_list("number", "step")) == [(1, 0), (2, 1), (3, 2)]


def test_in_the_middle_the_policy_keeps_its_minute():
    world = World(policy=policy(Wave(size=1), Wave(15, size=1, repeat=True)))
    entries = [world.entry() for _ in range(4)]
    slot = world.slot()
    step(slot, NOW)
    picks.ask(slot.pk, [entries[3].pk], now=NOW + MINUTE)
    slot.refresh_from_db()
    assert slot.next_wave_at == NOW + 15 * MINUTE
    assert step(slot, NOW + 15 * MINUTE) == 1
    assert asked(slot) == [entries[0].pk, entries[3].pk, entries[1].pk]


def test_after_the_plan_is_over_it_stays_over():
    world = World(policy=policy(Wave(size=1)))
    entries = [world.entry() for _ in range(3)]
    slot = world.slot()
    step(slot, NOW)
    picks.ask(slot.pk, [entries[2].pk], now=NOW + MINUTE)
    for offer in slot.offers.all():
        claims.decline(offer.pk, reason="", via="link", now=NOW + 2 * MINUTE)
    assert step(slot, NOW + 3 * MINUTE) == 0
    assert slot.next_wave_at == slot.starts_at - timedelta(minutes=75)


def test_a_pick_takes_neither_the_buffer_nor_the_time_to_approve():
    world = World(policy=policy(Wave(size=None), autopilot="approve"))
    entries = [world.entry() for _ in range(3)]
    slot = world.slot(next_wave_at=NOW + 120 * MINUTE)
    picks.ask(slot.pk, [entries[0].pk], now=NOW)
    told()
    decline_all(slot, now=NOW + MINUTE)
    assert step(slot, NOW + MINUTE) == 0
    assert slot.next_wave_at == NOW + 120 * MINUTE
    assert step(slot, NOW + 120 * MINUTE) == 2
