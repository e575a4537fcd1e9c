"""The question after a sick day, answered on the live board in a browser."""

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Page, expect

from tests import factories
from tests.factories import World
from tests.harness import Stack
from waitlist import schedule
from waitlist.models import Closure, MassCancellation, Slot
from waitlist.states import CancelledBy


def test_one_click_on_the_board_keeps_the_day_empty(stack: Stack, browser_page: Page, sign_in):
    world, now = World(autopilot="suggest"), timezone.now()
    noon = (now + timedelta(days=3)).replace(hour=18, minute=0, second=0, microsecond=0)
    visits = [world.appointment(noon + timedelta(hours=n), patient=factories.patient(world.clinic)) for n in range(4)]
    for visit in visits:
        schedule.cancel(visit.pk, reason="", by=CancelledBy.CLINIC, now=timezone.now())
    sign_in(browser_page, stack.url, factories.user(world.clinic))
    browser_page.goto(stack.url)
    expect(browser_page.get_by_text("4 visits cancelled within minutes")).to_be_visible()
    browser_page.get_by_role("button", name="Keep them empty").click()
    expect(browser_page.get_by_text("They stay empty")).to_be_visible()
    expect(browser_page.get_by_text("cancelled within minutes")).to_have_count(0)
    assert MassCancellation.objects.get().answer == "keep_empty"
    assert set(Slot.objects.values_list("closed_because", flat=True)) == {"closure"}
    assert Closure.objects.get().practitioner == world.practitioner
