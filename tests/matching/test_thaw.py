"""An outage: clocks stand still, nobody new is asked, and its end puts everything off by its length, once."""

from datetime import timedelta
from functools import partial

import pytest

from audit.models import Entry
from matching import cascade, claims, lapses, picks, returns, work
from matching.answering import reserves
from matching.asking import clocks
from matching.claims import Claim
from matching.models import Offer
from matching.policy.policies import Wave
from matching.states import Reserve
from notifications import outages
from notifications.models import Message, Outage
from tests import factories
from tests.at_once import at_once, without_locks
from tests.factories import NOW, World
from tests.matching.steps import policy, states, step
from tests.matching.test_races import Race, run
from tests.recorded import everything_recorded
from waitlist import vacancies
from waitlist.models import Slot
from waitlist.slots import read_slot

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
WAVES = (Wave(size=2, window_minutes=30), Wave(after_minutes=20, size=2, window_minutes=30))


def world_of(people: int = 6, *waves: Wave, **fields) -> World:
    world = World(policy=policy(*(waves or WAVES), **fields))
    for _ in range(people):
        world.entry()
    return world


@pytest.fixture
def slot(db) -> Slot:
    """Two were asked and told at NOW, and have until 30 past; the next wave is due at 20 past."""
    slot = world_of().slot()
    assert step(slot, NOW) == 2
    delivered()
    return slot


def delivered(at=NOW) -> None:
    Message.objects.filter(status="pending").update(status="delivered", sent_at=at, delivered_at=at)


def outage(start: int, end: int | None = None, channel: str = "sms") -> None:
    outages.begin(channel, "unreachable", now=NOW + start * MINUTE)
    if end is not None:
        outages.end(channel, now=NOW + end * MINUTE)


def ends(slot: Slot) -> list[float]:
    return [(offer.expires_at - NOW) / MINUTE for offer in slot.offers.order_by("pk")]


def test_while_nothing_goes_out_nobody_expires_nobody_is_asked_and_the_sweep_rests(slot):
    outage(5)
    for minutes in (20, 30, 45, 90):
        assert step(slot, NOW + minutes * MINUTE) == 0
        assert work.due(now=NOW + minutes * MINUTE, limit=5) == []
    assert (states(slot), slot.paused_for) == ({"pending": 2}, "sms")


def test_its_end_adds_its_length_to_every_clock_and_to_the_next_wave(slot):
    outage(5)
    step(slot, NOW + 45 * MINUTE)
    outages.end("sms", now=NOW + 65 * MINUTE)
    assert work.due(now=NOW + 65 * MINUTE, limit=5) == [slot.pk]
    assert step(slot, NOW + 65 * MINUTE) == 0
    assert ends(slot) == [90, 90]
    assert (slot.paused_for, slot.next_wave_at) == ("", NOW + 80 * MINUTE)
    assert step(slot, NOW + 80 * MINUTE) == 2
    delivered(NOW + 80 * MINUTE)
    step(slot, NOW + 90 * MINUTE)
    assert states(slot) == {"expired": 2, "pending": 2}


def test_one_that_nobody_swept_in_counts_as_much(slot):
    outage(5, 65)
    assert step(slot, NOW + 65 * MINUTE) == 0
    assert (ends(slot), slot.next_wave_at) == ([90, 90], NOW + 80 * MINUTE)


def test_two_outages_add_up(slot):
    outage(5, 15)
    step(slot, NOW + 15 * MINUTE)
    outage(20, 25)
    assert step(slot, NOW + 26 * MINUTE) == 0
    assert ends(slot) == [45, 45]


def test_an_offer_made_during_it_gets_what_was_left_of_it(slot):
    outage(5)
    late = WaitlistOf(slot).entry()
    picks.ask(slot.pk, [late.pk], now=NOW + 15 * MINUTE)
    outages.end("sms", now=NOW + 25 * MINUTE)
    window = Offer.objects.get(entry=late).window_minutes
    step(slot, NOW + 25 * MINUTE)
    assert ends(slot) == [50, 50, 15 + window + 10]


class WaitlistOf(World):
    """A slot's own world again."""

    def __init__(self, slot: Slot) -> None:
        self.clinic, self.service = slot.clinic, slot.service


def test_whose_time_was_over_before_it_gets_nothing(db):
    world = world_of(1)
    slot = world.slot(NOW + timedelta(minutes=75 + 60))
    step(slot, NOW)
    delivered()
    outage(35, 40)
    step(slot, NOW + 40 * MINUTE)
    assert states(slot) == {"expired": 1}


