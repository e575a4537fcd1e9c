"""The bar over an open page: its numbers keep up with what happens."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from notifications.models import InboundMessage
from tests import factories
from tests.factories import World
from tests.harness import Stack
from waitlist import live

HTMX = {"HX-Request": "true"}


def wrote(world: World, words: str) -> InboundMessage:
    """A new patient's text that nobody understood."""
    point = factories.patient(world.clinic).contact_points.get()
    return InboundMessage.objects.create(
        clinic=world.clinic, contact_point=point, channel="sms", provider_id=words, text=words, meaning="unclear",
        received_at=timezone.now(),
    )  # fmt: skip


def badges(page: str) -> dict[str, tuple[int, bool]]:
    """By page: the number beside its label, and whether it takes the place of the one there is."""
    found = re.findall(r'<span class="count" id="badge-(\w+)"( hidden)?( hx-swap-oob="true")?>(\d+)', page)
    return {name: (int(n), bool(oob)) for name, hidden, oob, n in found if not hidden or oob}


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["board", "tasks", "inbox", "calls", "day"])
def test_an_open_page_hears_how_much_waits_elsewhere(name: str, staff: Client, world: World):
    wrote(world, "Is parking free?")
    assert badges(staff.get(reverse(name)).content.decode())["inbox"] == (1, False)
    wrote(world, "And the lift?")
    update = badges(staff.get(reverse(name), headers=HTMX).content.decode())
    assert update["inbox"] == (2, True) and update["waitlist"] == (0, True)
    assert set(update) == {"board", "waitlist", "inbox", "tasks"}


@pytest.mark.django_db
def test_a_conversation_and_a_slot_hear_of_it_too(staff: Client, world: World):
    heard = wrote(world, "Is parking free?")
    slot = world.slot(timezone.now() + timedelta(hours=30))
    for url in (reverse("inbox-thread", args=[heard.contact_point_id]), reverse("slot", args=[slot.pk])):
        assert badges(staff.get(url, headers=HTMX).content.decode())["inbox"] == (1, True)


@pytest.mark.django_db
def test_the_board_counts_once_for_itself_and_the_bar(staff: Client, world: World):
    staff.get(reverse("board"))
    with CaptureQueriesContext(connection) as whole:
        staff.get(reverse("board"))
    with CaptureQueriesContext(connection) as update:
        staff.get(reverse("board"), headers=HTMX)
    assert len(update) == len(whole) - 1, "only the whole page asks where else they work"


def test_two_texts_show_in_the_bar_of_an_open_page(stack: Stack, browser_page: Page, sign_in):
    world = World()
    sign_in(browser_page, stack.url, factories.user(world.clinic))
    browser_page.goto(f"{stack.url}/")
    inbox = browser_page.get_by_role("navigation", name="Pages").get_by_role("link", name="Inbox")
    expect(inbox.locator(".count")).to_be_hidden()
    browser_page.wait_for_timeout(500)
    for words in ("Is parking free?", "And the lift?"):
        wrote(world, words)
    live.hint(world.clinic.pk, "tasks")
    expect(inbox).to_have_accessible_name("Inbox 2 to read")
    expect(browser_page.get_by_text("to read in the inbox")).to_be_visible()
