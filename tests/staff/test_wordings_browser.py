"""The editor of a message in a real browser: what is typed is read back at once, by axe's rules and on a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page, expect

from notifications.models import MessageTemplate
from tests import factories
from tests.factories import World
from tests.harness import Stack
from waitlist.states import Role


@pytest.mark.parametrize("width", [320, 1280])
def test_a_manager_sees_while_typing_what_goes_out_and_what_does_not(
    stack: Stack, browser_page: Page, sign_in, width: int
):
    world = World(name="Glow")
    browser_page.set_viewport_size({"width": width, "height": 800})
    sign_in(browser_page, stack.url, factories.user(world.clinic, Role.MANAGER))
    browser_page.goto(f"{stack.url}{reverse('wordings')}")
    look(browser_page, width)
    browser_page.get_by_role("link", name="Reword Booking confirmed").click()
    look(browser_page, width)
    text, preview = browser_page.get_by_label("Text", exact=True), browser_page.locator("#preview")
    expect(preview).to_contain_text("It can go out like this.")
    text.fill("{clinic}: hurry, {when}. See {link} now.")
    expect(preview).to_contain_text("“hurry” presses or praises")
    text.fill("{clinic}: see you {when}. Look at {link} for more.")
    expect(preview).to_contain_text("Glow: see you ")
    expect(preview).to_contain_text("It can go out like this.")
    assert not MessageTemplate.objects.exists()
    browser_page.get_by_role("button", name="Save").click()
    expect(browser_page.get_by_role("main")).to_contain_text("Booking confirmed: saved.")
    look(browser_page, width)
    assert MessageTemplate.objects.get().text == "{clinic}: see you {when}. Look at {link} for more."


def look(page: Page, width: int) -> None:
    report = Axe().run(page)
    assert not report.violations_count, report.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
