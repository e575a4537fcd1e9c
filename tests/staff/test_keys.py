"""The keys of every staff page: a patient added by them alone, finding somebody, and the help that lists them."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from notifications.models import Consent
from tests import factories
from tests.factories import World
from tests.harness import Stack
from tests.staff.test_accessibility import look
from waitlist.models import User, WaitlistEntry
from waitlist.states import Role

STROKES_IN_20_SECONDS = 66  # of somebody who types 40 words a minute


@pytest.fixture
def world(stack: Stack) -> World:
    return World()


@pytest.fixture
def desk(world: World, stack: Stack, browser_page: Page, sign_in) -> Page:
    return at("/settings/", factories.user(world.clinic, Role.MANAGER), stack, browser_page, sign_in)


def at(path: str, user: User, stack: Stack, page: Page, sign_in: Callable[..., None]) -> Page:
    sign_in(page, stack.url, user)
    page.goto(f"{stack.url}{path}")
    return page


class Hands:
    """Somebody who has no mouse; counts what they press."""

    def __init__(self, page: Page) -> None:
        self.page, self.strokes = page, 0

    def press(self, key: str, times: int = 1) -> None:
        for _ in range(times):
            self.page.keyboard.press(key)
            self.strokes += 1

    def type(self, words: str) -> None:
        self.page.keyboard.type(words)
        self.strokes += len(words)

    def tab_to(self, label: str) -> None:
        """By Tab alone, as long as it takes."""
        wanted = self.page.get_by_label(label, exact=True)
        while not wanted.evaluate("it => it === document.activeElement"):
            assert self.strokes < 500, f"no way to {label}"
            self.press("Tab")


def test_a_patient_is_added_from_any_page_in_20_seconds_of_typing(desk: Page, world: World):
    hands = Hands(desk)
    hands.press("n")
    expect(desk.get_by_label("Phone")).to_be_focused()
    hands.type("6285550177")
    hands.tab_to("First name")
    hands.type("Ana")
    hands.tab_to("Last name")
    hands.type("Pérez")
    hands.tab_to("Yes to texts")
    hands.press("Space")
    hands.tab_to(world.service.name)
    hands.press("Space")
    hands.press("Enter")
    expect(desk.locator("#messages")).to_have_text("Ana Pérez is on the waitlist.")
    entry = WaitlistEntry.objects.get()
    assert (entry.services, entry.patient.contact_points.get().granted) == ([world.service.pk], ["offers:sms"])
    assert Consent.objects.get().note == "Said by the patient"
    assert hands.strokes <= STROKES_IN_20_SECONDS


def test_what_is_missing_is_said_where_the_keyboard_is(desk: Page):
    hands = Hands(desk)
    hands.press("n")
    expect(desk.get_by_label("Phone")).to_be_focused()
    hands.type("6285550177")
    hands.press("Enter")
    expect(desk.get_by_role("alert")).to_contain_text("Tick at least one service.")
    expect(desk.get_by_role("alert")).to_be_focused()
    expect(desk.get_by_label("Phone")).to_have_value("6285550177")
    assert not WaitlistEntry.objects.exists()


def test_somebody_is_found_from_any_page(desk: Page, world: World):
    world.entry(factories.patient(world.clinic, first_name="Ana", last_name="Ace"))
    world.entry(factories.patient(world.clinic, first_name="Bea", last_name="Bee"))
    hands = Hands(desk)
    hands.press("/")
    expect(desk.get_by_label("Find")).to_be_focused()
    hands.type("bea n/?")
    expect(desk.get_by_text("Nobody found")).to_be_visible()
    expect(desk.get_by_label("Find")).to_have_value("bea n/?")
    hands.press("Backspace", 4)
    expect(desk.locator("#list")).to_contain_text("Bea Bee")
    desk.goto(desk.url.replace("/waitlist/", "/appointments/").partition("?")[0])
    hands.press("/")
    expect(desk.get_by_label("Find")).to_be_focused()
    assert "/appointments/" in desk.url


def test_help_opens_lists_the_keys_and_closes(desk: Page):
    help = desk.get_by_role("dialog", name="Keys")
    expect(help).to_be_hidden()
    hands = Hands(desk)
    hands.press("?")
    expect(help).to_be_visible()
    marked = desk.evaluate("[...document.querySelectorAll('[data-key]')].map(it => it.dataset.key)")
    listed = help.locator("kbd").all_text_contents()
    assert set(marked) <= set(listed)
    found: dict[str, str] = {}
    look(desk, "the keys", found)
    assert found == {}
    hands.press("Escape")
    expect(help).to_be_hidden()
    desk.locator("details.menu summary").press("Enter")
    desk.get_by_role("button", name="Keys").press("Enter")
    help.get_by_role("button", name="Close").press("Enter")
    expect(help).to_be_hidden()
    expect(desk.get_by_role("button", name="Keys")).to_be_focused()
    hands.press("?")
    hands.press("n")
    desk.wait_for_url("**/waitlist/new/")


def test_compliance_has_help_and_no_key_for_what_is_not_theirs(world: World, stack: Stack, browser_page, sign_in):
    page = at("/trail/", factories.user(world.clinic, Role.COMPLIANCE), stack, browser_page, sign_in)
    page.keyboard.press("n")
    page.keyboard.press("?")
    help = page.get_by_role("dialog", name="Keys")
    expect(help).to_contain_text("This help")
    expect(help).not_to_contain_text("Add a patient")
    assert page.url.endswith("/trail/")
