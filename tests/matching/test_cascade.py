"""The cascade on real rows: waves, deadlines, who is asked next and when it gives up."""

from collections import Counter
from datetime import timedelta

import pytest

from matching import cascade, claims, work
from matching.asking import waves
from matching.models import Offer, SentWave
from matching.policy import policies
from matching.states import OfferState
from notifications.models import Message
from tests import factories
from tests.at_once import at_once
from tests.factories import NOW, World
from waitlist import schedule, vacancies
from waitlist.models import Closure, Slot
from waitlist.states import CancelledBy

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
    assert work.due(now=NOW + timedelta(minutes=14), limit=5) == []
    assert work.due(now=NOW + timedelta(minutes=15), limit=5) == [slot.pk]
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
    assert work.due(now=NOW, limit=5) == [slot.pk]  # though the nudge may be lost
    assert cascade.advance(slot.pk, now=NOW + timedelta(minutes=1)) == 1
    assert states(slot) == {"declined": 5, "pending": 1}
    assert work.due(now=NOW, limit=5) == []


def test_a_clinic_that_lost_many_times_keeps_no_other_waiting():
    many, one = World(), World()
    lost = [many.slot(NOW + timedelta(hours=hour)) for hour in (24, 26, 28)]
    later = one.slot(next_wave_at=NOW + timedelta(seconds=1))
    assert work.due(now=NOW + timedelta(minutes=1), limit=2) == [lost[0].pk, lost[1].pk, later.pk]


def test_undelivered_counts_as_never_asked_and_makes_room():
    world = World()
    for _ in range(6):
        world.entry()
    slot = world.slot()
    cascade.advance(slot.pk, now=NOW)
    Message.objects.update(status="undelivered")
    assert work.due(now=NOW, limit=5) == [slot.pk]
    assert cascade.advance(slot.pk, now=NOW) == 1
    expired = slot.offers.filter(state=OfferState.EXPIRED)
    assert expired.count() == 5
    assert all(offer.entry.offers_answered == 0 for offer in expired)


def test_silence_expires_at_the_deadline_printed():
    world = World()
    entry = world.entry()
    slot = world.slot()
    cascade.advance(slot.pk, now=NOW)
    Message.objects.update(status="delivered", sent_at=NOW, delivered_at=NOW)
    offer = Offer.objects.get()
    assert offer.expires_at == NOW + policies.window(timedelta(hours=30), None)
    assert work.due(now=offer.expires_at, limit=5) == [slot.pk]
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
    assert (slot.state, slot.wave, slot.next_wave_at) == ("open", 0, NOW + waves.LOOK_AGAIN)
    world.entry()
    assert cascade.advance(slot.pk, now=NOW + waves.LOOK_AGAIN) == 1
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
        slot = schedule.cancel(world.appointment().pk, reason="x", by=CancelledBy.CLINIC, now=NOW).slot
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


def test_who_was_never_told_has_not_answered_by_silence():
    world = World()
    entry = world.entry()
    slot = world.slot()
    cascade.advance(slot.pk, now=NOW)
    cascade.advance(slot.pk, now=Offer.objects.get().expires_at)  # its text is still waiting to go
    entry.refresh_from_db()
    assert (Offer.objects.get().state, entry.offers_answered) == ("expired", 0)


def test_people_who_had_their_texts_today_do_not_keep_the_others_from_being_asked():
    world = World()
    full = [world.entry(added_at=NOW - timedelta(days=30)) for _ in range(16)]
    for entry in full:
        point = entry.patient.contact_points.get()
        for n in range(3):
            point.messages.create(
                clinic=world.clinic, kind="answer", channel="sms", dedupe_key=f"full{entry.pk}:{n}", status="sent",
                sent_at=NOW - timedelta(hours=2), next_attempt_at=NOW, created_at=NOW,
            )  # fmt: skip
    free = world.entry()
    slot = world.slot()
    assert cascade.advance(slot.pk, now=NOW) == 1
    assert slot.offers.get().entry == free


def test_the_best_who_cannot_be_told_in_time_make_room_for_the_next():
    world = World()
    for _ in range(20):  # it is four in the morning where they say they are
        world.entry(factories.patient(world.clinic, timezone="Australia/Perth"), added_at=NOW - timedelta(days=9))
    awake = world.entry()
    slot = world.slot(NOW + timedelta(hours=3))
    assert cascade.advance(slot.pk, now=NOW) == 1
    assert slot.offers.get().entry == awake


def test_a_wave_waiting_for_the_morning_is_not_overtaken_by_the_next():
    world = World()
    for _ in range(12):
        world.entry()
    night = NOW + timedelta(hours=12)  # ten in the evening
    slot = world.slot(night + timedelta(hours=40))
    assert cascade.advance(slot.pk, now=night) == 5
    slot.refresh_from_db()
    morning = night + timedelta(hours=10)
    assert slot.next_wave_at == morning + timedelta(minutes=15)


def test_a_time_booked_or_closed_meanwhile_ends_the_cascade():
    for spoil, because in ((lambda w, s: w.appointment(s.starts_at), "rebooked"), (close, "closure")):
        world = World()
        world.entry()
        slot = world.slot()
        spoil(world, slot)
        assert cascade.advance(slot.pk, now=NOW) == 0
        slot.refresh_from_db()
        assert (slot.state, slot.closed_because) == ("withdrawn", because)


def close(world: World, slot: Slot) -> None:
    Closure.objects.create(clinic=world.clinic, starts_at=slot.starts_at, ends_at=slot.ends_at, reason="Course")


@pytest.mark.django_db(transaction=True)
def test_sweeps_of_many_slots_at_once_never_wait_crosswise():
    world = World(max_live_offers=50, offers_per_day=50, offers_per_week=50, offers_per_month=50, sms_per_day=50)
    for _ in range(12):
        world.entry()
    slots = [world.slot(NOW + timedelta(hours=30 + n)) for n in range(8)]
    for slot in slots:
        cascade.advance(slot.pk, now=NOW)
    Message.objects.update(status="sent", sent_at=NOW)
    late = NOW + timedelta(hours=2)
    results = at_once([lambda pk=slot.pk: cascade.advance(pk, now=late) for slot in slots])
    assert all(isinstance(asked, int) for asked in results), results


def test_the_clock_of_an_offer_stops_at_night():
    world = World()
    world.entry(factories.patient(world.clinic, timezone="America/Los_Angeles"))
    evening = NOW.replace(day=24, hour=3, minute=55)  # 19:55 in Los Angeles, five minutes before the clinic is quiet
    slot = world.slot(evening + timedelta(hours=40))
    cascade.advance(slot.pk, now=evening)
    assert Offer.objects.get().expires_at == NOW.replace(day=24, hour=16, minute=55)  # 08:55 the next morning


@pytest.mark.parametrize("last_no_comes", ["before", "between"])
def test_the_last_no_brings_the_next_wave_also_to_a_look_that_had_seen_somebody_wait(last_no_comes, monkeypatch):
    """Between: after the look that finds nothing to do, before the lock that would write so."""
    world = World()
    for _ in range(7):
        world.entry()
    slot = world.slot()
    cascade.advance(slot.pk, now=NOW)
    soon = NOW + timedelta(minutes=1)

    def last_no(*_: object) -> None:
        for offer in slot.offers.filter(state="pending"):
            claims.decline(offer.pk, reason="", via="link", now=soon)

    if last_no_comes == "before":
        last_no()
    else:
        rest = cascade._rest
        monkeypatch.setattr(cascade, "_rest", lambda *seen, now: last_no() or rest(*seen, now=now))
    assert cascade.advance(slot.pk, now=soon) == 2
