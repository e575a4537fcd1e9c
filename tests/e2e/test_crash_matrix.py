"""SIGKILL between two steps of an act: the end is as if nothing had happened. All points: `make soak ARGS=faults`."""

from collections.abc import Iterator

import pytest

from tests.faults.matrix import Matrix, matrix
from tests.faults.table import ACTS

pytestmark = pytest.mark.django_db(transaction=True)
WORST = [  # the act, and after what it dies
    ("open", "after COMMIT"),
    ("advance", "before COMMIT"),
    ("deliver", "after the hand-over"),
    ("claim", "after COMMIT"),
    ("reply yes", "before COMMIT"),
    ("retract", "after COMMIT"),
    ("grace-cancel", "after COMMIT"),
    ("writeback", "after the hand-over"),
    ("outage noticed", "before COMMIT"),
    ("outage over", "after COMMIT"),
    ("the clocks thaw", "before COMMIT"),
    ("remind", "before COMMIT"),
    ("remind", "after COMMIT"),
    ("did not come", "after COMMIT"),
    ("they know", "before COMMIT"),
    ("they know", "after COMMIT"),
    ("sick day", "after COMMIT"),
    ("sick day refilled", "after COMMIT"),
    ("sick day kept empty", "before COMMIT"),
    ("stop by text", "after COMMIT"),
    ("stop offers by text", "before COMMIT"),
    ("pause by text", "after COMMIT"),
    ("joined and confirmed", "after COMMIT"),
    ("yes by key", "after COMMIT"),
    ("no by key", "before COMMIT"),
    ("stop by key", "before COMMIT"),
    ("edit a wish", "after COMMIT"),
    ("pause many", "after COMMIT"),
    ("pause taken back", "before COMMIT"),
    ("ask whether still wanted", "before COMMIT"),
    ("ask whether still wanted", "after COMMIT"),
    ("rest", "before COMMIT"),
    ("wake", "after COMMIT"),
    ("two weeks more", "before COMMIT"),
    ("still wanted, by text", "before COMMIT"),
    ("wanted no more, by text", "after COMMIT"),
    ("send a link", "before COMMIT"),
    ("send a link", "after COMMIT"),
    ("complete a link", "before COMMIT"),
    ("take back a link", "after COMMIT"),
    ("a link lapses", "after COMMIT"),
]


@pytest.fixture(scope="module")
def house(django_db_setup: None) -> Iterator[Matrix]:
    with matrix() as one:
        yield one


@pytest.mark.parametrize(("act", "step"), WORST, ids=lambda value: value.replace(" ", "-"))
def test_the_end_is_the_same(house: Matrix, act: str, step: str):
    peace = house.undisturbed(act)
    struck = house.strike(act, peace.number(step), peace)
    assert struck.survived, struck


def test_every_act_of_the_list_has_steps_to_die_at():
    promised = {"open", "advance", "deliver", "claim", "retract", "grace-cancel", "writeback"}
    promised |= {"outage noticed", "outage over", "the clocks thaw", "close a day", "close and cancel a day"}
    promised |= {"sick day", "sick day refilled", "sick day kept empty"}
    promised |= {"stop by text", "stop offers by text", "pause by text", "joined and confirmed"}
    promised |= {"yes by key", "no by key", "stop by key"}
    promised |= {"send a link", "complete a link", "take back a link", "a link lapses"}
    assert promised <= set(ACTS)


def test_a_house_that_sends_before_it_claims_is_found_out():
    with matrix(spoilt="sends before it claims") as house:
        peace = house.undisturbed("deliver")
        struck = house.strike("deliver", peace.number("after the hand-over"), peace)
    assert struck.sent_twice == 1 and not struck.survived


def test_a_house_that_forgets_its_outbox_is_found_out(house: Matrix):
    peace = house.undisturbed("advance")
    with matrix(sweeps="no messages") as forgetful:
        struck = forgetful.strike("advance", peace.number("after COMMIT"), peace)
    assert struck.lost[("text", "offer", "P0")] == 1 and not struck.survived
    assert "message_not_sent" in " ".join(struck.violations)


def test_a_house_that_may_add_an_outage_twice_is_found_out(house: Matrix):
    with matrix(spoilt="moves clocks before it says so") as spoilt:
        peace = spoilt.undisturbed("the clocks thaw")
        struck = spoilt.strike("the clocks thaw", peace.steps.index("after COMMIT") + 1, peace)
    assert peace.portrait == house.undisturbed("the clocks thaw").portrait
    assert struck.lost[("put off", "P1", 2)] == struck.added[("put off", "P1", 4)] == 1


def test_a_house_that_may_forget_to_close_is_found_out(house: Matrix):
    with matrix(spoilt="answers before it closes") as spoilt:
        peace = spoilt.undisturbed("sick day kept empty")
        struck = spoilt.strike("sick day kept empty", peace.number("before INSERT INTO \"waitlist_closure\""), peace)
    assert any(row[0] == "closure" for row in struck.lost) and not struck.survived
