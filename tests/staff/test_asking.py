"""Staff choose whom to ask, and what the pages say about a policy that asks nobody, is used up, or keeps a time."""

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from matching import picks, tokens
from matching.models import SentWave
from matching.policy.policies import Wave
from tests import factories
from tests.factories import World
from tests.matching.steps import policy
from waitlist import vacancies
from waitlist.models import Slot

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)


def world_with(client: Client, *waves: Wave, **fields: object) -> World:
    world = World(policy=policy(*waves, **fields), send_from_minute=0, send_until_minute=1440)
    client.force_login(factories.user(world.clinic))
    return world


def live(world: World, **fields: object) -> Slot:
    now = timezone.now()
    return world.slot(now + timedelta(hours=60), **{"opened_at": now, "next_wave_at": None, **fields})


def mailed(world: World, **fields: object):
    """An e-mail goes at any hour of the day this test runs at."""
    return world.entry(factories.patient(world.clinic, phone=None, email=f"p{id(fields)}@patients.example", **fields))


def page(client: Client, name: str, *args: object) -> str:
    return client.get(reverse(name, args=args)).content.decode()


def test_those_who_fit_stand_in_rank_order_and_nobody_is_ticked(client: Client, django_assert_num_queries):
    world = world_with(client)
    entries = [world.entry(added_at=timezone.now() - timedelta(days=30 - n)) for n in range(5)]
    another = factories.entry(world.clinic, [factories.service(world.clinic)])
    slot = live(world)
    words = page(client, "slot-ask", slot.pk)
    places = [words.index(entry.patient.name) for entry in entries]
    assert places == sorted(places)
    assert another.patient.name not in words
    assert " checked" not in words
    assert "points" in words and "Silver" in words
    with django_assert_num_queries(12):
        page(client, "slot-ask", slot.pk)
    world.entry()
    with django_assert_num_queries(12):
        page(client, "slot-ask", slot.pk)


@committed
def test_the_chosen_are_asked_and_named_and_a_second_click_asks_nobody(client: Client):
    world = world_with(client)
    chosen, left = mailed(world, first_name="Ana"), mailed(world, first_name="Bo")
    asleep = world.entry(factories.patient(world.clinic, first_name="Cy"))
    asleep.patient.contact_points.update(stopped_at=timezone.now())
    slot = live(world)
    url = reverse("slot-ask", args=[slot.pk])
    assert client.get(url).status_code == 200
    answer = client.post(url, {"entry": [chosen.pk, asleep.pk]})
    assert answer["Location"] == reverse("slot", args=[slot.pk])
    said = [str(message) for message in get_messages(answer.wsgi_request)]
    assert said == [
        f"Asked: {chosen.patient.name}.",
        f"{asleep.patient.name} was not asked: they opted out.",
    ]
    again = client.post(url, {"entry": [chosen.pk]}, follow=True).content.decode()
    why = "they were asked for this time, left out of it, or gave it up"
    assert f"{chosen.patient.name} was not asked: {why}." in again
    assert [offer.patient for offer in slot.offers.all()] == [chosen.patient]
    words = page(client, "slot-ask", slot.pk)
    assert "1 person has an offer for this time" in words and left.patient.name in words


@committed
def test_nobody_ticked_nonsense_and_foreign_ids_ask_nobody(client: Client):
    world = world_with(client)
    slot, stranger = live(world), World().entry()
    url = reverse("slot-ask", args=[slot.pk])
    assert "Nobody was ticked" in client.post(url, follow=True).content.decode()
    for entry in ("x", "9" * 30, str(stranger.pk)):
        assert client.post(url, {"entry": [entry]}).status_code == 302
    assert not slot.offers.exists() and not SentWave.objects.exists()


@committed
def test_a_slot_that_is_gone_says_so(client: Client):
    world = world_with(client)
    entry, slot = world.entry(), live(world)
    vacancies.stop(slot.pk, now=timezone.now())
    assert "not free any more" in page(client, "slot-ask", slot.pk)
    answer = client.post(reverse("slot-ask", args=[slot.pk]), {"entry": [entry.pk]}, follow=True)
    assert "not free any more. Nobody was asked." in answer.content.decode()


