"""The cascade on real rows: waves, deadlines, who is asked next and when it gives up."""

from collections import Counter
from datetime import timedelta

import pytest

from matching import cascade, claims, policies
from matching.models import Offer, SentWave
from matching.states import OfferState
from notifications.models import Message
from tests import factories
from tests.factories import NOW, World
from waitlist import schedule, vacancies
from waitlist.models import Slot

pytestmark = pytest.mark.django_db


def states(slot: Slot) -> Counter:
    return Counter(slot.offers.values_list("state", flat=True))


def test_the_first_wave_asks_five_and_says_why_not_the_others():
    world = World()
    entries = [world.entry() for _ in range(7)]
    world.entry(status="paused")
    slot = world.slot()
    assert cascade.advance(slot.pk, now=NOW) == 5
    slot.refresh_from_db()
    assert (slot.state, slot.wave) == ("offering", 1)
    assert set(slot.offers.values_list("entry_id", flat=True)) == {e.pk for e in entries[:5]}
    wave = SentWave.objects.get()
    assert (wave.asked, wave.excluded["inactive"]) == (5, 1)
    assert Message.objects.filter(kind="offer", status="pending", slot=slot).count() == 5


def test_asking_again_at_once_changes_nothing():
    world = World()
    for _ in range(7):
        world.entry()
    slot = world.slot()
    cascade.advance(slot.pk, now=NOW)
    assert cascade.advance(slot.pk, now=NOW) == 0
    assert states(slot) == {"pending": 5}


def test_the_next_wave_comes_at_its_minute_and_earlier_offers_stay_open():
    world = World()
    for _ in range(7):
        world.entry()
    slot = world.slot()
    cascade.advance(slot.pk, now=NOW)
    slot.refresh_from_db()
    assert slot.next_wave_at == NOW + timedelta(minutes=15)
    assert cascade.due(now=NOW + timedelta(minutes=14), limit=5) == []
    assert cascade.due(now=NOW + timedelta(minutes=15), limit=5) == [slot.pk]
    assert cascade.advance(slot.pk, now=NOW + timedelta(minutes=15)) == 2
    assert states(slot) == {"pending": 7}


def test_a_wave_used_up_starts_the_next_at_once():
    world = World()
    for _ in range(6):
        world.entry()
    slot = world.slot()
    cascade.advance(slot.pk, now=NOW)
    for offer in slot.offers.all():
        claims.decline(offer.pk, reason="", via="link", now=NOW)
    assert cascade.due(now=NOW, limit=5) == [slot.pk]  # though the nudge may be lost
    assert cascade.advance(slot.pk, now=NOW + timedelta(minutes=1)) == 1
    assert states(slot) == {"declined": 5, "pending": 1}
    assert cascade.due(now=NOW, limit=5) == []


def test_undelivered_counts_as_never_asked_and_makes_room():
    world = World()
    for _ in range(6):
        world.entry()
    slot = world.slot()
    cascade.advance(slot.pk, now=NOW)
    Message.objects.update(status="undelivered")
    assert cascade.due(now=NOW, limit=5) == [slot.pk]
    assert cascade.advance(slot.pk, now=NOW) == 1
    expired = slot.offers.filter(state=OfferState.EXPIRED)
    assert expired.count() == 5
    assert all(offer.entry.offers_answered == 0 for offer in expired)


def test_silence_expires_at_the_deadline_printed():
    world = World()
    entry = world.entry()
    slot = world.slot()
    cascade.advance(slot.pk, now=NOW)
    offer = Offer.objects.get()
    assert offer.expires_at == NOW + policies.window(timedelta(hours=30), None)
    assert cascade.due(now=offer.expires_at, limit=5) == [slot.pk]
    cascade.advance(slot.pk, now=offer.expires_at)
    offer.refresh_from_db()
    entry.refresh_from_db()
    assert (offer.state, entry.offers_answered, entry.offers_accepted) == ("expired", 1, 0)


def test_no_offer_outlives_start_less_notice_and_cutoff():
    world = World()
    world.entry()
    slot = world.slot(NOW + timedelta(minutes=80))
    cascade.advance(slot.pk, now=NOW)
    assert Offer.objects.get().expires_at == NOW + timedelta(minutes=5)  # 80 less 60 notice less 15 cut-off


def test_nobody_fits_is_written_down_and_looked_at_again():
    world = World()
    slot = world.slot()
    assert cascade.advance(slot.pk, now=NOW) == 0
    slot.refresh_from_db()
    assert (slot.state, slot.wave, slot.next_wave_at) == ("open", 0, NOW + cascade.LOOK_AGAIN)
    world.entry()
    assert cascade.advance(slot.pk, now=NOW + cascade.LOOK_AGAIN) == 1
    assert [(wave.number, wave.asked) for wave in SentWave.objects.all()] == [(1, 1)]


def test_thresholds_fall_wave_by_wave_until_somebody_is_found():
    world = World()
    world.entry(  # 50 points: 15 for the time, 20 service, 10 geography, 5 notice
        availability=[(factories.ALL_WEEK, 0, 15 * 60 + 45)],
        practitioners=[factories.practitioner(world.clinic).pk],
        notice_minutes=1000,
        offers_answered=5,
    )
    slot = world.slot()
    assert cascade.advance(slot.pk, now=NOW) == 1
    offer = Offer.objects.get()
    assert (offer.score, offer.wave) == (500_000, 2)  # nobody had 55, so the wave for 45 went at once


def test_a_slot_whose_time_for_a_yes_is_over_runs_out():
    world = World()
    world.entry()
    slot = world.slot()
    cascade.advance(slot.pk, now=NOW)
    end = slot.starts_at - timedelta(minutes=75)
    assert cascade.advance(slot.pk, now=end) == 0
    slot.refresh_from_db()
    assert (slot.state, slot.closed_because) == ("expired", "past")
    assert states(slot) == {"expired": 1}


def test_the_undo_delay_and_the_autopilot_hold_the_first_wave_back():
    for autopilot, expected in (("automatic", 2), ("approve", 7), ("suggest", None)):
        world = World(autopilot=autopilot, undo_delay_minutes=2)
        world.entry()
        slot = schedule.cancel(world.appointment().pk, reason="x", now=NOW).slot
        assert slot.next_wave_at == (None if expected is None else NOW + timedelta(minutes=expected))
        assert cascade.advance(slot.pk, now=NOW + timedelta(minutes=1)) == 0
        vacancies.start(slot.pk, now=NOW + timedelta(minutes=1))
        assert cascade.advance(slot.pk, now=NOW + timedelta(minutes=1)) == 1


def test_two_slots_do_not_both_spend_the_last_text_of_a_number():
    world = World(offers_per_day=1)
    world.entry()
    first, second = world.slot(), world.slot(NOW + timedelta(hours=40))
    assert cascade.advance(first.pk, now=NOW) == 1
    assert cascade.advance(second.pk, now=NOW) == 0
    assert SentWave.objects.get(slot=second).excluded["over_cap"] == 1
