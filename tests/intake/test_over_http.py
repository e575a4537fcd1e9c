"""Over real HTTP with a real worker: an event sent is an event applied, and hostile requests get their plain answer."""

import json
import socket
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import requests
from django.utils import timezone
from playwright.sync_api import Page

from tests.factories import World, user
from tests.harness import Stack, eventually
from tests.intake.senders import standard, standard_headers, url
from waitlist.models import Appointment, Connection, InboundEvent, Slot
from waitlist.states import EventStatus, Role, SlotState

pytestmark = pytest.mark.worker


def send(stack: Stack, connection: Connection, body: object) -> requests.Response:
    raw = json.dumps(body).encode()
    headers = standard_headers(connection.secret, raw) | {"content-type": "application/json"}
    return requests.post(stack.url + url(connection), data=raw, headers=headers, timeout=10)


def test_booked_and_cancelled_from_outside_is_an_open_slot_within_seconds(stack: Stack) -> None:
    world = World(is_open_any_hour=True)
    calendar = world.connection()
    at = timezone.now() + timedelta(days=2)
    assert send(stack, calendar, standard("booked", "A-1", 1, world, starts_at=at)).status_code == 202
    eventually(lambda: Appointment.objects.filter(external_id="A-1").exists(), seconds=15)
    assert send(stack, calendar, standard("cancelled", "A-1", 2, world)).status_code == 202
    assert eventually(lambda: Slot.objects.filter(starts_at=at).first(), seconds=15).state in (
        SlotState.OPEN,
        SlotState.OFFERING,
    )


def test_a_body_without_length_and_one_too_long_are_answered(stack: Stack) -> None:
    calendar = World().connection()

    def chunks():
        for _ in range(40):
            yield b"x" * 10_000

    assert requests.post(stack.url + url(calendar), data=chunks(), timeout=10).status_code == 413
    assert requests.post(stack.url + url(calendar), data=b"", timeout=10).status_code == 401
    host = urlsplit(stack.url)
    with socket.create_connection((host.hostname, host.port), timeout=10) as raw:
        raw.sendall(f"POST {url(calendar)} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: oops\r\n\r\n".encode())
        assert raw.recv(100).split()[1] in (b"400", b"401")


def test_an_admin_matches_a_word_in_the_browser_and_the_event_is_applied(
    stack: Stack, browser_page: Page, sign_in
) -> None:
    world = World()
    calendar = world.connection()
    admin = user(world.clinic, Role.ADMIN)
    body = standard("booked", "A-1", 1, world, starts_at=timezone.now() + timedelta(days=2))
    body["data"]["practitioner"] = "chen@clinic.example"
    assert send(stack, calendar, body).status_code == 202
    eventually(lambda: InboundEvent.objects.filter(status=EventStatus.REJECTED).exists(), seconds=15)
    sign_in(browser_page, stack.url, admin)
    browser_page.goto(f"{stack.url}/settings/connections/{calendar.pk}/")
    browser_page.get_by_text("is not matched to any of yours").wait_for()
    browser_page.get_by_label("Practitioner “chen@clinic.example” is").select_option(world.practitioner.name)
    browser_page.get_by_role("button", name="Save and apply again").click()
    browser_page.get_by_text("1 event applied again").wait_for()
    browser_page.locator("#events").get_by_text("Applied", exact=True).wait_for(timeout=20_000)
    assert Appointment.objects.get().practitioner == world.practitioner