@committed
def test_a_policy_without_waves_says_so_and_leads_to_the_choice(client: Client):
    world = world_with(client)
    slot, entry = live(world), mailed(world)
    for words in (page(client, "board"), page(client, "slot", slot.pk)):
        assert "asks nobody by itself: you choose whom to ask" in words
        assert reverse("slot-ask", args=[slot.pk]) in words
        assert reverse("slot-start", args=[slot.pk]) not in words
    answer = client.post(reverse("slot-start", args=[slot.pk]), follow=True).content.decode()
    assert "asks nobody by itself: choose whom to ask" in answer
    picks.ask(slot.pk, [entry.pk], now=timezone.now())
    assert "1 sent by hand" in page(client, "board")


@committed
def test_a_time_that_is_kept_says_until_when_and_takes_no_other_booking(client: Client):
    world = world_with(client, Wave(), Wave(5), exclusive_minutes=30)
    until = timezone.now() + timedelta(minutes=30)
    slot = live(world, state="offering", wave=1, next_wave_at=until, exclusive_until=until)
    asked = world.offer(slot, offered_at=timezone.now(), expires_at=until)
    SentWave.objects.create(slot=slot, number=1, sent_at=timezone.now(), asked=1)
    for words in (page(client, "board"), page(client, "slot", slot.pk)):
        assert "kept for those asked · open to others" in words
        assert reverse("slot-start", args=[slot.pk]) not in words
    kept = vacancies.kept(slot, now=timezone.now())
    assert kept in page(client, "slot-ask", slot.pk) and kept in page(client, "slot-book", slot.pk)
    book = reverse("slot-book", args=[slot.pk])
    assert asked.patient.name in page(client, "slot-book", slot.pk)
    guest = factories.patient(world.clinic)
    form = {"patient": guest.pk, "confirmed": "1"}
    assert kept in client.post(book, form, follow=True).content.decode()
    assert kept in client.post(reverse("slot-start", args=[slot.pk]), follow=True).content.decode()
    ask = reverse("slot-ask", args=[slot.pk])
    assert kept in client.post(ask, {"entry": [world.entry().pk]}, follow=True).content.decode()
    client.post(book, {"patient": asked.patient_id, "confirmed": "1"})
    slot.refresh_from_db()
    assert slot.filled_by.patient == asked.patient


def test_a_plan_that_is_over_says_so(client: Client):
    world = world_with(client, Wave(), Wave(5))
    now = timezone.now()
    out = live(world, state="offering", wave=2, next_wave_at=now + timedelta(hours=50))
    SentWave.objects.create(slot=out, number=2, step=2, sent_at=now, asked=3)
    words = page(client, "slot", out.pk)
    assert "Wave 2 of 2" in words and "the last wave: nobody else is asked by itself" in words
    Slot.objects.filter(pk=out.pk).update(state="open")
    assert "everybody planned was asked: choose more people" in page(client, "slot", out.pk)


def test_people_chosen_by_staff_are_a_wave_before_those_to_come(client: Client):
    world = world_with(client, Wave(), Wave(5), Wave(15))
    slot = live(world, state="offering", wave=1, next_wave_at=timezone.now() + timedelta(minutes=5))
    SentWave.objects.create(slot=slot, number=1, step=0, sent_at=timezone.now(), asked=1)
    assert "Wave 1 of 4" in page(client, "slot", slot.pk)


def test_a_time_kept_for_others_is_no_alternative(client: Client):
    world = world_with(client, Wave())
    now = timezone.now()
    taken, kept, free = (world.asked_slot(now + timedelta(hours=hours), opened_at=now) for hours in (60, 70, 80))
    Slot.objects.filter(pk=kept.pk).update(exclusive_until=now + timedelta(minutes=30))
    Slot.objects.filter(pk=taken.pk).update(state="withdrawn", closed_at=now, closed_because="stopped")
    offer = world.offer(taken, state="retracted", offered_at=now, expires_at=now + timedelta(hours=1))
    words = page(client, "offer", tokens.make(offer.public_id))
    assert str(free.public_id) in words and str(kept.public_id) not in words
