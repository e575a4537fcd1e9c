"""Settings of the services: what they ask after the yes, and how long the time is kept meanwhile."""

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import Entry
from tests import factories
from tests.factories import World
from waitlist.states import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def manager(world: World, client: Client) -> Client:
    client.force_login(factories.user(world.clinic, Role.MANAGER))
    return client


def save(manager: Client, world: World, **fields: str) -> str:
    typed = {"details_prompt": "Any allergies?", "hold_seconds": "90", "window_minutes": "", **fields}
    return manager.post(f"/settings/services/{world.service.pk}/", typed, follow=True).content.decode()


def test_what_is_saved_stands_in_the_list_and_in_the_trail(world: World, manager: Client):
    assert "Services" in manager.get("/settings/").content.decode()
    assert "A yes books at once" in manager.get("/settings/services/").content.decode()
    page = save(manager, world)
    assert "Asks “Any allergies?” · kept for 90 seconds" in page
    line = Entry.objects.filter(verb="service.changed").latest("pk")
    assert line.changes == {"details_prompt": ["", "Any allergies?"], "hold_seconds": ["60", "90"]}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"hold_seconds": "9"}, "greater than or equal to 10"),
        ({"hold_seconds": "3601"}, "less than or equal to 3600"),
        ({"hold_seconds": "a while"}, "whole number"),
        ({"details_prompt": "x" * 201}, "at most 200 characters"),
        ({"window_minutes": "0"}, "A minute at least"),
        ({"window_minutes": "1441"}, "a day (1440) at most"),
    ],
)
def test_what_cannot_be_is_named_with_its_field(world: World, manager: Client, fields, words):
    page = save(manager, world, **fields)
    assert "Nothing was saved yet" in page and words in page
    assert f'href="#id_{next(iter(fields))}"' in page
    world.service.refresh_from_db()
    assert (world.service.details_prompt, world.service.hold_seconds) == ("", 60)


def basics(manager: Client, world: World | None, **fields: object) -> str:
    url = reverse("service-basics", args=[world.service.pk]) if world else reverse("service-new")
    typed = {"name": "Peel", "category": "Facial", "minutes": "40", "price": "180.50", "notice_minutes": "90", **fields}
    return manager.post(url, typed, follow=True).content.decode()


def test_what_a_service_is_and_can_stand_in_for(world: World, manager: Client):
    other, gone = factories.service(world.clinic), factories.service(world.clinic, retired_at=factories.NOW)
    world.service.compatible.add(gone)
    assert "Peel is saved." in basics(manager, world, compatible=[other.pk])
    world.service.refresh_from_db()
    row = world.service
    assert (row.name, row.category, row.minutes) == ("Peel", "Facial", 40)
    assert (row.price_cents, row.notice_minutes) == (18050, 90)
    assert set(row.compatible.all()) == {other, gone}, "what is retired is not on the page and stays"
    assert row in other.compatible.all()
    assert Entry.objects.filter(verb="service.changed", object_id=row.pk, changes__has_key="compatible").exists()
    assert "40 min · $180.50" in manager.get("/settings/services/").content.decode()
    assert 'value="180.5"' in manager.get(reverse("service-basics", args=[row.pk])).content.decode()


def test_one_more_service(world: World, manager: Client):
    basics(manager, None, compatible=[world.service.pk])
    made = world.clinic.services.get(name="Peel")
    assert list(made.compatible.all()) == [world.service]
    assert "There is one of that name already." in basics(manager, None)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": ""}, "This field is required"),
        ({"minutes": "4"}, "greater than or equal to 5"),
        ({"price": "much"}, "an amount in dollars"),
        ({"notice_minutes": "10081"}, "A week (10080) at most."),
        ({"compatible": ["999999999"]}, "is not one of the available choices"),
    ],
)
def test_what_a_service_cannot_be_is_named(world: World, manager: Client, fields, words):
    page = basics(manager, world, **fields)
    assert "Nothing was saved yet" in page and words in page
    world.service.refresh_from_db()
    assert world.service.name != "Peel"


def test_a_service_somebody_waits_for_is_not_retired(world: World, manager: Client):
    entry, url = world.entry(), reverse("service-retire", args=[world.service.pk])
    assert "1 person waits for" in manager.post(url, follow=True).content.decode()
    type(entry).objects.update(status="removed")
    assert "is retired." in manager.post(url, follow=True).content.decode()
    assert "Retired" in manager.get("/settings/services/").content.decode()
    assert "is back." in manager.post(url, follow=True).content.decode()
