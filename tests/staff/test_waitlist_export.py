"""The waitlist as a file: what is filtered, in pieces, nothing a spreadsheet would run, and recorded without names."""

import csv
from io import StringIO

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client
from django.urls import reverse

from audit.models import Entry
from tests import factories
from tests.factories import World
from waitlist.states import Role, Tier
from waitlist.views import export

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(world: World, client: Client) -> Client:
    client.force_login(factories.user(world.clinic, Role.MANAGER))
    return client


def sheet(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(content.decode("utf-8-sig"))))


def taken(client: Client, query: str = "") -> list[dict[str, str]]:
    answer = client.post(f"{reverse('waitlist-export')}?{query}")
    assert answer.status_code == 200
    assert answer.streaming
    return sheet(answer.getvalue())


def test_exactly_what_is_filtered_in_its_order(manager: Client, world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(export, "AT_ONCE", 2)
    for name in ("Bea", "Ana", "Cy", "Dee", "Eve"):
        tier = Tier.SILVER if name == "Cy" else Tier.GOLD
        world.entry(factories.patient(world.clinic, first_name=name, last_name="", tier=tier))
    World().entry()
    rows = taken(manager, f"tier={Tier.GOLD}&sort=name")
    assert [row["first_name"] for row in rows] == ["Ana", "Bea", "Dee", "Eve"]
    assert len(taken(manager)) == 5
    assert tuple(rows[0]) == export.COLUMNS
    assert (rows[0]["services"], rows[0]["tier"], rows[0]["reach"]) == (world.service.name, "Gold", "text")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(start: str, manager: Client, world: World):
    danger = f"{start}cmd|' /C calc'!A0"
    who = factories.patient(world.clinic, first_name=danger, last_name=danger, external_id=danger)
    world.service.name = danger
    world.service.save()
    world.entry(who, note=danger)
    answer = manager.post(reverse("waitlist-export")).getvalue().decode("utf-8-sig")
    [cells] = list(csv.reader(StringIO(answer, newline="")))[1:]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
    assert sum(cell == f"'{danger}" for cell in cells) == 5


def test_the_trail_says_what_was_taken_without_names(manager: Client, world: World):
    world.entry(factories.patient(world.clinic, first_name="Ana"))
    taken(manager, f"q=ana&tier={Tier.SILVER}&days=1")
    line = Entry.objects.get(verb="waitlist.exported")
    assert (line.clinic_id, line.object_pk) == (world.clinic.pk, str(world.clinic.pk))
    assert line.changes == {"tier": Tier.SILVER, "longer_than_days": 1, "is_searched": True, "entries": 1}
    assert "ana" not in str(line.changes).lower()


def test_the_front_desk_takes_nothing_out(staff: Client):
    assert staff.post(reverse("waitlist-export")).status_code == 403
    assert "as CSV" not in staff.get(reverse("waitlist")).content.decode()
    assert not Entry.objects.filter(verb="waitlist.exported").exists()


@pytest.mark.django_db(transaction=True)
def test_a_server_that_must_not_wait_streams_it_too():
    world = World()
    world.entry()
    world.entry()
    manager = factories.user(world.clinic, Role.MANAGER)

    async def taken_out() -> bytes:
        client = AsyncClient()
        await client.aforce_login(manager)
        answer = await client.post(reverse("waitlist-export"))
        assert answer.is_async
        return b"".join([part async for part in answer])

    assert len(sheet(async_to_sync(taken_out)())) == 2


def test_as_many_statements_for_three_as_for_one(manager: Client, world: World, django_assert_num_queries):
    world.entry()
    with django_assert_num_queries(11):
        assert len(taken(manager)) == 1
    world.entry()
    world.entry()
    with django_assert_num_queries(11):
        assert len(taken(manager)) == 3
