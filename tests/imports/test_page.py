"""The import page: a file comes in whole, or its problems stand there by line and column."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.factories import World, user
from waitlist import imports
from waitlist.models import Patient, Practitioner
from waitlist.states import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def admin(world: World) -> Client:
    client = Client()
    client.force_login(user(world.clinic, Role.ADMIN))
    return client


def upload(client: Client, kind: str, text: str):
    file = SimpleUploadedFile("file.csv", text.encode(), "text/csv")
    return client.post("/settings/import/", {"kind": kind, "file": file})


def test_a_file_is_imported_and_the_result_counts_who_cannot_be_contacted(world, admin):
    page = upload(admin, "patients", "first_name,phone\nAna,4155550123\n")
    assert page.status_code == 200
    assert "1 row read: 1 added." in page.content.decode()
    assert "1 person cannot be contacted" in page.content.decode()
    assert world.clinic.patients.count() == 1


def test_a_bad_file_shows_every_problem_and_changes_nothing(world, admin):
    page = upload(admin, "practitioners", "name,specialty\nDr A,\n,<b>\n")
    assert page.status_code == 422
    text = page.content.decode()
    assert "Nothing was imported: 1 problem." in text
    assert "This cannot be empty." in text
    assert not Practitioner.objects.filter(name="Dr A").exists()


def test_no_file_and_no_kind_are_pointed_out(admin):
    assert admin.get("/settings/import/").status_code == 200
    assert "This field is required" in admin.post("/settings/import/", {"kind": "patients"}).content.decode()
    assert upload(admin, "secrets", "name\n").status_code == 200
    assert "The file is empty." in upload(admin, "patients", "").content.decode()


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.MANAGER, Role.COMPLIANCE])
def test_other_roles_may_not(world, role):
    client = Client()
    client.force_login(user(world.clinic, role))
    assert client.get("/settings/import/").status_code == 403
    assert upload(client, "practitioners", "name\nDr A\n").status_code == 403


def test_a_file_sent_from_a_page_of_another_clinic_goes_nowhere(admin: Client) -> None:
    upload = SimpleUploadedFile("people.csv", b"first_name,phone\nAna,+14155550123\n")
    sent = {"kind": "patients", "file": upload, "clinic": World().clinic.pk}
    answer = admin.post("/settings/import/", sent, follow=True)
    assert "Nothing was imported" in answer.content.decode()
    assert not Patient.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_samples_come_in_as_they_are(world, admin):
    page = admin.get("/settings/import/").content.decode()
    for kind in imports.KINDS:
        url = f"/settings/import/samples/{kind}/"
        assert url in page
        sample = admin.get(url)
        assert f'filename="{kind}-sample.csv"' in sample["Content-Disposition"]
        said = upload(admin, kind, sample.content.decode())
        assert said.status_code == 200 and "1 row read: 1 " in said.content.decode(), kind
    assert admin.get("/settings/import/samples/secrets/").status_code == 404


def test_the_way_from_the_waitlist_is_for_whoever_may_import(world, admin):
    link = 'href="/settings/import/"'
    assert link in admin.get("/waitlist/").content.decode()
    desk = Client()
    desk.force_login(user(world.clinic))
    assert link not in desk.get("/waitlist/").content.decode()
