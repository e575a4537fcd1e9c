"""Signing in and out, choosing the clinic, and a forgotten password."""

import re

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from tests import factories
from waitlist.models import Membership
from waitlist.states import Role

pytestmark = pytest.mark.django_db


def test_sign_in_with_the_address_in_any_case(client: Client):
    user = factories.user(factories.clinic())
    answer = client.post(reverse("login"), {"username": user.email.upper(), "password": factories.PASSWORD})
    assert answer.status_code == 302
    assert answer["Location"] == "/"


def test_a_wrong_password_keeps_the_address(client: Client):
    user = factories.user(factories.clinic())
    answer = client.post(reverse("login"), {"username": user.email, "password": "wrong"})
    assert user.email in answer.content.decode()
    assert "error-summary" in answer.content.decode()


def test_a_foreign_next_is_ignored(client: Client):
    user = factories.user(factories.clinic())
    form = {"username": user.email, "password": factories.PASSWORD, "next": "https://evil.example/"}
    assert client.post(reverse("login"), form)["Location"] == "/"


def test_signing_out_takes_a_post(client: Client):
    client.force_login(factories.user(factories.clinic()))
    assert client.get(reverse("logout")).status_code == 405
    client.post(reverse("logout"))
    assert "_auth_user_id" not in client.session


def test_a_forgotten_password_can_be_chosen_anew(client: Client):
    user = factories.user(factories.clinic())
    client.post(reverse("password_reset"), {"email": user.email})
    link = re.search(r"https?://[^/]+(/password/\S+)", mail.outbox[0].body)
    assert link is not None
    form = client.get(link[1], follow=True)
    done = client.post(
        form.redirect_chain[-1][0], {"new_password1": "a new long word", "new_password2": "a new long word"}
    )
    assert done["Location"] == reverse("password_reset_complete")
    assert client.login(username=user.email, password="a new long word")
    assert "used up" in client.get(link[1], follow=True).content.decode()


def test_an_unknown_address_learns_nothing(client: Client):
    answer = client.post(reverse("password_reset"), {"email": "nobody@clinic.example"})
    assert answer["Location"] == reverse("password_reset_done")
    assert mail.outbox == []


def test_switching_to_another_clinic_of_theirs(client: Client):
    one, two = factories.clinic(name="Aster"), factories.clinic(name="Birch")
    user = factories.user(one, Role.ADMIN)
    Membership.objects.create(user=user, clinic=two, role=Role.ADMIN)
    client.force_login(user)
    assert "Aster" in client.get(reverse("settings")).content.decode()
    client.post(reverse("clinic-switch"), {"clinic": two.pk})
    assert '<p class="lede">Birch</p>' in client.get(reverse("settings")).content.decode()


@pytest.mark.parametrize("chosen", ["", "x", "0", "999999999"])
def test_a_clinic_that_is_not_theirs_is_not_found(client: Client, chosen: str):
    factories.clinic()
    client.force_login(factories.user(factories.clinic()))
    assert client.post(reverse("clinic-switch"), {"clinic": chosen}).status_code == 404


def test_settings_are_for_managers(client: Client):
    client.force_login(factories.user(factories.clinic(), Role.FRONT_DESK))
    answer = client.get(reverse("settings"))
    assert answer.status_code == 403
    assert "You may not open this" in answer.content.decode()


def test_a_form_without_its_token_changes_nothing():
    client = Client(enforce_csrf_checks=True)
    user = factories.user(factories.clinic())
    answer = client.post(reverse("login"), {"username": user.email, "password": factories.PASSWORD})
    assert answer.status_code == 403
    assert "open too long" in answer.content.decode()


def test_compliance_lands_on_a_page_of_its_own(client: Client):
    user = factories.user(factories.clinic(), Role.COMPLIANCE)
    answer = client.post(reverse("login"), {"username": user.email, "password": factories.PASSWORD}, follow=True)
    assert answer.status_code == 200
    assert ">Today</a>" not in answer.content.decode()
    asked_for = {"username": user.email, "password": factories.PASSWORD, "next": "/"}
    client.logout()
    answer = client.post(reverse("login"), asked_for, follow=True)
    assert answer.redirect_chain[-1] == (reverse("trail"), 302)


def test_a_page_for_others_says_why(client: Client):
    user = factories.user(factories.clinic(name="Harbor"), Role.COMPLIANCE)
    client.force_login(user)
    answer = client.get(reverse("waitlist"))
    assert answer.status_code == 403
    assert "Your role at Harbor, compliance, does not include this page." in answer.content.decode()


def test_a_page_that_is_not_there(client: Client):
    client.force_login(factories.user(factories.clinic()))
    answer = client.get("/nowhere/")
    assert answer.status_code == 404
    assert "Nothing here" in answer.content.decode()


@pytest.mark.parametrize(
    "name, page", [("calls", "Tasks"), ("fees", "Tasks"), ("opening-new", "Today"), ("checks", "Settings")]
)
def test_the_bar_says_to_which_page_this_one_belongs(client: Client, name: str, page: str):
    client.force_login(factories.user(factories.clinic(), Role.MANAGER))
    words = client.get(reverse(name)).content.decode()
    assert words.count("aria-current") == 1
    assert re.search(r'aria-current="page">(\w+)', words)[1] == page
