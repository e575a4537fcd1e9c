"""Two acts on one slot at the same moment, in both orders, without a sleep: the second waits for the first.

`first` is stopped where it has locked and is about to write; then `second` begins and must be seen waiting for a lock
of the database; then both go on. The control takes the locks out: then the second does not wait, or the end is another.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connections

from matching import claims, lapses, offers, returns
from matching.answering import attempts
from matching.claims import Claim
from matching.models import Offer
from notifications.models import Message
from tests.at_once import wait_until_blocked, without_locks
from tests.factories import NOW, World
from waitlist import calendar, entered, schedule, slots, vacancies
from waitlist.calendar import Time
from waitlist.models import Appointment

pytestmark = pytest.mark.django_db(transaction=True)
LATER = NOW + timedelta(minutes=5)
OVER = NOW + timedelta(hours=2)  # every offer's time to answer


class Scene:
    """A slot that three people were asked for, and were told of."""

    def __init__(self) -> None:
        self.world = World()
        entries = [self.world.entry() for _ in range(3)]
        self.slot = self.world.slot(wave=1, state="offering", next_wave_at=None)
        self.offers = [self.world.offer(self.slot, entry) for entry in entries]
        self.spare = self.world.entry()
        for offer in self.offers:
            Message.objects.create(
                clinic=self.world.clinic, kind="offer", channel="sms", offer=offer, slot=self.slot,
                patient=offer.patient, contact_point=offer.patient.contact_points.get(),
                dedupe_key=f"offer:{offer.pk}:sms", context={"starts_at": self.slot.starts_at.isoformat()},
                status="sent", sent_at=NOW, next_attempt_at=NOW, created_at=NOW,
            )  # fmt: skip

    def claim(self, number: int = 0, at=LATER) -> Any:
        return claims.claim(self.offers[number].pk, via="link", now=at)

    def stop(self) -> Any:
        return vacancies.stop(self.slot.pk, now=LATER)

    def give(self) -> Any:
        try:
            return vacancies.book_by_hand(self.slot.pk, patient=self.spare.patient, now=LATER).patient_id
        except vacancies.Refused:
            return "refused"

    def lapse(self) -> Any:
        return lapses.clear_up(slots.read_slot(self.slot.pk), now=OVER) is not None

    def lapse_as_found(self) -> Any:
        """A wave that has looked at the slot before it was filled, and comes to its lock now."""
        return lapses._clear_up(self.slot.pk, now=OVER)

    def mirror(self) -> Any:
        """The clinic's calendar books the time itself."""
        made = entered.mirror(
            self.world.clinic, connection=None, external_id="theirs", version=1, time=Time.of(self.slot), patient=None,
            now=LATER,
        )  # fmt: skip
        return "exclusive" if made.is_exclusive else "doubled"

    def move_here(self) -> Any:
        """Staff move another appointment to this time."""
        visit = self.world.appointment(self.slot.starts_at + timedelta(hours=5))
        try:
            return schedule.move(visit.pk, to=Time.of(self.slot), now=LATER).outcome
        except vacancies.Refused:
            return "refused"

    def give_back(self) -> Any:
        return returns.cancel_in_grace(self.offers[0].pk, now=LATER + timedelta(minutes=1))

    def end(self) -> tuple[str, int, list[str]]:
        self.slot.refresh_from_db()
        booked = Appointment.objects.filter(
            status="booked", is_exclusive=True, practitioner=self.slot.practitioner, starts_at=self.slot.starts_at
        )
        states = Offer.objects.filter(slot=self.slot).order_by("pk").values_list("state", flat=True)
        return self.slot.state, booked.count(), list(states)


@dataclass(frozen=True)
class Race:
    """`where` the first has locked; what both then say; the slot's state in the end."""

    first: Callable[[Scene], Any]
    where: tuple[Any, str]
    second: Callable[[Scene], Any]
    says: tuple[Any, Any]
    ends: str
    before: Callable[[Scene], Any] = lambda scene: None


