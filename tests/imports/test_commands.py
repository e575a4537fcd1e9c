"""The commands that bring a clinic to life, and what they say when they cannot."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from audit.models import Entry
from matching.models import PolicyVersion
from tests.factories import World
from waitlist.models import Clinic, Location, Membership, Practitioner, User

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
OPTIONS = {
    "name": "Radiance Med Spa",
    "timezone": "America/Los_Angeles",
    "phone": "(415) 555-0100",
    "admin_email": "Boss@clinic.example",
    "state": "ca",
}


@pytest.fixture(autouse=True)
def no_keyboard(monkeypatch):
    monkeypatch.delenv("STANDBY_ADMIN_PASSWORD", raising=False)
    monkeypatch.delenv("STANDBY_STAFF_PASSWORD", raising=False)
    monkeypatch.setattr("sys.stdin", StringIO())


def test_a_clinic_is_ready_with_policy_place_and_admin(capsys):
    call_command("create_clinic", **OPTIONS, admin_password=PASSWORD, sms_sender="415 555 0101")
    clinic = Clinic.objects.get()
    assert (clinic.slug, clinic.phone, clinic.sms_sender) == ("radiance-med-spa", "+14155550100", "+14155550101")
    assert clinic.policy == PolicyVersion.objects.get(name="scored", clinic=clinic)
    assert Location.objects.get().state == "CA"
    admin = User.objects.get(email="boss@clinic.example")
    assert admin.check_password(PASSWORD)
    assert Membership.objects.get(user=admin, clinic=clinic).role == "admin"
    assert "import_csv practitioners FILE --clinic radiance-med-spa" in capsys.readouterr().out


def test_one_command_is_one_thing_in_the_trail(tmp_path):
    call_command("create_clinic", **OPTIONS, admin_password=PASSWORD)
    made = Entry.objects.all()
    assert made.count() > 2
    assert len(set(made.values_list("cid", flat=True))) == 1
    names = tmp_path / "practitioners.csv"
    names.write_text("name\nDr Chen\nDr Moor\n")
    call_command("import_csv", "practitioners", names, clinic="radiance-med-spa")
    assert made.filter(verb="practitioner.created").count() == 2
    assert len(set(made.values_list("cid", flat=True))) == 2


def test_the_password_may_come_from_the_environment_and_a_known_user_keeps_theirs(monkeypatch, capsys):
    monkeypatch.setenv("STANDBY_ADMIN_PASSWORD", PASSWORD)
    call_command("create_clinic", **OPTIONS)
    monkeypatch.delenv("STANDBY_ADMIN_PASSWORD")
    call_command("create_clinic", **OPTIONS | {"name": "Second"})
    assert Membership.objects.filter(user__email="boss@clinic.example").count() == 2
    assert "they have already" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"timezone": "Los Angeles"}, "--timezone"),
        ({"phone": "555"}, "--phone"),
        ({"admin_password": "short"}, "--admin-password: "),
        ({"admin_password": ""}, "STANDBY_ADMIN_PASSWORD"),
        ({"admin_email": "boss"}, "--admin-email: "),
        ({"name": "x" * 61}, "--name"),
    ],
)
def test_what_is_wrong_names_the_option_and_nothing_is_made(change, words):
    with pytest.raises(CommandError) as refused:
        call_command("create_clinic", **{**OPTIONS, "admin_password": PASSWORD, **change})
    assert words in str(refused.value)
    assert not Clinic.objects.exists()
    assert not User.objects.exists()


def test_two_clinics_cannot_share_a_slug():
    call_command("create_clinic", **OPTIONS, admin_password=PASSWORD)
    with pytest.raises(CommandError) as refused:
        call_command("create_clinic", **OPTIONS, admin_password=PASSWORD)
    assert "--slug" in str(refused.value)


def add(*options: str, email: str = "Desk@clinic.example") -> None:
    call_command("add_staff", "--clinic", "radiance-med-spa", "--email", email, *options)


@pytest.fixture
def clinic() -> Clinic:
    call_command("create_clinic", **OPTIONS, admin_password=PASSWORD)
    return Clinic.objects.get()


def test_staff_come_change_their_role_and_leave(clinic, capsys):
    add("--name", "Dee", "--role", "front_desk", "--password", PASSWORD)
    user = User.objects.get(email="desk@clinic.example")
    assert user.check_password(PASSWORD) and user.name == "Dee"
    assert Membership.objects.get(user=user).role == "front_desk"
    add("--name", "Else", "--role", "manager", "--password", "something else")
    assert Membership.objects.get(user=user, clinic=clinic).role == "manager"
    add("--remove")
    assert not Membership.objects.filter(user=user).exists()
    known = User.objects.get(pk=user.pk)
    assert known.check_password(PASSWORD) and known.name == "Dee"
    assert "as manager and signs in with the password they have already" in capsys.readouterr().out
    told = Entry.objects.filter(clinic_id=clinic.pk, verb__startswith="membership.", actor_kind="system")
    assert set(told.values_list("verb", flat=True)) == {
        "membership.created",
        "membership.changed",
        "membership.deleted",
    }
    assert Entry.objects.get(verb="membership.changed").changes == {"role": ["front_desk", "manager"]}


def test_somebody_known_needs_no_password_at_a_second_clinic(clinic, monkeypatch):
    call_command(
        "create_clinic", **OPTIONS | {"name": "Second", "admin_email": "two@clinic.example"}, admin_password=PASSWORD
    )
    call_command("add_staff", "--clinic", "second", "--email", "boss@clinic.example", "--role", "compliance")
    roles = Membership.objects.filter(user__email="boss@clinic.example").order_by("pk").values_list("role", flat=True)
    assert list(roles) == ["admin", "compliance"]
    monkeypatch.setenv("STANDBY_STAFF_PASSWORD", PASSWORD)
    add("--role", "front_desk")
    assert User.objects.get(email="desk@clinic.example").check_password(PASSWORD)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--role", "boss", "--password", PASSWORD], "--role"),
        (["--password", PASSWORD], "--role --remove"),
        (["--role", "manager", "--remove"], "--remove"),
        (["--role", "manager", "--password", "short"], "--password: "),
        (["--role", "manager"], "STANDBY_STAFF_PASSWORD, or --password"),
        (["--role", "manager", "--password", PASSWORD, "--email", "desk"], "--email: "),
        (["--role", "manager", "--password", PASSWORD, "--name", "x" * 101], "--name: "),
        (["--role", "manager", "--clinic", "nowhere"], "--clinic: There is no clinic “nowhere”. There are: radiance"),
        (["--remove"], "--email: Nobody with the address “Desk@clinic.example” works at Radiance Med Spa."),
    ],
)
def test_what_is_wrong_with_staff_names_the_option_and_nothing_changes(clinic, options, words):
    with pytest.raises(CommandError) as refused:
        add(*options)
    assert words in str(refused.value)
    assert (User.objects.count(), Membership.objects.count()) == (1, 1)


def test_a_file_is_imported_or_refused_by_line(tmp_path: Path, capsys):
    clinic = World().clinic
    file = tmp_path / "people.csv"
    file.write_text("name\nDr Chen\n")
    call_command("import_csv", "practitioners", str(file), clinic=clinic.slug)
    assert capsys.readouterr().out == "1 row read: 1 added.\n"
    assert Practitioner.objects.filter(clinic=clinic, name="Dr Chen").exists()
    file.write_text("name\nDr Ruiz\nDr Ruiz\n")
    with pytest.raises(CommandError) as refused:
        call_command("import_csv", "practitioners", str(file), clinic=clinic.slug)
    assert str(refused.value).splitlines() == [
        "Nothing was imported: 1 problem.",
        "  line 3, name: This is on line 2 already.",
    ]


def test_an_unknown_clinic_or_file_is_named(tmp_path: Path):
    clinic = World().clinic
    with pytest.raises(CommandError, match=f"no clinic “nowhere”. There are: {clinic.slug}"):
        call_command("import_csv", "patients", str(tmp_path / "x.csv"), clinic="nowhere")
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_csv", "patients", str(tmp_path / "x.csv"), clinic=clinic.slug)
