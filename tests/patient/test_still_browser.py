"""The page of “do you still want it?” in a real browser: for everybody, and one tap is one answer."""

import pytest

from tests.patient.test_offer_browser import OVERFLOW, PHONE, SMALL, SMALL_TARGETS, violations
from tests.patient.test_still_page import Asked

pytestmark = pytest.mark.django_db(transaction=True)
PLAIN = {**PHONE, "java_script_enabled": False}


@pytest.mark.parametrize("options", [PHONE, SMALL, {**PHONE, "color_scheme": "dark"}])
def test_everybody_can_use_it(options, open_page, live_server):
    asked = Asked()
    page = open_page(**options)
    page.goto(live_server.url + asked.url)
    assert violations(page) == []
    assert page.evaluate(OVERFLOW) == 0
    assert page.evaluate(SMALL_TARGETS) == []
    asked.rest()
    page.reload()
    assert violations(page) == []


def test_a_tap_keeps_it_without_javascript(open_page, live_server):
    asked = Asked()
    page = open_page(**PLAIN)
    page.goto(live_server.url + asked.url)
    page.locator(f"#wish-{asked.first.pk}").get_by_role("button", name="Yes, keep me on the list").click()
    assert page.get_by_role("status").inner_text().startswith("Thank you")
    asked.first.refresh_from_db()
    assert asked.first.still_asked_at is None and asked.first.confirmed_at is not None
