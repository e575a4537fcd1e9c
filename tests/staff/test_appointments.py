"""The next two weeks, cancelling, and an opening added by hand."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from notifications.models import Consent, ContactPoint
from tests import factories
from tests.factories import World
from tests.recorded import everything_recorded
from waitlist.models import Appointment, Closure, Location, Slot, WaitlistEntry
from waitlist.states import AppointmentStatus, ClosedBecause, Origin, SlotState

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


# Another time, as the visit is cancelled.


def cancel_url(visit: Appointment) -> str:
    return reverse("appointment-cancel", args=[visit.pk])


@committed
def test_one_tick_makes_the_wish_as_the_visit_was(staff: Client, world: World):
    visit = booked(world)
    page = staff.get(cancel_url(visit)).content.decode()
    assert "Put them on the waitlist for another time" in page and "They have agreed to be asked" in page
    assert "Read this aloud" not in page
    with everything_recorded():
        staff.post(cancel_url(visit), {"reason": "by the patient", "n-wait": "on"})
    entry, local = WaitlistEntry.objects.get(), visit.starts_at.astimezone(visit.location.zone)
    window = entry.availabilities.get()
    assert (entry.services, entry.practitioners, entry.origin) == (
        [world.service.pk],
        [world.practitioner.pk],
        Origin.CANCEL_DESK,
    )
    assert window.days == 1 << local.weekday()
    assert window.from_minute <= local.hour * 60 + local.minute < window.until_minute
    assert Slot.objects.get().offers.get().state == "returned", "they are not asked for the time they gave up"
    page, link = staff.get("/").content.decode(), f'<a href="/waitlist/{entry.pk}/">{visit.patient.name}</a>'
    assert f"Cancelled. The time is open now. {link} is on the waitlist for another time." in page


@committed
def test_at_any_time_with_anybody_and_twice_is_once(staff: Client, world: World):
    visit = booked(world)
    form = {"reason": "other reason", "n-wait": "on", "n-when": "any", "n-with_whom": "anybody"}
    staff.post(cancel_url(visit), form)
    entry = WaitlistEntry.objects.get()
    assert entry.practitioners == [] and entry.availabilities.get().days == 127
    page = staff.post(cancel_url(visit), form, follow=True).content.decode()
    assert "It was cancelled before." in page and "was on the waitlist for it" in page
    assert "Nothing was changed" not in page
    assert WaitlistEntry.objects.count() == 1 and Slot.objects.get().offers.count() == 1


@committed
@pytest.mark.parametrize("form", [{"n-when": "x"}, {"n-with_whom": "x" * 999}, {"n-sms": "on", "n-email": "on"}])
def test_nothing_about_the_wish_keeps_the_visit(form: dict[str, str], staff: Client, world: World):
    visit = booked(world)
    staff.post(cancel_url(visit), {"reason": "by the patient", "n-wait": "on", **form})
    visit.refresh_from_db()
    assert visit.status == "cancelled"
    assert WaitlistEntry.objects.get().practitioners == [world.practitioner.pk]


@committed
def test_a_service_that_is_no_more_cannot_be_waited_for(staff: Client, world: World):
    visit = booked(world)
    world.service.retired_at = timezone.now()
    world.service.save()
    assert "n-wait" not in staff.get(cancel_url(visit)).content.decode()
    page = staff.post(cancel_url(visit), {"reason": "by the patient", "n-wait": "on"}, follow=True).content.decode()
    assert "Cancelled." in page and "Not on the waitlist" in page
    assert not WaitlistEntry.objects.exists()


@committed
@pytest.mark.parametrize(
    ("ticked", "granted"), [({"n-sms": "on"}, ["offers:sms", "reminders:sms"]), ({}, ["reminders:sms"])]
)
def test_without_consent_the_sentence_is_read_and_the_yes_kept(ticked, granted, staff: Client, world: World):
    visit = booked(world)
    point = visit.patient.contact_points.get()
    ContactPoint.objects.update(granted=["reminders:sms"])
    page = staff.get(cancel_url(visit)).content.decode()
    assert "Read this aloud" in page and "n-email" not in page
    with everything_recorded():
        staff.post(cancel_url(visit), {"reason": "by the patient", "n-wait": "on", **ticked})
    point.refresh_from_db()
    assert point.granted == granted and WaitlistEntry.objects.count() == 1
    page = staff.get("/").content.decode()
    assert ("nobody writes to them, so please call" in page) == (not ticked)
    if ticked:
        line = Consent.objects.get()
        assert (line.source, line.text_version, line.note) == ("staff", "staff-read-2", f"Said by {visit.patient.name}")
        assert line.recorded_by is not None


@committed
def test_after_a_stop_their_word_at_the_desk_brings_them_back(staff: Client, world: World):
    visit = booked(world)
    ContactPoint.objects.update(granted=[], stopped_at=timezone.now() - timedelta(days=1))
    staff.post(cancel_url(visit), {"reason": "by the patient", "n-wait": "on", "n-sms": "on"})
    point = ContactPoint.objects.get()
    assert point.stopped_at is None and point.granted == ["offers:sms"]


@committed
def test_who_waits_already_is_not_put_down_again(staff: Client, world: World):
    visit = booked(world)
    world.entry(visit.patient)
    page = staff.get(cancel_url(visit)).content.decode()
    assert "already, and stay on it" in page and "n-wait" not in page


@committed
def test_what_was_won_by_a_wish_is_kept_by_that_wish(staff: Client, world: World):
    visit, now = booked(world), timezone.now()
    slot = world.slot(visit.starts_at, state="filled", filled_by=visit, filled_at=now)
    offer = world.offer(slot, world.entry(visit.patient, status="booked"), state="accepted")
    page = staff.get(cancel_url(visit)).content.decode()
    assert "keeps_place" in page and "n-wait" not in page
    offer.entry = None
    offer.save()
    page = staff.get(cancel_url(visit)).content.decode()
    assert "keeps_place" not in page and "n-wait" in page


@committed
def test_taken_back_the_wish_goes_with_it(staff: Client, world: World):
    visit = booked(world)
    staff.post(cancel_url(visit), {"reason": "by the patient", "n-wait": "on"})
    staff.post(reverse("slot-undo", args=[Slot.objects.get().pk]))
    visit.refresh_from_db()
    assert visit.status == "booked" and WaitlistEntry.objects.get().status == "removed"