def test_nobody_gets_past_the_end_of_the_slot(db):
    world = world_of(1)
    slot = world.slot(NOW + timedelta(minutes=75 + 60))
    step(slot, NOW)
    outage(5, 55)
    step(slot, NOW + 55 * MINUTE)
    assert ends(slot) == [60]


def test_the_end_of_the_slot_is_the_end_in_an_outage_too(slot):
    outage(5)
    step(slot, NOW + 20 * MINUTE)
    end = slot.starts_at - timedelta(minutes=75)
    assert work.due(now=end, limit=5) == [slot.pk]
    assert cascade.advance(slot.pk, now=end) == 0
    slot.refresh_from_db()
    assert (slot.state, states(slot)) == ("expired", {"expired": 2})


def test_a_yes_counts_all_the_same(slot):
    outage(5)
    step(slot, NOW + 40 * MINUTE)
    assert claims.claim(slot.offers.first().pk, via="link", now=NOW + 41 * MINUTE) == Claim.BOOKED


def test_who_was_told_by_e_mail_has_no_clock_that_stands_still(db):
    world = world_of(0)
    world.entry(factories.patient(world.clinic, email="pat@example.com"))
    slot = world.slot()
    step(slot, NOW)
    assert Message.objects.count() == 2
    Message.objects.filter(channel="email").update(status="sent", sent_at=NOW)
    outage(5)
    step(slot, NOW + 31 * MINUTE)
    assert states(slot) == {"expired": 1}


def test_an_outage_of_e_mail_stops_no_texts(slot):
    outage(5, channel="email")
    assert step(slot, NOW + 20 * MINUTE) == 2
    step(slot, NOW + 30 * MINUTE)
    assert states(slot) == {"expired": 2, "pending": 2}


def test_a_wave_by_e_mail_only_goes_on(db):
    world = world_of(0, Wave(size=1, window_minutes=30, channels=("email",)))
    world.entry(factories.patient(world.clinic, email="pat@example.com"))
    slot = world.slot()
    outage(0)
    assert step(slot, NOW) == 1


def test_a_first_wave_waits_and_goes_at_the_end_even_if_staff_ask_now(db):
    slot = world_of().slot()
    outage(-1)
    assert step(slot, NOW) == 0
    vacancies.start(slot.pk, now=NOW + MINUTE)
    assert step(slot, NOW + MINUTE) == 0
    outages.end("sms", now=NOW + 5 * MINUTE)
    assert step(slot, NOW + 5 * MINUTE) == 2


def test_what_the_policy_would_not_do_again_by_itself_is_not_asked_for_in_an_outage(db):
    slot = world_of(6, Wave(size=2, window_minutes=30)).slot()
    step(slot, NOW)
    outage(1)
    with pytest.raises(vacancies.Refused, match="Texts do not go out at the moment"):
        vacancies.start(slot.pk, now=NOW + 2 * MINUTE)


def test_a_lost_place_waits_for_the_end(slot):
    outage(5)
    slot.offers.first().messages.update(status="failed")
    assert step(slot, NOW + 6 * MINUTE) == 0
    assert (states(slot), slot.paused_for) == ({"expired": 1, "pending": 1}, "sms")
    outages.end("sms", now=NOW + 8 * MINUTE)
    assert step(slot, NOW + 8 * MINUTE) == 1


def test_a_lost_place_whose_own_way_is_out_is_left_to_the_next_wave(db):
    """The next goes by e-mail, and waits for no texts: only the place of a text is given up."""
    world = world_of(3, Wave(size=2, window_minutes=30), Wave(after_minutes=20, size=1, channels=("email",)))
    slot = world.slot()
    step(slot, NOW)
    delivered()
    world.entry(factories.patient(world.clinic, phone=None, email="pat@example.com"))
    outage(5)
    slot.offers.first().messages.update(status="failed")
    assert step(slot, NOW + 6 * MINUTE) == 0
    assert not Message.objects.filter(status="pending", channel="sms").exists()
    assert step(slot, NOW + 20 * MINUTE) == 1
    assert Message.objects.get(status="pending").channel == "email"


def test_the_end_fills_a_lost_place_and_repeats_no_wave(db):
    """The last wave asked its two; one was out of reach, the other said no."""
    slot = world_of(6, Wave(size=2, window_minutes=30)).slot()
    step(slot, NOW)
    delivered()
    lost, other = slot.offers.order_by("pk")
    lost.messages.update(status="failed")
    outage(1)
    assert step(slot, NOW + 2 * MINUTE) == 0
    claims.decline(other.pk, reason="", via="link", now=NOW + 3 * MINUTE)
    outages.end("sms", now=NOW + 10 * MINUTE)
    assert step(slot, NOW + 10 * MINUTE) == 1
    assert slot.offers.count() == 3


