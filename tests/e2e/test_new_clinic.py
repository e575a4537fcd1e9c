"""A clinic that begins with nothing: no demo data, and nobody touches the database."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from audit.models import Entry
from tests.fakes import FakeCalendar, FakeTwilio
from tests.harness import Stack, eventually

pytestmark = [pytest.mark.worker, pytest.mark.browser]
SENDER = "+15005550006"
EMAIL, PASSWORD = "owner@harbor.example", "a-quiet-harbor-at-six"
# Numbers reserved for fiction or as examples (no British one for fiction counts as real), in zones that between them
# always have one where texting is allowed.
PLACES = (
    ("America/Los_Angeles", "+14155550123"),
    ("Europe/London", "+447400123456"),
    ("Australia/Sydney", "+61491570156"),
)


def daytime(now: datetime) -> tuple[str, str]:
    """A zone where a text may go out now and for the next hour, and a number there."""
    return next(place for place in PLACES if 8 <= now.astimezone(ZoneInfo(place[0])).hour < 19)


def write(folder: Path, name: str, *lines: str) -> str:
    path = folder / f"{name}.csv"
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def import_everything(stack: Stack, folder: Path, starts_at: datetime) -> str:
    """The clinic's own files; what the commands said."""
    files = {
        "practitioners": write(folder, "practitioners", "name,specialty", "Dr Chen,skin"),
        "services": write(folder, "services", "name,minutes,price,category", "Botox,45,320,Injectables"),
        "appointments": write(
            folder,
            "appointments",
            "external_id,starts_at,practitioner,service,patient_first_name,patient_last_name",
            f"cal-1,{starts_at:%Y-%m-%d %H:%M},Dr Chen,Botox,Sarah,Moor",
        ),
        "waitlist": write(folder, "waitlist", "first_name,phone,services", "Quiet,+14155550199,Botox"),
    }
    said = [stack.manage("import_csv", kind, path, "--clinic", "harbor-skin") for kind, path in files.items()]
    return "\n".join(said)


def sign_in(desk: Page, stack: Stack) -> None:
    desk.goto(stack.url)
    desk.get_by_label("E-mail").fill(EMAIL)
    desk.get_by_label("Password").fill(PASSWORD)
    desk.get_by_role("button", name="Sign in").click()


def connect_calendar(desk: Page, stack: Stack, calendar: FakeCalendar) -> None:
    """On the page: its address for bookings goes in, its signing secret comes out."""
    desk.goto(f"{stack.url}/settings/connections/new/")
    desk.get_by_label("System").select_option("Standard Webhooks")
    desk.get_by_label("Name").fill("Front desk calendar")
    desk.get_by_label("Address for bookings").fill(calendar.url)
    desk.get_by_role("button", name="Add it").click()
    expect(desk.get_by_role("heading", name="Front desk calendar")).to_be_visible()
    if desk.locator("#secret").count() == 0:
        desk.get_by_role("button", name="Show the secret").click()
    calendar.secret = desk.locator("#secret").inner_text()


def launch(desk: Page, stack: Stack) -> None:
    """A new clinic begins in a dry run, which its admin ends."""
    desk.goto(stack.url)
    expect(desk.get_by_text("Dry run.")).to_be_visible()
    desk.goto(f"{stack.url}/settings/launch/")
    desk.get_by_role("radio", name=re.compile("^Everyone")).check()
    desk.get_by_role("button", name="Go on").click()
    desk.get_by_role("button", name="Yes, everyone").click()
    expect(desk.get_by_text("Everyone is asked from now on")).to_be_visible()


def add_by_hand(desk: Page, stack: Stack, phone: str) -> None:
    desk.goto(f"{stack.url}/waitlist/new/")
    desk.get_by_label("Phone").fill(phone)
    desk.get_by_label("First name").fill("Ana")
    desk.get_by_label("Botox").check()
    desk.get_by_label("Yes to texts").check()
    desk.get_by_label("Who said so").fill("Ana herself, on the phone")
    desk.get_by_role("button", name="Add to the waitlist").click()
    expect(desk.get_by_text("Ana")).not_to_have_count(0)


def test_from_nothing_to_a_booking(
    make_stack: Callable[..., Stack], open_page: Callable[..., Page], tmp_path: Path
) -> None:
    zone, phone = daytime(timezone.now())
    starts_at = (timezone.now().astimezone(ZoneInfo(zone)) + timedelta(days=2)).replace(hour=14, minute=0)
    with FakeTwilio() as twilio, FakeCalendar("not known yet") as calendar:
        stack = make_stack(DEMO="0", **twilio.environment)
        stack.manage(
            "create_clinic", "--name", "Harbor Skin", "--timezone", zone, "--phone", "+14155550100",
            "--sms-sender", SENDER, "--admin-email", EMAIL, "--admin-password", PASSWORD,
        )  # fmt: skip
        said = import_everything(stack, tmp_path, starts_at)
        assert "1" in said and "consent" in said.lower()  # one person on the list cannot be texted
        desk = open_page(viewport={"width": 1280, "height": 900})
        sign_in(desk, stack)
        connect_calendar(desk, stack, calendar)
        launch(desk, stack)
        add_by_hand(desk, stack, phone)

        desk.goto(f"{stack.url}/appointments/")
        desk.get_by_role("link", name=re.compile("Cancel Sarah Moor")).click()
        desk.get_by_label("Reason").select_option("patient is ill")
        desk.get_by_role("button", name="Cancel it").click()
        eventually(lambda: twilio.texts, seconds=20)
        (text,) = twilio.texts
        assert (text.to, text.sender) == (phone, SENDER)
        assert "Harbor Skin" in text.body and "Ana" not in text.body and "Botox" not in text.body

        assert twilio.reply(stack.url, sender=phone, to=SENDER, body="YES") == 200
        eventually(lambda: any(event["type"] == "appointment.booked" for event in calendar.events), seconds=20)
        assert [event["type"] for event in calendar.events] == ["appointment.cancelled", "appointment.booked"]
        filled = desk.get_by_role("region", name=re.compile("Filled today")).get_by_role("listitem")
        expect(filled).to_contain_text("Ana", timeout=10_000)
        expect(filled).to_contain_text("in calendar", timeout=10_000)
        eventually(lambda: len(twilio.to(phone)) == 2, seconds=20)  # the offer, and that it is booked
        desk.goto(f"{stack.url}/trail/")
        expect(desk.locator("main")).to_contain_text(EMAIL)
    verbs = set(Entry.objects.values_list("verb", "actor_kind"))
    assert {("appointment.cancelled", "staff"), ("offer.made", "system"), ("offer.accepted", "patient")} <= verbs
