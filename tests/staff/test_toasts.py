"""What was just done is said with a button that takes it back, where there is a way back."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from notifications.models import InboundMessage
from tests import factories
from tests.factories import World
from waitlist import schedule
from waitlist.models import Appointment, Slot, Writeback
from waitlist.states import CancelledBy, WritebackStatus

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)
HTMX = {"HX-Request": "true"}


def offered(page: str) -> str | None:
    """Where the Undo of the message on top leads."""
    found = re.search(r'<form method="post" action="([^"]+)" class="flash undo', page)
    return found and found[1].replace("&amp;", "&")


def booked(world: World, **fields: object) -> Appointment:
    at = timezone.now() + timedelta(hours=30)
    return world.appointment(at, patient=factories.patient(world.clinic), **fields)


def cancel(staff: Client, visit: Appointment, reason: str) -> str:
    """Cancel it, and the page that comes then."""
    url = reverse("appointment-cancel", args=[visit.pk])
    return staff.post(url, {"reason": reason}, follow=True).content.decode()


@committed
def test_a_cancellation_is_undone_where_it_is_said(staff: Client, world: World):
    visit = booked(world)
    url = offered(cancel(staff, visit, "patient is ill"))
    assert url == reverse("slot-undo", args=[Slot.objects.get().pk])
    answer = staff.post(url, {"next": "/"})
    assert answer["Location"] == "/"
    page = staff.get("/").content.decode()
    assert "Booked again as it was" in page and offered(page) is None
    visit.refresh_from_db()
    assert visit.status == "booked"


@committed
def test_who_was_told_that_it_is_cancelled_is_not_booked_again_by_a_button(staff: Client, world: World):
    visit, now = booked(world), timezone.now()
    slot = world.slot(visit.starts_at, state="filled", filled_by=visit, filled_at=now)
    world.offer(slot, world.entry(visit.patient, status="booked"), state="accepted")
    page = cancel(staff, visit, "other reason")
    assert "Cancelled." in page and offered(page) is None


@committed
@pytest.mark.parametrize("is_live", [True, False])
def test_over_offers_that_are_out_it_asks_first(is_live: bool, staff: Client, world: World):
    visit = booked(world)
    cancel(staff, visit, "patient is ill")
    now = timezone.now()
    asked = world.offer(Slot.objects.get(), offered_at=now, expires_at=now + timedelta(hours=1))
    url = reverse("slot-undo", args=[asked.slot_id])
    answer = staff.post(url, headers=HTMX if is_live else {})
    if is_live:
        assert answer["HX-Redirect"] == url
    else:
        assert f"{asked.patient.name} will be told" in answer.content.decode()
    visit.refresh_from_db()
    assert visit.status == "cancelled"
    staff.post(url, {"sure": "1"})
    visit.refresh_from_db()
    assert visit.status == "booked"


@committed
def test_the_card_offers_it_until_somebody_was_asked(staff: Client):
    world = World(autopilot="suggest")
    staff.force_login(factories.user(world.clinic))
    visit = booked(world)
    world.entry(visit.patient)
    slot = schedule.cancel(visit.pk, reason="", by=CancelledBy.PATIENT, now=timezone.now()).slot
    assert slot.offers.count() == 1, "whoever gave it up is listed, so that they are not asked for it"
    undo = f'id="undo-{slot.pk}"'
    assert undo in staff.get("/").content.decode()
    world.offer(slot)
    assert undo not in staff.get("/").content.decode()


def task(world: World, status: str = WritebackStatus.TASK, **fields: object) -> Writeback:
    now = timezone.now()
    return Writeback.objects.create(
        clinic=world.clinic, appointment=booked(world), kind="booked", status=status, created_at=now, updated_at=now,
        **fields,
    )  # fmt: skip


@pytest.mark.parametrize("status", [WritebackStatus.TASK, WritebackStatus.CONFLICT])
def test_what_was_not_entered_after_all_is_to_do_again(status: str, staff: Client, world: World):
    resolved_at = timezone.now() if status == WritebackStatus.CONFLICT else None
    owed = task(world, status, detail="It answered 500.", resolved_at=resolved_at)
    page = staff.post(reverse("task-done", args=[owed.pk]), follow=True).content.decode()
    url = offered(page)
    assert f"Done: {owed.appointment.patient.name}" in page and url == reverse("task-not-done", args=[owed.pk])
    assert staff.get(url).status_code == 405
    page = staff.post(url, {"next": reverse("tasks")}, follow=True).content.decode()
    assert "To do again" in page
    owed.refresh_from_db()
    assert (owed.status, owed.detail) == (status, "It answered 500.")
    assert Entry.objects.filter(verb=f"writeback.{status}").count() == 1
    assert "Nothing was changed" in staff.post(url, follow=True).content.decode()


def test_what_has_changed_since_is_not_to_do_again(staff: Client, world: World):
    owed = task(world)
    staff.post(reverse("task-done", args=[owed.pk]))
    Appointment.objects.update(status="cancelled")
    page = staff.post(reverse("task-not-done", args=[owed.pk]), follow=True).content.decode()
    assert "Something has changed since" in page
    owed.refresh_from_db()
    assert owed.status == WritebackStatus.DONE


def test_another_clinic_s_task_is_not_found(staff: Client):
    theirs = task(World(), WritebackStatus.DONE)
    assert staff.post(reverse("task-not-done", args=[theirs.pk])).status_code == 404


@committed
def test_what_was_read_is_to_be_read_again(staff: Client, world: World):
    point = factories.patient(world.clinic).contact_points.get()
    before, heard = (
        InboundMessage.objects.create(
            clinic=world.clinic, contact_point=point, channel="sms", provider_id=words, text=words, meaning="unclear",
            received_at=timezone.now(), read_at=read_at,
        )
        for words, read_at in (("Long ago", timezone.now()), ("Is parking free?", None))
    )  # fmt: skip
    page = staff.post(reverse("inbox-read", args=[point.pk]), {"seen": heard.pk}, follow=True).content.decode()
    url = offered(page)
    assert url is not None and "Read: " in page
    assert "To read again" in staff.post(url, follow=True).content.decode()
    assert list(InboundMessage.objects.filter(read_at=None)) == [heard], f"{before} was read at another moment"
    assert Entry.objects.filter(verb="message.unread").count() == 1
    for nothing in (url, reverse("inbox-unread", args=[point.pk]), f"{reverse('inbox-unread', args=[point.pk])}?at=x"):
        assert "nothing to undo" in staff.post(nothing, follow=True).content.decode()
