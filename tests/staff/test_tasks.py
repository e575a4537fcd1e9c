"""What waits for a person's hand."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from matching import claims, returns
from matching.answering import unasked
from notifications.models import InboundMessage, Message
from notifications.states import Kind, MessageStatus
from tests import factories
from tests.factories import World
from waitlist import writebacks
from waitlist.models import InboundEvent, Membership, Writeback
from waitlist.states import Role, WritebackStatus
from waitlist.templatetags import bar

pytestmark = pytest.mark.django_db


def to_do(world: World) -> int:
    """What the bar says waits for a person's hand."""
    return bar.count(Membership.objects.filter(clinic=world.clinic)[0], now=timezone.now()).get("tasks", 0)


def writeback(world: World, status: str = WritebackStatus.TASK, **fields: object) -> Writeback:
    now = timezone.now()
    hours = 30 + Writeback.objects.count()
    appointment = world.appointment(now + timedelta(hours=hours), patient=factories.patient(world.clinic))
    return Writeback.objects.create(
        clinic=world.clinic,
        appointment=appointment,
        status=status,
        created_at=now,
        updated_at=now,
        **{"kind": "booked", **fields},
    )


def test_nothing_to_do(staff: Client):
    assert "Nothing to do" in staff.get(reverse("tasks")).content.decode()


def test_what_there_is_to_do(staff: Client, world: World):
    task = writeback(world, detail="It answered 500 ten times.")
    conflict = writeback(world, WritebackStatus.CONFLICT)
    settled = writeback(world, WritebackStatus.CONFLICT, resolved_at=timezone.now())  # stays until somebody saw it
    entered = writeback(world, WritebackStatus.DONE)
    InboundEvent.objects.create(
        connection=world.connection(), event_key="1", payload={}, status="rejected", received_at=timezone.now()
    )
    page = staff.get(reverse("tasks")).content.decode()
    shown = [one.appointment.patient.name in page for one in (task, conflict, settled, entered)]
    assert shown == [True, True, True, False]
    assert to_do(world) == 4
    assert "It answered 500 ten times." in page
    assert "<b>1</b> calendar event of" in page and "needs attention. An admin" in page


@pytest.mark.parametrize("who", ["the later", "the one before", None])
def test_two_people_at_one_time_of_whom_one_has_it_from_us(who: str | None, staff: Client, world: World):
    at = timezone.now() + timedelta(days=2)
    first = world.appointment(at, patient=factories.patient(world.clinic))
    second = world.appointment(at, patient=factories.patient(world.clinic), is_exclusive=False)
    won = {"the later": second, "the one before": first}.get(who or "")
    if won is not None:
        world.slot(at, state="filled", filled_by=won, filled_at=at)
    page = staff.get(reverse("tasks")).content.decode()
    assert ("Booked twice" in page) == (second.patient.name in page) == (won is not None)
    assert to_do(world) == (won is not None)
    first.status = "cancelled"
    first.save()
    assert "Booked twice" not in staff.get(reverse("tasks")).content.decode()


def test_an_admin_is_led_to_the_calendar_whose_events_need_attention(client: Client, world: World):
    client.force_login(factories.user(world.clinic, Role.ADMIN))
    calendars = [world.connection(), World().connection()]
    for key in ("1", "2"):
        for calendar in calendars:
            InboundEvent.objects.create(
                connection=calendar, event_key=key, payload={}, status="rejected", received_at=timezone.now()
            )
    page = client.get(reverse("tasks")).content.decode()
    assert "<b>2</b> calendar events of" in page and "need attention" in page
    links = [reverse("connection", args=[calendar.pk]) in page for calendar in calendars]
    assert links == [True, False]
    assert to_do(world) == 2


@pytest.mark.parametrize("can_be_told", [True, False])
def test_a_conflict_says_who_had_it_and_whether_they_know_until_somebody_saw_it(
    staff: Client, world: World, can_be_told: bool
):
    now = timezone.now()
    world.connection(writeback_url="https://calendar.example/hook")
    patient = world.entry().patient
    if not can_be_told:
        patient.contact_points.update(granted=[])
    slot = world.slot(now + timedelta(hours=30))
    assert unasked.give(slot.pk, patient, now=now) == claims.Claim.BOOKED
    owed = Writeback.objects.get()
    writebacks.conflict(owed, "The calendar had that time taken.", now=now)
    url = reverse("task-done", args=[owed.pk])
    page = staff.get(reverse("tasks")).content.decode()
    assert "They are being told" in page and url not in page
    assert staff.post(url).status_code == 404  # the apology comes first

    assert returns.give_way(owed.pk, now=now)
    page = staff.get(reverse("tasks")).content.decode()
    assert patient.name in page and url in page
    assert ("They are being told" in page, "please call" in page) == (can_be_told, not can_be_told)
    Message.objects.filter(kind=Kind.APOLOGY).update(status=MessageStatus.DELIVERED, sent_at=now)
    assert ("and offered other times." in staff.get(reverse("tasks")).content.decode()) is can_be_told

    staff.post(url)
    owed.refresh_from_db()
    assert owed.status == WritebackStatus.DONE
    assert "Nothing to do" in staff.get(reverse("tasks")).content.decode()
    assert to_do(world) == 0


def test_done_is_done_once(staff: Client, world: World):
    task = writeback(world)
    url = reverse("task-done", args=[task.pk])
    assert staff.get(url).status_code == 405
    assert staff.post(url)["Location"] == reverse("tasks")
    task.refresh_from_db()
    assert task.status == WritebackStatus.DONE
    assert "done before" in staff.post(url, follow=True).content.decode()


def test_back_to_the_page_it_came_from_and_nowhere_else(staff: Client, world: World):
    url = reverse("task-done", args=[writeback(world).pk])
    assert staff.post(url, {"next": "/"})["Location"] == "/"
    assert staff.post(url, {"next": "https://evil.example/"})["Location"] == reverse("tasks")


def reply(world: World, words: str, provider_id: str, **fields: object) -> InboundMessage:
    patient = factories.patient(world.clinic)
    return InboundMessage.objects.create(
        **{
            "clinic": world.clinic,
            "contact_point": patient.contact_points.get(),
            "channel": "sms",
            "provider_id": provider_id,
            "text": words,
            "meaning": "unclear",
            "received_at": timezone.now(),
            **fields,
        }
    )


def test_what_patients_wrote_is_the_inbox_s(staff: Client, world: World):
    reply(world, "Is parking free?", "SM1")
    assert "Nothing to do" in staff.get(reverse("tasks")).content.decode()


def test_a_task_of_another_clinic_is_not_found(staff: Client):
    assert staff.post(reverse("task-done", args=[writeback(World()).pk])).status_code == 404


def test_the_number_of_queries_is_fixed(staff: Client, world: World, django_assert_num_queries):
    writeback(world)
    with django_assert_num_queries(11):
        staff.get(reverse("tasks"))
    writeback(world)
    writeback(world)
    with django_assert_num_queries(11):
        staff.get(reverse("tasks"))
