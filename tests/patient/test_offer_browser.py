"""The patient's pages in a real browser: readable by everybody, true while they lie open, one tap is one answer."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import transaction

from matching.models import Offer
from tests import factories
from tests.harness import eventually
from tests.patient.situations import SITUATIONS, Clinic, link
from tests.patient.test_leaving import booked
from waitlist.models import Appointment, Slot
from waitlist.states import ClosedBecause, SlotState

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
SMALL = {"viewport": {"width": 320, "height": 568}}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
SMALL_TARGETS = """() => [...document.querySelectorAll("a, button, summary")].filter((one) => {
    const box = one.getBoundingClientRect();
    return box.width && (box.height < 48 || box.width < 48);
}).map((one) => one.outerHTML)"""
SMALL_TEXT = """() => [...document.querySelectorAll("body *")].filter((one) =>
    one.offsetParent && [...one.childNodes].some((part) => part.nodeType === Node.TEXT_NODE && part.data.trim())
    && parseFloat(getComputedStyle(one).fontSize) < 14 / 0.75).map((one) => one.outerHTML)"""  # points; 0.75 to a px
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def violations(page) -> list[str]:
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{one['id']}: {[node['html'] for node in one['nodes']]}" for one in found]


@pytest.mark.parametrize("name", SITUATIONS)
def test_everybody_can_use_every_page(name, open_page, live_server):
    clinic = Clinic()
    clinic.rename(clinic.patient, timezone="America/New_York")
    url = live_server.url + link(SITUATIONS[name][1](clinic))
    for options in (PHONE, SMALL, {**PHONE, "color_scheme": "dark"}):
        page = open_page(**options)
        page.goto(url)
        for details in page.locator("summary").all():
            details.click()
        everybody_can_use(page)


def test_everybody_can_use_the_pages_before_a_visit_is_given_up(open_page, live_server):
    pages = {
        "owes": link(booked(timedelta(hours=20))) + "/cancel-visit",
        "free": link(booked(said_yes=timedelta())) + "/cancel-visit",
        "booked": link(booked()),
    }
    for options in (SMALL, {**PHONE, "color_scheme": "dark"}):
        page = open_page(**options)
        for url in pages.values():
            page.goto(live_server.url + url)
            everybody_can_use(page)


def everybody_can_use(page) -> None:
    """No violation axe can find, targets for a thumb, nothing cut off, at twice the size of text too."""
    assert violations(page) == []
    assert page.evaluate(SMALL_TARGETS) == []
    assert page.evaluate(SMALL_TEXT) == []
    assert page.evaluate(OVERFLOW) == 0
    page.evaluate("() => { document.documentElement.style.fontSize = '234%'; }")
    assert page.evaluate(OVERFLOW) == 0


def test_an_unknown_link_is_readable_too(open_page, live_server):
    page = open_page(**SMALL)
    page.goto(f"{live_server.url}/o/nothing")
    assert violations(page) == []


def test_the_button_is_under_the_thumb_and_says_what_it_does(open_page, live_server):
    offer = Clinic().offered()
    page = open_page(**PHONE)
    page.goto(live_server.url + link(offer))
    button = page.get_by_role("button", name="with Dr Chen")
    box = button.bounding_box()
    assert box["height"] >= 56
    assert box["y"] + box["height"] <= 844  # without scrolling
    assert page.evaluate("() => parseFloat(getComputedStyle(document.body).fontSize)") >= 14 / 0.75  # 14 points
    button.click()
    page.locator("main[data-outcome=booked]").wait_for()
    assert page.url == live_server.url + link(offer)  # a reload sends no form again
    page.reload()
    page.locator("main[data-outcome=yours]").wait_for()


def test_two_quick_taps_are_one_answer(open_page, live_server):
    offer = Clinic().offered()
    page = open_page(**PHONE)
    page.goto(live_server.url + link(offer))
    page.get_by_role("button", name="Confirm").dblclick()
    page.locator("main[data-outcome=booked]").wait_for()
    assert Appointment.objects.count() == 1


def test_an_open_page_learns_that_the_time_is_gone_and_offers_others(open_page, live_server):
    clinic = Clinic()
    clinic.others()
    offer = clinic.offered()
    page = open_page(**PHONE)
    page.goto(live_server.url + link(offer))
    page.locator("main[data-outcome=open]").wait_for()
    clinic.booked(offer.slot, factories.patient(clinic.clinic))
    page.locator("main[data-outcome=taken]").wait_for()
    page.get_by_role("button", name="Book").first.click()
    page.locator("main[data-outcome=booked]").wait_for()
    chosen = Offer.objects.get(patient=clinic.patient, state="accepted")
    assert page.url == live_server.url + link(chosen)


def test_a_booked_page_learns_that_the_calendar_had_it_taken(open_page, live_server):
    clinic = Clinic()
    offer = clinic.offered()
    page = open_page(**PHONE)
    page.goto(live_server.url + link(offer))
    page.get_by_role("button", name="Confirm").click()
    page.locator("main[data-outcome=booked]").wait_for()
    Offer.objects.filter(pk=offer.pk).update(state="returned")
    Slot.objects.filter(pk=offer.slot_id).update(
        state=SlotState.WITHDRAWN, closed_because=ClosedBecause.REBOOKED, filled_by=None
    )
    page.locator("main[data-outcome=conflict]").wait_for()


def test_busy_becomes_open_again_by_itself(open_page, live_server):
    offer = SITUATIONS["busy"][1](Clinic())
    page = open_page(**PHONE)
    page.goto(live_server.url + link(offer))
    page.locator("main[data-outcome=busy]").wait_for()
    Slot.objects.filter(pk=offer.slot_id).update(state=SlotState.OFFERING, held_by=None, held_until=None)
    page.locator("main[data-outcome=open]").wait_for()


def test_a_page_that_found_a_queue_looks_again_by_itself(open_page, live_server):
    """The claim gave up waiting for the slot's lock: “busy”, though nobody holds the slot."""
    offer = Clinic().offered()
    page = open_page(**PHONE)
    page.goto(live_server.url + link(offer))
    with transaction.atomic():
        Slot.objects.select_for_update(no_key=True).get(pk=offer.slot_id)
        page.get_by_role("button", name="Confirm").click()
        page.locator("main[data-outcome=busy]").wait_for()
    page.locator("main[data-outcome=open]").wait_for()
    page.get_by_role("button", name="Confirm").click()
    page.locator("main[data-outcome=booked]").wait_for()


