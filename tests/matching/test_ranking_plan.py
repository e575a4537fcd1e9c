"""How the database finds the people: within the clinic, by index, in one statement."""

import pytest
from django.db import connection

from bench import waiting
from matching.choosing import ranking, ranking_facts, ranking_sql
from matching.prepared import fetch
from matching.states import Order
from tests.factories import NOW, World
from waitlist.models import Slot

pytestmark = pytest.mark.django_db
BIG = set(waiting.TABLES)


@pytest.fixture
def slot(transactional_db) -> Slot:
    """Of one clinic among eight, so that reading all of them is clearly worse. Committed: its pages go when it ends."""
    clinics = [waiting.clinic(number) for number in range(8)]
    for clinic in clinics:
        waiting.fill(clinic, 500)
    waiting.settle()
    return waiting.slot(clinics[1])


def scans(plan: dict) -> list[dict]:
    found = [plan] if "Relation Name" in plan else []
    return found + [scan for inner in plan.get("Plans", []) for scan in scans(inner)]


STATEMENTS = {"best": ranking_sql.best(16), "counts": ranking_sql.COUNTS} | {
    f"everybody, {order}": ranking_sql.everybody(order) for order in Order
}


def test_entries_are_read_within_the_clinic_and_all_else_by_its_key(slot):
    facts = ranking_facts.of(slot, now=waiting.NOW) | ranking_facts.wanted() | {"limit": 9, "asked": []}
    for name, statement in STATEMENTS.items():
        (row,) = fetch(f"EXPLAIN (FORMAT JSON) {statement}", facts)
        (plan,) = row["QUERY PLAN"]
        read = [scan for scan in scans(plan["Plan"]) if scan["Relation Name"] in BIG]
        assert read
        for scan in read:
            condition = scan.get("Index Cond") or scan.get("Recheck Cond") or scan["Node Type"]
            key = "clinic_id = " if scan["Relation Name"] == "waitlist_waitlistentry" else "_id = "
            assert key in condition or "(id = " in condition, (name, scan["Relation Name"], condition)

    for hours in (3, 26, 49, 100):
        other = waiting.slot(slot.clinic, hours=hours, practitioner=2, service=4)
        best = ranking.rank(other, limit=5, now=waiting.NOW)
        everybody = ranking.rank(other, limit=ranking.MANY + 1, now=waiting.NOW)
        assert best == everybody[:5]
        assert len(best) == 5


@pytest.mark.parametrize("people", [1, 3])
def test_one_statement_however_many_people(people, django_assert_num_queries):
    world = World()
    for _ in range(people):
        world.entry()
    slot = Slot.objects.select_related("clinic", "location__clinic", "practitioner__clinic", "service").get(
        pk=world.slot().pk
    )
    with django_assert_num_queries(2):  # which services fit instead, and the ranking
        ranking.rank(slot, limit=10, now=NOW)


def test_a_statement_is_planned_once_for_all_sizes_of_numbers():
    world = World()
    for number in (1, 300, 70_000):
        slot = world.slot(NOW.replace(day=24 + number % 5))
        slot.clinic.max_waited_days = number
        ranking.rank(slot, min_score=number % 40, limit=10, now=NOW)
        slot.delete()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%perfect AS%%'")
        assert cursor.fetchone() == (1,)
