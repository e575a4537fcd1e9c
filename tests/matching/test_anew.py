"""When a dry run ends, the times it had asked for are opened anew, and the same people may really be asked."""

from datetime import timedelta

import pytest

from matching import anew, cascade, halting, kpis, leaving_out, likeness, work
from matching.asking import sending
from matching.models import Offer
from matching.policy import policybook
from matching.policy.policies import Wave
from notifications import outbox
from notifications.models import Message, SimulatedText
from tests.at_once import while_uncommitted
from tests.factories import NOW, World
from tests.matching import steps
from tests.recorded import everything_recorded
from waitlist import launching, schedule, vacancies
from waitlist.models import MassCancellation, Slot
from waitlist.states import Autopilot, CancelledBy, Launch

pytestmark = pytest.mark.django_db
TWO_WAVES = (Wave(size=1, window_minutes=5), Wave(10, size=1))


def minutes(count: float):
    return NOW + timedelta(minutes=count)


def deliver_all(now) -> None:
    while outbox.deliver_due(now=now):
        pass


def turn(world: World, to: Launch, now) -> None:
    world.clinic.refresh_from_db()
    assert launching.turn(world.clinic, to, seen=Launch(world.clinic.launch), now=now)
    world.clinic.refresh_from_db()


def at_work(now) -> None:
    """What the sweep finds due is done."""
    while due := work.due(now=now, limit=9):
        for slot_id in due:
            cascade.advance(slot_id, now=now)
        deliver_all(now)


def anew_of(slot: Slot) -> Slot:
    return Slot.objects.get(clinic=slot.clinic, state__in=("open", "offering"), starts_at=slot.starts_at)


@pytest.fixture
def rehearsing(db) -> World:
    """A dry run with two waves of one person each, ten minutes apart, and three who wait."""
    world = World(policy=steps.policy(*TWO_WAVES), launch="rehearsal")
    for _ in range(3):
        world.entry()
    return world


@pytest.fixture
def slot(rehearsing: World) -> Slot:
    """Its first wave was held back."""
    slot = rehearsing.slot()
    assert steps.step(slot, NOW) == 1
    deliver_all(NOW)
    return slot


def test_whom_the_dry_run_would_have_told_is_told_now(rehearsing, slot):
    first = slot.offers.get()
    turn(rehearsing, Launch.EVERYONE, minutes(2))
    assert work.due(now=minutes(2), limit=9) == [slot.pk]
    at_work(minutes(2))
    slot.refresh_from_db()
    assert (slot.state, slot.closed_because, steps.states(slot)) == ("withdrawn", "rehearsed", {"retracted": 1})
    fresh = anew_of(slot)
    assert (fresh.opened_because, fresh.opened_at, fresh.may_ask_at) == ("anew", minutes(2), minutes(2))
    assert (fresh.freed_by, fresh.price_cents) == (slot.freed_by, slot.price_cents)
    assert fresh.offers.get().patient == first.patient
    assert SimulatedText.objects.get().message.offer == fresh.offers.get(), "and nobody hears of what was rehearsed"
    assert set(rehearsing.clinic.entries.values_list("offers_answered", flat=True)) == {0}
    assert cascade.advance(slot.pk, now=minutes(3)) == 0 and Slot.objects.count() == 2


def test_it_counts_once_and_from_the_switch(rehearsing, slot):
    turn(rehearsing, Launch.EVERYONE, minutes(20))
    at_work(minutes(20))
    figures = kpis.figures(rehearsing.clinic, since=NOW)
    assert figures.messaged == 1 and figures.from_cancel_p95 == figures.first_message_p95 < timedelta(minutes=1)
    assert (figures.rehearsed, figures.would_hear, figures.ended) == (1, 1, 0)


def test_what_only_waited_for_the_morning_is_opened_anew_too(rehearsing):
    slot = rehearsing.slot()
    assert steps.step(slot, NOW) == 1
    Message.objects.update(next_attempt_at=minutes(600))
    turn(rehearsing, Launch.EVERYONE, minutes(1))
    at_work(minutes(1))
    assert anew_of(slot).pk != slot.pk and SimulatedText.objects.count() == 1
    deliver_all(minutes(601))
    assert SimulatedText.objects.count() == 1


def test_who_was_left_out_stays_left_out_and_a_no_on_the_phone_stands(rehearsing):
    slot, (out, said_no, _) = rehearsing.slot(), rehearsing.clinic.entries.order_by("pk")
    leaving_out.decide(slot.pk, out=[out.pk], now=NOW)
    assert steps.step(slot, NOW) == 1
    deliver_all(NOW)
    Offer.objects.filter(entry=said_no).update(state="declined", answered_by="staff", answered_at=NOW)
    turn(rehearsing, Launch.EVERYONE, minutes(1))
    at_work(minutes(1))
    fresh = anew_of(slot)
    assert fresh.offers.get(entry=out).is_left_out
    assert fresh.offers.get(entry=said_no).state == "declined"
    assert SimulatedText.objects.get().message.patient not in (out.patient, said_no.patient)


