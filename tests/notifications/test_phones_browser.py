"""The shelf in a real browser: a text arrives by itself, the link opens beside it, an answer counts."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from matching.models import Offer
from notifications import outbox
from notifications.models import ContactPoint
from notifications.outbox import Route
from tests import factories
from tests.harness import eventually


@pytest.fixture
def waiting(stack):
    world = factories.World(name="Radiance Med Spa", is_open_any_hour=True)
    now = timezone.now()
    slot = world.slot(now + timedelta(hours=20), state="offering", opened_at=now, next_wave_at=now + timedelta(hours=1))
    people = [
        factories.patient(world.clinic, first_name=name, last_name=last)
        for name, last in (("Ana", "Pereira"), ("Li", "Wei"), ("Sarah", "Moss"))
    ]
    pairs = []
    for person in people:
        offer = world.offer(slot, world.entry(person), offered_at=now, expires_at=now + timedelta(hours=1))
        pairs.append((offer, [Route(person.contact_points.get().pk, "sms", now)]))
    return world, slot, pairs


def test_a_phone_buzzes_and_answers(stack, waiting, browser_page):
    world, slot, pairs = waiting
    page = browser_page
    page.goto(f"{stack.url}/demo/phones/")
    expect(page.get_by_role("heading", name="All quiet")).to_be_visible()
    outbox.enqueue_offers(slot, pairs, now=timezone.now())
    ana = page.locator("article", has_text="Ana Pereira")
    expect(ana.get_by_role("link")).to_be_visible()
    expect(page.locator("article")).to_have_count(3)

    ana.get_by_role("link").click()
    frame = page.frame_locator("iframe")
    expect(frame.locator("main[data-outcome=open]")).to_be_visible()

    page.locator("article", has_text="Li Wei").get_by_role("button", name="YES").click()
    expect(page.locator("article", has_text="Li Wei").locator(".in p")).to_have_text("YES")
    expect(page.locator("article", has_text="Li Wei")).to_contain_text("booked")
    expect(ana).to_contain_text("taken")
    assert Offer.objects.get(pk=pairs[1][0].pk).state == "accepted"
    eventually(lambda: world.clinic.messages.filter(kind="retracted", status="delivered").count() == 2)


def test_a_phone_rings_and_a_key_books(stack, waiting, browser_page):
    _, slot, pairs = waiting
    ContactPoint.objects.update(granted=["offers:sms", "offers:voice"])
    calls = [(offer, [Route(ways[0].contact_point_id, "voice", ways[0].send_at)]) for offer, ways in pairs]
    page = browser_page
    page.goto(f"{stack.url}/demo/phones/")
    outbox.enqueue_offers(slot, calls, now=timezone.now())
    ana, li, sarah = (page.locator("article", has_text=name) for name in ("Ana Pereira", "Li Wei", "Sarah Moss"))
    expect(ana).to_contain_text("Incoming call")
    sarah.get_by_role("button", name="Let it ring").click()
    expect(sarah).to_contain_text("Missed call")

    li.get_by_role("button", name="Answer").click()
    expect(li.locator(".voice")).to_contain_text("To take it, press 1.")
    li.get_by_role("button", name="Take it").click()
    expect(li).to_contain_text("it is yours")
    expect(li.get_by_role("link")).to_be_visible()  # the confirmation, by text

    ana.get_by_role("button", name="Answer").click()
    expect(ana.locator(".voice")).to_contain_text("has just been taken")
    offer = Offer.objects.get(pk=pairs[1][0].pk)
    assert (offer.state, offer.answered_by) == ("accepted", "call")
