"""The notice of a new wish is the clinic's default wherever a wish is made without saying one."""

import pytest
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.factories import NOW, World
from waitlist import imports, roster
from waitlist.entries import Wish
from waitlist.forms.wishes import WishForm
from waitlist.models import WaitlistEntry
from waitlist.people import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World(default_notice_minutes=90)


def enrol(world: World, **wish) -> WaitlistEntry:
    wished = Wish((world.service.pk,), **wish)
    return roster.enrol(world.clinic, person=Person("Ana"), wish=wished, consents=[], now=NOW).entry


def test_by_an_act(world):
    entry = enrol(world)
    assert entry.notice_minutes == 90
    roster.edit(entry.pk, Wish((world.service.pk,), notice_minutes=0), now=NOW)
    entry.refresh_from_db()
    assert entry.notice_minutes == 0
    assert enrol(World(), notice_minutes=45).notice_minutes == 45
    assert enrol(World()).notice_minutes == 120


@pytest.mark.parametrize(("cell", "minutes"), [("", 90), ("30", 30), ("0", 0)])
def test_from_a_file(world, cell, minutes):
    raw = f"first_name,services,notice_minutes\nAna,{world.service.name},{cell}\n".encode()
    report = imports.run(world.clinic, "waitlist", raw, now=NOW)
    assert report.problems == []
    assert WaitlistEntry.objects.get().notice_minutes == minutes
    if not cell:
        raw = f"first_name,services\nBen,{world.service.name}\n".encode()
        imports.run(world.clinic, "waitlist", raw, now=NOW)
        assert WaitlistEntry.objects.latest("pk").notice_minutes == minutes


@pytest.mark.parametrize("minutes", [90, 240, 0])
def test_in_the_form(minutes, client: Client):
    world = World(default_notice_minutes=minutes)
    client.force_login(factories.user(world.clinic))
    form = client.get(reverse("entry-new")).context["wish"]
    assert form["notice_minutes"].value() == minutes
    assert minutes in dict(form.fields["notice_minutes"].choices)


def test_an_existing_wish_keeps_its_own_in_the_form(world):
    entry = world.entry(notice_minutes=75)
    form = WishForm(world.clinic, initial=WishForm.of(entry))
    assert form["notice_minutes"].value() == 75
