"""Surge days: seen, added and removed by managers, with a sentence for what cannot be."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from tests import factories
from tests.at_once import at_once
from tests.factories import World
from waitlist import surges
from waitlist.models import SurgeDay
from waitlist.states import Role

pytestmark = pytest.mark.django_db
URL = "/settings/surge-days/"


@pytest.fixture
def manager(world: World, client: Client) -> Client:
    client.force_login(factories.user(world.clinic, Role.MANAGER))
    return client


def in_days(days: int) -> str:
    return (timezone.now() + timedelta(days=days)).date().isoformat()


def add(client: Client, **fields: object) -> str:
    answer = client.post(URL, {"day": in_days(9), "reason": "The day before Thanksgiving", **fields}, follow=True)
    return answer.content.decode()


def test_a_manager_finds_it_in_the_settings_and_nothing_that_is_not_theirs(manager: Client):
    words = manager.get(reverse("settings")).content.decode()
    assert "Surge days" in words and "Calendars" not in words
    assert "No surge day to come" in manager.get(URL).content.decode()


def test_added_listed_and_removed(manager: Client, world: World):
    assert "is a surge day." in add(manager, location=world.location.pk)
    row = SurgeDay.objects.get()
    assert (row.clinic, row.location, row.day.isoformat()) == (world.clinic, world.location, in_days(9))
    add(manager)  # that day everywhere
    words = manager.get(URL).content.decode()
    assert f"Thanksgiving · {world.location.name}" in words and "Thanksgiving · every location" in words
    url = reverse("surge-day-remove", args=[row.pk])
    assert manager.get(url).status_code == 405
    assert "is no surge day any more" in manager.post(url, follow=True).content.decode()
    assert SurgeDay.objects.get().location is None
    verbs = Entry.objects.filter(verb__startswith="surgeday", clinic_id=world.clinic.pk).values_list("verb", flat=True)
    assert sorted(verbs) == ["surgeday.created", "surgeday.created", "surgeday.deleted"]


@pytest.mark.parametrize(
    "fields, sentence",
    [
        ({"day": ""}, "This field is required."),
        ({"day": "the fourth"}, "Enter a valid date."),
        ({"day": "2001-01-01"}, "This day is over."),
        ({"day": "9999-12-31"}, "This is not a date one could book."),
        ({"reason": "  "}, "This field is required."),
        ({"reason": "x" * 101}, "at most 100 characters"),
        ({"location": "elsewhere"}, "Select a valid choice."),
    ],
)
def test_what_cannot_be_is_said_at_its_field(fields, sentence, manager: Client):
    if "location" in fields:
        fields = {"location": World().location.pk}
    words = add(manager, **fields)
    assert sentence in words and "Nothing was saved yet" in words
    assert not SurgeDay.objects.exists()


@pytest.mark.parametrize("everywhere", [True, False])
def test_the_same_day_twice_is_said(everywhere, manager: Client, world: World):
    where = {} if everywhere else {"location": world.location.pk}
    add(manager, **where)
    assert "it is a surge day there already" in add(manager, **where)
    assert SurgeDay.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_added_twice_at_once_it_is_there_once():
    world, day = World(), timezone.now().date()

    def add_it() -> str:
        try:
            return surges.add(world.clinic, day=day, location=None, reason="Fair").reason
        except ValidationError as error:
            return error.messages[0]

    said = sorted(at_once([add_it] * 4))
    assert said == ["Day: it is a surge day there already."] * 3 + ["Fair"]


def test_days_gone_by_and_other_clinics_are_not_shown(manager: Client, world: World):
    gone, other = timezone.now() - timedelta(days=3), World()
    SurgeDay.objects.create(clinic=world.clinic, day=gone.date(), reason="Last week")
    row = SurgeDay.objects.create(clinic=other.clinic, day=in_days(2), reason="Fair elsewhere")
    words = manager.get(URL).content.decode()
    assert "Last week" not in words and "elsewhere" not in words
    assert manager.post(reverse("surge-day-remove", args=[row.pk])).status_code == 404


def test_a_form_of_another_clinic_adds_nothing(manager: Client):
    assert "Nothing was added" in add(manager, clinic="0")
    assert not SurgeDay.objects.exists()
