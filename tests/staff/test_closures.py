"""Closures, public holidays and the question after a sick day, as managers and the front desk use them."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from tests import factories
from tests.factories import World
from waitlist import holidays, keeping, schedule
from waitlist.models import Appointment, Closure, MassCancellation, Slot
from waitlist.states import CancelledBy, Role

pytestmark = pytest.mark.django_db
URL, HOLIDAYS = "/settings/closures/", "/settings/holidays/"
HERE = ZoneInfo("America/Los_Angeles")


@pytest.fixture
def manager(world: World, client: Client) -> Client:
    client.force_login(factories.user(world.clinic, Role.MANAGER))
    return client


def in_days(days: int) -> date:
    return (timezone.now().astimezone(HERE) + timedelta(days=days)).date()


def close(client: Client, **fields: object) -> str:
    answer = client.post(URL, {"first_day": in_days(9), "reason": "Staff training", **fields}, follow=True)
    return answer.content.decode()


def test_a_manager_finds_both_in_the_settings(manager: Client):
    words = manager.get(reverse("settings")).content.decode()
    assert "Closures" in words and "Public holidays" in words
    assert "No closure to come" in manager.get(URL).content.decode()


def test_whole_days_added_listed_and_removed(manager: Client, world: World):
    words = close(manager, last_day=in_days(10), practitioner=world.practitioner.pk)
    row = Closure.objects.get()
    assert "closed before: Staff training." in close(manager, last_day=in_days(10), practitioner=world.practitioner.pk)
    assert "Closed." in words and f"Staff training · every location · {world.practitioner.name}" in words
    ends = [moment.astimezone(HERE).replace(tzinfo=None) for moment in (row.starts_at, row.ends_at)]
    assert ends == [datetime.combine(in_days(days), datetime.min.time()) for days in (9, 11)]
    words = manager.post(reverse("closure-remove", args=[row.pk]), follow=True).content.decode()
    assert "No time was opened by that" in words and not Closure.objects.exists()


def test_hours_are_those_of_the_location(manager: Client, world: World):
    world.location.timezone = "America/New_York"
    world.location.save()
    close(manager, location=world.location.pk, opens_late="13:00", back_at="15:30")
    row = Closure.objects.get()
    assert row.starts_at.astimezone(ZoneInfo("America/New_York")).hour == 13
    assert row.ends_at - row.starts_at == timedelta(hours=2, minutes=30)
    assert "1:00 PM – 3:30 PM" in manager.get(URL).content.decode()


@pytest.mark.parametrize(
    "fields, sentence",
    [
        ({"first_day": ""}, "This field is required."),
        ({"first_day": "the fourth"}, "Enter a valid date."),
        ({"first_day": "2021-01-01"}, "This time is over."),
        ({"first_day": "9999-12-31"}, "This is not a date one could book."),
        ({"last_day": in_days(8)}, "It has to be after the start."),
        ({"opens_late": "15:00", "back_at": "14:00"}, "It has to be after the start."),
        ({"last_day": in_days(900)}, "A closure is a year long at most."),
        ({"back_at": "noon"}, "Enter a valid time."),
        ({"reason": "  "}, "This field is required."),
        ({"practitioner": "somebody"}, "Select a valid choice."),
    ],
)
def test_what_cannot_be_is_said_at_its_field(fields, sentence, manager: Client):
    words = close(manager, **fields)
    assert sentence in words and "Nothing was saved yet" in words
    assert not Closure.objects.exists()


def test_what_is_booked_then_is_shown_and_cancelled_in_one_go(manager: Client, world: World):
    noon = datetime.combine(in_days(9), datetime.min.time(), HERE) + timedelta(hours=12)
    for hours in range(3):
        visit = world.appointment(noon + timedelta(hours=hours), patient=factories.patient(world.clinic))
    world.slot(visit.starts_at, state="filled", filled_by=visit, filled_at=timezone.now())
    words = close(manager)
    assert words.count("Please call</span>") == 2 and words.count("Will be told</span>") == 1
    assert f'href="tel:{visit.patient.contact_points.get().value}"' in words
    assert "3 appointments are booked then" in words and "Cancel all 3" in words
    row = Closure.objects.get()
    assert "3 appointments are booked then" in manager.get(URL).content.decode()
    words = manager.post(reverse("closure", args=[row.pk]), follow=True).content.decode()
    assert "Cancelled: 3." in words
    assert set(Appointment.objects.values_list("status", flat=True)) == {"cancelled"}
    assert set(Slot.objects.exclude(state="filled").values_list("closed_because", flat=True)) == {"closure"}
    assert "Nothing is booked then" in words, "and whom to call is still there"
    assert words.count("Please call</span>") == 2 and words.count("Written to</span>") == 1


def test_the_desk_closes_a_day_and_the_trail_keeps_no_word_of_why(world: World, client: Client):
    desk = client
    desk.force_login(factories.user(world.clinic, Role.FRONT_DESK))
    assert reverse("closures") in desk.get(reverse("appointments")).content.decode()
    assert "Public holidays" not in close(desk, reason="Dr Chen has the flu")
    row = Closure.objects.get()
    said = Entry.objects.filter(verb__startswith="closure.")
    assert said.count() == 1 and not any("flu" in f"{entry.object_repr}{entry.changes}" for entry in said)
    desk.post(reverse("closure-remove", args=[row.pk]))
    assert not Closure.objects.exists()
    assert not any("flu" in f"{entry.object_repr}{entry.changes}" for entry in Entry.objects.all())


def test_the_list_asks_the_database_as_often_for_three_as_for_one(manager: Client, world: World):
    close(manager)
    with CaptureQueriesContext(connection) as one:
        manager.get(URL)
    close(manager, location=world.location.pk)
    close(manager, practitioner=world.practitioner.pk)
    with CaptureQueriesContext(connection) as three:
        manager.get(URL)
    assert len(one) == len(three)


def test_a_form_of_another_clinic_changes_nothing(manager: Client):
    assert "Nothing was changed" in close(manager, clinic="0")
    assert not Closure.objects.exists()


def test_public_holidays_close_by_themselves_or_one_by_one(manager: Client, world: World):
    words = manager.get(HOLIDAYS).content.decode()
    assert "Christmas Day" in words and "Close that day" in words and "Work that day" not in words
    day = next(iter(holidays.ahead(world.location, now=timezone.now())))
    url = reverse("holiday", args=[world.location.pk])
    assert "is closed." in manager.post(url, {"day": day, "closed": "1"}, follow=True).content.decode()
    assert Closure.objects.get().holiday == day
    fields = {"country": "US", "closes_on_holidays": "on", "mass_cancellation_count": "4"}
    assert "Closed by that:" in manager.post(HOLIDAYS, fields, follow=True).content.decode()
    assert "works. No time was opened" in manager.post(url, {"day": day, "closed": "0"}, follow=True).content.decode()
    assert keeping.refresh_holidays(world.clinic, now=timezone.now()) == 0
    for wrong in ("", "2026-13-45", "2026-11-24", "x"):
        assert "Nothing was changed" in manager.post(url, {"day": wrong, "closed": "1"}, follow=True).content.decode()


@pytest.mark.parametrize(
    "fields, sentence",
    [
        ({"country": "QQ"}, "Select a valid choice."),
        ({"mass_cancellation_count": "1"}, "greater than or equal to 2"),
        ({"mass_cancellation_count": "many"}, "Enter a whole number."),
    ],
)
def test_holiday_settings_that_cannot_be_are_said_at_their_field(fields, sentence, manager: Client, world: World):
    words = manager.post(HOLIDAYS, {"country": "US", "mass_cancellation_count": "4", **fields}).content.decode()
    assert sentence in words
    world.clinic.refresh_from_db()
    assert (world.clinic.country, world.clinic.mass_cancellation_count) == ("US", 4)


def many(world: World) -> MassCancellation:
    noon = datetime.combine(in_days(3), datetime.min.time(), HERE) + timedelta(hours=12)
    for hours in range(4):
        visit = world.appointment(noon + timedelta(hours=hours))
        schedule.cancel(visit.pk, reason="", by=CancelledBy.CLINIC, now=timezone.now())
    return MassCancellation.objects.get()


def test_the_board_asks_once_what_becomes_of_a_sick_day(staff: Client, world: World):
    mass = many(world)
    words = staff.get("/").content.decode()
    assert f"{world.practitioner.name}, " in words and "4 visits cancelled within minutes" in words
    assert "paused until you say whether to refill" in words
    url = reverse("many-cancelled", args=[mass.pk])
    assert "Nothing was chosen" in staff.post(url, follow=True).content.decode()
    words = staff.post(url, {"answer": "refill"}, follow=True).content.decode()
    assert "They are refilled" in words and "cancelled within minutes" not in words
    assert "answered that before" in staff.post(url, {"answer": "keep_empty"}, follow=True).content.decode()


def test_kept_empty_the_day_is_closed(staff: Client, world: World):
    mass = many(world)
    world.appointment(mass.starts_at + timedelta(hours=18))
    url = reverse("many-cancelled", args=[mass.pk])
    words = staff.post(url, {"answer": "keep_empty"}, follow=True).content.decode()
    assert "They stay empty" in words and "1 appointment is still booked then: cancel it under Appointments" in words
    assert set(Slot.objects.values_list("closed_because", flat=True)) == {"closure"}
    assert Closure.objects.get().practitioner == world.practitioner
    mass.refresh_from_db()
    assert mass.answered_by is not None


def test_one_that_waits_for_the_answer_is_not_started_alone(staff: Client, world: World):
    many(world)
    slot = Slot.objects.first()
    words = staff.post(reverse("slot-start", args=[slot.pk]), follow=True).content.decode()
    assert "say first whether to refill them" in words
