"""Who the clinic is: the admin's page."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from audit.models import Entry
from tests import factories
from tests.factories import World
from waitlist import clinics
from waitlist.models import Clinic
from waitlist.states import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def admin(world: World, client: Client) -> Client:
    client.force_login(factories.user(world.clinic, Role.ADMIN))
    return client


def save(admin: Client, world: World, **fields: str) -> str:
    typed = {
        "clinic": world.clinic.pk, "name": "Harbor Skin", "phone": "(415) 555-0199", "email": "desk@harbor.example",
        "timezone": "America/New_York", "sms_sender": "+14155550123", "max_live_offers": "3", **fields,
    }  # fmt: skip
    return admin.post(reverse("clinic"), typed, follow=True).content.decode()


def test_what_is_saved_is_what_patients_read(world: World, admin: Client):
    assert "Saved." in save(admin, world)
    world.clinic.refresh_from_db()
    clinic = world.clinic
    assert (clinic.name, clinic.phone) == ("Harbor Skin", "+14155550199")
    assert (clinic.timezone, clinic.max_live_offers, clinic.email) == ("America/New_York", 3, "desk@harbor.example")
    line = Entry.objects.filter(verb="clinic.changed").latest("pk")
    assert line.changes["timezone"] == ["America/Los_Angeles", "America/New_York"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": ""}, "This field is required"),
        ({"phone": "call us"}, "“call us” is not a phone number."),
        ({"email": "desk"}, "valid email"),
        ({"timezone": "Mars/North"}, "Choose one of the list"),
        ({"max_live_offers": "0"}, "1 at least, and 10 at most"),
        ({"max_live_offers": "11"}, "1 at least, and 10 at most"),
    ],
)
def test_what_cannot_be_is_named_with_its_field(fields, words, world: World, admin: Client):
    page = save(admin, world, **fields)
    assert "Nothing was saved yet" in page and words in page and f'href="#id_{next(iter(fields))}"' in page
    world.clinic.refresh_from_db()
    assert world.clinic.name != "Harbor Skin"


def test_texts_come_from_one_number_for_good(world: World, admin: Client):
    before = world.clinic.sms_sender
    save(admin, world, sms_sender="+14155550123")
    world.clinic.refresh_from_db()
    assert (world.clinic.name, world.clinic.sms_sender) == ("Harbor Skin", before), "STOP is said to it"
    with pytest.raises(ValidationError, match="It stays"):
        clinics.set_identity(world.clinic, **fields_of(world.clinic) | {"sms_sender": "+14155550123"})


def test_a_new_clinic_names_its_number_and_no_other_clinics(world: World, admin: Client):
    Clinic.objects.filter(pk=world.clinic.pk).update(sms_sender="")
    other = World().clinic
    assert "is not a phone number" in save(admin, world, sms_sender="12")
    assert "Another clinic’s texts come from that number." in save(admin, world, sms_sender=other.sms_sender)
    assert "Saved." in save(admin, world, sms_sender="(415) 555-0123")
    world.clinic.refresh_from_db()
    assert world.clinic.sms_sender == "+14155550123"


def fields_of(clinic: Clinic) -> dict[str, object]:
    return {name: getattr(clinic, name) for name in clinics.IDENTITY}


def test_each_level_of_detail_is_said(world: World, admin: Client):
    page = admin.get(reverse("clinic")).content.decode()
    assert page.count("The most here") == 1 and "By HIPAA" in page


def test_settings_stand_in_groups(world: World, admin: Client):
    page = admin.get(reverse("settings")).content.decode()
    assert page.index("Your clinic") < page.index("Locations and hours") < page.index("Who is asked")
    assert "<h2 id=\"group-6\">" not in page  # nothing is left over
