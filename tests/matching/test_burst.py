"""Many slots in one pass: each exactly as by itself."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching.choosing import burst, ranking
from matching.choosing.burst import Asked
from tests.factories import NOW, World
from tests.matching import random_clinic

pytestmark = pytest.mark.django_db


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**9), limit=st.integers(1, 20))
@random_clinic.forgotten
def test_each_as_by_itself(seed, limit):
    world = random_clinic.draw(seed)
    hours = (2, 18, 26, 27, 30, 49, 75)
    tiers = ((), ("1platinum",), ("2gold", "3silver"))
    wanted = [
        Asked(world.slot(NOW + timedelta(hours=hour)), min_score=hour % 3 * 25, tiers=tiers[hour % 3]) for hour in hours
    ]
    found = burst.rank(wanted, limit=limit, now=NOW)
    assert found == {
        one.slot.pk: ranking.rank(one.slot, min_score=one.min_score, tiers=one.tiers, limit=limit, now=NOW)
        for one in wanted
    }


def test_no_slots_no_question(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert burst.rank([], limit=5, now=NOW) == {}


def test_one_statement_for_all(django_assert_num_queries):
    world = World()
    for _ in range(3):
        world.entry()
    slots = [world.slot(NOW + timedelta(hours=hours)) for hours in (20, 30, 40)]
    for slot in slots:
        slot.service.compatible.all()  # not fetched in advance: one question each
    with django_assert_num_queries(len(slots) + 1):
        found = burst.rank([Asked(slot) for slot in slots], limit=5, now=NOW)
    assert [len(people) for people in found.values()] == [3, 3, 3]
