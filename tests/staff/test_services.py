"""Settings of the services: what they ask after the yes, and how long the time is kept meanwhile."""

import pytest
from django.test import Client

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