def test_the_end_asks_nobody_where_staff_have_not_said_so(db):
    """It paused for the reserve only."""
    world = world_of(2, *WAVES, autopilot="suggest")
    slot = world.slot(next_wave_at=None)
    picks.ask(slot.pk, [entry.pk for entry in world.clinic.entries.all()], now=NOW)
    delivered()
    first, second = slot.offers.order_by("pk")
    world.entry()
    claims.claim(first.pk, via="link", now=NOW)
    reserves.keep(second.pk, Reserve.ASK, now=NOW)
    outage(1)
    returns.cancel_in_grace(first.pk, now=NOW + 2 * MINUTE)
    step(slot, NOW + 2 * MINUTE)
    assert (slot.paused_for, slot.next_wave_at) == ("sms", None)
    reserves.leave(second.pk, now=NOW + 3 * MINUTE)
    outages.end("sms", now=NOW + 6 * MINUTE)
    assert step(slot, NOW + 6 * MINUTE) == 0
    assert (slot.paused_for, slot.next_wave_at, slot.offers.count()) == ("", None, 2)


def test_the_time_kept_for_those_asked_is_as_long_as_it_was(db):
    slot = world_of(6, *WAVES, exclusive_minutes=40).slot()
    step(slot, NOW)
    delivered()
    outage(5, 15)
    step(slot, NOW + 15 * MINUTE)
    assert slot.exclusive_until == NOW + 50 * MINUTE
    assert step(slot, NOW + 49 * MINUTE) == 0
    assert step(slot, NOW + 50 * MINUTE) == 2


def test_a_night_in_between_is_nobodys_time(db):
    world = world_of(1)
    evening = NOW.replace(day=24, hour=3, minute=20)  # 19:20 in Los Angeles, forty minutes before the clinic is quiet
    slot = world.slot(evening + timedelta(hours=40))
    step(slot, evening)
    delivered(evening)
    outages.begin("sms", "unreachable", now=evening)
    outages.end("sms", now=evening + 20 * MINUTE)
    step(slot, evening + 20 * MINUTE)
    assert slot.offers.get().expires_at == NOW.replace(day=24, hour=16, minute=10)  # 08:10 the next morning


@pytest.mark.django_db(transaction=True)
def test_the_end_and_many_sweeps_at_once_expire_nobody_and_add_it_once():
    slot = world_of().slot()
    step(slot, NOW)
    delivered()
    outage(5)
    at = NOW + 65 * MINUTE
    sweeps = [partial(cascade.advance, slot.pk, now=at + timedelta(seconds=n)) for n in range(4)]
    with everything_recorded():
        at_once([partial(outages.end, "sms", now=at), *sweeps])
        cascade.advance(slot.pk, now=at + timedelta(seconds=5))
    slot.refresh_from_db()
    assert (states(slot), ends(slot), slot.next_wave_at) == ({"pending": 2}, [90, 90], NOW + 80 * MINUTE)
    moved = Entry.objects.filter(verb="offer.clock_moved")  # a sweep before the end may add one by the receipt
    assert sum(entry.changes["because"] == "outage" for entry in moved) == 2


def two_sweeps_meet(monkeypatch) -> tuple[bool, int]:
    """Two sweeps meet where the first has read the clocks and is about to move them: whether the second waited for
    it, and how often a clock was moved."""
    slot = world_of().slot()
    step(slot, NOW)
    delivered()
    outage(5, 65)

    def sweep(slot: Slot) -> bool:
        return lapses.clear_up(read_slot(slot.pk), now=NOW + 65 * MINUTE) is not None

    waited, says = run(Race(sweep, (clocks, "_move"), sweep, (True, True), ""), slot, monkeypatch)
    assert says == (True, True)
    moved = Entry.objects.filter(verb="offer.clock_moved")
    return waited, sum(entry.changes["because"] == "outage" for entry in moved)


@pytest.mark.django_db(transaction=True)
def test_the_second_sweep_waits_and_finds_both_clocks_moved(monkeypatch):
    assert two_sweeps_meet(monkeypatch) == (True, 2)


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_both_clocks_are_moved_twice(monkeypatch):
    without_locks(monkeypatch)
    assert two_sweeps_meet(monkeypatch) == (False, 4)


