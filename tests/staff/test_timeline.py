"""The timeline of one slot: everybody by name, a wave as one line, and when each message went out and arrived."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from audit import trail, words
from audit.actor import Actor, ActorKind, acting
from audit.models import Entry
from matching import cascade, offers
from matching.models import Offer
from matching.views import timeline
from matching.views.cards import cards
from notifications.models import Message
from tests.factories import World
from waitlist.models import Slot, User, WaitlistEntry

pytestmark = pytest.mark.django_db(transaction=True)


def asked(world: World, people: int = 2) -> tuple[Slot, list[Offer], datetime]:
    now = timezone.now()
    slot = world.slot(now + timedelta(hours=60 + Slot.objects.count()), opened_at=now, next_wave_at=now)
    for _ in range(people):
        world.entry()
    assert cascade.advance(slot.pk, now=now) == people
    return slot, list(slot.offers.order_by("wave", "-score", "pk")), now


def lines(slot: Slot) -> list[tuple[str, str]]:
    (card,) = cards(Slot.objects.filter(pk=slot.pk), now=timezone.now())
    return [(moment.text, moment.by) for moment in timeline.of_slot(card)]


def named(*made: Offer) -> str:
    return ", ".join(offer.patient.short_name for offer in made)


def test_a_wave_is_one_line_with_whom_it_asked(world: World):
    slot, made, _ = asked(world)
    assert [text for text, _ in lines(slot) if "asked" in text.lower()] == [f"Wave 1: asked {named(*made)}"]


def test_who_saw_it_is_named_and_the_trail_stays_nameless(world: World):
    slot, (one, _), now = asked(world)
    with acting(Actor(kind=ActorKind.PATIENT, ref=one.patient_id)):
        offers.seen(one, now=now + timedelta(minutes=1))
    who = one.patient.short_name
    assert (f"{who} saw it", who) in lines(slot)
    assert words.actor(Entry.objects.get(verb="offer.seen")) == f"Patient {one.patient_id}"


@pytest.mark.parametrize(("people", "have"), [(1, "has"), (2, "have")])
def test_who_has_more_time_is_named(people: int, have: str, world: World):
    slot, made, now = asked(world, people)
    trail.record("offer.clock_moved", made, now=now + timedelta(minutes=1), clinic_id=slot.clinic_id)
    assert (f"{named(*made)} {have} more time to answer", "Standby") in lines(slot)


def test_staff_are_named_and_who_has_no_name_by_address(world: World, desk: User):
    slot, _, now = asked(world, 1)
    for minutes, name in ((1, desk.name), (2, "")):
        User.objects.filter(pk=desk.pk).update(name=name)
        with acting(Actor(kind=ActorKind.STAFF, user_id=desk.pk, user_email=desk.email)):
            trail.record("slot.halted", slot, now=now + timedelta(minutes=minutes), clinic_id=slot.clinic_id)
        by = [by for text, by in lines(slot) if text.startswith("Paused")]
        assert by[-1] == (name or desk.email)


def test_when_each_message_went_out_and_arrived(world: World):
    slot, (one, two), now = asked(world)
    at = [now + timedelta(seconds=second) for second in (1, 2, 3)]
    Message.objects.filter(slot=slot).update(sent_at=at[0], status="sent")
    Message.objects.filter(offer=two).update(sent_at=at[1], delivered_at=at[2], status="delivered")
    assert lines(slot)[-3:] == [
        (f"Text sent to {named(one)}", "Standby"),
        (f"Text sent to {named(two)}", "Standby"),
        (f"Text delivered: {named(two)}", "Standby"),
    ]


def test_the_number_of_queries_does_not_grow_with_the_people(world: World, desk: User, django_assert_num_queries):
    for people in (1, 3):
        WaitlistEntry.objects.update(status="removed")
        slot, _, now = asked(world, people)
        with acting(Actor(kind=ActorKind.STAFF, user_id=desk.pk, user_email=desk.email)):
            trail.record("slot.halted", slot, now=now, clinic_id=slot.clinic_id)
        (card,) = cards(Slot.objects.filter(pk=slot.pk), now=now)
        timeline.of_slot(card)
        with django_assert_num_queries(2):
            timeline.of_slot(card)
