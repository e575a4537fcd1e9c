"""Locations with their hours, and practitioners: listed, added, edited, retired; what makes no sense is named."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from tests import factories
from tests.factories import NOW, World
from waitlist import desk, places
from waitlist.forms.wishes import opening_hours
from waitlist.models import Location, Practitioner, Service
from waitlist.states import Role

pytestmark = pytest.mark.django_db
WEEK = {f"{end}_{day}": hour for day in range(5) for end, hour in (("opens", "09:00"), ("closes", "18:00"))}


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def manager(world: World, client: Client) -> Client:
    client.force_login(factories.user(world.clinic, Role.MANAGER))
    return client


def save(manager: Client, row: Location | None, **fields: str) -> str:
    url = reverse("location", args=[row.pk]) if row else reverse("location-new")
    typed = {"name": "Downtown", "state": "ca", **WEEK, **fields}
    return manager.post(url, typed, follow=True).content.decode()


def test_a_place_with_hours_of_its_own_each_day(world: World, manager: Client):
    page = save(manager, world.location, opens_5="10:00", closes_5="14:00", directions="The blue door.", timezone="")
    assert "Mon–Fri 9:00 AM – 6:00 PM · Sat 10:00 AM – 2:00 PM" in page
    row = Location.objects.get(pk=world.location.pk)
    assert (row.name, row.state, row.directions) == ("Downtown", "CA", "The blue door.")
    assert (row.open_days, row.opens_minute, row.closes_minute) == (0b0111111, 540, 1080)
    assert row.day_hours == {"5": [600, 840]}
    assert [row.hours_of(day) for day in (0, 5, 6)] == [(540, 1080), (600, 840), None]
    line = Entry.objects.filter(verb="location.changed").latest("pk")
    assert "day_hours" in line.changes and line.clinic_id == world.clinic.pk
    assert 'value="14:00"' in manager.get(reverse("location", args=[row.pk])).content.decode()
    assert opening_hours(world.clinic)["starts"].hour == 9


def test_the_desk_keeps_to_the_hours_of_that_day(world: World, manager: Client):
    save(manager, world.location, opens_5="10:00", closes_5="14:00")
    row = Location.objects.select_related("clinic").get(pk=world.location.pk)
    saturday = datetime(2026, 11, 28, 13, 0, tzinfo=row.zone)
    assert desk.closes_at(row, saturday) == saturday.replace(hour=14)
    assert desk.closes_at(row, saturday.replace(hour=15)) is None
    assert desk.opens_at(row, saturday.replace(hour=9)) == saturday.replace(hour=10)
    monday = saturday.replace(hour=9) + timedelta(days=2)
    assert desk.opens_at(row, saturday.replace(hour=15)) == monday


def test_one_more_place(world: World, manager: Client):
    assert "Uptown" in save(manager, None, name="Uptown", latitude="37.8", longitude="-122.2", closes_0="00:00")
    row = world.clinic.locations.get(name="Uptown")
    assert row.hours_of(0) == (540, 1440)
    assert Entry.objects.filter(verb="location.created", object_id=row.pk).exists()


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"name": ""}, "name", "This field is required"),
        ({"closes_1": "08:00"}, "closes_1", "It has to close later than it opens."),
        ({"closes_1": ""}, "closes_1", "Both, or neither"),
        ({"opens_1": "soon"}, "opens_1", "a time such as 08:30"),
        (dict.fromkeys(WEEK, ""), "opens_0", "one day of the week at least"),
        ({"state": "Cal"}, "state", "at most 2 characters"),
        ({"state": "C1"}, "state", "Two letters"),
        ({"timezone": "Mars/North"}, "timezone", "Choose one of the list"),
        ({"latitude": "37.8"}, "longitude", "A latitude needs a longitude"),
    ],
)
def test_what_cannot_be_is_named_with_its_field(fields, field, words, world: World, manager: Client):
    page = save(manager, world.location, **fields)
    assert "Nothing was saved yet" in page and words in page and f'href="#id_{field}"' in page
    world.location.refresh_from_db()
    assert world.location.name != "Downtown"


def test_a_name_there_is_already_is_said(world: World, manager: Client):
    factories.location(world.clinic, name="Downtown")
    assert "there is such a location already" in save(manager, world.location)
    assert "there is such a location already" in save(manager, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"opens_minute": 600, "closes_minute": 600},
        {"closes_minute": 1441},
        {"day_hours": {"5": [600, 600]}},
        {"day_hours": {"5": [600, 1441]}},
        {"day_hours": {"5": [-1, 600]}},
        {"day_hours": {"5": [600]}},
    ],
)
def test_the_database_refuses_hours_out_of_order(wrong, world: World):
    with pytest.raises(IntegrityError), transaction.atomic():
        Location.objects.filter(pk=world.location.pk).update(**wrong)


def test_a_practitioner_is_added_and_renamed(world: World, manager: Client):
    page = manager.post(reverse("practitioner-new"), {"name": "Dr Chen", "specialty": "skin"}, follow=True)
    assert "Dr Chen is saved." in page.content.decode()
    row = world.clinic.practitioners.get(name="Dr Chen")
    manager.post(reverse("practitioner", args=[row.pk]), {"name": "Dr Cheng", "specialty": "skin"})
    assert Entry.objects.filter(verb="practitioner.changed", object_id=row.pk).exists()
    twice = manager.post(reverse("practitioner-new"), {"name": "Dr Cheng"}, follow=True).content.decode()
    assert "there is a practitioner of that name already" in twice


@pytest.mark.parametrize("name", ["location", "practitioner"])
def test_retired_and_back(name: str, world: World, manager: Client):
    row = getattr(world, name)
    getattr(factories, name)(world.clinic)
    url = reverse(f"{name}-retire", args=[row.pk])
    assert f"{row.name} is retired." in manager.post(url, follow=True).content.decode()
    row.refresh_from_db()
    assert row.retired_at is not None
    assert "Retired" in manager.get(reverse(f"{name}s")).content.decode()
    assert "is back" in manager.post(url, follow=True).content.decode()
    row.refresh_from_db()
    assert row.retired_at is None
    assert Entry.objects.filter(verb=f"{name}.changed", object_id=row.pk).count() == 2


@pytest.mark.parametrize("name", ["location", "practitioner"])
@pytest.mark.parametrize("make", ["appointment", "slot"])
def test_where_something_is_to_come_nothing_is_retired(name: str, make: str, world: World, manager: Client):
    getattr(factories, name)(world.clinic)
    getattr(world, make)(timezone.now() + timedelta(days=2))
    row = getattr(world, name)
    page = manager.post(reverse(f"{name}-retire", args=[row.pk]), follow=True).content.decode()
    assert "Move or cancel it first." in page
    row.refresh_from_db()
    assert row.retired_at is None


def test_the_only_place_and_a_calendars_stay(world: World, manager: Client):
    url = reverse("location-retire", args=[world.location.pk])
    assert "is the only location" in manager.post(url, follow=True).content.decode()
    factories.location(world.clinic)
    world.connection()
    assert "Change that under Calendars first" in manager.post(url, follow=True).content.decode()


def gives(manager: Client, who: Practitioner, *services: Service) -> str:
    """What the page says once these are ticked."""
    typed = {"name": who.name, "specialty": "", "gives": [one.pk for one in services]}
    return manager.post(reverse("practitioner", args=[who.pk]), typed, follow=True).content.decode()


def test_which_practitioner_gives_which_service(world: World, manager: Client):
    laser, gone = factories.service(world.clinic, name="Laser"), factories.service(world.clinic, retired_at=NOW)
    theirs = factories.service(World().clinic)
    world.practitioner.gives.add(gone)
    page = manager.get(reverse("practitioner", args=[world.practitioner.pk])).content.decode()
    assert "None ticked: all of them." in page and "Laser" in page and theirs.name not in page
    assert "gives Laser" in gives(manager, world.practitioner, laser)
    assert set(world.practitioner.gives.all()) == {laser, gone}, "what is retired stays, for when it comes back"
    assert Entry.objects.filter(verb__startswith="practitioner.", changes__has_key="gives").exists()
    gives(manager, world.practitioner, theirs)
    assert set(world.practitioner.gives.all()) == {laser, gone}
    world.practitioner.gives.clear()
    assert "gives every service" in gives(manager, world.practitioner)


def test_no_time_is_opened_for_what_they_do_not_give(world: World, manager: Client):
    laser = factories.service(world.clinic, name="Laser")
    world.practitioner.gives.add(laser)
    url, day = reverse("opening-new"), timezone.now().date() + timedelta(days=7)
    form = manager.get(url, {"practitioner": world.practitioner.pk}).context["form"]
    assert list(form.fields["service"].queryset) == [laser] and "What " in form.fields["service"].help_text
    assert manager.get(url).context["form"].fields["service"].queryset.count() == 2
    typed = {
        "service": world.service.pk, "practitioner": world.practitioner.pk, "location": world.location.pk,
        "day": day, "starts": "10:00", "anyway": "on",
    }  # fmt: skip
    answer = manager.post(url, typed)
    assert answer.context["form"].errors["service"] == [
        f"{world.practitioner} does not give {world.service.name}, but Laser."
    ]
    assert not world.clinic.slots.exists()
    manager.post(url, typed | {"service": laser.pk})
    assert world.clinic.slots.get().service == laser


def test_who_gave_only_what_is_retired_gives_every_service(world: World, manager: Client):
    gone = factories.service(world.clinic, name="Old laser", retired_at=NOW)
    world.practitioner.gives.add(gone)
    assert places.given_by(world.practitioner) == []
    assert places.in_vain(world.clinic, [world.practitioner.pk], [world.service.pk]) == []
    url = reverse("opening-new")
    form = manager.get(url, {"practitioner": world.practitioner.pk}).context["form"]
    assert list(form.fields["service"].queryset) == [world.service]
    typed = {
        "service": world.service.pk, "practitioner": world.practitioner.pk, "location": world.location.pk,
        "day": timezone.now().date() + timedelta(days=7), "starts": "10:00", "anyway": "on",
    }  # fmt: skip
    manager.post(url, typed)
    assert world.clinic.slots.get().service == world.service


def test_a_wish_they_would_never_meet_is_saved_and_said(world: World, manager: Client):
    laser, entry = factories.service(world.clinic, name="Laser"), world.entry()
    world.practitioner.gives.add(laser)
    typed = {
        "w-services": [world.service.pk], "w-practitioners": [world.practitioner.pk], "w-notice_minutes": "60",
        "t-TOTAL_FORMS": "1", "t-INITIAL_FORMS": "1", "t-0-days": ["0"], "t-0-starts": "09:00", "t-0-ends": "17:00",
        "saw": manager.get(reverse("entry-edit", args=[entry.pk])).context["saw"],
    }  # fmt: skip
    url, said = reverse("entry-edit", args=[entry.pk]), f"waits for what {world.practitioner} does not give"
    assert said in manager.post(url, typed, follow=True).content.decode()
    entry.refresh_from_db()
    assert entry.practitioners == [world.practitioner.pk]
    typed["saw"] = manager.get(url).context["saw"]
    typed["w-services"] = [world.service.pk, laser.pk]
    assert said not in manager.post(url, typed, follow=True).content.decode()


def test_the_lists_take_as_many_queries_for_three_as_for_one(world: World, manager: Client, django_assert_num_queries):
    for name, statements in (("location", 6), ("practitioner", 7)):  # one more for what they give
        with django_assert_num_queries(statements):
            manager.get(reverse(f"{name}s"))
        for _ in range(2):
            getattr(factories, name)(world.clinic, retired_at=NOW)
            getattr(factories, name)(world.clinic)
        with django_assert_num_queries(statements):
            manager.get(reverse(f"{name}s"))
