"""The dry run says what then happens, and changes nothing."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from matching import cascade
from matching.asking import rehearsal
from matching.models import Offer, SentWave
from notifications import rendering
from notifications.models import Message
from tests import factories
from tests.factories import NOW, World
from waitlist import slots
from waitlist.models import Slot

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)
QUERIES = 31
TABLES = (Offer, SentWave, Message, Entry)


def foretold(slot: Slot) -> tuple[list[tuple], dict[tuple, str]]:
    """Who is asked in which wave, when and until when; and the words to each."""
    read = slots.read_slot(slot.pk)
    found = rehearsal.foretell(read, now=NOW)
    asked = [(wave.number, wave.at, one.candidate.patient_id, one.expires_at) for wave in found for one in wave.people]
    told = [message for wave in found for message in rehearsal.messages(read, wave)]
    return asked, {(one.patient_id, one.channel): one.text for one in told}


def went_on(slot: Slot) -> tuple[list[tuple], dict[tuple, str]]:
    """The same, as it happens when nobody answers."""
    at = NOW
    for _ in range(12):
        cascade.advance(slot.pk, now=at)
        slot.refresh_from_db()
        if not slot.is_live or slot.next_wave_at is None or slot.next_wave_at <= at:
            break
        at = slot.next_wave_at
    offers = Offer.objects.filter(slot=slot).order_by("wave", "-score", "pk")
    asked = [(one.wave, one.offered_at, one.patient_id, one.expires_at) for one in offers]
    told = Message.objects.filter(slot=slot, kind="offer").select_related("clinic", "offer")
    return asked, {(one.patient_id, one.channel): rendering.render(one) for one in told}


@pytest.mark.parametrize("policy", [{}, {"exclusive_minutes": 20}])
@pytest.mark.parametrize("hours", [5, 30, 80])
def test_what_it_says_is_what_then_happens(hours: int, policy: dict):
    world = World(**policy)
    for n in range(13):
        world.entry(factories.patient(world.clinic, phone=None if n == 4 else "auto"))
    slot = world.slot(NOW + timedelta(hours=hours))
    said, words = foretold(slot)
    happened, real = went_on(slot)
    assert said and sorted(said) == sorted(happened)
    assert words == real


def test_it_changes_nothing():
    world = World()
    for _ in range(7):
        world.entry()
    slot = world.slot()
    before = [table.objects.count() for table in TABLES], Slot.objects.values().get()
    foretold(slot)
    assert ([table.objects.count() for table in TABLES], Slot.objects.values().get()) == before


def soon(world: World) -> Slot:
    """In time at any hour, and asked for only when somebody says so."""
    now = timezone.now()
    return world.slot(now + timedelta(hours=60), opened_at=now, next_wave_at=None)


def test_the_page_before_and_after(client: Client):
    world = World()
    client.force_login(factories.user(world.clinic))
    entry, slot = world.entry(), soon(world)
    address = reverse("slot-dry-run", args=[slot.pk])
    assert address in client.get(reverse("slot", args=[slot.pk])).content.decode()
    page = client.get(address).content.decode()
    assert "Wave 1: at once" in page and entry.patient.name in page and "1 segment" in page
    assert not Offer.objects.exists()
    Slot.objects.filter(pk=slot.pk).update(wave=1)
    assert "The asking has begun" in client.get(address).content.decode()


@committed
def test_who_is_unticked_is_left_out_and_the_page_shows_who_comes_instead(client: Client):
    world = World()
    client.force_login(factories.user(world.clinic))
    slot, one, two = soon(world), world.entry(), world.entry()
    address = reverse("slot-dry-run", args=[slot.pk])
    answer = client.post(address, {"shown": [one.pk, two.pk], "ask": [two.pk]}, follow=True)
    page = answer.content.decode()
    assert answer.redirect_chain == [(address, 302)]
    assert f"Left out: {one.patient.name}." in page and f'name="ask" value="{two.pk}"' in page
    assert f'name="ask" value="{one.pk}"' not in page
    back = slot.offers.get()
    assert f'name="back" value="{back.pk}"' in page
    page = client.post(address, {"shown": [two.pk], "ask": [two.pk], "back": [back.pk]}, follow=True).content.decode()
    assert f'name="ask" value="{one.pk}"' in page and not slot.offers.exists()


@committed
def test_go_asks_those_who_are_ticked(client: Client):
    world = World()
    client.force_login(factories.user(world.clinic))
    slot, one, two = soon(world), world.entry(), world.entry()
    shown = {"shown": [one.pk, two.pk], "ask": [two.pk], "go": "1"}
    answer = client.post(reverse("slot-dry-run", args=[slot.pk]), shown)
    assert answer["Location"] == reverse("slot", args=[slot.pk])
    cascade.advance(slot.pk, now=timezone.now())
    assert [offer.entry_id for offer in slot.offers.filter(wave=1)] == [two.pk]
    page = client.get(reverse("slot", args=[slot.pk])).content.decode()
    assert "Left out of this time by staff" in page


@committed
def test_what_is_posted_amiss_leaves_nobody_out(client: Client):
    world, stranger = World(), World().entry()
    client.force_login(factories.user(world.clinic))
    slot = soon(world)
    for said in ({}, {"shown": ["x", "-1", "9" * 30]}, {"shown": [stranger.pk]}, {"back": ["1", "y"]}):
        assert client.post(reverse("slot-dry-run", args=[slot.pk]), said).status_code == 302
    assert not Offer.objects.exists()


def test_the_number_of_queries_does_not_grow_with_the_people(django_assert_num_queries):
    world = World()
    for _ in range(2):
        world.entry()
    slot = world.slot()
    foretold(slot)
    with django_assert_num_queries(QUERIES):
        foretold(slot)
    for _ in range(3):  # still one wave
        world.entry()
    with django_assert_num_queries(QUERIES):
        foretold(slot)
