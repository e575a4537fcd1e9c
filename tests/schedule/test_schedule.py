"""Every way of freeing or booking a time, and what follows from it."""

from collections import Counter
from datetime import timedelta

import pytest

from audit.models import Entry
from matching import cascade, claims, work
from notifications.models import Message
from tests import factories
from tests.at_once import at_once
from tests.factories import NOW, World
from waitlist import calendar, entered, schedule, vacancies
from waitlist.calendar import Time
from waitlist.models import Appointment, Closure, Slot, Writeback
from waitlist.states import CancelledBy
from waitlist.vacancies import Refused

pytestmark = pytest.mark.django_db


def test_a_cancelled_appointment_opens_its_time():
    world = World()
    appointment = world.appointment()
    changed = schedule.cancel(appointment.pk, reason="ill", by=CancelledBy.CLINIC, now=NOW)
    appointment.refresh_from_db()
    slot = changed.slot
    assert (changed.outcome, appointment.status, appointment.cancel_reason) == ("done", "cancelled", "ill")
    assert Time.of(slot) == Time.of(appointment)
    assert (slot.state, slot.freed_by, slot.price_cents, slot.next_wave_at) == ("open", appointment, 32000, NOW)
    assert Writeback.objects.get().kind == "cancelled"


def test_cancelling_twice_opens_one_slot():
    appointment = World().appointment()
    schedule.cancel(appointment.pk, reason="ill", by=CancelledBy.CLINIC, now=NOW)
    assert schedule.cancel(appointment.pk, reason="ill", by=CancelledBy.CLINIC, now=NOW).outcome == "already"
    assert Slot.objects.count() == 1


def test_what_the_calendar_said_itself_is_not_written_back():
    schedule.cancel(World().appointment().pk, reason="", by=CancelledBy.CLINIC, version=1, now=NOW)
    assert not Writeback.objects.exists()


def test_an_older_version_changes_nothing():
    appointment = World().appointment(version=5)
    assert schedule.cancel(appointment.pk, reason="", by=CancelledBy.CLINIC, version=4, now=NOW).outcome == "older"
    assert not Slot.objects.exists()


def test_kept_empty_is_shown_and_never_offered():
    slot = schedule.cancel(World().appointment().pk, reason="break", by="clinic", keep_empty=True, now=NOW).slot
    assert (slot.state, slot.closed_because) == ("withdrawn", "kept_empty")
    assert work.due(now=NOW + timedelta(days=1), limit=5) == []


@pytest.mark.parametrize("scope", ["clinic", "location", "practitioner"])
def test_a_closure_is_never_refilled(scope):
    world = World()
    appointment = world.appointment()
    where = {} if scope == "clinic" else {scope: getattr(world, scope)}
    Closure.objects.create(
        clinic=world.clinic, starts_at=NOW, ends_at=NOW + timedelta(days=3), reason="Thanksgiving", **where
    )
    slot = schedule.cancel(appointment.pk, reason="", by=CancelledBy.CLINIC, now=NOW).slot
    assert (slot.state, slot.closed_because) == ("withdrawn", "closure")


def test_a_past_appointment_opens_nothing():
    appointment = World().appointment(NOW - timedelta(hours=1))
    assert schedule.cancel(appointment.pk, reason="", by=CancelledBy.CLINIC, now=NOW).slot is None


def test_half_of_a_double_booking_opens_nothing():
    world = World()
    appointment = world.appointment()
    world.appointment(appointment.starts_at, is_exclusive=False)
    assert schedule.cancel(appointment.pk, reason="", by=CancelledBy.CLINIC, now=NOW).slot is None


def test_moving_frees_the_old_time():
    world = World()
    appointment = world.appointment()
    before = Time.of(appointment)
    to = later(before, hours=4)
    changed = schedule.move(appointment.pk, to=to, version=2, now=NOW)
    appointment.refresh_from_db()
    assert Time.of(appointment) == to
    assert (Time.of(changed.slot), changed.slot.opened_because) == (before, "moved")
    assert schedule.move(appointment.pk, to=before, version=1, now=NOW).outcome == "older"


def test_moving_by_a_few_minutes_frees_nothing():
    world = World()
    appointment = world.appointment()
    assert schedule.move(appointment.pk, to=later(Time.of(appointment), minutes=15), version=2, now=NOW).slot is None


def test_staff_cannot_move_onto_a_booked_time_but_the_calendar_may_say_so():
    world = World()
    appointment = world.appointment()
    to = later(Time.of(appointment), hours=2)
    world.appointment(to.starts_at)
    with pytest.raises(Refused, match="booked at the new time"):
        schedule.move(appointment.pk, to=to, now=NOW)
    schedule.move(appointment.pk, to=to, version=2, now=NOW)
    appointment.refresh_from_db()
    assert not appointment.is_exclusive


def later(time: Time, **delta) -> Time:
    step = timedelta(**delta)
    return Time(time.location, time.practitioner, time.service, time.starts_at + step, time.ends_at + step)


