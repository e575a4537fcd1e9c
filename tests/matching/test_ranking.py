"""Ranking: equal to the plain-Python reference on random clinics, and every filter on its own."""

import random
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching import ranking
from matching.models import Offer
from matching.states import Order
from tests import factories
from tests.factories import NOW, World
from tests.matching import reference
from waitlist.models import Patient, Service, WaitlistEntry

pytestmark = pytest.mark.django_db


def random_clinic(seed: int, people: int = 12) -> World:
    """A clinic and a waitlist where ties, edges and every reason for exclusion are likely."""
    chance = random.Random(seed)
    world = World(max_waited_days=chance.choice([0, 30]))
    world.location.latitude, world.location.longitude = 34.05, -118.24
    world.location.save()
    world.practitioner.specialty = "skin"
    world.practitioner.save()
    staff = [world.practitioner]
    staff += [factories.practitioner(world.clinic, specialty=chance.choice(["skin", "laser", ""])) for _ in range(2)]
    services = [
        world.service,
        *(factories.service(world.clinic, minutes=chance.choice([30, 45, 60])) for _ in range(2)),
    ]
    world.service.compatible.add(services[1])
    for _ in range(people):
        person = factories.patient(
            world.clinic,
            phone=chance.choice(["auto", "auto", "auto", None]),
            email=chance.choice([None, f"p{chance.random()}@example.org"]),
            tier=chance.choice(["1platinum", "2gold", "3silver"]),
            latitude=chance.choice([None, 34.05, 34.30]),
            longitude=-118.24,
            spend_cents=chance.choice([0, 0, 90_000]),
        )
        start = chance.choice([0, 480, 555, 600, 660])
        answered = chance.choice([0, 3, 7])
        made = factories.entry(
            world.clinic,
            chance.sample(services, chance.randint(1, 2)),
            person,
            availability=[
                (chance.choice([0b1111111, 0b0000010, 0b0000101]), start, chance.choice([720, 765, 1440])),
                (0b0000010, 660, 760),
            ][: chance.randint(1, 2)],
            practitioners=[p.pk for p in chance.sample(staff, chance.choice([0, 0, 1]))],
            excluded_practitioners=[p.pk for p in chance.sample(staff, chance.choice([0, 0, 0, 1]))],
            max_travel_minutes=chance.choice([None, 20, 60]),
            notice_minutes=chance.choice([60, 900, 1080, 2000]),
            earliest_on=chance.choice([None, NOW.date() + timedelta(days=2)]),
            status=chance.choice(["active"] * 6 + ["paused"]),
            waited_days=chance.choice([0, 7, 30]),
            offers_received=chance.choice([0, 0, 4]),
            offers_answered=answered,
            offers_accepted=chance.randint(0, answered),
            added_at=NOW - timedelta(days=chance.choice([1, 1, 5])),
            priority=chance.choice(["", "", "1platinum"]),
        )
        if chance.random() < 0.1:
            world.appointment(
                NOW + timedelta(hours=chance.choice([10, 26, 50])),
                patient=person,
                practitioner=staff[1],
                is_exclusive=False,
            )
        if chance.random() < 0.1:
            world.offer(world_slot_elsewhere(world, chance), made)
    return world


def world_slot_elsewhere(world: World, chance: random.Random):
    return world.slot(NOW + timedelta(days=chance.randint(5, 3000), minutes=chance.randint(1, 1000)))


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(0, 10**6),
    hours=st.sampled_from([2, 18, 26, 27, 30, 49]),
    min_score=st.sampled_from([0, 35, 55]),
    tiers=st.sampled_from([(), ("1platinum",), ("2gold", "3silver")]),
    order=st.sampled_from(Order.values),
)
def test_sql_equals_the_reference(seed, hours, min_score, tiers, order):
    world = random_clinic(seed)
    slot = world.slot(NOW + timedelta(hours=hours))
    asked_for = {"min_score": min_score, "tiers": tiers, "order": order}
    expected = reference.rank(slot, **asked_for, now=NOW)
    found = ranking.rank(slot, **asked_for, limit=100, now=NOW)
    assert [(c.entry_id, c.score) for c in found] == expected
    top = ranking.rank(slot, **asked_for, limit=3, now=NOW)
    assert [c.entry_id for c in top] == [entry for entry, _ in expected[:3]]
    judged = {e.pk: reference.judge(slot, e, NOW) for e in WaitlistEntry.objects.filter(clinic=world.clinic)}
    for pk, one in judged.items():
        verdict = ranking.why(slot, one.entry, now=NOW)
        assert (pk, verdict.filter, verdict.score, verdict.parts) == (pk, one.filter, one.score, one.parts)
    waiting = Counter(one.filter or "eligible" for one in judged.values() if one.entry.status in ("active", "paused"))
    assert ranking.excluded(slot, now=NOW) == waiting


def test_a_perfect_match_scores_everything_but_the_unknown():
    world = World()
    entry = world.entry()
    (one,) = ranking.rank(world.slot(), limit=5, now=NOW)
    assert one.entry_id == entry.pk
    assert one.parts == {
        "time": 10000, "practitioner": 10000, "service": 10000, "geography": 10000,
        "notice": 10000, "responsiveness": 7000, "fairness": 0,
    }  # fmt: skip
    assert one.score == 935_000


