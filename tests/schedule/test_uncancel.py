"""A cancellation taken back: in silence while nobody was asked, and never beside a booking."""

import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from matching import cascade, claims, lapses, work
from notifications import outbox
from notifications.models import Message
from tests import factories
from tests.at_once import wait_until_blocked
from tests.factories import NOW, World
from tests.matching.steps import step
from waitlist import calendar, entered, schedule, slots, vacancies
from waitlist.calendar import Time
from waitlist.models import Appointment, Slot, Writeback
from waitlist.states import CancelledBy, Origin
from waitlist.vacancies import Refused

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def cancelled(world: World, **fields: object) -> tuple[Appointment, Slot]:
    visit = world.appointment(patient=factories.patient(world.clinic), **fields)
    return visit, schedule.cancel(visit.pk, reason="by the patient", by=CancelledBy.CLINIC, now=NOW).slot


def test_inside_the_undo_delay_nothing_is_ever_sent():
    world = World(undo_delay_minutes=5)
    world.entry()
    visit, slot = cancelled(world)
    assert step(slot, NOW + 4 * MINUTE) == 0
    assert schedule.uncancel(visit.pk, now=NOW + 4 * MINUTE).outcome == "done"
    visit.refresh_from_db()
    slot.refresh_from_db()
    assert (visit.status, visit.cancelled_at, visit.cancel_reason) == ("booked", None, "")
    assert visit.cancelled_by == ""
    assert (slot.state, slot.closed_because) == ("withdrawn", "uncancelled")
    assert cascade.advance(slot.pk, now=NOW + 6 * MINUTE) == 0
    assert work.due(now=NOW + timedelta(days=1), limit=5) == []
    assert not Message.objects.exists() and not slot.offers.exists()
    assert Writeback.objects.get().status == "done"  # there is nothing to take out of the calendar
    assert Entry.objects.filter(verb="appointment.uncancelled").count() == 1


def test_after_the_first_wave_those_who_were_told_are_told():
    world = World()
    told, waiting = world.entry(), world.entry()
    visit, slot = cancelled(world)
    step(slot, NOW)
    Message.objects.filter(offer__entry=told).update(status="sent")
    schedule.uncancel(visit.pk, now=NOW + MINUTE)
    assert set(slot.offers.values_list("state", flat=True)) == {"retracted"}
    assert Message.objects.get(kind="retracted").patient == told.patient
    assert Message.objects.get(kind="offer", patient=waiting.patient).status == "dropped"
    assert claims.claim(slot.offers.first().pk, via="link", now=NOW + MINUTE) == "withdrawn"


def test_what_cannot_be_taken_back_is_refused_in_a_sentence():
    world = World()
    visit, slot = cancelled(world)
    booked = vacancies.book_by_hand(slot.pk, patient=factories.patient(world.clinic), now=NOW)
    with pytest.raises(Refused, match="is booked at that time again"):
        schedule.uncancel(visit.pk, now=NOW)
    assert schedule.uncancel(booked.pk, now=NOW).outcome == "already"
    schedule.cancel(booked.pk, reason="", by=CancelledBy.CLINIC, now=NOW)
    world.appointment(patient=visit.patient, practitioner=factories.practitioner(world.clinic))
    with pytest.raises(Refused, match="patient is booked"):
        schedule.uncancel(visit.pk, now=NOW)
    with pytest.raises(Refused, match="past"):
        schedule.uncancel(visit.pk, now=visit.starts_at)
    assert Appointment.objects.filter(status="booked", practitioner=world.practitioner).count() == 0


def test_twice_is_once_and_cancelling_again_opens_it_again():
    world = World()
    visit, _ = cancelled(world)
    assert [schedule.uncancel(visit.pk, now=NOW).outcome for _ in range(2)] == ["done", "already"]
    again = schedule.cancel(visit.pk, reason="", by=CancelledBy.CLINIC, now=NOW + MINUTE).slot
    assert again.is_live and Slot.objects.count() == 2
    assert Writeback.objects.get().status == "task"


def test_a_time_kept_empty_is_booked_again_too():
    world = World()
    visit = world.appointment()
    schedule.cancel(visit.pk, reason="", by=CancelledBy.CLINIC, keep_empty=True, now=NOW)
    assert schedule.uncancel(visit.pk, now=NOW).outcome == "done"


