"""A whole day in one: the clinic's calendar loses a visit, people are asked, one says yes, changes their mind, and the
one in reserve has it. The board shows every step by itself.
"""

import json
import re
from collections.abc import Callable
from datetime import timedelta

import requests
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from matching.policy.policies import Wave
from tests import factories
from tests.e2e.test_road import link_of
from tests.factories import World
from tests.harness import Stack, eventually
from tests.intake.senders import standard_headers, url
from waitlist.models import Appointment, Connection, Slot

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
ONE_BY_ONE = (Wave(size=1), Wave(after_minutes=60, size=1))
SCANNERS = (  # ten, each asks twice
    "facebookexternalhit/1.1 Facebot Twitterbot/1.0",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "WhatsApp/2.23.20.0",
    "TelegramBot (like TwitterBot)",
    "SkypeUriPreview Preview/0.5",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Google-Safety; (+http://www.google.com/bot.html)",
    "Mozilla/4.0 (compatible; ms-office; MSOffice 16)",
    "Barracuda Sentinel (EE)",
)


def test_a_cancellation_two_waves_a_yes_a_change_of_mind_and_the_reserve(
    stack: Stack, open_page: Callable[..., Page], sign_in: Callable[..., None]
) -> None:
    clinic = World(name="Radiance Med Spa", is_open_any_hour=True, short=ONE_BY_ONE, long=ONE_BY_ONE)
    for name in ("Ana", "Li"):
        clinic.entry(factories.patient(clinic.clinic, first_name=name))
    connection = clinic.connection()
    booked = lost_visit(clinic, connection)
    board = open_page(viewport={"width": 1280, "height": 900})
    sign_in(board, stack.url, factories.user(clinic.clinic))
    board.goto(stack.url)
    expect(board.get_by_role("heading", name="Today", exact=True)).to_be_visible()
    board.evaluate("window.neverReloaded = true")

    cancelled_by_calendar(stack, connection, booked)
    slot = eventually(lambda: Slot.objects.filter(freed_by=booked).first())
    card = board.locator(f"#slot-{slot.pk}")
    expect(card).to_contain_text("Wave 1 of 2")
    expect(card.get_by_text(re.compile("Ana|Li"))).to_have_count(1)
    card.get_by_role("button", name="Next wave now").click()
    expect(card).to_contain_text("Ana")
    expect(card).to_contain_text("Li")

    ana, li = phone_of(stack, open_page, "Ana"), phone_of(stack, open_page, "Li")
    ana.get_by_role("button", name=re.compile("Confirm")).tap()
    expect(outcome(ana)).to_have_attribute("data-outcome", "booked")
    filled = board.get_by_role("region", name=re.compile("Filled today")).get_by_role("listitem")
    expect(filled).to_contain_text("Ana")

    expect(outcome(li)).to_have_attribute("data-outcome", "taken", timeout=15_000)
    li.get_by_role("button", name=re.compile("[Bb]ook it for me")).tap()
    expect(li.get_by_role("heading", name="You are in reserve")).to_be_visible()

    ana.locator("summary", has_text="I cannot come").tap()
    ana.get_by_role("button", name="Cancel").tap()
    expect(ana.get_by_role("heading", name="Cancelled, free of charge")).to_be_visible()
    expect(filled).to_contain_text("Li")
    expect(outcome(li)).to_have_attribute("data-outcome", "yours", timeout=15_000)
    assert board.evaluate("window.neverReloaded")
    visits = Appointment.objects.filter(starts_at=slot.starts_at, status="booked")
    assert [visit.patient.first_name for visit in visits] == ["Li"]


def test_twenty_scanners_change_nothing_and_a_person_still_books(stack: Stack, open_page: Callable[..., Page]) -> None:
    clinic = World(name="Radiance Med Spa", is_open_any_hour=True)
    clinic.entry(factories.patient(clinic.clinic, first_name="Ana"))
    connection = clinic.connection()
    booked = lost_visit(clinic, connection)
    cancelled_by_calendar(stack, connection, booked)
    link = eventually(lambda: link_of(stack, "Ana"))
    offer = eventually(lambda: Slot.objects.get(freed_by=booked).offers.first())
    before = (offer.state, offer.seen_at, offer.answered_at, offer.slot.state)
    for agent in SCANNERS:
        for ask in (requests.get, requests.head):
            answer = ask(link, headers={"User-Agent": agent}, timeout=10)
            assert answer.status_code == 200
            ask(f"{link}/claim", headers={"User-Agent": agent}, timeout=10)
    offer.refresh_from_db()
    assert (offer.state, offer.seen_at, offer.answered_at, Slot.objects.get(freed_by=booked).state) == before
    phone = open_page(**PHONE)
    phone.goto(link)
    phone.get_by_role("button", name=re.compile("Confirm")).tap()
    expect(outcome(phone)).to_have_attribute("data-outcome", "booked")


def lost_visit(clinic: World, connection: Connection) -> Appointment:
    """A visit in three days that the clinic's calendar knows of."""
    starts_at = (timezone.now() + timedelta(days=3)).replace(minute=0, second=0, microsecond=0)
    fields = {"connection": connection, "external_id": "visit-1"}
    return clinic.appointment(starts_at, patient=factories.patient(clinic.clinic, first_name="Sarah"), **fields)


def cancelled_by_calendar(stack: Stack, connection: Connection, visit: Appointment) -> None:
    body = json.dumps({"type": "appointment.cancelled", "data": {"external_id": visit.external_id}}).encode()
    headers = {"content-type": "application/json", **standard_headers(connection.secret, body)}
    answer = requests.post(stack.url + url(connection), body, headers=headers, timeout=10)
    assert answer.status_code == 202, answer.text


def phone_of(stack: Stack, open_page: Callable[..., Page], name: str) -> Page:
    """Their phone with the page of the text they got."""
    link = eventually(lambda: link_of(stack, name))
    phone = open_page(**PHONE)
    phone.goto(link)
    expect(outcome(phone)).to_have_attribute("data-outcome", "open")
    return phone


def outcome(phone: Page) -> Locator:
    return phone.locator("main")
