"""The soft lock: booking over offers that are out needs a reason, which is recorded; and the cut-off for offers."""

import threading
from datetime import timedelta

import pytest
from django.db import connections, transaction

from audit.models import Entry
from matching import cascade, claims, work
from matching.answering import softlock
from matching.asking import reach
from matching.choosing import ranking
from matching.policy import ends
from matching.policy.policies import Wave
from matching.states import Override
from notifications.models import Message
from tests import factories
from tests.at_once import wait_until_blocked
from tests.factories import NOW, World
from tests.matching.steps import decline_all, policy, step
from waitlist import schedule, slots, vacancies
from waitlist.models import Appointment, Slot
from waitlist.states import CancelledBy
from waitlist.vacancies import OffersOut, Refused

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def book(slot: Slot, who, override: str = "", *, minutes: float = 0) -> Appointment:
    return vacancies.book_by_hand(slot.pk, patient=who, override=override, now=NOW + minutes * MINUTE)


def asked(world: World) -> Slot:
    world.entry()
    slot = world.slot()
    step(slot, NOW)
    Message.objects.update(status="sent")
    return slot


def test_it_needs_a_reason_that_is_recorded_and_the_others_are_told():
    world = World()
    slot, guest = asked(world), factories.patient(world.clinic)
    for unsaid in ("", "whim"):
        with pytest.raises(OffersOut, match="say why"):
            book(slot, guest, unsaid)
    assert not Appointment.objects.exists() and not Entry.objects.filter(verb="slot.override").exists()
    book(slot, guest, Override.URGENT)
    assert Entry.objects.get(verb="slot.override").changes == {"reason": "urgent", "offers": 1}
    assert Message.objects.filter(kind="retracted").count() == 1


def test_where_nobody_was_asked_or_all_said_no_none_is_needed():
    world = World()
    assert book(world.slot(), factories.patient(world.clinic))
    slot = asked(World())
    decline_all(slot)
    assert book(slot, factories.patient(slot.clinic), minutes=1)
    assert not Entry.objects.filter(verb="slot.override").exists()


def test_it_holds_for_some_minutes_after_the_last_was_asked_though_their_time_is_over():
    world = World(policy=policy(Wave(window_minutes=3, size=1), soft_lock_minutes=20))
    slot, guest = asked(world), factories.patient(world.clinic)
    step(slot, NOW + 4 * MINUTE)
    assert slot.offers.get().state == "expired"
    with pytest.raises(OffersOut):
        book(slot, guest, minutes=19)
    assert book(slot, guest, minutes=21)


def test_without_minutes_it_holds_only_while_somebody_may_answer():
    world = World(policy=policy(Wave(window_minutes=3, size=1), soft_lock_minutes=0))
    slot, guest = asked(world), factories.patient(world.clinic)
    with pytest.raises(OffersOut):
        book(slot, guest)
    step(slot, NOW + 4 * MINUTE)
    assert book(slot, guest, minutes=5)


def test_a_yes_on_the_phone_of_somebody_who_was_asked_is_a_yes():
    world = World()
    world.entry()
    slot = asked(world)
    assert slot.offers.count() == 2
    assert book(slot, slot.offers.first().patient)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_locked", [True, False])
def test_a_wave_that_goes_at_the_same_moment_is_seen(is_locked, monkeypatch):
    """The booking waits for the wave and then finds its offers; looked at before the lock, it would not."""
    world = World()
    world.entry()
    slot, guest = world.slot(), factories.patient(world.clinic)
    if not is_locked:
        before = softlock.over(slot, guest.pk, now=NOW)
        monkeypatch.setattr(softlock, "over", lambda *args, **kwargs: before)
    said: list[str] = []

    def desk() -> None:
        try:
            said.append(type(book(slot, guest)).__name__)
        except Refused as refused:
            said.append(type(refused).__name__)
        finally:
            connections.close_all()

    thread, still_so = threading.Thread(target=desk), reach.still_so

    def slowly(*args, **kwargs):  # the slot is locked, and its offers are about to be written
        thread.start()
        assert wait_until_blocked(thread)
        return still_so(*args, **kwargs)

    monkeypatch.setattr(reach, "still_so", slowly)
    assert cascade.advance(slot.pk, now=NOW) == 1
    thread.join()
    assert said == ["OffersOut" if is_locked else "Appointment"]


# The cut-off for offers


def late_world(minutes: int) -> tuple[World, Slot]:
    """A start in three hours: the last yes is 60 + 15 minutes before, the last offer `minutes` before that."""
    waves = (Wave(window_minutes=5, size=1), Wave(6, window_minutes=5, size=1, repeat=True))
    world = World(policy=policy(*waves, offer_cutoff_minutes=minutes))
    for _ in range(40):
        world.entry()
    return world, world.slot(NOW + timedelta(hours=3))


def test_nobody_new_is_asked_after_it_but_a_yes_still_counts():
    _, slot = late_world(90)
    assert ends.offers_end_at(slot) == NOW + 15 * MINUTE
    assert [step(slot, NOW + minutes * MINUTE) for minutes in (0, 6, 12)] == [1, 1, 1]
    assert slot.next_wave_at == ranking.answers_end_at(slot)
    assert step(slot, NOW + 20 * MINUTE) == 0
    assert work.due(now=NOW + 60 * MINUTE, limit=5) == []
    with pytest.raises(Refused, match="too late to ask"):
        vacancies.start(slot.pk, now=NOW + 60 * MINUTE)
    offer = slot.offers.order_by("pk").last()
    with transaction.atomic():
        assert slots.lock_slot(slot.pk).is_live
    assert claims.claim(offer.pk, via="link", now=NOW + 60 * MINUTE) == "booked"


def test_a_first_wave_that_comes_too_late_is_not_sent_and_the_slot_runs_out():
    _, slot = late_world(120)
    assert step(slot, NOW) == 0
    assert Entry.objects.filter(verb="slot.offers_over").count() == 1
    assert work.due(now=NOW + 30 * MINUTE, limit=5) == []
    end = ranking.answers_end_at(slot)
    assert work.due(now=end, limit=5) == [slot.pk]
    step(slot, end)
    assert slot.state == "expired"


def test_without_it_people_are_asked_until_the_last_moment_for_a_yes():
    _, slot = late_world(0)
    assert ends.offers_end_at(slot) == ranking.answers_end_at(slot)
    assert step(slot, NOW + 100 * MINUTE) == 1


def test_a_buffer_does_not_take_the_last_minutes_to_ask():
    world = World(policy=policy(Wave(), short_buffer_minutes=120, offer_cutoff_minutes=60))
    visit = world.appointment(NOW + timedelta(hours=4))
    slot = schedule.cancel(visit.pk, reason="", by=CancelledBy.CLINIC, now=NOW).slot
    assert NOW < slot.next_wave_at < ends.offers_end_at(slot)
