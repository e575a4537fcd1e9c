"""Two desks enrol the same person at the same moment; each guard alone has a negative control."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from notifications.models import ContactPoint
from tests.at_once import wait_until_blocked
from tests.factories import NOW, World, patient
from waitlist import entries, people, roster
from waitlist.entries import Wish
from waitlist.models import Patient, WaitlistEntry
from waitlist.people import Person

pytestmark = pytest.mark.django_db(transaction=True)
ANA = Person("Ana", "Pérez", phone="+14155550123")


def in_threads(count: int, act: Callable[[], Any]) -> list[Any]:
    """What `count` simultaneous calls returned."""
    barrier, results = threading.Barrier(count), []

    def run() -> None:
        barrier.wait()
        try:
            results.append(act())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.parametrize("number_known", [False, True])
def test_eight_desks_enrol_one_person_once(number_known):
    world = World()
    if number_known:
        patient(world.clinic, phone=ANA.phone, first_name="Luis")
    wish = Wish((world.service.pk,))
    made = in_threads(8, lambda: roster.enrol(world.clinic, person=ANA, wish=wish, consents=[], now=NOW))
    assert len(made) == 8
    assert sum(enrolment.created for enrolment in made) == 1
    assert len({enrolment.entry.pk for enrolment in made}) == 1
    assert Patient.objects.filter(first_name="Ana").count() == 1


def second_while_first_is_open(first: Callable[[], Any], second: Callable[[], Any]) -> Any:
    """What `second` returns when it runs while `first` has written but not committed."""
    answer: list[Any] = []

    def run() -> None:
        try:
            with transaction.atomic():
                answer.append(second())
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    with transaction.atomic():
        first()
        thread.start()
        wait_until_blocked(thread)  # or is through
    thread.join()
    return answer[0]


def join_twice() -> int:
    world = World()
    who, wish = patient(world.clinic), Wish((world.service.pk,))
    second_while_first_is_open(lambda: entries.join(who, wish, now=NOW), lambda: entries.join(who, wish, now=NOW))
    return WaitlistEntry.objects.count()


def test_the_index_makes_the_second_join_wait_and_find_the_first():
    assert join_twice() == 1


def test_without_the_index_the_second_join_doubles_it():
    drop_index("entry_one_active_wish")
    try:
        assert join_twice() == 2
    finally:
        WaitlistEntry.objects.all().delete()
        add_index()


def meet_twice() -> int:
    world = World()
    patient(world.clinic, phone=ANA.phone, first_name="Luis")
    second_while_first_is_open(
        lambda: people.meet(world.clinic, ANA, now=NOW), lambda: people.meet(world.clinic, ANA, now=NOW)
    )
    return Patient.objects.filter(first_name="Ana").count()


def test_the_lock_on_the_number_makes_the_second_meeting_find_the_first():
    assert meet_twice() == 1


def test_without_the_lock_on_the_number_the_person_is_doubled(monkeypatch):
    monkeypatch.setattr(people, "_lock", lambda points: None)
    assert meet_twice() == 2
    assert ContactPoint.objects.filter(value=ANA.phone).count() == 1


def drop_index(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {name}")


def add_index() -> None:
    constraint = next(c for c in WaitlistEntry._meta.constraints if c.name == "entry_one_active_wish")
    with connection.schema_editor() as editor:
        editor.add_constraint(WaitlistEntry, constraint)
