"""Staff leave people out of one slot before anybody is asked, and take them back in."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from audit.models import Entry
from matching import cascade, leaving_out, offers, picks
from matching.asking import reach, rehearsal
from matching.choosing import ranking
from matching.models import Offer
from tests.at_once import beside, while_uncommitted, without_locks
from tests.factories import NOW, World
from tests.matching.steps import step
from tests.recorded import everything_recorded
from waitlist import slots, vacancies
from waitlist.models import Slot, WaitlistEntry

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)


def three() -> tuple[Slot, list[WaitlistEntry]]:
    world = World()
    wishes = [world.entry() for _ in range(3)]
    return world.slot(), wishes


def out(slot: Slot, *wishes: WaitlistEntry) -> leaving_out.Decided:
    return leaving_out.decide(slot.pk, out=[wish.pk for wish in wishes], now=NOW)


def asked(slot: Slot) -> set[int]:
    return set(slot.offers.filter(wave__gt=0).values_list("entry_id", flat=True))


def test_no_wave_asks_them_and_the_dry_run_says_so():
    slot, (one, two, another) = three()
    assert [patient.pk for patient in out(slot, one).out] == [one.patient_id]
    foretold = rehearsal.foretell(slots.read_slot(slot.pk), now=NOW)
    assert {each.candidate.entry_id for wave in foretold for each in wave.people} == {two.pk, another.pk}
    step(slot, NOW)
    assert asked(slot) == {two.pk, another.pk}
    left = slot.offers.get(entry=one)
    assert left.is_left_out and not left.messages.exists()
    one.refresh_from_db()
    assert (one.offers_received, one.offers_answered) == (0, 0), "nothing about the wish has changed"


def test_of_this_slot_only():
    world = World()
    wish, slot, later = world.entry(), world.slot(), world.slot(NOW + timedelta(hours=40))
    out(slot, wish)
    assert [one.entry_id for one in ranking.rank(slots.read_slot(later.pk), limit=9, now=NOW)] == [wish.pk]


def test_taken_back_in_they_are_asked_and_the_trail_has_both():
    slot, (one, *_) = three()
    out(slot, one)
    left = slot.offers.get()
    back = leaving_out.decide(slot.pk, back=[left.pk], now=NOW).back
    assert [patient.pk for patient in back] == [one.patient_id]
    step(slot, NOW)
    assert one.pk in asked(slot)
    about = Entry.objects.filter(object_id=left.pk, verb__in=("offer.left_out", "offer.taken_in"))
    assert about.count() == 2
    assert Entry.objects.get(verb="slot.taken_in").changes == {"back": 1}


def test_who_was_asked_is_not_left_out_and_staff_hear_it():
    slot, wishes = three()
    step(slot, NOW)
    decided = out(slot, *wishes)
    assert (decided.out, len(decided.too_late)) == ([], 3)
    assert not any(offer.is_left_out for offer in slot.offers.all())
    assert leaving_out.decide(slot.pk, back=slot.offers.values_list("pk", flat=True), now=NOW).back == []
    assert slot.offers.count() == 3


def test_nothing_of_another_clinic_and_nothing_where_it_is_over():
    slot, (one, *_) = three()
    stranger = World().entry()
    assert out(slot, stranger) == leaving_out.Decided()
    vacancies.stop(slot.pk, now=NOW)
    assert out(slot, one) == leaving_out.Decided()
    assert not Offer.objects.exists()


def test_twice_is_once():
    slot, (one, *_) = three()
    out(slot, one)
    assert out(slot, one) == leaving_out.Decided()
    assert slot.offers.count() == 1


def test_they_do_not_choose_it_among_others_but_staff_may_book_them():
    slot, (one, *_) = three()
    out(slot, one)
    step(slot, NOW)
    assert slot not in ranking.slots_for(one, now=NOW)
    assert [wish.pk for wish, _ in picks.ask(slot.pk, [one.pk], now=NOW).refused] == [one.pk]
    visit = vacancies.book_by_hand(slot.pk, patient=one.patient, override="urgent", now=NOW)
    assert visit.patient == one.patient
    one.refresh_from_db()
    assert one.status == "booked"


@committed
def test_everything_is_recorded():
    slot, (one, *_) = three()
    with everything_recorded() as changed:
        out(slot, one)
        leaving_out.decide(slot.pk, back=[slot.offers.get().pk], now=NOW)
    assert changed == {"matching_offer"}


# At the same moment as a wave


def a_wave_meanwhile(slot: Slot, call: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """What `call` finds that comes when the wave was looked at for the last time, and is about to be written."""
    still_so, found = reach.still_so, []

    def looked_at(*args: Any, **kwargs: Any) -> bool:
        holds = still_so(*args, **kwargs)
        found.append(beside(call))
        return holds

    monkeypatch.setattr(reach, "still_so", looked_at)
    cascade.advance(slot.pk, now=NOW)
    return found[0]()


@committed
def test_whoever_a_wave_is_asking_is_not_left_out(monkeypatch):
    slot, wishes = three()
    decided = a_wave_meanwhile(slot, lambda: out(slot, *wishes), monkeypatch)
    assert (decided.out, len(decided.too_late)) == ([], 3)


@committed
def test_control_without_locks_the_wave_breaks(monkeypatch):
    slot, wishes = three()
    without_locks(monkeypatch)
    with pytest.raises(IntegrityError):
        a_wave_meanwhile(slot, lambda: out(slot, *wishes), monkeypatch)


def leave_out_inside(slot: Slot, wishes: list[WaitlistEntry]) -> None:
    offers.leave_out(slots.lock_slot(slot.pk), wishes, now=NOW)


@committed
def test_a_wave_waits_for_who_is_being_left_out():
    slot, wishes = three()
    assert while_uncommitted(lambda: leave_out_inside(slot, wishes), lambda: cascade.advance(slot.pk, now=NOW)) == 0


@committed
def test_control_without_locks_it_asks_them_all_the_same(monkeypatch):
    slot, wishes = three()
    without_locks(monkeypatch)
    found = while_uncommitted(lambda: leave_out_inside(slot, wishes), lambda: cascade.advance(slot.pk, now=NOW))
    assert found == "UniqueViolation"
