"""Clocks start when somebody hears of it; a place that cannot be told goes to the next at once."""

from datetime import timedelta
from functools import partial

import pytest

from matching import cascade, claims, lapses, picks, work
from matching.asking import clocks
from matching.models import Offer, SentWave
from matching.policy.policies import Wave
from notifications import outbox
from notifications.models import Message
from tests import factories
from tests.at_once import at_once
from tests.factories import NOW, World
from tests.matching.steps import asked, policy, states, step
from waitlist.models import Slot
from waitlist.slots import read_slot

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def asked_world(*waves: Wave, people: int = 1, **fields) -> tuple[World, Slot]:
    """A slot whose first wave has just been asked."""
    world = World(policy=policy(*(waves or (Wave(size=1, window_minutes=30),)), **fields))
    for _ in range(people):
        world.entry()
    slot = world.slot()
    step(slot, NOW)
    return world, slot


def deliver(offer: Offer, sent_at, delivered_at=None) -> None:
    status = "delivered" if delivered_at else "sent"
    offer.messages.update(status=status, sent_at=sent_at, delivered_at=delivered_at)


def test_a_receipt_in_time_keeps_the_deadline_printed():
    _, slot = asked_world()
    offer = slot.offers.get()
    assert (offer.window_minutes, offer.expires_at) == (30, NOW + 30 * MINUTE)
    deliver(offer, NOW, NOW)
    step(slot, NOW + 30 * MINUTE)
    assert states(slot) == {"expired": 1}


def test_whoever_heard_later_has_as_long_from_then_on_and_it_is_told_once():
    _, slot = asked_world()
    offer = slot.offers.get()
    deliver(offer, NOW, NOW + 12 * MINUTE)
    step(slot, NOW + 12 * MINUTE)
    offer.refresh_from_db()
    assert offer.expires_at == NOW + 42 * MINUTE
    step(slot, NOW + 30 * MINUTE)
    assert states(slot) == {"pending": 1}
    step(slot, NOW + 42 * MINUTE)
    assert states(slot) == {"expired": 1}


def test_without_a_receipt_it_counts_from_a_minute_after_it_was_sent():
    _, slot = asked_world()
    offer = slot.offers.get()
    deliver(offer, NOW)
    step(slot, NOW + 30 * MINUTE)
    assert states(slot) == {"pending": 1}
    step(slot, NOW + 31 * MINUTE)
    assert states(slot) == {"expired": 1}


def test_the_first_they_heard_of_it_counts():
    _, slot = asked_world()
    offer = slot.offers.get()
    deliver(offer, NOW, NOW + 20 * MINUTE)
    first = offer.messages.get()
    point = factories.patient(slot.clinic, phone=None, email="pat@example.com").contact_points.get()
    Message.objects.create(
        clinic=slot.clinic, kind="offer", channel="email", contact_point=point, offer=offer, slot=slot, status="sent",
        dedupe_key="mail", sent_at=NOW + MINUTE, next_attempt_at=NOW, created_at=NOW, not_after=first.not_after,
    )  # fmt: skip
    step(slot, NOW + 30 * MINUTE)
    offer.refresh_from_db()
    assert offer.expires_at == NOW + 32 * MINUTE


def test_the_clock_never_goes_past_the_last_moment_for_a_yes_nor_back():
    world = World(policy=policy(Wave(size=1, window_minutes=30)))
    world.entry()
    slot = world.slot(NOW + timedelta(minutes=75 + 40))
    step(slot, NOW)
    offer = slot.offers.get()
    deliver(offer, NOW, NOW + 25 * MINUTE)
    step(slot, NOW + 25 * MINUTE)
    offer.refresh_from_db()
    assert offer.expires_at == NOW + 40 * MINUTE
    deliver(offer, NOW, NOW + MINUTE)  # a report that comes out of order
    step(slot, NOW + 30 * MINUTE)
    offer.refresh_from_db()
    assert offer.expires_at == NOW + 40 * MINUTE


def test_the_night_is_nobodys_time_from_a_late_receipt_on_either():
    world = World(policy=policy(Wave(size=1, window_minutes=30)))
    world.entry()
    evening = NOW.replace(day=24, hour=3, minute=20)  # 19:20 in Los Angeles, forty minutes before the clinic is quiet
    slot = world.slot(evening + timedelta(hours=40))
    step(slot, evening)
    deliver(slot.offers.get(), evening, evening + 20 * MINUTE)
    step(slot, evening + 20 * MINUTE)
    assert slot.offers.get().expires_at == NOW.replace(day=24, hour=16, minute=10)  # 08:10 the next morning


def test_what_has_not_gone_out_may_go_as_long_as_its_offer_lasts():
    _, slot = asked_world()
    offer = slot.offers.get()
    mail = offer.messages.get()
    point = factories.patient(slot.clinic, phone=None, email="pat@example.com").contact_points.get()
    Message.objects.create(
        clinic=slot.clinic, kind="offer", channel="email", contact_point=point, offer=offer, slot=slot,
        dedupe_key="mail", next_attempt_at=NOW, created_at=NOW, not_after=mail.not_after,
    )  # fmt: skip
    mail.status, mail.sent_at, mail.delivered_at = "delivered", NOW, NOW + 9 * MINUTE
    mail.save()
    step(slot, NOW + 9 * MINUTE)
    assert Message.objects.get(dedupe_key="mail").not_after == NOW + 39 * MINUTE


