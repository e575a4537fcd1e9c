"""The main job, played by hand in real browsers against real processes."""

import hashlib
import hmac
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import requests
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from tests import factories
from tests.factories import PASSWORD, World
from tests.harness import Stack, eventually
from waitlist.models import Appointment, InboundEvent, Mapping, Slot

pytestmark = [pytest.mark.worker, pytest.mark.browser]


class Clinic(World):
    """A clinic with two people waiting, one appointment the day after tomorrow, and one other slot open."""

    def __init__(self) -> None:
        super().__init__(name="Radiance Med Spa", is_open_any_hour=True)
        self.now = timezone.now()
        self.practitioner.name, self.service.name = "Dr Chen", "Botox"
        self.practitioner.save()
        self.service.save()
        for name in ("Ana", "Li"):
            self.entry(factories.patient(self.clinic, first_name=name))
        holder = factories.patient(self.clinic, first_name="Sarah", last_name="Moor")
        starts_at = (self.now + timedelta(days=2)).replace(minute=0, second=0, microsecond=0)
        self.booked = self.appointment(starts_at, patient=holder)
        self.other = self.asked_slot(starts_at + timedelta(hours=3), opened_at=self.now)


def the_slot(clinic: Clinic) -> Slot:
    return eventually(lambda: Slot.objects.filter(freed_by=clinic.booked).first())


def phone_of(shelf: Page, first_name: str) -> Locator:
    """By the name on it: a link in a text may spell any short name."""
    return shelf.locator("article.phone", has=shelf.get_by_role("heading", name=re.compile(f"^{first_name} ")))


def test_from_the_cancel_button_to_a_filled_board(stack: Stack, open_page: Callable[..., Page]) -> None:
    clinic = Clinic()
    user = factories.user(clinic.clinic)

    desk = open_page(viewport={"width": 1280, "height": 900})
    desk.goto(stack.url)
    desk.get_by_label("E-mail").fill(user.email)
    desk.get_by_label("Password").fill(PASSWORD)
    desk.get_by_role("button", name="Sign in").click()
    expect(desk.get_by_role("heading", name="Today", exact=True)).to_be_visible()

    phones = open_page(viewport={"width": 1280, "height": 900})
    phones.goto(f"{stack.url}/demo/phones/")

    desk.get_by_role("link", name="Appointments").click()
    desk.get_by_role("link", name=re.compile("Cancel Sarah Moor")).click()
    desk.get_by_label("Reason").select_option("patient is ill")
    desk.get_by_role("button", name="Cancel it").click()

    texts = phones.locator(".thread li.out a")
    expect(texts).to_have_count(2, timeout=15_000)
    desk.goto(stack.url)
    card = desk.locator(f"#slot-{the_slot(clinic).pk}")
    expect(card).to_contain_text("Ana")
    expect(card).to_contain_text("Li")

    ana = phone_of(phones, "Ana")
    ana.locator(".thread li.out a").first.click()
    page = phones.frame_locator("iframe[name=page]")
    expect(page.locator("main")).to_have_attribute("data-outcome", "open")
    page.get_by_role("button", name=re.compile(r"Confirm \w+ .+ with Dr Chen")).click()
    expect(page.locator("main")).to_have_attribute("data-outcome", "booked")

    filled = desk.get_by_role("region", name=re.compile("Filled today")).get_by_role("listitem")
    expect(filled).to_contain_text("Ana", timeout=5_000)  # by itself

    li = phone_of(phones, "Li")
    expect(li.locator(".thread li.out")).to_have_count(2, timeout=15_000)  # the offer, and that it is gone
    li.locator(".thread li.out a").last.click()
    expect(page.locator("main")).to_have_attribute("data-outcome", "taken")
    page.get_by_role("button", name=re.compile("Book")).first.click()
    expect(page.locator("main")).to_have_attribute("data-outcome", "booked")
    clinic.other.refresh_from_db()
    assert clinic.other.state == "filled"
    assert Appointment.objects.filter(status="booked").count() == 2


def calcom(trigger: str, appointment: Appointment, **payload: object) -> bytes:
    """The fields of Cal.com's webhook that we read, as it writes them."""
    whole = {
        "triggerEvent": trigger,
        "createdAt": timezone.now().isoformat(),
        "payload": {
            "type": "30 Min Meeting",
            "title": "30 Min Meeting between Dr Chen and Sarah Moor",
            "startTime": appointment.starts_at.isoformat(),
            "endTime": appointment.ends_at.isoformat(),
            "organizer": {"email": "chen@example.com", "name": "Mo", "timeZone": "America/Los_Angeles"},
            "attendees": [{"email": "sarah@example.com", "name": "Sarah Moor", "timeZone": "America/Los_Angeles"}],
            "uid": "88wXJjC8AHAbepGYM2bwp4",
            "status": "ACCEPTED",
            **payload,
        },
    }
    return json.dumps(whole).encode()


def test_the_same_from_cal_com(stack: Stack, open_page: Callable[..., Page]) -> None:
    clinic = Clinic()
    Appointment.objects.filter(pk=clinic.booked.pk).delete()
    connection = clinic.connection(source="calcom", secret="calcom-secret")
    Mapping.objects.create(
        connection=connection, kind="practitioner", external="chen@example.com", practitioner=clinic.practitioner
    )
    Mapping.objects.create(connection=connection, kind="service", external="30 Min Meeting", service=clinic.service)

    def send(body: bytes) -> None:
        signature = hmac.new(b"calcom-secret", body, hashlib.sha256).hexdigest()
        address = f"{stack.url}/api/intake/calcom/{connection.public_id}/"
        answer = requests.post(address, data=body, headers={"X-Cal-Signature-256": signature}, timeout=10)
        assert answer.status_code == 202, answer.text

    send(calcom("BOOKING_CREATED", clinic.booked))
    mirrored = eventually(lambda: Appointment.objects.filter(connection=connection, status="booked").first())
    assert mirrored.starts_at == clinic.booked.starts_at
    send(calcom("BOOKING_CANCELLED", clinic.booked, status="CANCELLED", cancellationReason="ill"))
    slot = eventually(lambda: Slot.objects.filter(freed_by=mirrored).first())

    phone = open_page(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    link = eventually(lambda: link_of(stack, "Ana"))
    phone.goto(link)
    phone.get_by_role("button", name=re.compile("Confirm .+ with Dr Chen")).tap()
    expect(phone.locator("main")).to_have_attribute("data-outcome", "booked")
    slot.refresh_from_db()
    assert slot.filled_by is not None and slot.filled_by.patient.first_name == "Ana"
    assert set(InboundEvent.objects.values_list("status", flat=True)) == {"applied"}
    assert datetime.fromisoformat(slot.filled_at.isoformat()) > clinic.now


def link_of(stack: Stack, name: str) -> str | None:
    """The newest link on this patient's phone."""
    shelf = requests.get(f"{stack.url}/demo/phones.json", timeout=10).json()
    links = [
        message["link"]
        for phone in shelf["phones"]
        for message in phone["messages"]
        if phone["patient"].startswith(name) and message["link"]
    ]
    return links[-1] if links else None
