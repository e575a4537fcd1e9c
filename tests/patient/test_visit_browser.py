"""The pages of a visit in a real browser: readable by everybody, one tap is one answer, with a script or without."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.patient.test_offer_browser import PHONE, SMALL, everybody_can_use
from tests.patient.test_visit_pages import booked, home
from waitlist.models import Appointment, Patient, WaitlistEntry

pytestmark = pytest.mark.django_db(transaction=True)


def test_everybody_can_use_every_page(open_page, live_server):
    visit = booked()
    Patient.objects.update(timezone="America/New_York")
    ends = [booked(), booked()]
    Appointment.objects.filter(pk=ends[0].pk).update(status="cancelled", cancelled_by="patient")
    begun = timezone.now() - timedelta(minutes=5)
    Appointment.objects.filter(pk=ends[1].pk).update(starts_at=begun)
    silent = booked()
    Appointment.objects.filter(pk=silent.pk).update(status="cancelled", cancelled_by="patient")
    silent.patient.contact_points.update(granted=["reminders:sms"])
    pages = [home(visit), home(visit) + "/cancel", *map(home, ends), home(silent)]
    for options in (PHONE, SMALL, {**PHONE, "color_scheme": "dark"}):
        page = open_page(**options)
        for url in pages:
            page.goto(live_server.url + url)
            for details in page.locator("summary").all():
                details.click()
            everybody_can_use(page)


@pytest.mark.parametrize("script", [True, False])
def test_i_will_be_there_and_then_i_cannot(script, open_page, live_server):
    visit = booked()
    page = open_page(**PHONE, java_script_enabled=script)
    page.goto(live_server.url + home(visit))
    page.get_by_role("button", name="I will be there").click()
    page.get_by_role("heading", name="See you then, Sarah").wait_for()
    page.get_by_role("link", name="I cannot come").click()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("heading", name="Your visit is cancelled").wait_for()
    visit.refresh_from_db()
    assert (visit.status, visit.confirmed_via) == ("cancelled", "link")


@pytest.mark.parametrize("script", [True, False])
def test_cancelled_and_another_time_in_two_taps(script, open_page, live_server):
    visit = booked()
    page = open_page(**PHONE, java_script_enabled=script)
    page.goto(live_server.url + home(visit) + "/cancel")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Put me on the waitlist").click()
    page.get_by_text("You are on the waitlist").wait_for()
    page.get_by_role("link", name="See and change what you wait for").wait_for()
    assert WaitlistEntry.objects.get().origin == "gave_up"
