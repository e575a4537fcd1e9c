"""What ranking reads of an entry is true whoever wrote it, and whatever the clinic weighed meanwhile."""

import threading

import pytest
from django.db import connection, transaction

from tests.at_once import at_once
from tests.factories import NOW, World, patient
from waitlist import roster, tuning
from waitlist.models import Availability, Clinic, WaitlistEntry
from waitlist.tuning import SCORE


def row(entry: WaitlistEntry) -> tuple:
    columns = ("standing", "days", "from_minute", "until_minute")
    return WaitlistEntry.objects.values_list(*columns).get(pk=entry.pk)


def weigh(clinic: Clinic, **changes: int) -> None:
    tuning.set_score(clinic, now=NOW, **{name: getattr(clinic, name) for name in SCORE} | changes)


@pytest.mark.django_db
def test_it_follows_windows_answers_waits_and_weights():
    world = World(max_waited_days=30)
    entry = world.entry(availability=[(0b1, 540, 720)], waited_days=15)
    assert row(entry) == (5 * 7000 + 5 * 5000, 0b1, 540, 720)
    more = Availability.objects.create(entry=entry, days=0b110, from_minute=600, until_minute=660)
    assert row(entry)[1:] == (0b111, None, None)
    more.delete()
    entry.availabilities.update(from_minute=480)
    assert row(entry)[1:] == (0b1, 480, 720)
    WaitlistEntry.objects.update(offers_answered=3, offers_accepted=1, waited_days=40)
    assert row(entry)[0] == 5 * 3333 + 5 * 10000
    weigh(world.clinic, weight_time=0, weight_responsiveness=35)
    assert row(entry)[0] == 35 * 3333 + 5 * 10000
    entry.availabilities.all().delete()
    assert row(entry)[1:] == (0, None, None)


@pytest.mark.django_db(transaction=True)
def test_who_joins_while_the_clinic_weighs_anew_is_put_right():
    world = World()
    who = patient(world.clinic)
    written, weighed = threading.Event(), threading.Event()
    made = []

    def join() -> None:
        try:
            with transaction.atomic():
                made.append(world.entry(who))
                written.set()
                weighed.wait(10)
        finally:
            connection.close()

    thread = threading.Thread(target=join)
    thread.start()
    assert written.wait(10)
    weigh(world.clinic, weight_time=0, weight_responsiveness=35)
    weighed.set()
    thread.join()
    assert row(made[0])[0] == 5 * 7000, "it was written by the old weights"
    assert roster.refresh(world.clinic, now=NOW) > 0
    assert row(made[0])[0] == 35 * 7000 + 5 * 10000  # who waits three days waits longest


@pytest.mark.django_db(transaction=True)
def test_counting_waits_and_weighing_anew_never_wait_crosswise():
    world = World()
    for waited in range(40):
        world.entry(waited_days=waited)
    for turn in range(4):
        weights = {"weight_time": 30 - turn, "weight_responsiveness": 5 + turn}
        calls = [lambda: roster.refresh(world.clinic, now=NOW), lambda w=weights: weigh(world.clinic, **w)] * 2
        assert not {"DeadlockDetected", "LockNotAvailable"} & {str(found) for found in at_once(calls)}
