"""Who came: said on one page by the front desk; confirmed visits are seen on the list; the switch for reminders."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from tests import factories
from tests.factories import World
from tests.staff.test_appointments import booked
from waitlist.models import Patient
from waitlist.states import AppointmentStatus

pytestmark = pytest.mark.django_db


def test_the_last_two_weeks_and_what_is_to_be_said(staff: Client, world: World):
    begun, ahead, long_ago = booked(world, -5), booked(world, 5), booked(world, -24 * 15)
    missed = booked(world, -50, status=AppointmentStatus.NOSHOW)
    gone = booked(world, -60, status=AppointmentStatus.CANCELLED)
    page = staff.get(reverse("visits")).content.decode()
    shown = [one.patient.name in page for one in (begun, ahead, long_ago, missed, gone)]
    assert shown == [True, False, False, True, False]
    assert "1 visit of the last 14 days to mark" in page and "Did not come</span>" in page
    assert missed.patient.name not in staff.get(reverse("visits"), {"q": begun.patient.name}).content.decode()


@pytest.mark.parametrize(("said", "status"), [("yes", "fulfilled"), ("no", "noshow")])
def test_one_tap_says_it(said: str, status: str, staff: Client, world: World, desk):
    visit = booked(world, -5)
    answer = staff.post(reverse("visit-came", args=[visit.pk]), {"came": said, "next": reverse("visits")}, follow=True)
    assert answer.redirect_chain == [(reverse("visits"), 302)]
    visit.refresh_from_db()
    assert visit.status == status
    assert Entry.objects.get(verb=f"appointment.{status}").actor_email == desk.email
    assert Patient.objects.get(pk=visit.patient_id).show_rate == (100 if said == "yes" else 0)
    again = staff.post(reverse("visit-came", args=[visit.pk]), {"came": said}, follow=True)
    assert "Nothing was changed" in again.content.decode()


def test_what_is_to_come_cannot_be_said_and_nothing_said_changes_nothing(staff: Client, world: World):
    ahead, begun = booked(world, 5), booked(world, -5)
    for visit, said in ((ahead, "yes"), (begun, ""), (begun, "perhaps")):
        staff.post(reverse("visit-came", args=[visit.pk]), {"came": said})
        visit.refresh_from_db()
        assert visit.status == "booked"


def test_the_number_of_queries_is_fixed(staff: Client, world: World, django_assert_max_num_queries):
    booked(world, -3)
    staff.get(reverse("visits"))
    with django_assert_max_num_queries(9) as one:
        staff.get(reverse("visits"))
    booked(world, -5)
    booked(world, -7)
    with django_assert_max_num_queries(len(one.captured_queries)):
        staff.get(reverse("visits"))


def test_who_confirmed_is_seen_on_the_list(staff: Client, world: World):
    visit = booked(world, 5)
    assert "Confirmed" not in staff.get(reverse("appointments")).content.decode()
    type(visit).objects.update(confirmed_at=timezone.now(), confirmed_via="reply")
    assert "Confirmed</span>" in staff.get(reverse("appointments")).content.decode()


def test_a_manager_turns_reminders_on_and_off(world: World, client: Client):
    client.force_login(factories.user(world.clinic, "manager"))
    assert not world.clinic.sends_reminders, "off until a clinic says so"
    url = reverse("reminders")
    assert "your own calendar reminds patients already" in client.get(url).content.decode()
    for is_on, words in ((True, "Reminders go out"), (False, "No reminders go out")):
        answer = client.post(url, {"sends_reminders": "on"} if is_on else {}, follow=True)
        assert words in answer.content.decode()
        world.clinic.refresh_from_db()
        assert world.clinic.sends_reminders is is_on
    assert Entry.objects.filter(clinic_id=world.clinic.pk, content_type__model="clinic").count() >= 2
    other = World()
    client.post(url, {"clinic": other.clinic.pk, "sends_reminders": "on"})
    world.clinic.refresh_from_db()
    assert not world.clinic.sends_reminders