def test_a_calendar_that_was_not_told_yet_is_told_nothing_and_one_that_was_hears_of_the_booking():
    world = World()
    world.connection(writeback_url="https://calendar.example/in", secret="whsec_c2VjcmV0")
    early, _ = cancelled(world)
    schedule.uncancel(early.pk, now=NOW)
    assert Message.objects.get(channel="webhook").status == "dropped"
    assert Writeback.objects.get().status == "confirmed"
    late, _ = cancelled(world, starts_at=NOW + timedelta(days=3))
    Writeback.objects.filter(appointment=late).update(status="confirmed")
    Message.objects.filter(appointment=late).update(status="delivered")
    schedule.uncancel(late.pk, now=NOW)
    assert set(Writeback.objects.filter(appointment=late).values_list("kind", "status")) == {
        ("cancelled", "confirmed"),
        ("booked", "queued"),
    }
    assert len(outbox.due(now=NOW, limit=9)) == 1


def test_taken_back_in_the_calendar_inside_the_delay_it_sends_nothing_either():
    world = World(undo_delay_minutes=5)
    world.entry()
    visit = world.appointment(external_id="a1", version=1)
    slot = schedule.cancel(visit.pk, reason="", by=CancelledBy.CLINIC, version=2, now=NOW).slot
    facts = {"connection": None, "external_id": "a1", "patient": None, "time": Time.of(visit)}
    assert entered.mirror(world.clinic, version=3, now=NOW + MINUTE, **facts) == visit
    slot.refresh_from_db()
    assert not slot.is_live and cascade.advance(slot.pk, now=NOW + 9 * MINUTE) == 0
    assert not Message.objects.exists() and not Writeback.objects.exists()


def test_taken_back_in_the_calendar_the_wish_in_its_stead_goes_with_it():
    world = World()
    visit = world.appointment(patient=factories.patient(world.clinic), external_id="a1", version=1)
    schedule.cancel(visit.pk, reason="", by=CancelledBy.PATIENT, version=2, now=NOW)
    instead = world.entry(visit.patient, origin=Origin.CANCEL_PAGE, added_at=NOW + MINUTE)
    facts = {"connection": None, "external_id": "a1", "patient": None, "time": Time.of(visit)}
    entered.mirror(world.clinic, version=3, now=NOW + 2 * MINUTE, **facts)
    instead.refresh_from_db()
    assert instead.status == "removed"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_locked", [True, False])
def test_taken_back_while_the_first_wave_goes(is_locked, monkeypatch):
    """The wave waits for the slot and finds it withdrawn; without its lock it comes to its own writes before that."""
    world = World()
    world.entry()
    visit, slot = cancelled(world)
    withdraw, asked = lapses.withdraw, []
    if not is_locked:
        plain = Slot.objects.select_related("clinic", "location__clinic", "practitioner", "service", "policy")
        monkeypatch.setattr(slots, "lock_slot", lambda pk: plain.get(pk=pk))
        monkeypatch.setattr(slots, "lock_unchanged", lambda slot: True)

    def wave() -> None:
        try:
            asked.append(cascade.advance(slot.pk, now=NOW))
        finally:
            connections.close_all()

    thread = threading.Thread(target=wave)

    def slowly(*args: object, **kwargs: object) -> None:  # the slot is locked, nothing of it is written yet
        thread.start()
        assert wait_until_blocked(thread)
        withdraw(*args, **kwargs)

    monkeypatch.setattr(lapses, "withdraw", slowly)
    schedule.uncancel(visit.pk, now=NOW)
    thread.join()
    assert asked == [0 if is_locked else 1]


@pytest.mark.django_db(transaction=True)
def test_staff_undo_it_on_the_board_and_on_its_page(client: Client):
    world = World(undo_delay_minutes=5)
    client.force_login(factories.user(world.clinic))
    now = timezone.now()
    visit = world.appointment(now + timedelta(hours=30), patient=factories.patient(world.clinic))
    slot = schedule.cancel(visit.pk, reason="", by=CancelledBy.CLINIC, now=now).slot
    url = reverse("slot-undo", args=[slot.pk])
    assert f'action="{url}"' in client.get("/").content.decode()
    assert visit.patient.name in client.get(url).content.decode()
    assert "Nobody was told anything" in client.post(url, follow=True).content.decode()
    visit.refresh_from_db()
    assert visit.status == "booked"
    assert "no cancellation to take back" in client.post(url, follow=True).content.decode()
    words = client.get(reverse("slot", args=[slot.pk]), {"tab": "timeline"}).content.decode()
    assert "The cancellation was taken back" in words and "Undo the cancellation" not in words


def test_an_appointment_moved_since_cannot_be_undone_from_its_old_time():
    world = World()
    visit = world.appointment()
    to = Time.of(visit)
    moved = Time(to.location, to.practitioner, to.service, to.starts_at + 9 * 60 * MINUTE, to.ends_at + 9 * 60 * MINUTE)
    schedule.move(visit.pk, to=moved, now=NOW)
    assert calendar.is_booked(moved)
    assert schedule.uncancel(visit.pk, now=NOW).outcome == "already"