CLAIMING, STOPPING, LAPSING = (attempts, "write"), (lapses, "withdraw"), (offers, "lapse")
BOOKING, MOVING, GIVING_BACK = (calendar, "book"), (calendar, "move"), (slots, "move_slot")
RACES = {
    "claim, claim": Race(Scene.claim, CLAIMING, lambda s: s.claim(1), (Claim.BOOKED, Claim.TAKEN), "filled"),
    "claim, same claim": Race(Scene.claim, CLAIMING, Scene.claim, (Claim.BOOKED, Claim.YOURS), "filled"),
    "claim, stop": Race(Scene.claim, CLAIMING, Scene.stop, (Claim.BOOKED, False), "filled"),
    "stop, claim": Race(Scene.stop, STOPPING, Scene.claim, (True, Claim.WITHDRAWN), "withdrawn"),
    "claim, staff book": Race(Scene.claim, CLAIMING, Scene.give, (Claim.BOOKED, "refused"), "filled"),
    "staff book, claim": Race(
        lambda s: s.give() == s.spare.patient_id, CLAIMING, Scene.claim, (True, Claim.TAKEN), "filled"
    ),
    "claim, expire": Race(Scene.claim, CLAIMING, Scene.lapse, (Claim.BOOKED, False), "filled"),
    "expire, claim": Race(Scene.lapse, LAPSING, Scene.claim, (True, Claim.BOOKED), "filled"),
    "claim, calendar books": Race(Scene.claim, CLAIMING, Scene.mirror, (Claim.BOOKED, "doubled"), "filled"),
    "calendar books, claim": Race(Scene.mirror, BOOKING, Scene.claim, ("exclusive", Claim.TAKEN), "withdrawn"),
    "claim, move here": Race(Scene.claim, CLAIMING, Scene.move_here, (Claim.BOOKED, "refused"), "filled"),
    "move here, claim": Race(Scene.move_here, MOVING, Scene.claim, ("done", Claim.TAKEN), "withdrawn"),
    "give back, claim": Race(
        Scene.give_back, GIVING_BACK, lambda s: s.claim(1), (True, Claim.BOOKED), "filled", before=Scene.claim
    ),
    "give back, wave": Race(
        Scene.give_back, GIVING_BACK, Scene.lapse_as_found, (True, True), "open", before=Scene.claim
    ),
}


@pytest.mark.parametrize("name", RACES)
def test_the_second_waits_for_the_first(name, monkeypatch):
    race, scene = RACES[name], Scene()
    race.before(scene)
    waited, says = run(race, scene, monkeypatch)
    state, bookings, _ = scene.end()
    assert (waited, says, state) == (True, race.says, race.ends)
    assert bookings == (0 if name in ("stop, claim", "give back, wave") else 1)


@pytest.mark.parametrize("name", RACES)
def test_control_without_locks_it_does_not_wait_or_the_end_is_another(name, monkeypatch):
    race, scene = RACES[name], Scene()
    race.before(scene)
    without_locks(monkeypatch)
    waited, says = run(race, scene, monkeypatch)
    state, *_ = scene.end()
    assert (waited, says, state) != (True, race.says, race.ends)


def run(race: Race, scene: Scene, monkeypatch) -> tuple[bool, tuple[Any, Any]]:
    """Whether the second was seen waiting, and what both said."""
    module, name = race.where
    write, waited, second = getattr(module, name), [], []

    def act() -> None:
        try:
            second.append(race.second(scene))
        except DatabaseError as error:
            second.append(type(error).__name__)
        finally:
            connections.close_all()

    thread = threading.Thread(target=act)

    def with_a_second_begun(*args: Any, **options: Any) -> Any:
        if not waited:
            waited.append(False)  # by whichever comes first, and once
            thread.start()
            waited[0] = wait_until_blocked(thread)
        return write(*args, **options)

    monkeypatch.setattr(module, name, with_a_second_begun)
    try:
        first = race.first(scene)
    except DatabaseError as error:
        first = type(error).__name__
    thread.join()
    return waited[0], (first, second[0])