def test_a_late_receipt_wakes_the_cascade(django_capture_on_commit_callbacks, monkeypatch):
    woken = []
    monkeypatch.setattr("waitlist.nudge._send", lambda name, pk: woken.append((name, pk)))
    _, slot = asked_world()
    message = Message.objects.get()
    Message.objects.update(status="sent", sent_at=NOW, provider_id="SM1")
    for after, nudges in ((timedelta(seconds=59), []), (5 * MINUTE, [("matching.tasks.advance", slot.pk)])):
        Message.objects.update(status="sent", delivered_at=None)
        woken.clear()
        report = {"provider_id": "SM1", "status": "delivered", "code": "", "now": NOW + after}
        with django_capture_on_commit_callbacks(execute=True):
            assert outbox.receipt(message.public_id, **report)
        assert woken == nudges


@pytest.mark.parametrize("size", [1, 3, None])
def test_one_who_cannot_be_told_makes_room_for_the_next_without_waiting_for_the_others(size):
    world, slot = asked_world(Wave(size=size, window_minutes=30), Wave(after_minutes=20, size=5), people=size or 4)
    late = [world.entry(added_at=NOW) for _ in range(2)]
    planned = slot.next_wave_at
    lost = slot.offers.first()
    lost.messages.update(status="undelivered")
    assert work.due(now=NOW + MINUTE, limit=5) == [slot.pk]
    assert step(slot, NOW + MINUTE) == 1
    assert asked(slot)[-1] == late[0].pk
    assert [(row.step, row.asked, row.lost, row.refilled) for row in slot.waves.order_by("number")] == [
        (1, size or 4, 1, 1),
        (1, 1, 0, 0),
    ]
    assert slot.next_wave_at == planned  # the next wave's minute counts from when the first were told
    lost.refresh_from_db()
    assert (lost.state, lost.entry.offers_answered) == ("expired", 0)


def test_whoever_takes_a_place_may_be_out_of_reach_too_and_it_ends_when_nobody_is_left():
    _, slot = asked_world(Wave(size=2, window_minutes=30), people=5)
    counts = []
    for _ in range(4):
        Message.objects.update(status="failed")
        counts.append(step(slot, NOW + MINUTE))
    assert counts == [2, 1, 0, 0]
    assert (states(slot), slot.state) == ({"expired": 5}, "open")


def test_a_worker_that_dies_before_the_place_is_filled_leaves_it_to_the_sweep():
    world, slot = asked_world(Wave(size=2, window_minutes=30), people=2)
    world.entry()
    slot.offers.first().messages.update(status="failed")
    assert lapses.clear_up(read_slot(slot.pk), now=NOW + MINUTE)  # … and here it dies
    assert work.due(now=NOW + MINUTE, limit=5) == [slot.pk]
    assert step(slot, NOW + MINUTE) == 1


def test_people_staff_chose_are_nobodys_place():
    world = World(policy=policy(Wave(size=1), autopilot="suggest"))
    chosen = world.entry()
    world.entry()
    slot = world.slot(next_wave_at=None)
    picks.ask(slot.pk, [chosen.pk], now=NOW)
    Message.objects.update(status="failed")
    assert step(slot, NOW + MINUTE) == 0
    assert SentWave.objects.get(asked=1).lost == 0


@pytest.mark.django_db(transaction=True)
def test_a_receipt_and_the_expiry_at_once_let_nobody_lapse_who_heard_late():
    for _ in range(5):
        _, slot = asked_world()
        offer = slot.offers.get()
        Message.objects.filter(offer=offer).update(status="sent", sent_at=NOW, provider_id=f"SM{offer.pk}")
        message, at = offer.messages.get(), NOW + 30 * MINUTE
        report = {"provider_id": message.provider_id, "status": "delivered", "code": "", "now": at}
        receipt = partial(outbox.receipt, message.public_id, **report)
        at_once([receipt] + [partial(cascade.advance, slot.pk, now=at)] * 3)
        cascade.advance(slot.pk, now=at)
        offer.refresh_from_db()
        assert (offer.state, offer.expires_at) == ("pending", at + 30 * MINUTE)


@pytest.mark.django_db(transaction=True)
def test_control_without_the_clocks_the_expiry_wins(monkeypatch):
    monkeypatch.setattr(clocks, "take_in", lambda slot, now: [])
    _, slot = asked_world()
    deliver(slot.offers.get(), NOW, NOW + 30 * MINUTE)
    cascade.advance(slot.pk, now=NOW + 30 * MINUTE)
    assert states(slot) == {"expired": 1}


@pytest.mark.django_db(transaction=True)
def test_many_advances_at_once_fill_a_lost_place_once():
    world, slot = asked_world(Wave(size=3, window_minutes=30), people=3)
    for _ in range(6):
        world.entry()
    slot.offers.first().messages.update(status="failed")
    results = at_once([lambda: cascade.advance(slot.pk, now=NOW + MINUTE) for _ in range(6)])
    assert sorted(results) == [0, 0, 0, 0, 0, 1]
    assert slot.offers.count() == 4


@pytest.mark.django_db(transaction=True)
def test_a_late_yes_and_a_place_being_filled_never_both_win():
    world, slot = asked_world(Wave(size=2, window_minutes=30), people=2)
    world.entry()
    lost, other = slot.offers.order_by("pk")
    lost.messages.update(status="failed")
    results = at_once(
        [
            lambda: cascade.advance(slot.pk, now=NOW + MINUTE),
            lambda: claims.claim(other.pk, via="link", now=NOW + MINUTE),
        ]
    )
    assert results[1] == claims.Claim.BOOKED
    assert slot.offers.filter(state="accepted").count() == 1
    assert not slot.offers.filter(state="pending").exists()
