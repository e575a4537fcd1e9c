"""At the desk: how long they wait, who rests without an answer, one button that says they want it, and the setting."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from tests import factories
from tests.factories import World
from tests.staff.test_waitlist_export import taken
from tests.staff.test_waitlist_list import named, wait
from waitlist import roster
from waitlist.models import Clinic, WaitlistEntry
from waitlist.states import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(world: World, client: Client) -> Client:
    client.force_login(factories.user(world.clinic, Role.MANAGER))
    return client


def resting(world: World, name: str = "Rita", **fields) -> WaitlistEntry:
    now = timezone.now()
    return wait(
        world, name, days=60, status="paused", still_asked_at=now - timedelta(days=20),
        silent_since=now - timedelta(days=6), **fields,
    )  # fmt: skip


def test_the_list_says_how_long_and_who_rests(staff: Client, world: World):
    wait(world, "Ana", days=36)
    wait(world, "Bea", days=3)
    wait(world, "Pia", days=2, status="paused")
    resting(world)
    roster.refresh(world.clinic, now=timezone.now())
    page = staff.get(reverse("waitlist")).text
    assert "5 weeks" in page and "3 days" in page
    assert "no answer since" in page and page.count("They still want it") == 1
    assert named(staff, state="resting") == ["Rita"]
    assert named(staff, state="paused") == ["Pia"]
    assert named(staff, days=30) == ["Rita", "Ana"]
    assert "longer than 30 days" in page and "whether they still want it" not in page


def test_one_button_wakes_it(staff: Client, world: World):
    entry = resting(world)
    url = reverse("entry-wanted", args=[entry.pk])
    assert staff.get(url).status_code == 405
    answer = staff.post(url, {"next": reverse("patient", args=[entry.patient_id])}, follow=True)
    entry.refresh_from_db()
    assert (entry.status, entry.silent_since, entry.still_asked_at) == ("active", None, None)
    assert "Rita" in answer.text and "goes on waiting" in answer.text
    line = Entry.objects.get(verb="entry.woken")
    assert line.actor_kind == "staff"


def test_the_patients_page_says_since_when(staff: Client, world: World):
    entry = resting(world)
    page = staff.get(reverse("patient", args=[entry.patient_id])).text
    assert "Resting since" in page and reverse("entry-wanted", args=[entry.pk]) in page


def test_several_at_once_are_not_woken_by_a_tick(staff: Client, world: World):
    entry = resting(world)
    answer = staff.post(
        reverse("waitlist-many"),
        {"entry": [entry.pk], "what": "resume", "why": "back", "clinic": world.clinic.pk},
        follow=True,
    )
    entry.refresh_from_db()
    assert entry.silent_since is not None and "They still want it" in answer.text


def test_the_file_has_it(manager: Client, world: World):
    resting(world)
    wait(world, "Ana", days=40, confirmed_at=timezone.now() - timedelta(days=2))
    rows = {row["first_name"]: row for row in taken(manager)}
    day = (timezone.now() - timedelta(days=2)).astimezone(world.clinic.zone).date()
    assert (rows["Ana"]["last_confirmed"], rows["Ana"]["asked_on"]) == (f"{day}", "")
    assert rows["Rita"]["last_confirmed"] == "" and rows["Rita"]["asked_on"] and rows["Rita"]["resting_since"]


def test_a_manager_turns_it_on_within_bounds(manager: Client, world: World):
    url = reverse("still-wanted")
    assert "14 to 180" in manager.get(url).text
    typed = {"clinic": world.clinic.pk, "asks_still_wanted": "on", "still_rests_after_days": "14"}
    for wrong in ("13", "181", "", "x"):
        answer = manager.post(url, {**typed, "still_after_days": wrong})
        assert answer.status_code == 200 and not Clinic.objects.get(pk=world.clinic.pk).asks_still_wanted
    assert manager.post(url, {**typed, "still_after_days": "45"}).status_code == 302
    clinic = Clinic.objects.get(pk=world.clinic.pk)
    assert (clinic.asks_still_wanted, clinic.still_after_days, clinic.still_rests_after_days) == (True, 45, 14)
    assert manager.post(url, {**typed, "still_after_days": "45", "asks_still_wanted": ""}).status_code == 302
    assert not Clinic.objects.get(pk=world.clinic.pk).asks_still_wanted
