"""Open pages hear of changes at once, cost the database nothing, and leave nothing behind."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Route, expect

from tests import factories
from tests.factories import World
from tests.harness import Stack
from waitlist import live, team, vacancies
from waitlist.calendar import Time
from waitlist.models import User
from waitlist.states import Role
from waitlist.stream import events, hub

STREAMS = 30  # nearly four times the connections the web server's pool may open


class Stream:
    """One open event stream, as a browser holds it."""

    def __init__(self, url: str, session: str) -> None:
        host = urlsplit(url)
        self.socket = socket.create_connection((host.hostname, host.port), timeout=10)
        lines = ["GET /live/board/ HTTP/1.1", f"Host: {host.netloc}", f"Cookie: sessionid={session}", "", ""]
        self.socket.sendall("\r\n".join(lines).encode())
        self.heard = b""

    def wait_for(self, words: bytes) -> None:
        """Until the words came, long before any poll."""
        while words not in self.heard:
            part = self.socket.recv(4096)
            assert part, f"the stream ended: {self.heard!r}"
            self.heard += part
        self.heard = self.heard.partition(words)[2]


def session_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value


@contextlib.contextmanager
def streams(stack: Stack, user: User, count: int) -> Iterator[list[Stream]]:
    session = session_of(user)
    opened = [Stream(stack.url, session) for _ in range(count)]
    try:
        for stream in opened:
            stream.wait_for(b"data: everything")
        yield opened
    finally:
        for stream in opened:
            stream.socket.close()


def test_many_open_pages_leave_the_pool_free(stack: Stack, browser_page, sign_in):
    world = World()
    user = factories.user(world.clinic)
    with streams(stack, user, STREAMS) as opened:
        sign_in(browser_page, stack.url, user)
        assert browser_page.goto(f"{stack.url}/").status == 200
        live.hint(world.clinic.pk, "board")
        for stream in opened:
            stream.wait_for(b"data: board")


def test_hints_close_together_become_one_and_the_last_is_not_lost(stack: Stack):
    world = World()
    with streams(stack, factories.user(world.clinic), 1) as (stream,):
        for topic in ["board"] * 20 + ["tasks"]:
            live.hint(world.clinic.pk, topic)
        stream.wait_for(b"tasks")
        time.sleep(0.5)
        stream.socket.settimeout(0.5)
        with pytest.raises(TimeoutError):
            stream.socket.recv(4096)


def test_another_clinics_pages_hear_nothing(stack: Stack):
    mine, other = World(), World()
    with streams(stack, factories.user(mine.clinic), 1) as (stream,):
        live.hint(other.clinic.pk, "theirs")
        live.hint(mine.clinic.pk, "mine")
        stream.wait_for(b"data: mine\n")


def test_a_lost_database_connection_is_made_up_for(stack: Stack):
    world = World()
    with streams(stack, factories.user(world.clinic), 1) as (stream,), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE query LIKE 'LISTEN%' AND datname = current_database()"
        )
        assert cursor.rowcount == 1
        stream.wait_for(b"data: everything")
        live.hint(world.clinic.pk, "board")
        stream.wait_for(b"data: board")


@pytest.mark.django_db(transaction=True)
def test_a_stream_ends_after_its_time_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("waitlist.stream.LIFE_SECONDS", 1)
    monkeypatch.setattr("waitlist.stream.PING_SECONDS", 0.2)

    async def listen() -> list[bytes]:
        heard = [part async for part in events(1)]
        assert hub().listeners == {}
        assert hub().task is None
        return heard

    heard = asyncio.run(listen())
    assert b": still here\n\n" in heard
    assert heard[-1].startswith(b"event: bye")


def test_nobody_signed_in_hears_nothing(stack: Stack):
    stream = Stream(stack.url, "nobody")
    stream.wait_for(b"302 Found")
    stream.socket.close()


@pytest.mark.django_db
def test_a_server_that_cannot_stream_says_so(client: Client):
    client.force_login(factories.user(factories.clinic()))
    assert client.get(reverse("live-board")).status_code == 204


def test_the_board_shows_a_new_opening_long_before_it_polls(stack: Stack, browser_page, sign_in):
    world = World(autopilot="suggest")
    sign_in(browser_page, stack.url, factories.user(world.clinic))
    browser_page.goto(f"{stack.url}/")
    expect(browser_page.get_by_text("Every time is taken care of")).to_be_visible()
    browser_page.wait_for_timeout(500)
    starts_at = timezone.now() + timedelta(hours=30)
    ends_at = starts_at + timedelta(minutes=world.service.minutes)
    free = Time(world.location, world.practitioner, world.service, starts_at, ends_at)
    slot = vacancies.open_by_hand(world.clinic, free, now=timezone.now())
    expect(browser_page.locator(f"#slot-{slot.pk}")).to_be_visible(timeout=10_000)

    browser_page.locator(f"#start-{slot.pk}").focus()
    vacancies.start(slot.pk, now=timezone.now())
    expect(browser_page.get_by_text("waits for you")).to_have_count(0)
    expect(browser_page.locator(f"#start-{slot.pk}")).to_be_focused()


def test_a_click_acts_and_the_page_shows_it(stack: Stack, browser_page, sign_in):
    world = World(autopilot="suggest")
    slot = world.slot(timezone.now() + timedelta(hours=30), opened_at=timezone.now(), next_wave_at=None)
    entry = world.entry()
    sign_in(browser_page, stack.url, factories.user(world.clinic))
    browser_page.goto(f"{stack.url}/")
    browser_page.get_by_role("button", name="Ask now").click()
    card = browser_page.locator(f"#slot-{slot.pk}")
    expect(card.get_by_text(entry.patient.short_name)).to_be_visible()
    expect(card.get_by_text("Wave 1 of 4")).to_be_visible()
    expect(browser_page.get_by_role("status")).to_have_text("Asked 1 person.")


def test_an_update_waits_for_the_answer_to_a_click(stack: Stack, browser_page, sign_in):
    world = World(autopilot="suggest")
    slot = world.slot(timezone.now() + timedelta(hours=30), opened_at=timezone.now(), next_wave_at=None)
    world.entry()
    sign_in(browser_page, stack.url, factories.user(world.clinic))
    browser_page.goto(f"{stack.url}/")

    held: list[Route] = []
    browser_page.route("**/start/", lambda route: held.append(route))
    with browser_page.expect_request("**/start/"):
        browser_page.locator(f"#start-{slot.pk}").click()
    with browser_page.expect_response(f"{stack.url}/"):  # it would take the form away
        browser_page.evaluate("document.body.dispatchEvent(new CustomEvent('live'))")
    held[0].continue_()
    expect(browser_page.get_by_role("status")).to_have_text("Asked 1 person.")
    expect(browser_page.locator(f"#slot-{slot.pk}").get_by_text("Wave 1 of 4")).to_be_visible()


def test_a_word_to_staff_outlives_the_first_update(stack: Stack, browser_page, sign_in):
    world = World(autopilot="suggest")
    appointment = world.appointment(timezone.now() + timedelta(hours=30), patient=factories.patient(world.clinic))
    sign_in(browser_page, stack.url, factories.user(world.clinic))
    browser_page.goto(f"{stack.url}{reverse('appointment-cancel', args=[appointment.pk])}")
    browser_page.get_by_label("Reason").select_option("patient is ill")
    browser_page.get_by_role("button", name="Cancel it").click()
    browser_page.wait_for_url(f"{stack.url}/")
    with browser_page.expect_response(f"{stack.url}/"):
        live.hint(world.clinic.pk, "board")
    browser_page.wait_for_timeout(300)
    expect(browser_page.get_by_role("status")).to_contain_text("Cancelled. The time is open now.")
    browser_page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(browser_page.get_by_role("status")).to_have_text("Booked again as it was. Nobody was told anything.")


def test_signing_out_sends_an_open_board_to_the_sign_in(stack: Stack, browser_page, sign_in):
    world = World()
    user = factories.user(world.clinic)
    sign_in(browser_page, stack.url, user)
    browser_page.goto(f"{stack.url}/")
    browser_page.wait_for_timeout(500)
    Session.objects.all().delete()
    live.hint(world.clinic.pk, "board")
    browser_page.wait_for_url("**/sign-in/**")


@pytest.mark.django_db(transaction=True)
def test_whose_access_ends_hears_no_more(monkeypatch: pytest.MonkeyPatch):
    world = World()
    boss, gone = factories.user(world.clinic, Role.ADMIN), factories.user(world.clinic)
    row = gone.memberships.get()
    browser = Client()
    browser.force_login(gone)

    async def listen() -> list[bytes]:
        heard = []
        async for part in events(world.clinic.pk):
            heard.append(part)
            if len(heard) == 1:
                await sync_to_async(team.end)(row.pk, world.clinic, by=boss)
        return heard

    looks = b"event: changed\ndata: everything\ndata: 150\n\n"
    assert async_to_sync(listen)() == [looks, b"event: bye\ndata: \n\n"]
    assert browser.get(reverse("live-board")).status_code == 403
