"""Ranking: equal to the plain-Python reference on random clinics, and every filter on its own."""

import os
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching.choosing import ranking
from matching.models import Offer
from matching.states import Order
from tests import factories
from tests.factories import NOW, World
from tests.matching import random_clinic, reference
from waitlist.models import Closure, Patient, Service, WaitlistEntry

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Small lists are read as long ones are: no further than the bound."""
    monkeypatch.setattr(ranking, "STEP", 1)


@settings(max_examples=int(os.environ.get("CLINICS", "150")), suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(0, 10**9),
    hours=st.sampled_from([2, 18, 26, 27, 30, 49]),
    min_score=st.sampled_from([0, 35, 55]),
    tiers=st.sampled_from([(), ("1platinum",), ("2gold", "3silver")]),
    order=st.sampled_from(Order.values),
)
@random_clinic.forgotten
def test_sql_equals_the_reference(seed, hours, min_score, tiers, order):
    world = random_clinic.draw(seed)
    slot = world.slot(NOW + timedelta(hours=hours))
    asked_for = {"min_score": min_score, "tiers": tiers, "order": order}
    expected = reference.rank(slot, **asked_for, now=NOW)
    for limit in (3, 100):
        found = ranking.rank(slot, **asked_for, limit=limit, now=NOW)
        assert [(c.entry_id, c.score) for c in found] == expected[:limit]
    known = reference.List(slot, NOW)
    judged = [known.judge(entry) for entry in known.entries]
    for one in judged[:8]:
        verdict = ranking.why(slot, one.entry, now=NOW)
        assert (verdict.filter, verdict.score, verdict.parts) == (one.filter, one.score, one.parts)
    waiting = Counter(one.filter or "eligible" for one in judged if one.entry.status in ("active", "paused"))
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
    "silent": lambda w: w.entry(status="paused", still_asked_at=NOW, silent_since=NOW),
    "inactive": lambda w: w.entry(status="paused"),
    "closed": lambda w: _closed(w),
    "another_service": lambda w: factories.entry(w.clinic, [factories.service(w.clinic)]),
    "excluded_practitioner": lambda w: w.entry(excluded_practitioners=[w.practitioner.pk]),
    "another_day": lambda w: w.entry(availability=[(0b0000001, 0, 1440)]),
    "another_time": lambda w: w.entry(availability=[(factories.ALL_WEEK, 0, 300)]),
    "outside_dates": lambda w: w.entry(latest_on=NOW.date()),
    "short_notice": lambda w: w.entry(notice_minutes=31 * 60),
    "too_far": lambda w: w.entry(factories.patient(w.clinic, latitude=36.0, longitude=-118.0), max_travel_minutes=10),
    "visit_too_long": lambda w: _long_visit(w),
    "not_earlier": lambda w: _holding(w, 30),
    "booked_then": lambda w: _with_visit(w, 30),
    "booked_earlier": lambda w: _with_visit(w, 5),
    "not_launched": lambda w: _not_launched(w),
    "already_asked": lambda w: _asked(w),
    "opted_out": lambda w: _stopped(w),
    "unreachable": lambda w: w.entry(factories.patient(w.clinic, phone=None)),
    "over_cap": lambda w: _capped(w),
    "enough_offers": lambda w: _offered_elsewhere(w),
}


def _closed(world: World) -> WaitlistEntry:
    times = {"starts_at": NOW, "ends_at": NOW + timedelta(days=3)}
    Closure.objects.create(clinic=world.clinic, location=world.location, reason="holiday", **times)
    return world.entry()


def _stopped(world: World) -> WaitlistEntry:
    entry = world.entry()
    entry.patient.contact_points.update(stopped_at=NOW, granted=[])
    return entry


def _long_visit(world: World) -> WaitlistEntry:
    longer = factories.service(world.clinic, minutes=90)
    world.service.compatible.add(longer)
    return factories.entry(world.clinic, [longer])


def _with_visit(world: World, hours: int) -> WaitlistEntry:
    entry = world.entry()
    other = factories.practitioner(world.clinic)
    world.appointment(NOW + timedelta(hours=hours), patient=entry.patient, practitioner=other)
    return entry


def _holding(world: World, hours: int) -> WaitlistEntry:
    """Somebody with another service booked by then, who would come sooner."""
    entry = _with_visit(world, hours)
    held = entry.patient.appointments.get()
    WaitlistEntry.objects.filter(pk=entry.pk).update(later_visit=held)
    entry.refresh_from_db()
    return entry


def _not_launched(world: World) -> WaitlistEntry:
    """A Platinum patient whom staff have put among Gold."""
    world.clinic.launch = world.the_slot.clinic.launch = "platinum"
    return world.entry(factories.patient(world.clinic, tier="1platinum"), priority="2gold")


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
    from matching.choosing.ranking_filters import FILTERS

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
