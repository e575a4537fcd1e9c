"""Who said yes to one time, when to the millisecond, and what each of them got."""

import re
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from matching import claims, returns, tokens
from matching.answering import late, reserves
from matching.claims import Claim
from matching.models import Offer
from matching.states import Reserve
from matching.views import receipt
from matching.views.cards import cards
from notifications.models import Message
from tests.factories import World
from waitlist import schedule, vacancies
from waitlist.models import Slot
from waitlist.states import CancelledBy

pytestmark = pytest.mark.django_db(transaction=True)


def asked(world: World, people: int = 3) -> tuple[Slot, list[Offer]]:
    now = timezone.now()
    slot = world.slot(now + timedelta(hours=60), opened_at=now, state="offering", wave=1, next_wave_at=None)
    fields = {"offered_at": now, "expires_at": now + timedelta(hours=1)}
    made = [world.offer(slot, **fields) for _ in range(people)]
    for offer in made:
        facts = {"clinic": world.clinic, "offer": offer, "slot": slot, "patient": offer.patient, "kind": "offer"}
        facts |= {"channel": "sms", "contact_point": offer.patient.contact_points.get(), "status": "delivered"}
        facts |= {"context": {"starts_at": slot.starts_at.isoformat()}}
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


def receipt_of(slot: Slot) -> list[receipt.Yes]:
    (card,) = cards(Slot.objects.filter(pk=slot.pk), now=timezone.now())
    return receipt.of_slot(card)


def test_who_gave_it_back_has_it_no_more_and_the_reserve_does(staff: Client, world: World):
    slot, (one, two, three) = asked(world)
    at = timezone.now()
    assert yes(one, at) == Claim.BOOKED
    assert yes(two, at + timedelta(milliseconds=30)) == Claim.TAKEN
    assert reserves.keep(two.pk, Reserve.BOOK, now=at + timedelta(seconds=1))
    back_at = at + timedelta(seconds=8)
    assert returns.cancel_in_grace(one.pk, now=back_at)
    assert yes(three, back_at + timedelta(milliseconds=4)) == Claim.TAKEN
    clock = back_at.astimezone(slot.location.zone).strftime("%I:%M:%S %p").lstrip("0")
    assert [(one.got, one.has_it, one.after) for one in receipt_of(slot)] == [
        (f"had it, gave it back {clock}", False, ""),
        ("somebody had it", False, "+0.030 s"),
        ("has the time", True, ""),
        ("somebody had it", False, "+0.004 s"),  # of the yes that has it now
    ]
    page = staff.get(reverse("slot", args=[slot.pk]), {"tab": "timeline"}).content.decode()
    assert page.count("has the time") == 1


def test_told_is_the_last_message_before_that_yes(world: World):
    slot, (one, two, _) = asked(world)
    at = timezone.now()
    assert yes(one, at) == Claim.BOOKED
    assert yes(two, at) == Claim.TAKEN
    again_at = at + timedelta(minutes=1)
    first = two.messages.get(kind="offer")
    same = ("clinic", "offer", "slot", "patient", "kind", "channel", "contact_point")
    facts = {name: getattr(first, name) for name in same}
    times = {"next_attempt_at": again_at, "created_at": again_at, "sent_at": again_at}
    Message.objects.create(**facts, dedupe_key="again", round=2, status="sent", **times)
    assert returns.cancel_in_grace(one.pk, now=at + timedelta(seconds=30))
    assert yes(two, at + timedelta(minutes=2)) == Claim.BOOKED
    assert [yes.told_at for yes in receipt_of(slot)][1:] == [first.sent_at, again_at]


def test_a_booking_cancelled_later_is_not_had_any_more(world: World):
    slot, (one, _, _) = asked(world)
    at = timezone.now() - timedelta(hours=1)
    assert yes(one, at) == Claim.BOOKED
    slot.refresh_from_db()
    gone_at = at + timedelta(minutes=40)
    schedule.cancel(slot.filled_by_id, reason="by the patient", by=CancelledBy.PATIENT, now=gone_at)
    (only,) = receipt_of(slot)
    assert (only.got.partition(", ")[0], only.has_it) == ("had it", False)


def test_who_was_given_it_back_at_the_desk_has_it_again(world: World):
    slot, (one, _, _) = asked(world)
    at = timezone.now()
    assert yes(one, at) == Claim.BOOKED
    assert returns.cancel_in_grace(one.pk, now=at + timedelta(seconds=1))
    vacancies.book_by_hand(slot.pk, patient=one.patient, now=at + timedelta(seconds=2))
    first, second = receipt_of(slot)
    assert first.got.startswith("had it, gave it back") and not first.has_it
    assert (second.got, second.has_it) == ("was given the time by staff", True)


def test_who_is_finishing_is_said_so_until_they_have_it(world: World):
    world.service.details_prompt = "Any allergies?"
    world.service.save(update_fields=["details_prompt"])
    slot, (one, _, _) = asked(world)
    at = timezone.now()
    assert yes(one, at) == Claim.HELD
    assert [only.got for only in receipt_of(slot)] == ["is finishing the booking"]
    assert claims.finish(one.pk, details="None", via="link", now=at + timedelta(seconds=9)) == Claim.BOOKED
    assert [one.got for one in receipt_of(slot)] == ["it was kept for them to finish", "has the time"]