def test_a_page_on_a_screen_counts_down_and_says_it_was_seen(open_page, live_server):
    offer = Clinic().offered()
    page = open_page(**PHONE)
    page.goto(live_server.url + link(offer))
    assert page.locator(".left").inner_text() in ("41 minutes left", "40 minutes left")
    eventually(lambda: Offer.objects.get(pk=offer.pk).seen_at)


def test_without_javascript_everything_can_be_answered(open_page, live_server):
    clinic = Clinic()
    offer = clinic.offered()
    page = open_page(**PHONE, java_script_enabled=False)
    page.goto(live_server.url + link(offer))
    page.get_by_role("button", name="Confirm").click()
    page.locator("main[data-outcome=booked]").wait_for()
    page.locator("summary", has_text="I cannot come").click()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("heading", name="Cancelled, free of charge").wait_for()
    assert Offer.objects.get(pk=offer.pk).seen_at is None
    second = clinic.offered(clinic.offering(offer.slot.starts_at.replace(hour=23)))
    page.goto(live_server.url + link(second))
    page.locator("summary", has_text="Not for me").click()
    page.get_by_role("button", name="Wrong time").click()
    page.locator("main[data-outcome=declined]").wait_for()
    second.refresh_from_db()
    assert second.decline_reason == "wrong_time"
