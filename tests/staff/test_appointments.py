"""The next two weeks, cancelling, and an opening added by hand."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests import factories
from tests.factories import World
from waitlist.models import Appointment, Closure, Location, Slot
from waitlist.states import AppointmentStatus, ClosedBecause, SlotState

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)


def booked(world: World, hours: float = 30, **fields: object) -> Appointment:
    fields.setdefault("patient", factories.patient(world.clinic))
    return world.appointment(timezone.now() + timedelta(hours=hours), **fields)


def test_two_weeks_from_now(staff: Client, world: World):
    shown, past, late = booked(world), booked(world, -5), booked(world, 24 * 14 + 1)
    gone = booked(world, 50, status=AppointmentStatus.CANCELLED)
    page = staff.get(reverse("appointments")).content.decode()
    names = [one.patient.name in page for one in (shown, past, late, gone)]
    assert names == [True, False, False, False]


@pytest.mark.parametrize("words", ["mar cohen", "Dr Wu", "laser", "COHEN laser"])
def test_search(words: str, staff: Client, world: World):
    service = factories.service(world.clinic, name="Laser hair removal")
    practitioner = factories.practitioner(world.clinic, name="Dr Wu")
    patient = factories.patient(world.clinic, first_name="Martha", last_name="Cohen")
    booked(world, 30, patient=patient, service=service, practitioner=practitioner)
    other = booked(world, 40)
    page = staff.get(reverse("appointments"), {"q": words}).content.decode()
    assert "Martha Cohen" in page
    assert other.patient.name not in page


def test_the_number_of_queries_is_fixed(staff: Client, world: World, django_assert_num_queries):
    booked(world)
    with django_assert_num_queries(8):
        staff.get(reverse("appointments"))
    booked(world, 40)
    booked(world, 50)
    with django_assert_num_queries(8):
        staff.get(reverse("appointments"))


@committed
def test_cancelling_opens_the_time(staff: Client, world: World):
    appointment = booked(world)
    url = reverse("appointment-cancel", args=[appointment.pk])
    assert appointment.patient.name in staff.get(url).content.decode()
    done = staff.post(url, {"reason": "patient is ill"})
    assert done["Location"] == "/"
    appointment.refresh_from_db()
    slot = Slot.objects.get()
    assert (appointment.status, appointment.cancel_reason) == ("cancelled", "patient is ill")
    assert (slot.state, slot.freed_by) == (SlotState.OPEN, appointment)
    assert "The time is open now" in staff.get("/").content.decode()


@committed
def test_a_winner_who_rings_up_in_the_free_minutes_makes_room_for_the_reserve(staff: Client, world: World):
    visit, now = booked(world), timezone.now()
    slot = world.slot(visit.starts_at, state="filled", filled_by=visit, filled_at=now)
    world.offer(slot, world.entry(visit.patient, status="booked"), state="accepted")
    second = world.offer(slot, state="retracted", reserve="book", reserved_at=now)
    staff.post(reverse("appointment-cancel", args=[visit.pk]), {"reason": "by the patient", "keeps_place": "on"})
    freed = Slot.objects.exclude(pk=slot.pk).get()
    assert freed.filled_by is not None and freed.filled_by.patient == second.patient
    assert "Whoever was first in reserve is booked" in staff.get("/").content.decode()


@committed
@pytest.mark.parametrize(
    "form",
    [
        {"reason": "by the patient", "keep_empty": "on"},
        {"reason": "practitioner is away"},
        {"reason": "clinic is closed"},
    ],
)
def test_a_time_that_stays_empty(form: dict[str, str], staff: Client, world: World):
    staff.post(reverse("appointment-cancel", args=[booked(world).pk]), form)
    slot = Slot.objects.get()
    assert (slot.state, slot.closed_because) == (SlotState.WITHDRAWN, ClosedBecause.KEPT_EMPTY)


@pytest.mark.parametrize("reason", ["", "because I say so"])
def test_a_reason_is_needed(reason: str, staff: Client, world: World):
    appointment = booked(world)
    answer = staff.post(reverse("appointment-cancel", args=[appointment.pk]), {"reason": reason, "keep_empty": "on"})
    assert "Nothing was saved yet" in answer.content.decode()
    assert "checked" in answer.content.decode()
    appointment.refresh_from_db()
    assert appointment.status == AppointmentStatus.BOOKED


@committed
def test_cancelling_twice_changes_nothing(staff: Client, world: World):
    appointment = booked(world)
    url = reverse("appointment-cancel", args=[appointment.pk])
    staff.post(url, {"reason": "by the patient"})
    again = staff.post(url, {"reason": "by the patient"}, follow=True)
    assert "cancelled before" in again.content.decode()
    assert Slot.objects.count() == 1


def test_an_appointment_of_another_clinic_is_not_found(staff: Client):
    url = reverse("appointment-cancel", args=[booked(World()).pk])
    assert staff.get(url).status_code == staff.post(url, {"reason": "by the patient"}).status_code == 404


def opening(world: World, **fields: object) -> dict[str, object]:
    """Tomorrow; on a Saturday the day after, as Sundays are closed."""
    today = timezone.now().astimezone(world.clinic.zone).date()
    tomorrow = today + timedelta(days=2 if today.weekday() == 5 else 1)
    return {
        "service": world.service.pk,
        "practitioner": world.practitioner.pk,
        "location": world.location.pk,
        "day": tomorrow.isoformat(),
        "starts": "14:00",
        **fields,
    }


@committed
def test_an_opening_by_hand_on_the_locations_clock(staff: Client, world: World):
    world.location.timezone = "America/Denver"
    world.location.save()
    staff.post(reverse("opening-new"), opening(world))
    slot = Slot.objects.get()
    assert slot.starts_at.astimezone(ZoneInfo("America/Denver")).hour == 14
    assert slot.ends_at - slot.starts_at == timedelta(minutes=45)


@committed
@pytest.mark.parametrize(
    ("starts", "hours", "words"),
    [
        ("03:00", {}, "is open 8:00 AM – 8:00 PM that day"),
        ("19:45", {}, "is open 8:00 AM – 8:00 PM that day"),
        ("14:00", {"open_days": 0}, "is closed that day"),
    ],
)
def test_outside_opening_hours_it_is_asked_once_more(starts, hours, words, staff: Client, world: World):
    Location.objects.update(opens_minute=480, closes_minute=1200, **hours)
    form = opening(world, starts=starts)
    page = staff.post(reverse("opening-new"), form).content.decode()
    assert words in page and "Open it outside opening hours" in page
    assert not Slot.objects.exists()
    staff.post(reverse("opening-new"), {**form, "anyway": "on"})
    assert Slot.objects.count() == 1


@committed
def test_a_booked_time_is_refused_and_nothing_typed_is_lost(staff: Client, world: World):
    form = opening(world)
    staff.post(reverse("opening-new"), form)
    page = staff.post(reverse("opening-new"), form).content.decode()
    assert "has an open slot at that time already" in page
    assert 'value="14:00"' in page
    assert Slot.objects.count() == 1


def test_what_cannot_be(staff: Client, world: World):
    foreign = World()
    for form, words in (
        (opening(world, day="2020-01-01"), "in the past"),
        (opening(world, day="2027-03-14", starts="02:30"), "clocks skip this hour"),
        (opening(world, service=foreign.service.pk), "Select a valid choice"),
        (opening(world, practitioner=foreign.practitioner.pk), "Select a valid choice"),
        (opening(world, location=foreign.location.pk), "Select a valid choice"),
        (opening(world, starts="noon"), "Enter a valid time"),
        ({}, "This field is required"),
    ):
        assert words in staff.post(reverse("opening-new"), form).content.decode()


test_what_cannot_be = committed(test_what_cannot_be)


@committed
def test_a_closed_day_is_refused(staff: Client, world: World):
    now = timezone.now()
    Closure.objects.create(clinic=world.clinic, starts_at=now, ends_at=now + timedelta(days=3), reason="Holiday")
    assert "Closed then: Holiday" in staff.post(reverse("opening-new"), opening(world)).content.decode()


def test_a_slot_that_ended_fills_in_the_form(staff: Client, world: World):
    slot = world.slot(state=SlotState.WITHDRAWN, closed_because=ClosedBecause.STOPPED)
    day = slot.starts_at.astimezone(world.clinic.zone).date()
    page = staff.get(reverse("opening-new"), {"slot": slot.pk}).content.decode()
    assert f'value="{day:%Y-%m-%d}"' in page
    foreign = World().slot()
    page = staff.get(reverse("opening-new"), {"slot": foreign.pk}).content.decode()
    assert 'name="day" value=' not in page
