"""Odd addresses and rows held by somebody else are answered, not errors."""

import pytest
from django.db import connection, transaction
from django.test import Client

from tests import factories
from tests.at_once import at_once
from tests.factories import World
from waitlist.models import Slot


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/appointments/?q=%00", "/waitlist/?q=%00", "/waitlist/known/?p-phone=1234567%00"])
def test_a_nul_in_a_search_is_a_bad_request(path):
    client = Client()
    client.force_login(factories.user(World().clinic))
    assert client.get(path).status_code == 400


@pytest.mark.django_db
def test_a_last_day_without_a_day_after_it_is_named():
    client = Client(raise_request_exception=False)
    client.force_login(factories.user(World().clinic, role="compliance"))
    answer = client.get("/trail/?until=9999-12-31")
    assert answer.status_code < 500
    assert b"Choose an earlier date." in answer.content


@pytest.mark.django_db
def test_signing_in_to_the_sign_in_page_leads_on():
    client = Client()
    client.force_login(factories.user(World().clinic))
    assert client.get("/sign-in/?next=/sign-in/").status_code == 302


@pytest.mark.django_db(transaction=True)
def test_a_row_held_too_long_is_said_so_and_nothing_is_changed():
    world = World()
    slot = world.asked_slot()
    client = Client(raise_request_exception=False)
    client.force_login(factories.user(world.clinic))

    def stop() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '200ms'")
        return client.post(f"/slots/{slot.pk}/stop/", {"confirmed": "1"}).status_code

    with transaction.atomic():
        Slot.objects.select_for_update(no_key=True).get(pk=slot.pk)
        assert at_once([stop]) == [503]
    slot.refresh_from_db()
    assert slot.is_live


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/trail/?after=" + "9" * 5000, "/trail/?after=x"])
def test_an_id_that_can_be_none_is_not_found(path):
    client = Client()
    client.force_login(factories.user(World().clinic, role="compliance"))
    assert client.get(path).status_code == 404
