"""PostgreSQL gone in the middle of a claim: one booking, each message once. A real restart: `make soak ARGS=faults`."""

from collections.abc import Iterator

import pytest

from tests.faults.matrix import Matrix, matrix
from tests.faults.restart import claim_through, every_session_ends
from tests.harness import Stack

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def house(django_db_setup: None) -> Iterator[Matrix]:
    with matrix() as one:
        yield one


@pytest.mark.parametrize("from_commit", [-1, 0, 1], ids=["locked", "written", "committed"])
def test_the_database_is_gone_between_two_steps_of_a_claim(house: Matrix, from_commit: int):
    peace = house.undisturbed("claim")
    number = peace.number("before COMMIT") + from_commit
    struck = house.strike("claim", number, peace, blow="no database")
    assert struck.survived, struck


def test_a_house_that_forgets_its_outbox_is_found_out(house: Matrix):
    peace = house.undisturbed("claim")
    with matrix(sweeps="no messages") as forgetful:
        struck = forgetful.strike("claim", peace.number("after COMMIT"), peace, blow="no database")
    assert struck.lost[("text", "booked", "P0")] == 1 and not struck.survived


def test_every_session_ends_while_a_tap_stands_in_its_claim(stack: Stack):
    assert claim_through(stack, every_session_ends) == []


def test_a_tap_that_nothing_befalls_is_no_restart(stack: Stack):
    with pytest.raises(AssertionError, match="Our own session outlived it"):
        claim_through(stack, lambda: None)