FILTER_CASES = {
    "inactive": lambda w: w.entry(status="paused"),
    "another_service": lambda w: factories.entry(w.clinic, [factories.service(w.clinic)]),
    "excluded_practitioner": lambda w: w.entry(excluded_practitioners=[w.practitioner.pk]),
    "another_day": lambda w: w.entry(availability=[(0b0000001, 0, 1440)]),
    "another_time": lambda w: w.entry(availability=[(factories.ALL_WEEK, 0, 300)]),
    "outside_dates": lambda w: w.entry(latest_on=NOW.date()),
    "short_notice": lambda w: w.entry(notice_minutes=31 * 60),
    "too_far": lambda w: w.entry(factories.patient(w.clinic, latitude=36.0, longitude=-118.0), max_travel_minutes=10),
    "visit_too_long": lambda w: _long_visit(w),
    "booked_then": lambda w: _with_visit(w, 30),
    "booked_earlier": lambda w: _with_visit(w, 5),
    "already_asked": lambda w: _asked(w),
    "unreachable": lambda w: w.entry(factories.patient(w.clinic, phone=None)),
    "over_cap": lambda w: _capped(w),
    "enough_offers": lambda w: _offered_elsewhere(w),
}


def _long_visit(world: World) -> WaitlistEntry:
    longer = factories.service(world.clinic, minutes=90)
    world.service.compatible.add(longer)
    return factories.entry(world.clinic, [longer])


def _with_visit(world: World, hours: int) -> WaitlistEntry:
    entry = world.entry()
    other = factories.practitioner(world.clinic)
    world.appointment(NOW + timedelta(hours=hours), patient=entry.patient, practitioner=other)
    return entry


def _asked(world: World) -> WaitlistEntry:
    entry = world.entry()
    Offer.objects.create(
        slot=world.the_slot, patient=entry.patient, entry=entry, wave=1, offered_at=NOW, expires_at=NOW, state="expired"
    )
    return entry


def _capped(world: World) -> WaitlistEntry:
    entry = world.entry()
    point = entry.patient.contact_points.get()
    for n in range(world.clinic.offers_per_day):
        point.messages.create(
            clinic=world.clinic, kind="offer", channel="sms", patient=entry.patient, dedupe_key=f"cap{n}",
            status="sent", next_attempt_at=NOW, sent_at=NOW - timedelta(hours=1), created_at=NOW,
        )  # fmt: skip
    return entry


def _offered_elsewhere(world: World) -> WaitlistEntry:
    entry = world.entry()
    for n in range(world.clinic.max_live_offers):
        world.offer(world.slot(NOW + timedelta(days=10 + n)), entry)
    return entry


@pytest.mark.parametrize("name", list(FILTER_CASES))
def test_each_filter_alone_keeps_somebody_out(name):
    world = World()
    world.location.latitude, world.location.longitude = 34.05, -118.24
    world.location.save()
    world.the_slot = slot = world.slot()
    assert slot.starts_at.astimezone(slot.location.zone).weekday() == 1  # a Tuesday
    entry = FILTER_CASES[name](world)
    assert ranking.rank(slot, limit=5, now=NOW) == []
    assert ranking.why(slot, entry, now=NOW).filter == name
    assert ranking.excluded(slot, now=NOW) == {name: 1}
    assert set(FILTER_CASES) == set(ranking_filters())


def ranking_filters() -> list[str]:
    from matching.ranking_sql import FILTERS

    return list(FILTERS)


def test_a_clinic_never_sees_another_clinics_people():
    world, other = World(), World()
    factories.entry(other.clinic, [Service.objects.get(pk=world.service.pk)], factories.patient(other.clinic))
    assert ranking.rank(world.slot(), limit=5, now=NOW) == []


def test_one_patient_is_asked_once_by_their_best_entry():
    world = World()
    other = factories.service(world.clinic)
    world.service.compatible.add(other)
    person = factories.patient(world.clinic)
    factories.entry(world.clinic, [other], person)
    best = factories.entry(world.clinic, [world.service], person)
    assert [c.entry_id for c in ranking.rank(world.slot(), limit=5, now=NOW)] == [best.pk]
    assert Patient.objects.count() == 1


def test_alternatives_are_live_slots_they_could_have():
    world = World()
    entry = world.entry(availability=[(factories.ALL_WEEK, 9 * 60, 18 * 60)])
    fits = world.asked_slot(NOW + timedelta(hours=24))
    world.asked_slot(NOW + timedelta(hours=36))  # at night
    world.asked_slot(NOW + timedelta(hours=48), state="withdrawn")
    later = world.asked_slot(NOW + timedelta(hours=50))
    world.slot(NOW + timedelta(hours=52))  # staff have not let it be asked yet
    assert ranking.slots_for(entry, now=NOW) == [fits, later]
    world.offer(fits, entry, state="declined")
    assert ranking.slots_for(entry, now=NOW) == [later]
    entry.status = "booked"
    assert ranking.slots_for(entry, now=NOW) == []
