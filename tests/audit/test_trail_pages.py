"""The compliance pages: questions, pages, words, export, one entry; for the right role and clinic only."""

import csv
import io
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from audit import seal, selectors, trail, views, words
from audit.actor import Actor, ActorKind
from audit.models import Entry
from audit.trail import acting
from tests import factories
from tests.tables import fingerprints
from waitlist.states import Role

NOW = factories.NOW


@pytest.fixture
def world(db):
    return factories.World(name="Radiance Med Spa")


@pytest.fixture
def officer(client, world):
    client.force_login(factories.user(world.clinic, Role.COMPLIANCE))
    return client


def lines(response) -> list[str]:
    return [line["entry"].verb for line in response.context["lines"]]


def record(world, verb, row, *, hours=0, actor=None, **changes):
    with acting(actor or Actor()):
        trail.record(verb, row, now=NOW + timedelta(hours=hours), clinic_id=world.clinic.pk, changes=changes)


@pytest.fixture
def told(world):
    """A day at the clinic: staff cancels, the cascade asks, a patient says yes."""
    slot, visit = world.slot(), world.appointment(NOW + timedelta(days=3))
    offer = world.offer(slot)
    staff = factories.user(world.clinic)
    clerk = Actor(ActorKind.STAFF, user_id=staff.pk, user_email=staff.email, remote_addr="203.0.113.5")
    patient = Actor(ActorKind.PATIENT, ref=offer.patient_id, remote_addr="203.0.113.9")
    record(world, "appointment.cancelled", visit, hours=1, actor=clerk, reason="ill")
    record(world, "slot.wave", slot, hours=2, wave=1, asked=5)
    record(world, "offer.accepted", offer, hours=30, actor=patient, via="link")
    return {"staff": staff, "offer": offer, "slot": slot}


def test_the_newest_first_in_plain_words(officer, world, told):
    response = officer.get("/trail/")
    html = response.content.decode()
    shown = [verb for verb in lines(response) if verb in ("offer.accepted", "slot.wave", "appointment.cancelled")]
    assert shown == ["offer.accepted", "slot.wave", "appointment.cancelled"]
    for phrase in (
        "Offer answered with yes",
        f"Patient {told['offer'].patient_id}",
        "Free time offered to the next people",
        "asked: 5",
        "Appointment cancelled",
        told["staff"].email,
        "203.0.113.5",
        "Nov 23, 2026, 11:00:00 AM",  # the clinic's clock
    ):
        assert phrase in html


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ({"verb": "slot.wave"}, ["slot.wave"]),
        ({"actor_kind": "patient"}, ["offer.accepted"]),
        ({"staff": "{staff.email}"}, ["appointment.cancelled"]),
        ({"actor_kind": "patient", "actor_ref": "{offer.patient_id}"}, ["offer.accepted"]),
        ({"actor_ref": "999999"}, []),
        ({"row_type": "slot", "row_id": "{slot.pk}"}, ["slot.wave"]),
        ({"row_type": "slot", "row_id": "999999"}, []),
        ({"since": "2026-11-24", "until": "2026-11-24"}, ["offer.accepted"]),
        ({"since": "2026-11-23", "until": "2026-11-23", "verb": "slot.wave"}, ["slot.wave"]),
        ({"until": "2026-11-22"}, []),
    ],
)
def test_each_question_narrows(officer, told, question, expected):
    asked = {name: value.format(**told) for name, value in question.items()}
    response = officer.get("/trail/", asked)
    assert [verb for verb in lines(response) if not verb.endswith((".created", ".changed"))] == expected


def test_a_question_it_cannot_read_names_the_field(officer, told):
    response = officer.get("/trail/", {"since": "yesterday", "row_id": "-1"})
    assert response.status_code == 200
    assert set(response.context["form"].errors) == {"since", "row_id"}


