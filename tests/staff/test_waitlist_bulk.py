"""Several ticked at once: paused, resumed, taken off, each person wholly or not, reported, and taken back."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from notifications.models import Join
from tests import factories
from tests.at_once import while_uncommitted, without_locks
from tests.factories import NOW, World
from tests.recorded import everything_recorded
from waitlist import bulk, entries
from waitlist.bulk import Order
from waitlist.models import Membership, User, WaitlistEntry
from waitlist.states import Bulk, EntryStatus, Role, Why
from waitlist.views import undoing

pytestmark = pytest.mark.django_db(transaction=True)
PAUSE = Order(Bulk.PAUSE, Why.AWAY)


def person(world: World, name: str, **fields: Any) -> WaitlistEntry:
    return world.entry(factories.patient(world.clinic, first_name=name, last_name=""), **fields)


def sent(staff: Client, act: str, *ticked: WaitlistEntry, query: str = "", **fields: Any) -> str:
    data = {"what": act, "why": Why.ASKED, "entry": [entry.pk for entry in ticked], **fields}
    return staff.post(f"{reverse('waitlist-many')}?{query}", data, follow=True).content.decode()


def now_is(*rows: WaitlistEntry) -> list[str]:
    for row in rows:
        row.refresh_from_db()
    return [row.status for row in rows]


def test_pause_and_undo_keep_the_place_in_line(staff: Client, world: World):
    ana, bea, other = person(world, "Ana"), person(world, "Bea"), person(world, "Cy")
    since = ana.added_at
    day = (timezone.now().astimezone(world.clinic.zone) + timedelta(days=10)).date()
    with everything_recorded():
        page = sent(staff, "pause", ana, bea, back_on=day.isoformat())
    assert page.count("2 people are paused.") == 1
    assert "Undo</button>" in page
    assert now_is(ana, bea, other) == ["paused", "paused", "active"]
    assert ana.paused_until is not None
    assert ana.paused_until.astimezone(world.clinic.zone).date() == day
    lines = Entry.objects.filter(verb="entry.paused")
    assert [line.changes for line in lines] == [{"status": ["active", "paused"], "why": "asked"}] * 2
    with everything_recorded():
        page = staff.post(reverse("waitlist-many-undo"), follow=True).content.decode()
    assert "2 people are as before." in page
    assert now_is(ana, bea) == ["active", "active"]
    assert (ana.added_at, ana.paused_until) == (since, None)
    assert "nothing to undo" in staff.post(reverse("waitlist-many-undo"), follow=True).content.decode()


def test_resume_and_undo_pause_again_until_the_same_day(staff: Client, world: World):
    until = timezone.now() + timedelta(days=5)
    ana = person(world, "Ana", status=EntryStatus.PAUSED, paused_until=until)
    assert "Ana is waiting again." in sent(staff, "resume", ana)
    assert (now_is(ana), ana.paused_until) == (["active"], None)
    staff.post(reverse("waitlist-many-undo"))
    assert (now_is(ana), ana.paused_until) == (["paused"], until)


def test_undo_leaves_alone_what_was_changed_since(staff: Client, world: World):
    ana, bea = person(world, "Ana"), person(world, "Bea")
    sent(staff, "pause", ana, bea)
    entries.remove(ana, now=timezone.now())
    page = staff.post(reverse("waitlist-many-undo"), follow=True).content.decode()
    assert "Ana changed again since" in page
    assert now_is(ana, bea) == ["removed", "active"]


def test_undo_stands_for_some_minutes_and_at_its_own_clinic(staff: Client, world: World, desk: User):
    ana = person(world, "Ana")
    sent(staff, "pause", ana)
    other = World().clinic
    Membership.objects.create(user=desk, clinic=other, role=Role.FRONT_DESK)
    staff.post(reverse("clinic-switch"), {"clinic": other.pk})
    assert "Undo</button>" not in staff.get(reverse("waitlist")).content.decode()
    assert "nothing to undo" in staff.post(reverse("waitlist-many-undo"), follow=True).content.decode()
    staff.post(reverse("clinic-switch"), {"clinic": world.clinic.pk})
    assert "Undo</button>" in staff.get(reverse("waitlist")).content.decode()
    kept, session = timezone.now() - undoing.STANDS_FOR - timedelta(seconds=1), staff.session
    session[undoing.KEY] = {**session[undoing.KEY], "at": kept.isoformat()}
    session.save()
    assert "Undo</button>" not in staff.get(reverse("waitlist")).content.decode()
    assert "nothing to undo" in staff.post(reverse("waitlist-many-undo"), follow=True).content.decode()
    assert now_is(ana) == ["paused"]


def test_as_many_statements_to_ask_of_three_as_of_one(staff: Client, world: World, django_assert_num_queries):
    people = [person(world, name) for name in ("Ana", "Bea", "Cy")]
    with django_assert_num_queries(11):
        sent(staff, "remove", people[0])
    with django_assert_num_queries(11):
        sent(staff, "remove", *people)


def test_removing_is_asked_once_more_and_never_undone(staff: Client, world: World):
    ana, bea = person(world, "Ana"), person(world, "Bea")
    page = sent(staff, "remove", ana, bea)
    assert "Take 2 off the list?" in page
    assert now_is(ana, bea) == ["active", "active"]
    page = sent(staff, "remove", ana, bea, sure="1")
    assert "2 people are off the list." in page
    assert now_is(ana, bea) == ["removed", "removed"]
    assert "Undo</button>" not in page


def test_a_person_is_changed_wholly_or_not_and_the_others_all_the_same(staff: Client, world: World):
    ana, cy = person(world, "Ana"), person(world, "Cy")
    second = factories.entry(world.clinic, [factories.service(world.clinic)], ana.patient, status=EntryStatus.PAUSED)
    page = sent(staff, "pause", ana, second, cy)
    assert "Cy is paused." in page
    assert "Not done: Ana is paused already." in page
    assert now_is(ana, second, cy) == ["active", "paused", "paused"]


def test_what_is_paused_for_another_reason_is_not_resumed_by_many(staff: Client, world: World):
    visit = world.appointment(patient=factories.patient(world.clinic))
    booked = person(
        world, "Ana", status=EntryStatus.PAUSED, closes_at=timezone.now() + timedelta(hours=3), paused_for=visit
    )
    joining = person(world, "Bea", status=EntryStatus.PAUSED)
    Join.objects.create(
        clinic=world.clinic, contact_point=joining.patient.contact_points.get(), entry=joining, is_new=True,
        asked_at=timezone.now(), text="", text_version="",
    )  # fmt: skip
    page = sent(staff, "resume", booked, joining)
    assert "Ana has booked this: use Keep in their row" in page
    assert "Bea has not confirmed their number: use Accept in their row" in page
    assert now_is(booked, joining) == ["paused", "paused"]


@pytest.mark.parametrize(
    "fields, words",
    [
        ({"entry": []}, "Tick somebody first."),
        ({"entry": ["x", "-1", "9" * 30]}, "Tick somebody first."),
        ({"why": ""}, "Choose why."),
        ({"what": ""}, "Choose what to do."),
        ({"what": "explode"}, "Do: Select a valid choice."),
        ({"back_on": "soon"}, "Back on: Enter a valid date."),
        ({"back_on": "2020-01-01"}, "Back on: This day has begun"),
    ],
)
def test_what_is_missing_is_said_and_nothing_changes(fields: dict[str, Any], words: str, staff: Client, world: World):
    ana = person(world, "Ana")
    assert words in sent(staff, "pause", ana, **fields)
    assert now_is(ana) == ["active"]


def test_the_list_is_shown_again_as_it_was_asked_for(staff: Client, world: World):
    ana = person(world, "Ana")
    data = {"what": "pause", "why": Why.AWAY, "entry": [ana.pk]}
    answer = staff.post(f"{reverse('waitlist-many')}?state=active&sort=name", data)
    assert answer.headers["Location"] == "/waitlist/?state=active&sort=name"


def test_nobody_of_another_clinic(staff: Client, world: World):
    other = World().entry()
    assert "Nobody of this list was ticked." in sent(staff, "pause", other)
    assert now_is(other) == ["active"]
    ana = person(world, "Ana")
    page = sent(staff, "pause", ana, clinic=other.clinic_id)
    assert "Nothing was changed" in page
    assert now_is(ana) == ["active"]


def test_whoever_leaves_meanwhile_is_reported(world: World):
    ana = person(world, "Ana")
    [outcome] = while_uncommitted(
        lambda: entries.remove(ana, now=NOW), lambda: bulk.change(world.clinic, [ana.pk], PAUSE, now=NOW)
    )
    assert (outcome.refused, now_is(ana)) == ("is no longer on the list", ["removed"])


def test_without_the_lock_they_are_not_reported_but_stumbled_over(world: World, monkeypatch: pytest.MonkeyPatch):
    without_locks(monkeypatch)
    ana = person(world, "Ana")

    def stumble() -> str:
        try:
            bulk.change(world.clinic, [ana.pk], PAUSE, now=NOW)
        except AssertionError:
            return "stumbled"
        return "went on"

    assert while_uncommitted(lambda: entries.remove(ana, now=NOW), stumble) == "stumbled"
