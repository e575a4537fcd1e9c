"""Waves as the policy says them: order, tiers, size, window, channels, repeat; and surge days."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from matching import cascade, claims, work
from matching.asking import waves
from matching.models import Offer, SentWave
from matching.policy.policies import Wave
from notifications.models import Message
from tests import factories
from tests.factories import NOW, World
from tests.matching.steps import asked, decline_all, policy, states, step, told
from waitlist import schedule, vacancies
from waitlist.models import SurgeDay
from waitlist.states import CancelledBy

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("order, expected", [("score", "fit"), ("fifo", "oldest"), ("value", "spender")])
def test_the_order_of_a_wave(order, expected):
    world = World(policy=policy(Wave(size=1, order=order)))
    elsewhere = {"practitioners": [factories.practitioner(world.clinic).pk]}
    people = {
        "spender": world.entry(factories.patient(world.clinic, spend_cents=900_000), **elsewhere),
        "oldest": world.entry(added_at=NOW - timedelta(days=90), **elsewhere),
        "fit": world.entry(added_at=NOW - timedelta(days=1)),
    }
    slot = world.slot()
    assert step(slot, NOW) == 1
    assert asked(slot) == [people[expected].pk]


def test_tiers_come_one_after_the_other_and_the_staffs_word_counts_first():
    one, two = Wave(0, tiers=("1platinum",)), Wave(5, tiers=("1platinum", "2gold"))
    world = World(policy=policy(one, two))
    gold, silver = (world.entry(factories.patient(world.clinic, tier=tier)) for tier in ("2gold", "3silver"))
    raised = world.entry(factories.patient(world.clinic, tier="3silver"), priority="1platinum")
    lowered = world.entry(factories.patient(world.clinic, tier="1platinum"), priority="3silver")
    slot = world.slot()
    assert step(slot, NOW) == 1 and asked(slot) == [raised.pk]
    assert slot.next_wave_at == NOW + 5 * MINUTE
    assert step(slot, NOW + 5 * MINUTE) == 1 and asked(slot) == [raised.pk, gold.pk]
    assert {silver.pk, lowered.pk} & set(asked(slot)) == set()


def test_a_score_below_the_waves_is_not_asked():
    world = World(policy=policy(Wave(min_score=90)))
    world.entry(practitioners=[factories.practitioner(world.clinic).pk])
    slot = world.slot()
    assert step(slot, NOW) == 0


@pytest.mark.parametrize(
    "wave, service, hours, expected",
    [
        (25, 20, 30, 25),
        (None, 20, 30, 20),
        (None, None, 3, 10),
        (None, None, 20, 15),
        (None, None, 30, 60),
        (None, None, 100, 240),
        (1000, None, 5, 5 * 60 - 75),  # never past the start less notice and cut-off
    ],
)
def test_the_window_is_the_waves_the_services_or_by_lead_time(wave, service, hours, expected):
    world = World(policy=policy(Wave(window_minutes=wave)))
    world.service.window_minutes = service
    world.service.save()
    world.entry()
    slot = world.slot(NOW + timedelta(hours=hours))
    step(slot, NOW)
    assert Offer.objects.get().expires_at == NOW + timedelta(minutes=expected)


def test_the_cut_off_is_the_policys():
    world = World(policy=policy(Wave(window_minutes=600), cutoff_minutes=40))
    world.entry()
    slot = world.slot(NOW + timedelta(hours=5))
    step(slot, NOW)
    assert Offer.objects.get().expires_at == slot.starts_at - timedelta(minutes=60 + 40)


@pytest.mark.parametrize(
    "channels, told_by",
    [((), {"both": {"sms", "email"}, "mail": {"email"}, "text": {"sms"}}),
     (("sms",), {"both": {"sms"}, "text": {"sms"}}),
     (("email",), {"both": {"email"}, "mail": {"email"}}),
     (("sms", "email"), {"both": {"sms", "email"}, "mail": {"email"}, "text": {"sms"}}),
     (("voice",), {})],
)  # fmt: skip
def test_channels_restrict_the_ways(channels, told_by):
    world = World(policy=policy(Wave(channels=channels, size=None)))
    people = {
        "both": world.entry(factories.patient(world.clinic, email="both@patients.example")),
        "mail": world.entry(factories.patient(world.clinic, phone=None, email="mail@patients.example")),
        "text": world.entry(),
    }
    slot = world.slot()
    assert step(slot, NOW) == len(told_by)
    found = {
        name: set(Message.objects.filter(patient=entry.patient).values_list("channel", flat=True))
        for name, entry in people.items()
    }
    assert {name: ways for name, ways in found.items() if ways} == told_by
    assert SentWave.objects.get().excluded.get("other_channel", 0) == 3 - len(told_by)


def test_who_could_not_be_told_anyway_is_refused_for_that():
    world = World(policy=policy(Wave(channels=("email",))))
    night_owl = factories.patient(world.clinic, timezone="Australia/Perth")  # it is two in the morning there
    world.entry(night_owl)
    slot = world.slot(NOW + timedelta(hours=3))
    assert step(slot, NOW) == 0
    assert SentWave.objects.get().excluded.get("outside_hours") == 1


def test_a_wave_that_repeats_goes_on_until_nobody_is_left_and_then_counts_late_joiners():
    world = World(policy=policy(Wave(size=1, order="fifo", repeat=True, window_minutes=20)))
    entries = [world.entry(added_at=NOW - timedelta(days=9 - n)) for n in range(3)]
    slot = world.slot()
    for n in range(3):
        at = NOW + n * 20 * MINUTE
        assert step(slot, at) == 1
        assert asked(slot) == [entry.pk for entry in entries[: n + 1]]
        assert slot.next_wave_at == at + 20 * MINUTE
        told()
    at = NOW + 60 * MINUTE
    assert step(slot, at) == 0
    assert (slot.state, slot.next_wave_at) == ("open", at + waves.LOOK_AGAIN)
    late = world.entry()
    assert step(slot, at + MINUTE) == 0
    assert step(slot, at + waves.LOOK_AGAIN) == 1
    assert asked(slot)[-1] == late.pk


def test_without_repeat_a_wave_is_sent_once_and_the_slot_stays_open_to_the_end():
    world = World(policy=policy(Wave(0, size=1), Wave(10, size=2)))
    for _ in range(6):
        world.entry()
    slot = world.slot()
    assert step(slot, NOW) == 1
    assert step(slot, NOW + 10 * MINUTE) == 2
    end = slot.starts_at - timedelta(minutes=75)
    assert slot.next_wave_at == end
    decline_all(slot, now=NOW + 11 * MINUTE)
    assert step(slot, NOW + 12 * MINUTE) == 0
    assert (slot.state, slot.next_wave_at, states(slot)) == ("open", end, {"declined": 3})
    assert step(slot, NOW + timedelta(hours=9)) == 0
    step(slot, end)
    assert (slot.state, slot.closed_because) == ("expired", "past")


def test_a_wave_that_found_nobody_has_not_had_its_turn():
    world = World(policy=policy(Wave(0), Wave(10)))
    slot = world.slot()
    assert step(slot, NOW) == 0
    assert slot.next_wave_at == NOW + 15 * MINUTE
    world.entry()
    assert step(slot, NOW + 15 * MINUTE) == 1
    world.entry()
    assert step(slot, NOW + 25 * MINUTE) == 1
    world.entry()
    assert step(slot, NOW + 40 * MINUTE) == 0, "both have asked, and neither repeats"


def test_caps_that_keep_everybody_out_keep_no_broadcast_from_being_sent_later():
    world = World(policy=policy(Wave(size=None)), max_live_offers=1)
    people = [world.entry() for _ in range(3)]
    first, second = world.slot(), world.slot(NOW + timedelta(hours=40))
    assert (step(first, NOW), step(second, NOW)) == (3, 0)
    decline_all(first, now=NOW + MINUTE)
    assert step(second, second.next_wave_at) == len(people)


def test_when_all_waves_were_sent_staff_may_ask_by_the_last_once_more():
    world = World(policy=policy(Wave(0, size=1)))
    for _ in range(3):
        world.entry()
    slot = world.slot()
    assert step(slot, NOW) == 1
    assert step(slot, NOW + timedelta(hours=9)) == 0
    vacancies.start(slot.pk, now=NOW + timedelta(hours=9))
    assert step(slot, NOW + timedelta(hours=9)) == 1
    assert slot.next_wave_at == slot.starts_at - timedelta(minutes=75)


def test_a_wave_used_up_starts_the_next_early():
    world = World(policy=policy(Wave(0, size=1), Wave(180, size=2)))
    for _ in range(3):
        world.entry()
    slot = world.slot()
    step(slot, NOW)
    decline_all(slot)
    assert work.due(now=NOW + MINUTE, limit=5) == [slot.pk]
    assert step(slot, NOW + MINUTE) == 2


def test_a_broadcast_asks_everybody_once_and_no_number_more_often_than_it_may_be():
    world = World(policy=policy(Wave(size=None, order="fifo")))
    singles = [world.entry() for _ in range(52)]
    shared = [world.entry(factories.patient(world.clinic, phone="+14155550150")) for _ in range(4)]
    full = [world.entry() for _ in range(4)]
    for entry in full:
        point = entry.patient.contact_points.get()
        for n in range(2):
            point.messages.create(
                clinic=world.clinic, kind="offer", channel="sms", dedupe_key=f"{entry.pk}:{n}", status="sent",
                sent_at=NOW - timedelta(hours=2), next_attempt_at=NOW, created_at=NOW,
            )  # fmt: skip
    slot = world.slot()
    assert step(slot, NOW) == 54  # of the four who share a number two, as it may have two offers a day
    theirs = set(asked(slot))
    assert {entry.pk for entry in singles} <= theirs
    assert len({entry.pk for entry in shared} & theirs) == 2
    assert not {entry.pk for entry in full} & theirs
    excluded = SentWave.objects.get().excluded
    assert (excluded["over_cap"], excluded["offers_per_day"]) == (4, 2)  # each kept out once
    assert claims.claim(slot.offers.first().pk, via="link", now=NOW) == claims.Claim.BOOKED


def test_a_broadcast_takes_as_many_statements_for_sixty_as_for_six():
    counted = []
    for people in (6, 60):
        world = World(policy=policy(Wave(size=None)))
        for _ in range(people):
            world.entry()
        slot = world.slot()
        with CaptureQueriesContext(connection) as queries:
            assert cascade.advance(slot.pk, now=NOW) == people
        counted.append(len(queries))
    assert counted[0] == counted[1]


def test_a_slot_keeps_the_policy_it_was_opened_with():
    world = World(policy=policy(Wave(size=1, repeat=True)))
    for _ in range(3):
        world.entry()
    slot = schedule.cancel(world.appointment().pk, reason="x", by=CancelledBy.CLINIC, now=NOW).slot
    world.clinic.policy = factories.clinic(policy(autopilot="suggest")).policy
    world.clinic.save()
    assert step(slot, NOW) == 1
    decline_all(slot)
    assert step(slot, NOW + MINUTE) == 1


def test_a_policy_without_waves_asks_nobody_by_itself_and_cannot_be_started():
    world = World(policy=policy())
    world.entry()
    slot = schedule.cancel(world.appointment().pk, reason="x", by=CancelledBy.CLINIC, now=NOW).slot
    assert slot.next_wave_at is None
    assert step(slot, NOW + timedelta(hours=2)) == 0
    with pytest.raises(vacancies.Refused, match="choose whom to ask"):
        vacancies.start(slot.pk, now=NOW)
    step(slot, slot.starts_at)
    assert slot.state == "expired"


@pytest.mark.parametrize("size, expected", [(1, 1), (3, 6), (7, 7), (None, 9)])
@pytest.mark.parametrize("everywhere", [True, False])
def test_a_surge_day_asks_more_at_once_for_ten_minutes(size, expected, everywhere):
    world = World(policy=policy(Wave(size=size)))
    for _ in range(9):
        world.entry()
    slot = world.slot()
    day = slot.starts_at.astimezone(world.location.zone).date()
    place = None if everywhere else world.location
    SurgeDay.objects.create(clinic=world.clinic, location=place, day=day, reason="Holiday")
    assert step(slot, NOW) == expected
    assert slot.offers.first().expires_at == NOW + 10 * MINUTE


def test_a_surge_never_lengthens_and_holds_for_its_own_day_place_and_clinic():
    world, other = World(policy=policy(Wave(size=2, window_minutes=5))), World()
    for _ in range(9):
        world.entry()
    slot, next_day = world.slot(), world.slot(NOW + timedelta(hours=54))
    day = slot.starts_at.astimezone(world.location.zone).date()
    SurgeDay.objects.create(clinic=world.clinic, day=day, reason="Holiday")
    elsewhere = factories.location(world.clinic)
    SurgeDay.objects.create(clinic=world.clinic, location=elsewhere, day=day + timedelta(days=1), reason="Fair")
    SurgeDay.objects.create(clinic=other.clinic, day=day + timedelta(days=1), reason="Fair")
    step(slot, NOW)
    assert slot.offers.first().expires_at == NOW + 5 * MINUTE
    assert step(next_day, NOW) == 2
