"""The waitlist in a real browser: a wish changed in its row, by two at once, and many ticked, done and undone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests import factories
from tests.factories import World
from tests.harness import Stack
from tests.staff.test_accessibility import look
from waitlist.models import WaitlistEntry
from waitlist.states import EntryStatus


@pytest.fixture
def two(stack: Stack) -> tuple[World, WaitlistEntry]:
    """A clinic with Ana and Bea on its list, and Ana's wish."""
    world = World()
    ana = world.entry(factories.patient(world.clinic, first_name="Ana", last_name="Ace"), note="as it was")
    world.entry(factories.patient(world.clinic, first_name="Bea", last_name="Bee"))
    return world, ana


@pytest.fixture
def desk(two: tuple[World, WaitlistEntry], stack: Stack, open_page: Callable[..., Page], sign_in) -> Page:
    return at_the_list(two[0], stack, open_page, sign_in)


def at_the_list(world: World, stack: Stack, open_page: Callable[..., Page], sign_in) -> Page:
    """One more member of staff, who looks at the list by name."""
    page = open_page(viewport={"width": 1280, "height": 800})
    sign_in(page, stack.url, factories.user(world.clinic))
    page.goto(f"{stack.url}/waitlist/?sort=name")
    return page


def row(page: Page, entry: WaitlistEntry) -> Locator:
    return page.locator(f"#entry-{entry.pk}")


def open_row(page: Page, entry: WaitlistEntry) -> Locator:
    row(page, entry).get_by_role("link", name="Edit").press("Enter")
    opened = row(page, entry)
    expect(opened.get_by_role("button", name="Save")).to_be_visible()
    return opened


def has_the_keyboard(page: Page, entry: WaitlistEntry) -> None:
    """What is next by Tab is in this row: nobody has to begin at the top of the page again."""
    page.wait_for_function(
        "id => document.getElementById(id).contains(document.activeElement)", arg=f"entry-{entry.pk}"
    )


def test_a_wish_is_changed_in_its_row_by_keyboard(desk: Page, two: tuple[World, WaitlistEntry]):
    _, ana = two
    opened = open_row(desk, ana)
    has_the_keyboard(desk, ana)
    note = opened.get_by_label("Note")
    expect(note).to_have_value("as it was")
    note.fill("Only mornings")
    note.press("Enter")
    expect(desk.locator("#messages")).to_have_text("The wish of Ana Ace is saved.")
    has_the_keyboard(desk, ana)
    ana.refresh_from_db()
    assert ana.note == "Only mornings"
    open_row(desk, ana).get_by_role("link", name="Close").press("Enter")
    expect(row(desk, ana).get_by_role("link", name="Edit")).to_be_focused()
    assert desk.url.endswith("/waitlist/?sort=name")


def test_the_second_of_two_sees_both_and_chooses(
    desk: Page, two: tuple[World, WaitlistEntry], stack: Stack, open_page: Callable[..., Page], sign_in
):
    world, ana = two
    other = at_the_list(world, stack, open_page, sign_in)
    opened = [open_row(page, ana) for page in (desk, other)]
    opened[0].get_by_label("Note").fill("from the first")
    opened[0].get_by_role("button", name="Save").click()
    expect(desk.locator("#messages")).to_contain_text("is saved")
    opened[1].get_by_label("Note").fill("from the second")
    opened[1].get_by_role("button", name="Save").click()
    both = row(other, ana)
    expect(both).to_contain_text("Somebody changed this wish while you had it open.")
    expect(both.get_by_role("radio", name="from the first")).not_to_be_checked()
    expect(both.get_by_role("radio", name="from the second")).to_be_checked()
    has_the_keyboard(other, ana)
    found: dict[str, str] = {}
    look(other, "both values", found)
    assert found == {}
    ana.refresh_from_db()
    assert ana.note == "from the first"
    both.get_by_role("button", name="Save").click()
    expect(other.locator("#messages")).to_contain_text("is saved")
    ana.refresh_from_db()
    assert ana.note == "from the second"


def test_many_are_ticked_paused_and_taken_back(desk: Page, two: tuple[World, WaitlistEntry]):
    bulk = desk.get_by_role("form", name="Everybody ticked")
    expect(bulk).to_be_hidden()
    desk.get_by_role("checkbox", name="Tick all on this page").check()
    expect(bulk).to_contain_text("2 ticked")
    bulk.get_by_label("Do").select_option(label="Take off the list")
    expect(bulk.get_by_role("button")).to_have_text("Take 2 off the list")
    desk.get_by_label("Tick Ana").uncheck()
    bulk.get_by_label("Do").select_option(label="Pause")
    expect(bulk).to_contain_text("1 ticked")
    expect(bulk.get_by_role("button")).to_have_text("Pause 1")
    desk.get_by_label("Tick Ana").check()
    bulk.get_by_label("Why").select_option(label="Away, or not well")
    bulk.get_by_role("button", name="Pause 2").click()
    expect(desk.get_by_role("form", name="Last done to many")).to_contain_text("2 people are paused.")
    assert set(WaitlistEntry.objects.values_list("status", flat=True)) == {EntryStatus.PAUSED}
    assert desk.url.endswith("/waitlist/?sort=name&page=1")
    desk.get_by_role("button", name="Undo").click()
    expect(desk.locator("#messages")).to_have_text("2 people are as before.")
    assert set(WaitlistEntry.objects.values_list("status", flat=True)) == {EntryStatus.ACTIVE}
    expect(desk.get_by_role("button", name="Undo")).to_be_hidden()
