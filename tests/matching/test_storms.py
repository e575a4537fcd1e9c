"""Two kinds of acts on one slot, many of each released together: at most one is booked, nobody is refused with an
error, and what everybody was told is how it is. In which order they come is up to the database; each order alone is in
test_races.
"""

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from matching import work
from matching.claims import Claim
from matching.models import Offer
from ops import doctor
from tests.at_once import at_once, without_locks
from tests.matching.test_races import LATER, Scene
from waitlist import roster
from waitlist.models import Appointment
from waitlist.states import LIVE_SLOT_STATES

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS, AT_MOST = 4, 40
LOST = {Claim.TAKEN, Claim.YOURS, Claim.WITHDRAWN, Claim.EXPIRED, Claim.BUSY}


def leave(scene: Scene) -> bool:
    """Whom the third offer is for leaves the list."""
    return roster.remove(scene.offers[2].entry_id, now=LATER)


OTHERS: dict[str, Callable[[Scene], Any]] = {
    "claim": Scene.claim,
    "expire": Scene.lapse,
    "staff book": Scene.give,
    "stop": Scene.stop,
    "calendar books": Scene.mirror,
    "move here": Scene.move_here,
    "leave": leave,
}
ONE_VISIT = {"calendar books", "move here"}
MAKES_A_BOOKING = {"staff book", *ONE_VISIT}


@pytest.mark.parametrize("name", OTHERS)
def test_three_say_yes_in_the_middle_of_it(name):
    for _ in range(ROUNDS):
        judge(*storm(name))


@pytest.mark.parametrize("name", OTHERS)
def test_control_without_the_locks_something_breaks(name, monkeypatch):
    """In most rounds, and never in none of so many."""
    without_locks(monkeypatch)
    with pytest.raises(AssertionError):
        for _ in range(AT_MOST):
            judge(*storm(name))


def storm(name: str) -> tuple[Scene, str, list[Any]]:
    scene = Scene()
    yeses = [partial(scene.claim, number) for number in range(3)]
    others = [partial(OTHERS[name], scene)] * (1 if name in ONE_VISIT else 2)
    return scene, name, at_once([*others, *yeses, *others[1:], *yeses])


def judge(scene: Scene, name: str, found: list[Any]) -> None:
    assert not [said for said in found if str(said).endswith(("Error", "Violation", "Detected", "Available"))], found
    slot = scene.slot
    state, bookings, states = scene.end()
    won = Counter(states)["accepted"]
    claimed = [answer for answer in found if isinstance(answer, Claim)]
    assert claimed.count(Claim.BOOKED) <= 1 and set(claimed) <= LOST | {Claim.BOOKED}, found
    assert bookings <= 1 and won == (state == "filled"), (state, bookings, states, found)
    visit = Appointment.objects.filter(filled_slot=slot).first()
    if claimed.count(Claim.BOOKED):
        assert visit is not None and visit.patient_id in {offer.patient_id for offer in scene.offers}
    elif name not in MAKES_A_BOOKING:
        assert visit is None
    assert state not in LIVE_SLOT_STATES, (state, found)
    assert not Offer.objects.filter(slot=slot, state="pending").exists()
    assert slot.pk not in work.due(now=LATER, limit=9)  # the time a moved visit had is due: a slot of its own
    broken = [one for one in doctor.examine(scene.world.clinic, now=LATER) if one.name != "message_not_sent"]
    assert broken == [], broken
