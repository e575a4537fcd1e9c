"""Exclusive access: for a while the time is kept for those who were asked first."""

from datetime import timedelta

import pytest

from audit.models import Entry
from matching import claims, picks, returns, work
from matching.answering import unasked
from matching.choosing import ranking
from matching.claims import Claim
from matching.policy.policies import Wave
from notifications.models import Message
from tests import factories
from tests.factories import NOW, World
from tests.matching.steps import policy, states, step, told
from waitlist import vacancies
from waitlist.models import Slot

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
UNTIL = NOW + 30 * MINUTE
KEPT = "Only the people who were asked may have this time until 10:30 AM."


@pytest.fixture
def world() -> World:
    waves = (Wave(0, size=2, window_minutes=20), Wave(5, size=3, window_minutes=20))
    world = World(policy=policy(*waves, exclusive_minutes=30))
    for _ in range(5):
        world.entry()
    return world


@pytest.fixture
def slot(world) -> Slot:
    slot = world.slot()
    assert step(slot, NOW) == 2
    told()
    return slot


def test_no_later_wave_before_it_ends_not_even_when_the_first_is_used_up(slot):
    assert (slot.exclusive_until, slot.next_wave_at) == (UNTIL, UNTIL)
    for minutes in (5, 20, 29):  # at 20 the first have not answered, but may still say yes
        assert step(slot, NOW + minutes * MINUTE) == 0
    assert states(slot) == {"expired": 2}
    assert step(slot, UNTIL) == 3


def test_a_late_yes_of_those_it_is_kept_for_still_books(slot):
    step(slot, NOW + 21 * MINUTE)
    assert claims.claim(slot.offers.first().pk, via="link", now=NOW + 22 * MINUTE) == Claim.BOOKED


def test_nobody_else_is_booked_by_hand_asked_for_or_let_in(slot, world):
    soon = NOW + 2 * MINUTE
    guest = factories.patient(world.clinic)
    with pytest.raises(vacancies.Refused, match=KEPT):
        vacancies.book_by_hand(slot.pk, patient=guest, now=soon)
    with pytest.raises(vacancies.Refused, match=KEPT):
        vacancies.start(slot.pk, now=soon)
    assert picks.ask(slot.pk, [world.entry().pk], now=soon).kept_for_those_asked
    slot.refresh_from_db()
    assert (slot.state, slot.next_wave_at, states(slot)) == ("offering", UNTIL, {"pending": 2})
    assert vacancies.book_by_hand(slot.pk, patient=guest, now=UNTIL).patient == guest


def test_somebody_without_an_offer_cannot_take_it_as_an_alternative(slot, world):
    other = world.slot(NOW + timedelta(hours=50))
    theirs = world.offer(other, world.entry())
    found = unasked.claim_alternative(theirs.pk, slot.public_id, via="link", now=NOW + MINUTE)
    assert found == (Claim.WITHDRAWN, None)
    assert unasked.claim_alternative(theirs.pk, slot.public_id, via="link", now=UNTIL)[0] == Claim.BOOKED


def test_who_was_asked_may_say_yes_on_the_phone_to_staff(slot):
    patient = slot.offers.first().patient
    assert vacancies.book_by_hand(slot.pk, patient=patient, now=NOW + MINUTE).patient == patient


def test_one_no_does_not_end_it_but_the_last_does_and_the_next_wave_goes_at_once(slot):
    first, second = slot.offers.order_by("pk")
    claims.decline(first.pk, reason="", via="link", now=NOW + MINUTE)
    assert step(slot, NOW + MINUTE) == 0
    assert slot.exclusive_until == UNTIL
    claims.decline(second.pk, reason="", via="link", now=NOW + 2 * MINUTE)
    assert work.due(now=NOW + 2 * MINUTE, limit=5) == [slot.pk]  # though the nudge may be lost
    assert step(slot, NOW + 3 * MINUTE) == 3
    assert slot.exclusive_until == NOW + 3 * MINUTE
    assert Entry.objects.filter(verb="slot.exclusive_ended", object_id=slot.pk).count() == 1


def test_whoever_takes_the_place_of_one_who_was_never_told_has_it_kept_too(slot):
    lost = slot.offers.first()
    lost.messages.update(status="undelivered")
    assert step(slot, NOW + MINUTE) == 1  # and no stranger
    assert (slot.exclusive_until, states(slot)) == (UNTIL, {"expired": 1, "pending": 2})
    assert not slot.waves.filter(step=2).exists()


def test_what_was_never_delivered_keeps_nothing(slot):
    asked = 2
    while asked:
        Message.objects.update(status="undelivered")
        asked = step(slot, NOW + 3 * MINUTE)
    assert slot.exclusive_until == NOW + 3 * MINUTE
    assert slot.offers.count() == 5


def test_a_policy_of_one_wave_is_open_to_staff_after_it(world):
    world = World(policy=policy(Wave(size=None), exclusive_minutes=30))
    world.entry()
    slot = world.slot()
    step(slot, NOW)
    claims.decline(slot.offers.get().pk, reason="", via="link", now=NOW + MINUTE)
    assert step(slot, NOW + MINUTE) == 0
    assert (slot.state, slot.exclusive_until) == ("open", NOW + MINUTE)
    guest = factories.patient(world.clinic)
    assert vacancies.book_by_hand(slot.pk, patient=guest, now=NOW + 2 * MINUTE)


def test_it_counts_from_when_they_are_told_and_never_past_the_last_moment_for_a_yes():
    world = World(policy=policy(Wave(window_minutes=600), exclusive_minutes=120))
    world.entry()
    night = NOW + timedelta(hours=12)  # ten in the evening, so they are told at eight
    slot = world.slot(night + timedelta(hours=40))
    step(slot, night)
    assert slot.exclusive_until == night + timedelta(hours=12)
    soon = world.slot(NOW + timedelta(hours=3))
    step(soon, NOW)
    assert soon.exclusive_until == ranking.answers_end_at(soon)


def test_given_back_it_is_kept_for_nobody(slot):
    offer = slot.offers.first()
    claims.claim(offer.pk, via="link", now=NOW + MINUTE)
    assert returns.cancel_in_grace(offer.pk, now=NOW + 3 * MINUTE)
    assert step(slot, NOW + 3 * MINUTE) == 3