def test_where_staff_say_so_first_they_are_asked_again(rehearsing):
    asks = steps.policy(*TWO_WAVES, autopilot=Autopilot.APPROVE, approve_within_minutes=20)
    rehearsing.clinic.policy = policybook.save(rehearsing.clinic, asks, after=1, now=NOW)
    rehearsing.clinic.save()
    slot = rehearsing.slot()
    vacancies.start(slot.pk, now=NOW)
    assert steps.step(slot, NOW) == 1
    deliver_all(NOW)
    turn(rehearsing, Launch.EVERYONE, minutes(1))
    at_work(minutes(1))
    fresh = anew_of(slot)
    assert fresh.next_wave_at == fresh.may_ask_at and fresh.next_wave_at > minutes(1)
    assert not SimulatedText.objects.exists()


def test_what_staff_paused_stays_paused(rehearsing, slot):
    assert halting.pause(slot.pk, now=minutes(1))
    turn(rehearsing, Launch.EVERYONE, minutes(2))
    at_work(minutes(2))
    fresh = anew_of(slot)
    assert fresh.halted_at == minutes(1) and fresh.next_wave_at is None
    assert halting.resume(fresh.pk, now=minutes(9))
    fresh.refresh_from_db()
    assert fresh.may_ask_at == minutes(9)


def test_a_time_somebody_was_told_of_goes_on_and_lost_places_are_filled(rehearsing):
    turn(rehearsing, Launch.EVERYONE, NOW)
    slot = rehearsing.slot()
    assert cascade.advance(slot.pk, now=NOW + timedelta(seconds=1)) == 1
    deliver_all(NOW + timedelta(seconds=1))
    turn(rehearsing, Launch.REHEARSAL, minutes(2))
    assert cascade.advance(slot.pk, now=minutes(11)) == 1
    deliver_all(minutes(11))
    turn(rehearsing, Launch.EVERYONE, minutes(12))
    at_work(minutes(12))
    assert Slot.objects.get().state == "offering"
    assert SimulatedText.objects.count() == 2, "the place of the one held back goes to the next"
    assert steps.states(slot) == {"expired": 2, "pending": 1}
    assert sorted(rehearsing.clinic.entries.values_list("offers_answered", flat=True)) == [0, 0, 1]


def test_during_the_dry_run_nothing_is_opened_anew(rehearsing, slot):
    assert not anew.is_waiting(slot) and anew.begin(slot.pk, now=minutes(1)) is None
    assert Slot.objects.count() == 1


def test_many_opened_anew_are_no_sick_day(rehearsing):
    freed = []
    for hour in range(5):
        visit = rehearsing.appointment(NOW + timedelta(days=2, hours=hour))
        schedule.cancel(visit.pk, reason="", by=CancelledBy.CLINIC, now=minutes(11 * hour))
        slot = Slot.objects.get(freed_by=visit)
        assert cascade.advance(slot.pk, now=minutes(11 * hour)) <= 1
        deliver_all(minutes(11 * hour))
        freed.append(slot)
    turn(rehearsing, Launch.EVERYONE, minutes(90))
    at_work(minutes(90))
    assert not MassCancellation.objects.exists()


def test_rehearsed_openings_are_no_past_to_go_by(rehearsing, slot):
    Slot.objects.filter(pk=slot.pk).update(state="expired", closed_at=slot.starts_at, closed_because="past")
    later = slot.starts_at + timedelta(hours=1)
    like = rehearsing.slot(later + timedelta(days=1), opened_at=later)
    past = likeness.of(rehearsing.clinic, [like], now=later)[like.pk]
    assert (past.filled, past.ended) == (0, 0)


def wave_while_the_switch_turns(world: World, slot: Slot) -> None:
    """The second wave was found in the dry run, and is about to be written when it ends."""
    turn_it = launching.turn.__wrapped__

    def turned() -> None:
        assert turn_it(world.clinic, Launch.EVERYONE, seen=Launch.REHEARSAL, now=minutes(9))

    while_uncommitted(turned, lambda: cascade.advance(slot.pk, now=minutes(10)))
    deliver_all(minutes(10))
    at_work(minutes(10))


@pytest.mark.django_db(transaction=True)
def test_a_wave_found_in_the_dry_run_is_not_written_after_it(rehearsing, slot):
    wave_while_the_switch_turns(rehearsing, slot)
    assert slot.offers.count() == 1
    assert anew_of(slot).offers.get().patient == slot.offers.get().patient


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_it_is_and_who_was_first_is_never_asked(rehearsing, slot, monkeypatch):
    monkeypatch.setattr(sending, "HOW_FAR", sending.HOW_FAR.replace(" FOR KEY SHARE", ""))
    wave_while_the_switch_turns(rehearsing, slot)
    assert Slot.objects.count() == 1 and slot.offers.count() == 2
    first = slot.offers.order_by("pk").first().patient
    assert not Message.objects.filter(patient=first, sent_at__isnull=False).exists()


@pytest.mark.django_db(transaction=True)
def test_every_row_is_recorded(rehearsing, slot):
    turn(rehearsing, Launch.EVERYONE, minutes(2))
    with everything_recorded() as changed:
        assert anew.begin(slot.pk, now=minutes(2)) is not None
    assert changed == {"waitlist_slot", "matching_offer"}
