"""The waitlist as it is searched, filtered, sorted and paged: all of it in the address."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bench import waiting
from notifications.models import Join
from tests import factories
from tests.factories import World
from waitlist.models import User, WaitlistEntry
from waitlist.states import EntryStatus, Tier
from waitlist.templatetags import bar
from waitlist.views import listing
from waitlist.views.listing import Question, Reached, Sort, State

pytestmark = pytest.mark.django_db


def named(staff: Client, **asked: Any) -> list[str]:
    """The first names in the order of the page."""
    return [row.entry.patient.first_name for row in staff.get(reverse("waitlist"), asked).context["rows"]]


def wait(world: World, name: str, *, days: int = 1, who: dict[str, Any] | None = None, **fields: Any) -> WaitlistEntry:
    person = factories.patient(world.clinic, first_name=name, **(who or {}))
    return world.entry(person, added_at=timezone.now() - timedelta(days=days), **fields)


def test_filter_by_service_and_practitioner(staff: Client, world: World):
    laser = factories.service(world.clinic, name="Laser")
    chen, ruiz = factories.practitioner(world.clinic), factories.practitioner(world.clinic)
    wait(world, "Anybody", days=4)
    wait(world, "Chen", days=3, practitioners=[chen.pk])
    wait(world, "NotChen", days=2, excluded_practitioners=[chen.pk])
    factories.entry(world.clinic, [laser], factories.patient(world.clinic, first_name="Laser"))
    assert named(staff, service=laser.pk) == ["Laser"]
    assert named(staff, practitioner=chen.pk, service=world.service.pk) == ["Anybody", "Chen"]
    assert named(staff, practitioner=ruiz.pk, service=world.service.pk) == ["Anybody", "NotChen"]


def test_filter_by_tier_means_the_staffs_word_before_the_figures(staff: Client, world: World):
    wait(world, "Gold", who={"tier": Tier.GOLD})
    wait(world, "ByHand", days=2, priority=Tier.GOLD)
    wait(world, "Lowered", who={"tier": Tier.GOLD}, priority=Tier.SILVER)
    assert named(staff, tier=Tier.GOLD) == ["ByHand", "Gold"]
    assert named(staff, sort="tier") == ["ByHand", "Gold", "Lowered"]


def test_filter_by_what_they_do_now(staff: Client, world: World):
    now = timezone.now()
    visit = world.appointment(now + timedelta(days=3), patient=factories.patient(world.clinic))
    wait(world, "Waiting")
    wait(world, "Paused", status=EntryStatus.PAUSED)
    wait(world, "Away", status=EntryStatus.PAUSED, paused_until=now + timedelta(days=9))
    wait(world, "Booked", status=EntryStatus.PAUSED, closes_at=now + timedelta(hours=9), paused_for=visit)
    wait(world, "Silent", status=EntryStatus.PAUSED, still_asked_at=now - timedelta(days=15), silent_since=now)
    wait(world, "Gone", status=EntryStatus.REMOVED)
    found = {state.value: named(staff, state=state.value) for state in State}
    assert found == {
        "active": ["Waiting"], "paused": ["Paused"], "away": ["Away"], "closing": ["Booked"], "joining": [],
        "joined": [], "resting": ["Silent"],
    }  # fmt: skip


def test_who_is_new_on_today_is_who_its_link_shows(staff: Client, world: World, desk: User):
    now = timezone.now()
    for name, hours, fields in (
        ("New", 1, {}), ("Older", 25, {}), ("Gone", 1, {"status": EntryStatus.REMOVED}), ("Anew", 1, {"is_new": False}),
    ):  # fmt: skip
        is_new = fields.pop("is_new", True)
        entry = wait(world, name, **fields)
        Join.objects.create(
            clinic=world.clinic, contact_point=entry.patient.contact_points.get(), entry=entry, is_new=is_new,
            text_version="join-1", text="…", asked_at=now - timedelta(days=2),
            confirmed_at=now - timedelta(hours=hours),
        )  # fmt: skip
    assert named(staff, state="joined") == ["New"]
    assert bar.count(desk.memberships.get(), now=now)["join"] == 1
    page = staff.get(reverse("board")).content.decode()
    assert '<span class="count">1</span> <a href="/waitlist/?state=joined">new on the waitlist</a>' in page
    page = staff.get("/waitlist/?state=joined&sort=new").content.decode()
    assert '<option value="joined" selected>' in page and '<details id="sieve" open>' in page


def test_filter_by_how_they_are_reached_says_what_the_row_says(staff: Client, world: World):
    wait(world, "Text")
    wait(world, "Mail", days=2, who={"phone": None, "email": "mail@example.com"})
    wait(world, "NoNumber", days=3, who={"phone": None})
    for name, days, fields in (
        ("Stopped", 4, {"stopped_at": timezone.now()}),
        ("Landline", 5, {"sms_capability": "no"}),
        ("NoConsent", 6, {"granted": []}),
        ("Call", 7, {"granted": ["offers:voice"]}),
    ):
        entry = wait(world, name, days=days)
        entry.patient.contact_points.update(**fields)
    found = {way.value: named(staff, reach=way.value) for way in Reached}
    assert found == {
        "text": ["Text"],
        "email": ["Mail"],
        "call": ["Call"],
        "nothing": ["NoConsent", "Landline", "Stopped", "NoNumber"],
    }
    words = {"text": "text", "email": "e-mail", "call": "call"}
    for row in staff.get(reverse("waitlist")).context["rows"]:
        works = {one.words for one in row.reach if one.ok}
        name = row.entry.patient.first_name
        assert works == {words[way] for way, names in found.items() if name in names and way in words}


def test_waiting_longer_than_and_no_answer_lately(staff: Client, world: World):
    now = timezone.now()
    wait(world, "New", days=3)
    silent, answered = wait(world, "Silent", days=40), wait(world, "Answered", days=41)
    long_ago = wait(world, "Old", days=200)
    asked = {"state": "expired", "expires_at": now}
    for entry, days in ((silent, 5), (answered, 6), (long_ago, 120)):
        slot = world.slot(now + timedelta(days=days))
        world.offer(slot, entry, offered_at=now - timedelta(days=days), **asked)
    answers = {"state": "declined", "expires_at": now, "answered_at": now}
    world.offer(world.slot(now + timedelta(days=9)), answered, offered_at=now - timedelta(days=8), **answers)
    assert named(staff, days=30) == ["Old", "Answered", "Silent"]
    assert named(staff, silent="on") == ["Silent"]


def test_sorted(staff: Client, world: World):
    wait(world, "B", days=3, who={"last_name": "Young"}, offers_received=1)
    wait(world, "C", days=2, who={"last_name": "Abel"})
    wait(world, "A", days=1, who={"last_name": "Young"})
    found = {sort.value: "".join(named(staff, sort=sort.value)) for sort in Sort}
    assert found == {"wait": "BCA", "new": "ACB", "name": "CAB", "tier": "BCA", "asked": "CAB"}


def test_what_makes_no_sense_filters_nothing_and_is_said(staff: Client, world: World):
    wait(world, "Ana")
    asked = {"service": "x", "practitioner": "999999999999999999999", "days": "-4", "sort": "up", "tier": "z"}
    page = staff.get(reverse("waitlist"), asked)
    assert [row.entry.patient.first_name for row in page.context["rows"]] == ["Ana"]
    assert "Select a valid choice" in page.content.decode()
    assert "greater than or equal to 0" in page.content.decode()
    assert named(staff, page="nowhere") == ["Ana"]


def test_pages_keep_what_was_asked(staff: Client, world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("waitlist.views.entries.PER_PAGE", 1)
    for name in ("Ana", "Bea", "Cy"):
        wait(world, name)
    asked = {"sort": "name", "state": "active", "q": "", "tier": ""}
    page = staff.get(reverse("waitlist"), {**asked, "page": 2}).content.decode()
    for other in (1, 3):
        assert f'href="?sort=name&amp;state=active&amp;page={other}"' in page


def test_htmx_has_the_list_alone_and_a_short_address(staff: Client, world: World):
    wait(world, "Ana")
    asked = {"q": "ana", "sort": "wait", "tier": "", "service": ""}
    answer = staff.get(reverse("waitlist"), asked, headers={"HX-Request": "true"})
    assert answer.headers["HX-Push-Url"] == "/waitlist/?q=ana"
    assert "Ana" in answer.content.decode()
    assert "<html" not in answer.content.decode()
    assert '<form class="sieve"' not in answer.content.decode()
    everything = staff.get(reverse("waitlist"), headers={"HX-Request": "true"})
    assert everything.headers["HX-Push-Url"] == "/waitlist/"


EVERYTHING = {
    "q": "pat", "tier": Tier.SILVER, "state": "active", "reach": "text", "days": 1, "sort": "name",
}  # fmt: skip


def test_as_many_statements_for_three_as_for_one(staff: Client, world: World, django_assert_num_queries):
    wait(world, "Pat", days=9)
    asked = {**EVERYTHING, "service": world.service.pk, "practitioner": world.practitioner.pk}
    with django_assert_num_queries(13):
        assert named(staff, **asked) == ["Pat"]
    wait(world, "Pat", days=9)
    wait(world, "Pat", days=9)
    with django_assert_num_queries(13):
        assert len(named(staff, **asked)) == 3


def test_the_longest_wait_is_read_in_line_and_not_sorted(transactional_db: None):
    clinics = [waiting.clinic(number) for number in range(4)]
    for clinic in clinics:
        waiting.fill(clinic, 500)
    waiting.settle()
    page = listing.find(clinics[1], Question(), now=waiting.NOW)[:50]
    plan = page.explain(format="json")
    assert '"entry_in_line"' in plan, plan
    assert '"Incremental Sort"' in plan or '"Sort"' not in plan
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX entry_in_line")
    try:
        assert '"Sort"' in listing.find(clinics[1], Question(), now=waiting.NOW)[:50].explain(format="json")
    finally:
        index = next(one for one in WaitlistEntry._meta.indexes if one.name == "entry_in_line")
        with connection.schema_editor() as editor:
            editor.add_index(WaitlistEntry, index)
