"""Who said yes to one time, when to the millisecond, and what each of them got."""

import re
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from matching import claims, tokens
from matching.answering import late
from matching.claims import Claim
from matching.models import Offer
from matching.views import receipt
from matching.views.cards import cards
from notifications.models import Message
from tests.factories import World
from waitlist.models import Slot

pytestmark = pytest.mark.django_db(transaction=True)


def asked(world: World, people: int = 3) -> tuple[Slot, list[Offer]]:
    now = timezone.now()
    slot = world.slot(now + timedelta(hours=60), opened_at=now, state="offering", wave=1, next_wave_at=None)
    fields = {"offered_at": now, "expires_at": now + timedelta(hours=1)}
    made = [world.offer(slot, **fields) for _ in range(people)]
    for offer in made:
        facts = {"clinic": world.clinic, "offer": offer, "slot": slot, "patient": offer.patient, "kind": "offer"}
        facts |= {"channel": "sms", "contact_point": offer.patient.contact_points.get(), "status": "delivered"}
        Message.objects.create(
            **facts, dedupe_key=f"offer:{offer.pk}:sms", next_attempt_at=now, created_at=now, sent_at=now
        )
    return slot, made


def yes(offer: Offer, at: datetime) -> Claim:
    return late.note(offer, claims.claim(offer.pk, via="link", now=at), via="link", now=at)


def yeses(slot: Slot) -> list[tuple[int, str, str]]:
    (card,) = cards(Slot.objects.filter(pk=slot.pk), now=timezone.now())
    return [(one.asked.offer.pk, one.got, one.after) for one in receipt.of_slot(card)]


def test_in_the_order_they_arrived_with_what_lay_between(world: World):
    slot, (one, two, three) = asked(world)
    at = timezone.now()
    assert yes(two, at) == Claim.BOOKED
    assert yes(one, at + timedelta(milliseconds=7)) == Claim.TAKEN
    assert yes(three, at + timedelta(seconds=2, milliseconds=40)) == Claim.TAKEN
    assert yeses(slot) == [
        (two.pk, "has the time", ""),
        (one.pk, "somebody had it", "+0.007 s"),
        (three.pk, "somebody had it", "+2.040 s"),
    ]


def test_only_the_first_that_was_too_late_is_noted(world: World):
    _, (one, two, _) = asked(world)
    yes(one, timezone.now())
    for _ in range(3):
        yes(two, timezone.now())
    assert Entry.objects.get(verb="offer.too_late").object_id == two.pk


def test_a_tap_on_the_page_that_was_too_late_is_on_the_receipt(staff: Client, world: World):
    slot, (one, two, _) = asked(world)
    visitor = Client()
    for offer in (one, two):
        visitor.post(reverse("offer-claim", args=[tokens.make(offer.public_id)]))
    page = staff.get(reverse("slot", args=[slot.pk]), {"tab": "timeline"}).content.decode()
    assert "Who said yes, and when" in page
    rows = page.split("<tbody>")[1].split("</tbody>")[0]
    assert one.patient.short_name in rows and two.patient.short_name in rows
    assert "has the time" in rows and "somebody had it" in rows
    assert len(re.findall(r"\d:\d\d:\d\d\.\d{3} [AP]M", rows)) == 4  # told, and the yes, of each
    assert Entry.objects.get(verb="offer.too_late").actor_ref == two.patient_id
    line = Entry.objects.get(verb="offer.too_late")
    assert line.changes == {"via": "link", "got": "taken"}


def test_looking_notes_nothing_and_nobody_said_yes_is_no_receipt(staff: Client, world: World):
    slot, (one, two, _) = asked(world)
    Client().get(reverse("offer", args=[tokens.make(two.public_id)]))
    assert yeses(slot) == []
    page = staff.get(reverse("slot", args=[slot.pk]), {"tab": "timeline"}).content.decode()
    assert "Who said yes" not in page
    claims.decline(one.pk, reason="", via="link", now=timezone.now())
    assert yeses(slot) == []
