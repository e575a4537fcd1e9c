"""URLs that answer without end: who may not listen. Apart, as they need a connection of their own."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.test_url_matrix import FOR, FRONT_DESK, STREAMS, World, ask
from waitlist.states import Role


@pytest.mark.django_db(transaction=True)  # a stream gives its connection back before it begins
@pytest.mark.parametrize("name", sorted(STREAMS))
def test_streams_are_refused_like_pages(name: str):
    url, world = reverse(name), World()
    refused = [world.client(role) for role in {*Role, None} - FOR.get(name, FRONT_DESK)]
    assert [ask(client, "GET", url).status_code for client in refused] == [403] * len(refused)
    assert ask(Client(), "GET", url).status_code == 302
