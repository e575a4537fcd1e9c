"""Users and roles: invited by e-mail, changed, ended at once; the last admin stays."""

import re
from functools import partial
from smtplib import SMTPException

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from audit.models import Entry
from tests import factories
from tests.at_once import at_once, while_uncommitted, without_locks
from tests.factories import World
from waitlist import team
from waitlist.models import Clinic, Membership, User
from waitlist.states import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def boss(world: World) -> User:
    return factories.user(world.clinic, Role.ADMIN, name="Ada")


@pytest.fixture
def admin(boss: User, client: Client) -> Client:
    client.force_login(boss)
    return client


def invite(admin: Client, **fields: str) -> str:
    typed = {"name": "Rui", "email": "Rui@harbor.example", "role": "front_desk", **fields}
    return admin.post(reverse("team"), typed, follow=True).content.decode()


@pytest.mark.django_db(transaction=True)
def test_invited_by_two_clinics_at_once_they_are_one_user(world: World, boss: User):
    other = World()
    second = factories.user(other.clinic, Role.ADMIN)
    people = ((world.clinic, boss), (other.clinic, second))
    typed = {"email": "rui@harbor.example", "name": "Rui", "role": Role.FRONT_DESK}
    found = at_once([partial(team.invite, clinic, by=by, **typed) for clinic, by in people])
    assert sorted(is_new for _, is_new in found) == [False, True]
    assert User.objects.get(email="rui@harbor.example").memberships.count() == 2


def test_somebody_new_chooses_a_password_by_the_link_and_works(world: World, admin: Client):
    assert "The e-mail is on its way to rui@harbor.example." in invite(admin)
    assert "invited, no password chosen yet" in admin.get(reverse("team")).content.decode()
    letter = mail.outbox[0]
    assert letter.to == ["rui@harbor.example"] and world.clinic.name in letter.body
    link = re.search(r"https?://[^/]+(/password/\S+)", letter.body)
    assert link is not None
    theirs = Client()
    form = theirs.get(link[1], follow=True).redirect_chain[-1][0]
    theirs.post(form, {"new_password1": "a new long word", "new_password2": "a new long word"})
    assert theirs.login(username="rui@harbor.example", password="a new long word")
    assert theirs.get(reverse("board")).status_code == 200
    assert "used up" in Client().get(link[1], follow=True).content.decode()
    kinds = Entry.objects.filter(clinic_id=world.clinic.pk, verb="membership.created").count()
    assert kinds == 2  # the admin's own, by the test, and theirs


def test_who_has_a_sign_in_keeps_it(world: World, admin: Client):
    other = factories.user(factories.clinic(), name="Zoe")
    invite(admin, email=other.email.upper(), name="Somebody Else", role="manager")
    other.refresh_from_db()
    assert other.name == "Zoe" and other.check_password(factories.PASSWORD)
    assert other.memberships.get(clinic=world.clinic).role == Role.MANAGER
    assert "/password/" not in mail.outbox[0].body and "/sign-in/" in mail.outbox[0].body


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"email": "rui"}, "email", "valid email"),
        ({"name": ""}, "name", "This field is required"),
        ({"role": "owner"}, "role", "not one of the available choices"),
    ],
)
def test_what_cannot_be_is_named_with_its_field(fields, field, words, admin: Client):
    page = invite(admin, **fields)
    assert words in page and f'href="#id_{field}"' in page
    assert mail.outbox == [] and not User.objects.filter(name="Rui").exists()


def test_nobody_is_invited_twice_nor_switched_on_again(world: World, admin: Client, boss: User):
    assert "They work here already." in invite(admin, email=boss.email)
    gone = factories.user(factories.clinic(), is_active=False)
    assert "switched off" in invite(admin, email=gone.email)
    assert mail.outbox == []


def test_an_e_mail_that_cannot_be_sent_is_said_and_sent_again(world: World, admin: Client, settings):
    settings.EMAIL_BACKEND = f"{__name__}.NoServer"
    assert "the e-mail could not be sent" in invite(admin)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    row = world.clinic.memberships.get(user__name="Rui")
    admin.post(reverse("member-again", args=[row.pk]))
    assert "/password/" in mail.outbox[0].body