@pytest.mark.django_db(transaction=True)
def test_control_without_the_thaw_everybody_expires_a_second_later(monkeypatch):
    slot = world_of().slot()
    step(slot, NOW)
    delivered()
    outage(5, 65)
    monkeypatch.setattr(clocks, "take_in", lambda slot, now: [])
    cascade.advance(slot.pk, now=NOW + 65 * MINUTE + timedelta(seconds=1))
    assert states(slot)["expired"] == 2


@pytest.mark.django_db(transaction=True)
def test_a_yes_and_the_thaw_at_once_leave_one_booking_and_no_clock_running():
    for _ in range(3):
        slot = world_of().slot()
        step(slot, NOW)
        delivered()
        outages.begin("sms", "unreachable", now=NOW + 5 * MINUTE)
        at = NOW + 65 * MINUTE
        outages.end("sms", now=at)
        offer = slot.offers.first()
        results = at_once(
            [partial(claims.claim, offer.pk, via="link", now=at)] + [partial(cascade.advance, slot.pk, now=at)] * 3
        )
        assert results[0] == Claim.BOOKED
        slot.refresh_from_db()
        assert (slot.state, slot.next_wave_at) == ("filled", None)
        Outage.objects.all().delete()
        assert states(slot)["accepted"] == 1 and "pending" not in states(slot)


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_after_one_slot_of_many_leaves_the_others_to_the_sweep():
    world = world_of()
    slots = [world.slot(NOW + timedelta(hours=30 + n)) for n in range(2)]
    for slot in slots:
        cascade.advance(slot.pk, now=NOW)
    delivered()
    outage(5, 65)
    at = NOW + 65 * MINUTE
    lapses.clear_up(read_slot(slots[0].pk), now=at)  # … and here it dies
    assert work.due(now=at, limit=5) == [slots[1].pk]
    cascade.advance(slots[1].pk, now=at)
    assert {end for slot in slots for end in ends(slot)} == {90}
    assert work.due(now=at, limit=5) == []


@pytest.mark.parametrize("end", ["given back", "let go", "declined"])
def test_nobody_is_booked_as_reserve_who_could_not_be_told(slot, end):
    first, second = slot.offers.order_by("pk")
    if end == "given back":
        assert claims.claim(first.pk, via="link", now=NOW) == Claim.BOOKED
    else:
        held = {"state": "held", "held_by": first.patient_id, "held_until": NOW + 9 * MINUTE}
        Slot.objects.filter(pk=slot.pk).update(**held)
    assert reserves.keep(second.pk, Reserve.BOOK, now=NOW)
    outage(1)
    at = NOW + 2 * MINUTE
    if end == "given back":
        assert returns.cancel_in_grace(first.pk, now=at)
    elif end == "let go":
        claims.let_go(first.pk, now=at)
    else:
        claims.decline(first.pk, reason="", via="link", now=at)
    assert step(slot, at) == 0
    assert (Offer.objects.get(pk=second.pk).reserve, slot.paused_for, slot.filled_by) == ("book", "sms", None)
    outages.end("sms", now=NOW + 6 * MINUTE)
    step(slot, NOW + 6 * MINUTE)
    assert Offer.objects.get(pk=second.pk).answered_by == "reserve"


def test_the_reserve_is_asked_only_when_texts_go_out_again(slot):
    first, second = slot.offers.order_by("pk")
    assert claims.claim(first.pk, via="link", now=NOW) == Claim.BOOKED
    assert reserves.keep(second.pk, Reserve.ASK, now=NOW)
    outage(1)
    assert returns.cancel_in_grace(first.pk, now=NOW + 2 * MINUTE)
    assert step(slot, NOW + 2 * MINUTE) == 0
    second.refresh_from_db()
    assert (second.state, second.reserve, slot.paused_for) == ("retracted", "ask", "sms")
    outages.end("sms", now=NOW + 6 * MINUTE)
    assert step(slot, NOW + 6 * MINUTE) == 0
    second.refresh_from_db()
    assert (second.state, second.reserve) == ("pending", "asked")


def test_a_hold_that_lapses_in_an_outage_leaves_an_open_time_and_the_reserve_in_line(slot):
    first, second = slot.offers.order_by("pk")
    Offer.objects.filter(slot=slot).update(state="expired", expires_at=NOW)
    slot.service.details_prompt = "Any allergies?"
    slot.service.save()
    assert claims.claim(first.pk, via="link", now=NOW + MINUTE) == Claim.HELD  # a late yes
    assert reserves.keep(second.pk, Reserve.ASK, now=NOW + MINUTE)
    outage(2)
    assert step(slot, NOW + 10 * MINUTE) == 0
    second.refresh_from_db()
    assert (slot.state, second.reserve) == ("open", "ask")