def test_pages_follow_each_other_without_gap_or_repeat(officer, world, monkeypatch):
    monkeypatch.setattr(views, "PER_PAGE", 4)
    slot = world.slot()
    for number in range(10):
        record(world, "slot.wave", slot, hours=number // 3, wave=number)
    found, after = [], ""
    while after is not None:
        response = officer.get("/trail/", {"verb": "slot.wave", "after": after})
        found += [line["entry"].changes["wave"] for line in response.context["lines"]]
        after = response.context["after"]
    assert found == list(range(9, -1, -1))


def test_one_entry_in_full_with_its_seal_and_company(officer, world):
    slot = world.slot()
    with acting(Actor()):
        trail.record("slot.filled", slot, now=NOW, clinic_id=world.clinic.pk, changes={"state": "filled"})
        trail.record("entry.booked", world.entry(), now=NOW, clinic_id=world.clinic.pk)
    entry = Entry.objects.get(verb="slot.filled")
    html = officer.get(f"/trail/{entry.pk}/").content.decode()
    for phrase in ("Free time filled", f"Free time {slot.pk}", "2026-11-23T18:00:00Z", "Waitlist entry fulfilled"):
        assert phrase in html
    assert "Not sealed yet" in html


@pytest.mark.django_db(transaction=True)
def test_the_page_says_how_far_it_is_sealed(officer, world):
    record(world, "slot.filled", world.slot())
    seal.seal(now=NOW)
    entry = Entry.objects.get(verb="slot.filled")
    html = officer.get(f"/trail/{entry.pk}/").content.decode()
    assert selectors.newest_seal().digest in html
    assert f"Sealed up to line {Entry.objects.latest('pk').pk}" in officer.get("/trail/").content.decode()


def test_the_export_answers_the_same_question_and_is_recorded(officer, world, told):
    response = officer.post("/trail/export/", {"verb": "appointment.cancelled"})
    assert response.headers["Content-Disposition"].startswith('attachment; filename="trail-')
    (line,) = csv.DictReader(io.StringIO(response.content.decode()))
    assert line["what"] == "Appointment cancelled"
    assert line["time_utc"] == "2026-11-23T19:00:00+00:00"
    assert line["actor"] == told["staff"].email
    assert line["changes"] == '{"reason": "ill"}'
    recorded = Entry.objects.get(verb="trail.exported")
    assert (recorded.clinic_id, recorded.actor_kind) == (world.clinic.pk, "staff")
    assert recorded.changes == {"verb": "appointment.cancelled"}


def test_no_cell_of_the_export_is_a_formula(officer, world):
    for text in ('=HYPERLINK("http://evil.example")', "+1", "-1", "@SUM(1)", "\tx", "\rx"):
        assert views.safe(text).startswith("'")
    world.clinic.name = "=1+1"
    world.clinic.save()
    rogue = Actor(ActorKind.STAFF, user_email="=cmd|' /C calc'!A0@x.example")
    record(world, "slot.opened", world.slot(), actor=rogue)
    body = officer.post("/trail/export/", {"verb": "slot.opened"}).content.decode()
    assert "'=cmd|" in body
    for row in csv.reader(io.StringIO(officer.post("/trail/export/").content.decode())):
        assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@"))]


def test_an_export_too_long_says_so(officer, world, monkeypatch):
    monkeypatch.setattr(views, "EXPORT_LIMIT", 1)
    response = officer.post("/trail/export/")
    assert (response.status_code, "choose a shorter time" in response.content.decode()) == (400, True)
    response = officer.post("/trail/export/", {"since": "soon"})
    assert (response.status_code, "since" in response.content.decode()) == (400, True)


def test_looking_changes_nothing(officer, told):
    officer.get("/trail/")
    before = fingerprints()
    entry = Entry.objects.filter(clinic_id__isnull=False).latest("pk")
    for address in ("/trail/", f"/trail/{entry.pk}/", "/trail/export/"):
        officer.get(address)
        officer.head(address)
    assert fingerprints() == before


def test_only_compliance_and_admins_of_this_clinic(client, world, told):
    other = factories.World()
    entry = Entry.objects.filter(clinic_id=world.clinic.pk).latest("pk")
    addresses = [reverse("trail"), reverse("trail-entry", args=[entry.pk]), reverse("trail-export")]
    for role in (Role.FRONT_DESK, Role.MANAGER):
        client.force_login(factories.user(world.clinic, role))
        assert {client.get(a).status_code for a in addresses[:2]} | {client.post(addresses[2]).status_code} == {403}
    client.force_login(factories.user(other.clinic, Role.ADMIN))
    assert client.get(addresses[1]).status_code == 404
    assert client.get("/trail/", {"after": entry.pk}).status_code == 404
    assert not set(lines(client.get("/trail/"))) & {"offer.accepted", "slot.wave", "appointment.cancelled"}
    assert "offer.accepted" not in client.post("/trail/export/").content.decode()
    client.logout()
    assert client.get("/trail/").status_code == 302


def test_a_page_takes_as_many_queries_for_one_line_as_for_many(officer, world, django_assert_max_num_queries):
    for _ in range(2):
        with django_assert_max_num_queries(12):
            officer.get("/trail/")
        for _ in range(20):
            record(world, "slot.opened", world.slot(NOW + timedelta(days=100 + Entry.objects.count())))


@pytest.mark.parametrize(
    ("verb", "expected"),
    [("slot.filled_by_hand", "Free time filled by hand"), ("clinic.changed", "Clinic changed"), ("", "")],
)
def test_words_for_verbs(verb, expected):
    assert words.happened(verb) == expected


def test_words_for_changes():
    written = {
        "grace_minutes": ["15", "20"],
        "note": ["None", ""],
        "is_active": ["True", "False"],
        "compatible": {"type": "m2m", "operation": "add", "objects": ["Peel"]},
        "by": {"no_consent": 3},
    }
    assert words.changes(written) == [
        ("by", "no_consent 3"),
        ("compatible", "added Peel"),
        ("grace minutes", "15 → 20"),
        ("is active", "yes → no"),
        ("note", "nothing"),
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [390, 1280])
def test_it_can_be_used_by_everybody(width, open_page, live_server, sign_in, world, told):
    page = open_page(viewport={"width": width, "height": 900})
    sign_in(page, live_server.url, factories.user(world.clinic, Role.COMPLIANCE))
    for address in ("/trail/", f"/trail/{Entry.objects.filter(verb='slot.wave').get().pk}/"):
        page.goto(live_server.url + address)
        assert [one["id"] for one in Axe().run(page).response["violations"]] == []
        assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