class NoServer:
    """A mail server that takes nothing."""

    def __init__(self, **kwargs: object) -> None:
        pass

    def send_messages(self, messages: object) -> int:
        raise SMTPException


def test_another_role_holds_from_the_next_click_on(world: World, admin: Client):
    desk = factories.user(world.clinic, name="Rui")
    row, theirs = desk.memberships.get(), Client()
    theirs.force_login(desk)
    assert theirs.get(reverse("settings")).status_code == 403
    page = admin.post(reverse("member", args=[row.pk]), {"role": "manager"}, follow=True).content.decode()
    assert "Rui is manager from now on." in page
    assert theirs.get(reverse("settings")).status_code == 200
    line = Entry.objects.filter(verb="membership.changed").latest("pk")
    assert line.changes == {"role": ["front_desk", "manager"]} and line.actor_email


def test_whose_access_ended_may_do_nothing_from_the_next_click_on(world: World, admin: Client):
    desk = factories.user(world.clinic, name="Rui")
    theirs = Client()
    theirs.force_login(desk)
    assert theirs.get(reverse("board")).status_code == 200
    admin.post(reverse("member-remove", args=[desk.memberships.get().pk]))
    assert theirs.get(reverse("board")).status_code == 403
    assert Entry.objects.filter(verb="membership.deleted", clinic_id=world.clinic.pk).exists()


def test_the_last_admin_stays_and_nobody_changes_their_own_role(world: World, admin: Client, boss: User):
    row = boss.memberships.get()
    assert "is the only admin here" in admin.post(reverse("member-remove", args=[row.pk]), follow=True).content.decode()
    factories.user(world.clinic, Role.ADMIN)
    answer = admin.post(reverse("member", args=[row.pk]), {"role": "front_desk"}).content.decode()
    assert "This is you" in answer
    row.refresh_from_db()
    assert row.role == Role.ADMIN
    admin.post(reverse("member-remove", args=[row.pk]))
    assert not boss.memberships.exists()


def test_the_command_keeps_the_last_admin_too(world: World, boss: User):
    with pytest.raises(ValidationError, match="only admin"):
        team.dismiss(world.clinic, email=boss.email)
    with pytest.raises(ValidationError, match="only admin"):
        team.employ(world.clinic, email=boss.email, name="", role=Role.MANAGER, password=None)


def test_the_list_takes_as_many_queries_for_three_as_for_one(world: World, admin: Client, django_assert_num_queries):
    with django_assert_num_queries(6):
        admin.get(reverse("team"))
    for _ in range(2):
        factories.user(world.clinic)
    with django_assert_num_queries(6):
        admin.get(reverse("team"))


def each_ends_the_other(world: World, one: User, other: User) -> str:
    """What the second finds while the first has not committed."""

    def first() -> None:
        Clinic.objects.select_for_update(no_key=True).get(pk=world.clinic.pk)
        other.memberships.get().delete()

    def second() -> str:
        try:
            team.end(one.memberships.get().pk, world.clinic, by=other)
        except ValidationError as error:
            return " ".join(error.messages)
        return "ended"

    return while_uncommitted(first, second)


@pytest.mark.django_db(transaction=True)
def test_of_two_admins_who_end_each_other_one_stays(world: World):
    one, other = (factories.user(world.clinic, Role.ADMIN) for _ in range(2))
    assert "no admin here any more" in each_ends_the_other(world, one, other)
    assert Membership.objects.get(clinic=world.clinic).user_id == one.pk


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_the_second_does_not_wait(world: World, monkeypatch: pytest.MonkeyPatch):
    one, other = (factories.user(world.clinic, Role.ADMIN) for _ in range(2))
    without_locks(monkeypatch)
    with pytest.raises(AssertionError):  # while_uncommitted wants it to wait
        each_ends_the_other(world, one, other)