def test_a_booking_from_the_calendar_ends_the_slot_and_tells_who_was_told():
    world = World()
    world.entry()
    slot = world.slot()
    cascade.advance(slot.pk, now=NOW)
    Message.objects.update(status="sent")
    made = entered.mirror(
        world.clinic, connection=None, external_id="a1", version=1, time=Time.of(slot), patient=None, now=NOW
    )
    slot.refresh_from_db()
    assert (slot.state, slot.closed_because, made.is_exclusive) == ("withdrawn", "rebooked", True)
    assert Message.objects.filter(kind="retracted").count() == 1
    assert claims.claim(slot.offers.get().pk, via="link", now=NOW) == "taken"


def test_staff_open_a_gap_by_hand():
    world = World()
    time = Time.of(world.appointment())
    with pytest.raises(Refused, match="is booked"):
        vacancies.open_by_hand(world.clinic, time, now=NOW)
    gap = later(time, hours=2)
    assert vacancies.open_by_hand(world.clinic, gap, now=NOW).opened_because == "by_hand"
    with pytest.raises(Refused, match="open slot at that time already"):
        vacancies.open_by_hand(world.clinic, gap, now=NOW)
    with pytest.raises(Refused, match="past"):
        vacancies.open_by_hand(world.clinic, later(time, days=-3), now=NOW)


def test_staff_book_by_hand_while_offers_are_out():
    world = World()
    world.entry()
    slot = world.slot()
    cascade.advance(slot.pk, now=NOW)
    Message.objects.update(status="delivered")
    person = factories.patient(world.clinic)
    made = vacancies.book_by_hand(slot.pk, patient=person, now=NOW)
    slot.refresh_from_db()
    assert (slot.state, slot.filled_by, made.patient) == ("filled", made, person)
    assert Counter(slot.offers.values_list("state", flat=True)) == {"accepted": 1, "retracted": 1}
    assert Message.objects.filter(kind="retracted").count() == 1
    with pytest.raises(Refused, match="not free any more"):
        vacancies.book_by_hand(slot.pk, patient=person, now=NOW)
    assert Appointment.objects.count() == 1


def test_stopping_takes_the_offers_back():
    world = World()
    world.entry()
    slot = world.slot()
    cascade.advance(slot.pk, now=NOW)
    Message.objects.update(status="sent")
    assert vacancies.stop(slot.pk, now=NOW)
    assert not vacancies.stop(slot.pk, now=NOW)
    assert Message.objects.filter(kind="withdrawn").count() == 1


def test_staff_book_somebody_who_was_asked_and_that_is_a_yes():
    world = World()
    asked, other = world.entry(), world.entry()
    slot = world.slot()
    cascade.advance(slot.pk, now=NOW)
    Message.objects.update(status="sent")
    claims.decline(slot.offers.get(patient=asked.patient).pk, reason="", via="link", now=NOW)
    vacancies.book_by_hand(slot.pk, patient=asked.patient, now=NOW)  # changed their mind on the phone
    assert slot.offers.get(patient=asked.patient).state == "accepted"
    assert Message.objects.filter(kind="retracted").get().patient == other.patient
    asked.refresh_from_db()
    assert asked.status == "booked"


def test_staff_may_book_at_short_notice_but_not_somebody_who_is_busy_then():
    world = World()
    slot = world.slot(NOW + timedelta(minutes=20))
    busy = factories.patient(world.clinic)
    world.appointment(slot.starts_at, patient=busy, practitioner=factories.practitioner(world.clinic))
    with pytest.raises(Refused, match="booked at that time already"):
        vacancies.book_by_hand(slot.pk, patient=busy, now=NOW)
    assert vacancies.book_by_hand(slot.pk, patient=factories.patient(world.clinic), now=NOW).starts_at == slot.starts_at


def before_the_lock(monkeypatch, act) -> None:
    """Let `act` happen once, in another session, just before the next lock is taken."""
    locks, todo = calendar.lock_live_over, [act]

    def lock(*times):
        if todo:
            at_once([todo.pop()])
        return locks(*times)

    monkeypatch.setattr(calendar, "lock_live_over", lock)


@pytest.mark.django_db(transaction=True)
def test_cancelling_what_is_moved_meanwhile_frees_the_time_it_was_moved_to(monkeypatch):
    world = World()
    appointment = world.appointment(version=1)
    to = later(Time.of(appointment), days=1)
    before_the_lock(monkeypatch, lambda: schedule.move(appointment.pk, to=to, version=2, now=NOW))
    assert Time.of(schedule.cancel(appointment.pk, reason="", by=CancelledBy.CLINIC, now=NOW).slot) == to


@pytest.mark.django_db(transaction=True)
def test_a_time_cancelled_and_booked_again_at_once_is_not_offered(monkeypatch):
    world = World()
    old = world.appointment(version=1)
    before_the_lock(monkeypatch, lambda: schedule.cancel(old.pk, reason="", by=CancelledBy.CLINIC, version=2, now=NOW))
    entered.mirror(world.clinic, connection=None, external_id="b", version=1, time=Time.of(old), patient=None, now=NOW)
    assert Slot.objects.get().closed_because == "rebooked"
    assert Appointment.objects.get(status="booked").is_exclusive


def test_what_staff_book_by_hand_is_not_called_the_patients_yes():
    world = World()
    slot = world.slot()
    vacancies.book_by_hand(slot.pk, patient=world.entry().patient, now=NOW)
    verbs = set(Entry.objects.filter(verb__startswith="offer.").values_list("verb", flat=True))
    assert verbs == {"offer.made_by_hand", "offer.given"}
