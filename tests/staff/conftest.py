"""A clinic with somebody at its front desk."""

import pytest
from django.test import Client

from tests.factories import World, user
from waitlist.models import User


@pytest.fixture
def world(db: None) -> World:
    return World()


@pytest.fixture
def desk(world: World) -> User:
    return user(world.clinic)


@pytest.fixture
def staff(world: World, desk: User, client: Client) -> Client:
    """A browser of somebody at the front desk, without JavaScript."""
    client.force_login(desk)
    return client
