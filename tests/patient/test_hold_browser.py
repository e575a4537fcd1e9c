"""Finishing a booking and waiting in reserve, in a real browser: readable by everybody, and nothing written is lost."""

from datetime import timedelta

import pytest
from django.utils import timezone

from matching.models import Offer
from matching.states import Reserve
from tests.harness import eventually
from tests.patient.situations import SITUATIONS, Clinic, link
from tests.patient.test_offer_browser import PHONE, SMALL, everybody_can_use
from waitlist.models import Appointment, Slot
from waitlist.states import SlotState

pytestmark = pytest.mark.django_db(transaction=True)
PROMPT = "Any allergies or medicines we should know of, and anything else that matters to you?"


def asking() -> Clinic:
    clinic = Clinic()
    clinic.rename(clinic.service, details_prompt=PROMPT)
    return clinic


def in_reserve(name: str, how: Reserve) -> Offer:
    offer = SITUATIONS[name][1](Clinic())
    Offer.objects.filter(pk=offer.pk).update(reserve=how, reserved_at=timezone.now())
    return offer


PAGES = {
    "one question comes next": lambda: asking().offered(),
    "the question": lambda: SITUATIONS["held"][1](asking()),
    "the question again": lambda: asking().offered(holds=2),
    "busy": lambda: in_reserve("busy", Reserve.ASK),
    "in reserve": lambda: in_reserve("taken", Reserve.BOOK),
}


@pytest.mark.parametrize("name", PAGES)
def test_everybody_can_use_every_page(name, open_page, live_server):
    url = live_server.url + link(PAGES[name]())
    for options in (PHONE, SMALL, {**PHONE, "color_scheme": "dark"}):
        page = open_page(**options)
        page.goto(url)
        everybody_can_use(page)


def test_from_yes_to_booked_with_a_clock(open_page, live_server):
    offer = asking().offered()
    page = open_page(**PHONE)
    page.goto(live_server.url + link(offer))
    page.get_by_role("button", name="Confirm").click()
    page.get_by_label(PROMPT).fill("Nothing at all")
    assert "left" in page.locator(".left").inner_text()
    page.get_by_role("button", name="Book").click()
    page.get_by_role("heading", name="You are booked").wait_for()
    assert Appointment.objects.get().details == "Nothing at all"


def test_a_hold_that_lapses_takes_nothing_away_that_was_written(open_page, live_server):
    offer = SITUATIONS["held"][1](asking())
    page = open_page(**PHONE)
    page.clock.install()
    page.goto(live_server.url + link(offer))
    page.get_by_label(PROMPT).fill("Penicillin")
    Slot.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    page.clock.run_for(12_000)  # it has looked twice
    assert page.get_by_label(PROMPT).input_value() == "Penicillin"
    page.get_by_role("button", name="Book").click()
    page.get_by_role("heading", name="You are booked").wait_for()


def test_who_waits_sees_by_itself_that_it_is_free_again(open_page, live_server):
    offer = SITUATIONS["busy"][1](Clinic())
    page = open_page(**PHONE)
    page.goto(live_server.url + link(offer))
    page.get_by_role("button", name="Keep me as reserve").click()
    page.get_by_role("heading", name="You are in reserve").wait_for()
    Slot.objects.update(state=SlotState.OFFERING, held_by=None, held_until=None)
    page.get_by_role("heading", name="a time has opened for you").wait_for()
    assert eventually(lambda: Offer.objects.get(pk=offer.pk).reserve == "ask")
