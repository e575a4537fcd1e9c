"""The call list: who is booked, or whose visit was moved, and has nothing in writing of it."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from matching import claims, unwritten
from notifications.models import ContactPoint, Message
from tests import factories
from tests.at_once import at_once
from tests.factories import World
from waitlist import schedule
from waitlist.calendar import Time
from waitlist.models import Appointment

pytestmark = pytest.mark.django_db


def asked(world: World, *, channel: str = "voice", granted: tuple[str, ...] = ("offers:voice",)):
    """Somebody asked for a time tomorrow, by a call to a number that takes no texts."""
    now = timezone.now()
    slot = world.asked_slot(now + timedelta(hours=30 + Appointment.objects.count()), state="offering")
    offer = world.offer(slot, offered_at=now, expires_at=now + timedelta(hours=1))
    point = offer.patient.contact_points.get()
    ContactPoint.objects.filter(pk=point.pk).update(granted=list(granted))
    Message.objects.create(
        clinic=world.clinic, kind="offer", channel=channel, contact_point=point, patient=offer.patient, offer=offer,
        slot=slot, status="delivered", dedupe_key=f"offer:{offer.pk}", next_attempt_at=now, created_at=now,
        context={"starts_at": slot.starts_at.isoformat(), "zone": "America/Los_Angeles"},
    )  # fmt: skip
    return offer


def win(world: World, via: str = "call", **fields) -> Appointment:
    offer = asked(world, **fields)
    claims.claim(offer.pk, via=via, now=timezone.now())
    return Appointment.objects.get(filled_slot=offer.slot)


def listed(client: Client, visit: Appointment) -> bool:
    page = client.get(reverse("calls")).content.decode()
    return f"appointments/{visit.pk}/told/" in page and visit.patient.name in page


def they_know(client: Client, visit: Appointment):
    """What the list shows of it is sent back with the button."""
    page = client.get(reverse("calls")).content.decode()
    words = re.findall(rf'appointments/{visit.pk}/told/.*?name="word" value="([0-9:]+)"', page)
    return client.post(reverse("call-visit-told", args=[visit.pk]), {"word": "".join(words)}, follow=True)


def move(visit: Appointment, hours: int = 1) -> None:
    starts_at = visit.starts_at + timedelta(hours=hours)
    time = Time(visit.location, visit.practitioner, visit.service, starts_at, starts_at + timedelta(minutes=45))
    schedule.move(visit.pk, to=time, now=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_who_was_booked_in_a_call_and_can_be_written_to_nowhere_is_on_the_list(staff: Client, world: World):
    visit = win(world)
    assert Message.objects.get(kind="booked").refused_by == "no_consent"
    assert listed(staff, visit)
    page = staff.get(reverse("calls")).content.decode()
    assert "No consent recorded" in page and f'href="tel:{visit.patient.contact_points.get().value}"' in page
    for name in ("board", "tasks"):
        assert "<b>1 person</b> has nothing in writing" in staff.get(reverse(name)).content.decode()
    assert "Nothing in writing" in staff.get(reverse("appointments")).content.decode()
    edit = staff.get(reverse("patient", args=[visit.patient_id])).content.decode()
    assert "What did not reach them" in edit and "Booking confirmed" in edit


@pytest.mark.django_db(transaction=True)
def test_who_hears_in_writing_or_spoke_with_staff_is_not(staff: Client, world: World):
    by_text = win(world, granted=("offers:voice", "offers:sms"))
    assert not listed(staff, by_text), "the confirmation still may go"
    assert not listed(staff, win(world, via="staff"))
    Message.objects.filter(appointment=by_text).update(status="failed")
    assert listed(staff, by_text)
    Message.objects.create(
        clinic=world.clinic, kind="reminder", channel="email", contact_point=by_text.patient.contact_points.get(),
        patient=by_text.patient, appointment=by_text, status="sent", dedupe_key="reminder",
        next_attempt_at=timezone.now(), created_at=timezone.now(),
    )  # fmt: skip
    assert not listed(staff, by_text), "a reminder has told them since"


@pytest.mark.django_db(transaction=True)
def test_they_know_ends_it_once_and_a_move_begins_it_anew(staff: Client, world: World):
    visit = win(world)
    page = they_know(staff, visit).content.decode()
    assert "has been told" in page and not listed(staff, visit)
    assert Entry.objects.filter(verb="appointment.told", object_id=visit.pk).count() == 1
    assert "done before" in they_know(staff, visit).content.decode()
    for hours in (1, 2):
        move(visit, hours)
        assert listed(staff, visit)
        assert "Not told it moved" in staff.get(reverse("calls")).content.decode()
        they_know(staff, visit)
        assert not listed(staff, visit)
    assert Message.objects.filter(channel="staff").count() == 3
    assert Message.objects.filter(status="refused").count() == 2, "one of each kind"


@pytest.mark.django_db(transaction=True)
def test_who_was_told_the_time_before_is_not_told_of_the_move_made_meanwhile(staff: Client, world: World):
    visit = win(world)
    page = staff.get(reverse("calls")).content.decode()
    word = re.search(r'name="word" value="([0-9:]+)"', page)[1]
    move(visit)
    said = staff.post(reverse("call-visit-told", args=[visit.pk]), {"word": word}, follow=True).content.decode()
    assert "look at it again" in said and listed(staff, visit)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_say_it_at_once_one_was_first(world: World):
    visit, user = win(world), factories.user(world.clinic)
    word = unwritten.name_of(Message.objects.get(kind="booked"))
    said = at_once([lambda: unwritten.told(visit.pk, word, by=user, now=timezone.now())] * 2)
    assert sorted(said) == [False, True]
    assert Message.objects.filter(channel="staff").count() == 1


def test_nobody_else_s_and_none_of_the_past(staff: Client, world: World):
    visit = win(World())
    assert not listed(staff, visit)
    assert staff.post(reverse("call-visit-told", args=[visit.pk])).status_code == 404
    mine = win(world)
    Appointment.objects.filter(pk=mine.pk).update(
        starts_at=timezone.now() - timedelta(hours=2), ends_at=timezone.now() - timedelta(hours=1)
    )
    assert not listed(staff, mine)


def test_the_list_takes_as_many_queries_for_three_as_for_one(staff: Client, world: World):
    counts = []
    for more in (1, 2):
        for _ in range(more):
            win(world)
        with CaptureQueriesContext(connection) as taken:
            staff.get(reverse("calls"))
        counts.append(len(taken))
    assert counts[0] == counts[1]
