"""Each page of settings says what binds by law what is set there."""

import pytest
from django.urls import get_resolver, reverse

from tests import factories
from waitlist.legal import LEGAL
from waitlist.views.session import SETTINGS

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client):
    world = factories.World()
    client.force_login(factories.user(world.clinic, "admin"))
    return client


@pytest.mark.parametrize("name", [name for name, *_ in SETTINGS])
def test_every_page_of_settings_names_what_binds_it(admin, name):
    page = admin.get(reverse(name)).text
    assert 'aria-labelledby="law-h"' in page
    assert LEGAL[name].split("(")[0].split("’")[0].strip() in page


def test_pages_that_set_nothing_preach_nothing(admin):
    assert "law-h" not in admin.get(reverse("board")).text


def test_it_names_only_pages_there_are():
    assert set(LEGAL) - {name for name in get_resolver().reverse_dict if isinstance(name, str)} == set()
