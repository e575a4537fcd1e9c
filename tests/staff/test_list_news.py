"""Lists in which people are edited and looked up do not move by themselves: they say that they have changed."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests import factories
from tests.factories import World
from tests.harness import Stack
from waitlist import live
from waitlist.models import Appointment, WaitlistEntry

HTMX = {"HX-Request": "true"}
SAID = "The list has changed"


def stands(page: str) -> list[str]:
    """The stamps of the rows it shows."""
    return re.findall(r'name="stands" value="([^"]+)"', page)


def news(staff: Client, page: str, **more: object) -> str:
    asked = {"sort": "name", "page": 1, "stands": stands(page), **more}
    return staff.get(reverse("waitlist-changed"), asked, headers=HTMX).content.decode()


@pytest.mark.django_db
def test_the_waitlist_says_when_it_is_no_longer_as_shown(staff: Client, world: World):
    first, second = world.entry(), world.entry()
    page = staff.get(reverse("waitlist"), {"sort": "name"}).content.decode()
    assert len(stands(page)) == 2
    assert SAID not in news(staff, page) and 'id="badge-inbox"' in news(staff, page)
    WaitlistEntry.objects.filter(pk=first.pk).update(offers_received=3)
    said = news(staff, page)
    assert SAID in said and f'href="{reverse("waitlist")}?sort=name&amp;page=1"' in said
    mine = [one for one in stands(page) if not one.startswith(f"{first.pk}:")]
    assert SAID not in news(staff, page, stands=mine, opened=first.pk), "whoever edits it hears of it as they save"
    page = staff.get(reverse("waitlist"), {"sort": "name"}).content.decode()
    assert SAID not in news(staff, page)
    second.delete()
    assert SAID in news(staff, page)
    page = staff.get(reverse("waitlist"), {"sort": "name"}).content.decode()
    World().entry()
    assert SAID not in news(staff, page), "another clinic's list is not ours"


@pytest.mark.django_db
def test_asking_takes_as_many_statements_for_three_as_for_one(
    staff: Client, world: World, django_assert_num_queries
):
    world.entry()
    with CaptureQueriesContext(connection) as one:
        news(staff, "")
    world.entry()
    world.entry()
    with django_assert_num_queries(len(one)):
        news(staff, "")


@pytest.mark.django_db
def test_the_appointments_say_it_too(staff: Client, world: World):
    visit = world.appointment(timezone.now() + timedelta(hours=30), patient=factories.patient(world.clinic))
    page = staff.get(reverse("appointments")).content.decode()
    url = re.search(r'id="news" hx-get="([^"]+)"', page)[1].replace("&amp;", "&")
    assert SAID not in staff.get(url, headers=HTMX).content.decode()
    Appointment.objects.filter(pk=visit.pk).update(confirmed_at=timezone.now(), confirmed_via="link")
    said = staff.get(url, headers=HTMX).content.decode()
    assert SAID in said and f'href="{reverse("appointments")}?q=&amp;page=1"' in said and "<html" not in said


def test_an_open_list_says_so_and_not_for_what_was_edited_in_it(stack: Stack, browser_page: Page, sign_in):
    world = World()
    mine, theirs = world.entry(note="as it was"), world.entry()
    sign_in(browser_page, stack.url, factories.user(world.clinic))
    browser_page.goto(f"{stack.url}/waitlist/?sort=name")
    browser_page.wait_for_timeout(500)
    row = browser_page.locator(f"#entry-{mine.pk}")
    row.get_by_role("link", name="Edit").click()
    with browser_page.expect_response("**/waitlist/changed/**"):
        row.get_by_label("Note").fill("Knees")
        row.get_by_role("button", name="Save").click()
    expect(browser_page.locator("#messages")).to_contain_text("is saved")
    with browser_page.expect_response("**/waitlist/changed/**"):
        live.hint(world.clinic.pk, "board")
    expect(browser_page.get_by_text(SAID)).to_be_hidden()
    WaitlistEntry.objects.filter(pk=theirs.pk).update(offers_received=7)
    live.hint(world.clinic.pk, "board")
    expect(browser_page.get_by_text(SAID)).to_be_visible()
    browser_page.get_by_role("link", name="Show", exact=True).click()
    expect(browser_page.locator(f"#entry-{theirs.pk}")).to_contain_text("7 times")
    expect(browser_page.get_by_text(SAID)).to_be_hidden()
