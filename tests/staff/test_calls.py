"""The call list: whom nothing reaches, while a yes would still count, or of a visit that is cancelled."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from matching import calls
from matching.models import Offer
from notifications import outages
from notifications.models import Message, Outage
from tests import factories
from tests.factories import World
from waitlist import schedule

pytestmark = pytest.mark.django_db


def asked(world: World, status: str = "pending", **fields) -> Offer:
    """Somebody asked for a time in thirty hours, their text in this state."""
    now = timezone.now()
    slot = world.slot(now + timedelta(hours=30 + Offer.objects.count()), state="offering", next_wave_at=None)
    offer = world.offer(slot, offered_at=now, expires_at=now + timedelta(hours=1), **fields)
    Message.objects.create(
        clinic=world.clinic, kind="offer", channel="sms", contact_point=offer.patient.contact_points.get(),
        patient=offer.patient, offer=offer, slot=slot, status=status, dedupe_key=f"offer:{offer.pk}",
        next_attempt_at=now + timedelta(hours=1), created_at=now,
    )  # fmt: skip
    return offer


def page(client: Client, name: str = "calls") -> str:
    return client.get(reverse(name)).content.decode()


def shown(client: Client, *offers: Offer) -> list[bool]:
    text = page(client)
    return [offer.patient.name in text for offer in offers]


def test_in_an_outage_those_whose_text_has_not_gone_and_always_those_nothing_reached(staff: Client, world: World):
    waiting, told, perhaps = asked(world), asked(world, "delivered"), asked(world, "unknown")
    failed, late = asked(world, "failed"), asked(world, "undelivered", state="expired")
    refused, said_no = asked(world, "refused"), asked(world, "failed", state="declined")
    of_others = asked(World(), "failed")
    rest = (refused, said_no, of_others)
    assert shown(staff, waiting, told, perhaps, failed, late, *rest) == [False] * 3 + [True] * 2 + [False] * 3
    assert "<b>2 people</b> could not be told" in page(staff, "board")
    outages.begin("sms", "unreachable", now=timezone.now())
    assert shown(staff, waiting, told, perhaps, failed, late, *rest) == [True, False, True, True, True] + [False] * 3
    number = waiting.patient.contact_points.get().value
    assert f'href="tel:{number}"' in page(staff)
    for name in ("board", "tasks"):
        assert "No text has gone out since" in page(staff, name)
        assert "Call 4 people now" in page(staff, name)


def test_in_an_outage_a_card_promises_no_next_wave(staff: Client, world: World):
    slot = asked(world, "delivered").slot
    type(slot).objects.filter(pk=slot.pk).update(wave=1, next_wave_at=timezone.now() + timedelta(minutes=9))
    assert "Next wave now" in page(staff, "board")
    outages.begin("sms", "unreachable", now=timezone.now())
    for text in (page(staff, "board"), staff.get(reverse("slot", args=[slot.pk])).content.decode()):
        assert "paused: nothing goes out to people now" in text and "Next wave now" not in text


def test_one_begun_by_hand_says_so(staff: Client):
    outages.begin("sms", "by_hand", now=timezone.now())
    text = page(staff, "board")
    assert "somebody began an outage by hand" in text and "No text has gone out" not in text


def test_nobody_is_called_for_a_time_that_is_over_taken_or_no_longer_wanted(staff: Client, world: World):
    now = timezone.now()
    over, taken, left = (asked(world, "failed") for _ in range(3))
    start = now + timedelta(minutes=70)  # less notice and cut-off it is over
    type(over.slot).objects.filter(pk=over.slot_id).update(starts_at=start, ends_at=start + timedelta(minutes=5))
    type(over.slot).objects.filter(pk=taken.slot_id).update(state="withdrawn")
    left.entry.status = "removed"
    left.entry.save()
    assert shown(staff, over, taken, left) == [False] * 3
    assert "Nobody to call" in page(staff)


def test_said_no_and_booked_from_the_list(staff: Client, world: World):
    no, yes = asked(world, "failed"), asked(world, "failed")
    answer = staff.post(reverse("call-no", args=[no.pk]), follow=True).content.decode()
    assert f"{no.patient.name} said no." in answer
    no.refresh_from_db()
    assert (no.state, no.answered_by) == ("declined", "staff")
    staff.post(reverse("slot-book", args=[yes.slot_id]), {"patient": yes.patient_id})
    yes.refresh_from_db()
    assert yes.state == "accepted"
    assert "Nobody to call" in page(staff)


def test_why_they_said_no_on_the_phone_teaches_as_by_the_link(staff: Client, world: World):
    no = asked(world, "failed")
    assert "Too soon" in page(staff)
    staff.post(reverse("call-no", args=[no.pk]), {"reason": "not_needed"})
    no.refresh_from_db()
    assert (no.decline_reason, no.entry.status, no.lesson.reason) == ("not_needed", "removed", "not_needed")


@pytest.mark.parametrize("name", ["calls", "board"])
def test_as_many_questions_for_three_as_for_one(staff: Client, world: World, name: str):
    counts = []
    for more in (1, 2):
        for _ in range(more):
            asked(world, "failed")
            Message.objects.filter(offer=lost(world)).update(status="failed")
        with CaptureQueriesContext(connection) as found:
            page(staff, name)
        counts.append(len(found))
    assert counts[0] == counts[1]


def test_without_a_number_the_list_says_so(staff: Client, world: World):
    now = timezone.now()
    entry = world.entry(factories.patient(world.clinic, phone=None, email="pat@example.com"))
    offer = world.offer(world.slot(now + timedelta(hours=30), state="offering"), entry)
    Message.objects.create(
        clinic=world.clinic, kind="offer", channel="email", contact_point=entry.patient.contact_points.get(),
        offer=offer, slot=offer.slot, status="failed", dedupe_key="mail", next_attempt_at=now, created_at=now,
    )  # fmt: skip
    assert "no number" in page(staff)


def lost(world: World, *, hours: float = 30, by: str = "clinic", now: datetime | None = None) -> Offer:
    """Somebody who won a visit in so many hours, which is cancelled a moment ago."""
    now, entry = now or timezone.now(), world.entry()
    with_whom = {"practitioner": factories.practitioner(world.clinic)}
    visit = world.appointment(now + timedelta(hours=hours), patient=entry.patient, **with_whom)
    slot = world.slot(visit.starts_at, state="filled", filled_by=visit, filled_at=now, **with_whom)
    offer = world.offer(slot, entry, state="accepted")
    schedule.cancel(visit.pk, reason="ill", by=by, version=1, now=now)
    return offer


def test_who_cannot_be_told_that_their_visit_is_cancelled_is_called_until_somebody_says_they_know(staff, world):
    silent, told, of_others = lost(world, by="unknown"), lost(world), lost(World())
    Message.objects.filter(offer=silent).update(status="refused")
    Message.objects.filter(offer=told).update(status="sent")
    silent.patient.contact_points.update(stopped_at=timezone.now())
    assert shown(staff, silent, told, of_others) == [True, False, False]
    assert f'href="tel:{silent.patient.contact_points.get().value}"' in page(staff)
    for name in ("board", "tasks"):
        assert "<b>1 person</b> does not know yet" in page(staff, name)
    url = reverse("call-told", args=[silent.pk])
    assert "has been told" in staff.post(url, follow=True).content.decode()
    assert "That was done before" in staff.post(url, follow=True).content.decode()
    assert shown(staff, silent) == [False]


def test_a_text_in_the_morning_is_in_time_only_for_a_visit_well_after_it(world):
    evening = datetime(2026, 11, 25, 4, 30, tzinfo=UTC)  # 20:30 in Los Angeles: no text before 8:00
    offers = {hours: lost(world, hours=hours, now=evening) for hours in (3, 11, 12.5, 15)}
    called = [call.offer for call in calls.of_losers(world.clinic, now=evening)]
    assert called == [offers[hours] for hours in (3, 11, 12.5)]
    outages.begin("sms", "unreachable", now=evening)
    assert offers[15] in [call.offer for call in calls.of_losers(world.clinic, now=evening)]


def test_the_command_begins_lists_and_ends(db):
    def run(*words: str) -> str:
        said = StringIO()
        call_command("outage", *words, stdout=said)
        return said.getvalue().strip()

    assert run("list") == "Everything goes out."
    assert run("begin", "sms") == "sms: clocks stand still."
    assert run("begin", "sms") == "sms: they did already."
    assert run("list").startswith("sms: nothing goes out since")
    assert run("end", "sms") == "sms: clocks run again."
    assert run("end", "sms") == "sms: they did already."
    assert Outage.objects.get().cause == "by_hand"


def test_in_an_outage_whoever_cancels_is_asked_to_call(staff, world):
    now, entry = timezone.now(), world.entry()
    visit = world.appointment(now + timedelta(hours=30), patient=entry.patient)
    world.offer(world.slot(visit.starts_at, state="filled", filled_by=visit, filled_at=now), entry, state="accepted")
    outages.begin("sms", "unreachable", now=now)
    url = reverse("appointment-cancel", args=[visit.pk])
    answer = staff.post(url, {"reason": "other reason", "by": "clinic"}, follow=True).content.decode()
    visit.refresh_from_db()
    assert visit.status == "cancelled" and "no way to tell the patient: please call" in answer


def to_call(offer: Offer, **fields) -> Message:
    """The last hop of somebody nothing reached: staff are to ring them up."""
    return Message.objects.create(**{
        "clinic": offer.slot.clinic, "kind": "offer", "channel": "staff", "patient": offer.patient, "offer": offer,
        "contact_point": offer.patient.contact_points.get(), "slot": offer.slot, "dedupe_key": f"staff:{offer.pk}",
        "next_attempt_at": timezone.now() + timedelta(hours=1), "created_at": timezone.now(), **fields,
    })  # fmt: skip


def test_a_call_is_due_within_the_hour_and_then_they_are_unreachable(staff: Client, world: World):
    late, due = asked(world, "failed"), asked(world, "failed")
    to_call(due), to_call(late, status="failed", error_code="unreachable")
    text = page(staff)
    assert "Call by" in text and "Unreachable" in text
    assert text.index(due.patient.name) < text.index(late.patient.name), "the one who may still be reached comes first"


def test_no_answer_is_written_down_and_they_stay_last(staff: Client, world: World):
    offer = asked(world, "failed")
    hop, url = to_call(offer), reverse("call-noted", args=[offer.pk])
    answer = staff.post(url, {"result": "no_answer", "after": 0}, follow=True).content.decode()
    assert f"{offer.patient.name} did not answer." in answer and "Unreachable" in answer
    hop.refresh_from_db()
    assert (hop.status, hop.error_code) == ("undelivered", "no_answer")
    again = staff.post(url, {"result": "no_answer", "after": 0}, follow=True).content.decode()
    assert "That was done before" in again


def test_who_said_no_on_the_phone_was_reached(staff: Client, world: World):
    offer = asked(world, "failed")
    hop = to_call(offer)
    staff.post(reverse("call-no", args=[offer.pk]))
    hop.refresh_from_db()
    assert hop.status == "delivered"
    assert "Nobody to call" in page(staff)
