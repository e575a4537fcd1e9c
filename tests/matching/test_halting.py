"""Staff pause the asking of one slot and let it go on; who was asked may say yes meanwhile."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from audit.models import Entry
from matching import cascade, claims, halting, returns
from matching.asking import reach
from matching.claims import Claim
from matching.policy.policies import Wave
from notifications.alerts import finding
from notifications.models import Message
from tests.at_once import beside, without_locks
from tests.factories import NOW, World
from tests.matching.steps import asked, decline_all, policy, step, told
from tests.recorded import everything_recorded
from waitlist import vacancies
from waitlist.models import Slot

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)
MINUTE = timedelta(minutes=1)
WAVES = (Wave(window_minutes=60, size=1), Wave(15, window_minutes=60, size=1), Wave(30, window_minutes=60, size=1))


def asking(**fields: Any) -> Slot:
    """The first of three waves is out, of one person each; the next is due a quarter of an hour later."""
    world = World(policy=policy(*WAVES, **fields))
    for _ in range(4):
        world.entry()
    slot = world.slot()
    assert step(slot, NOW) == 1
    told()
    return slot


def after(minutes: float) -> Any:
    return NOW + minutes * MINUTE


def test_nobody_else_is_asked_until_it_is_resumed_and_then_at_its_minute():
    slot = asking()
    assert halting.pause(slot.pk, now=after(5))
    assert step(slot, after(20)) == 0
    assert halting.resume(slot.pk, now=after(21))
    assert step(slot, after(21)) == 1
    assert Entry.objects.filter(verb__in=("slot.halted", "slot.resumed"), object_id=slot.pk).count() == 2


def test_resumed_before_the_minute_of_the_next_wave_it_waits_for_it():
    slot = asking()
    halting.pause(slot.pk, now=after(1))
    halting.resume(slot.pk, now=after(2))
    slot.refresh_from_db()
    assert slot.next_wave_at == after(15)
    assert step(slot, after(2)) == 0


def test_a_no_does_not_bring_the_next_wave_while_it_is_paused_and_then_it_comes_at_once():
    slot = asking()
    halting.pause(slot.pk, now=after(1))
    decline_all(slot, now=after(2))
    assert step(slot, after(2)) == 0
    assert slot.state == "open"
    halting.resume(slot.pk, now=after(3))
    assert step(slot, after(3)) == 1


def test_a_place_that_cannot_be_told_is_not_filled_again_meanwhile():
    slot = asking()
    halting.pause(slot.pk, now=after(1))
    Message.objects.update(status="undelivered")
    assert step(slot, after(2)) == 0
    assert len(asked(slot)) == 1


def test_who_was_asked_may_say_yes():
    slot = asking()
    halting.pause(slot.pk, now=after(1))
    assert claims.claim(slot.offers.get().pk, via="link", now=after(2)) == Claim.BOOKED


def test_it_stays_paused_when_a_yes_is_taken_back():
    slot = asking()
    offer = slot.offers.get()
    halting.pause(slot.pk, now=after(1))
    assert claims.claim(offer.pk, via="link", now=after(2)) == Claim.BOOKED
    assert returns.cancel_in_grace(offer.pk, now=after(3))
    assert step(slot, after(20)) == 0
    assert (slot.state, slot.next_wave_at) == ("open", None)
    assert halting.resume(slot.pk, now=after(21))
    assert step(slot, after(21)) == 1


def test_what_staff_paused_has_not_run_out_of_people():
    slot = asking()
    halting.pause(slot.pk, now=after(1))
    decline_all(slot, now=after(2))
    step(slot, after(2))
    assert not finding.exhausted(now=after(3)).exists()
    assert halting.resume(slot.pk, now=after(3))
    Slot.objects.filter(pk=slot.pk).update(next_wave_at=None)
    assert finding.exhausted(now=after(3)).get() == slot


def test_before_the_first_wave_it_waits_for_staff():
    world = World(policy=policy(*WAVES))
    world.entry()
    slot = world.slot(next_wave_at=after(10))
    assert halting.pause(slot.pk, now=NOW)
    assert step(slot, after(60)) == 0
    assert halting.resume(slot.pk, now=after(60))
    assert step(slot, after(60)) == 1


def test_what_is_not_to_be_paused_or_resumed():
    slot = asking()
    assert not halting.resume(slot.pk, now=NOW), "it was not paused"
    assert halting.pause(slot.pk, now=NOW)
    assert not halting.pause(slot.pk, now=NOW), "it is"
    kept = asking(exclusive_minutes=30)
    assert not halting.pause(kept.pk, now=NOW), "the time is kept for those asked"
    world = World(autopilot="suggest")
    by_hand = world.slot(next_wave_at=None)
    assert not halting.pause(by_hand.pk, now=NOW)
    assert not halting.resume(by_hand.pk, now=NOW), "staff start it"


def test_what_staff_have_started_is_paused_and_resumed_like_any_other():
    slot = asking(autopilot="suggest")
    assert halting.pause(slot.pk, now=after(5))
    assert step(slot, after(20)) == 0
    assert halting.resume(slot.pk, now=after(21))
    assert step(slot, after(21)) == 1


@committed
def test_everything_is_recorded():
    slot = asking()
    with everything_recorded() as changed:
        halting.pause(slot.pk, now=NOW)
        halting.resume(slot.pk, now=NOW)
    assert changed == {"waitlist_slot"}


# At the same moment as a wave


def a_wave_meanwhile(slot: Slot, call: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """What `call` finds that comes when the next wave was looked at for the last time, and is about to be written."""
    still_so, found = reach.still_so, []

    def looked_at(*args: Any, **kwargs: Any) -> bool:
        holds = still_so(*args, **kwargs)
        found.append(beside(call))
        return holds

    monkeypatch.setattr(reach, "still_so", looked_at)
    assert cascade.advance(slot.pk, now=after(15)) == 1
    (only,) = found
    return only()


@committed
def test_a_pause_during_a_wave_stands_after_it(monkeypatch):
    slot = asking()
    assert a_wave_meanwhile(slot, lambda: halting.pause(slot.pk, now=after(15)), monkeypatch)
    slot.refresh_from_db()
    assert (slot.wave, slot.next_wave_at) == (2, None)


@committed
def test_control_without_locks_the_wave_forgets_the_pause(monkeypatch):
    slot = asking()
    without_locks(monkeypatch)
    assert a_wave_meanwhile(slot, lambda: halting.pause(slot.pk, now=after(15)), monkeypatch)
    slot.refresh_from_db()
    assert slot.next_wave_at is not None


def test_before_anybody_was_asked_the_clock_of_the_first_message_begins_when_it_may_ask_again():
    slot = World(policy=policy(*WAVES)).slot(next_wave_at=after(5), may_ask_at=after(5))
    halting.pause(slot.pk, now=NOW)
    assert Slot.objects.get(pk=slot.pk).may_ask_at is None
    vacancies.start(slot.pk, now=after(60))
    assert Slot.objects.get(pk=slot.pk).may_ask_at == after(60)
