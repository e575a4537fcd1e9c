"""A booking link in a real browser: readable by everybody, with a clock, with and without JavaScript, nothing lost."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from matching.models import ExpressBooking, Offer
from tests.patient.situations import SITUATIONS, Clinic, link
from tests.patient.test_offer_browser import PHONE, SMALL, everybody_can_use
from waitlist.models import Appointment, Slot

pytestmark = pytest.mark.django_db(transaction=True)
PROMPT = "Any allergies or medicines we should know of, and anything else that matters to you?"


def sent() -> Offer:
    clinic = Clinic()
    clinic.rename(clinic.service, details_prompt=PROMPT)
    return SITUATIONS["link"][1](clinic)


def test_everybody_can_use_it_also_where_something_is_wrong(open_page, live_server):
    url = live_server.url + link(sent())
    for options in (PHONE, SMALL, {**PHONE, "color_scheme": "dark"}):
        page = open_page(**options)
        page.goto(url)
        page.get_by_label("Your name").fill("")
        page.get_by_label("Your e-mail").fill("sarah at home")
        page.get_by_role("button", name="Book").click()
        page.get_by_text("Not booked yet.").wait_for()
        everybody_can_use(page)


@pytest.mark.parametrize("scripts", [True, False])
def test_from_the_link_to_booked(open_page, live_server, scripts):
    page = open_page(**PHONE, java_script_enabled=scripts)
    page.goto(live_server.url + link(sent()))
    assert page.locator(".left").is_visible() is scripts
    button = page.get_by_role("button", name="Book")
    box = button.bounding_box()
    assert box["height"] >= 56 and box["width"] >= 340
    page.get_by_label(PROMPT).fill("Nothing at all")
    page.get_by_label("I have read these terms").check()
    button.click()
    page.get_by_role("heading", name="You are booked").wait_for()
    assert Appointment.objects.get().details == "Nothing at all"
    assert "Mozilla" in ExpressBooking.objects.get().device


def test_the_clock_runs_to_the_end_of_the_hold(open_page, live_server):
    offer = sent()
    until = timezone.now() + timedelta(minutes=5)
    Slot.objects.update(held_until=until)
    Offer.objects.update(expires_at=until + timedelta(hours=1))
    page = open_page(**PHONE)
    page.goto(live_server.url + link(offer))
    expect(page.locator(".left")).to_contain_text("4:5")


def test_lapsed_while_they_write_nothing_typed_is_lost_and_it_can_still_be_theirs(open_page, live_server):
    offer = sent()
    page = open_page(**PHONE)
    page.goto(live_server.url + link(offer))
    page.get_by_label("Your name").fill("Sarah M. Miller")
    page.get_by_label(PROMPT).fill("None")
    Slot.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    page.wait_for_timeout(6000)  # it looks again every five seconds
    assert page.get_by_label("Your name").input_value() == "Sarah M. Miller"
    page.get_by_label("I have read these terms").check()
    page.get_by_role("button", name="Book").click()
    page.get_by_role("heading", name="You are booked").wait_for()
    assert ExpressBooking.objects.get().name == "Sarah M. Miller"


def test_lapsed_while_it_lies_open_it_says_so(open_page, live_server):
    page = open_page(**PHONE)
    page.goto(live_server.url + link(sent()))
    Slot.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    page.locator("main[data-outcome=open]").wait_for()
