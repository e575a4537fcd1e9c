"""Staff: an earlier time for somebody with a visit, wishes about to close, another service, and the clinic's rule."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests import factories
from tests.factories import World, user
from waitlist import roster
from waitlist.models import Appointment, Clinic, Slot, WaitlistEntry
from waitlist.states import Role, SlotState

committed = pytest.mark.django_db(transaction=True)
pytestmark = pytest.mark.django_db


def visit(world: World, **fields: object) -> Appointment:
    fields.setdefault("patient", factories.patient(world.clinic))
    return world.appointment(timezone.now() + timedelta(days=9), **fields)


def typed(**fields: object) -> dict[str, object]:
    return {"said_by": "the patient", "with_whom": "same", "notice_minutes": "120", **fields}


@committed
def test_a_patient_with_a_visit_waits_for_an_earlier_time(staff: Client, world: World):
    held = visit(world)
    url = reverse("appointment-earlier", args=[held.pk])
    assert url in staff.get(reverse("appointments")).content.decode()
    assert "keep this visit until they say yes" in staff.get(url).content.decode()
    answer = staff.post(url, typed(), follow=True).content.decode()
    assert "is on the waitlist for an earlier time" in answer and "earlier than" in answer
    entry = WaitlistEntry.objects.get()
    assert (entry.later_visit, entry.practitioners, entry.note) == (
        held,
        [world.practitioner.pk],
        "An earlier time: said by the patient",
    )


def test_a_visit_further_ahead_than_two_weeks_is_found_by_its_patient(staff: Client, world: World):
    patient = factories.patient(world.clinic, first_name="Quinn")
    held = world.appointment(timezone.now() + timedelta(days=30), patient=patient)
    url = reverse("appointment-earlier", args=[held.pk])
    assert url not in staff.get(reverse("appointments")).content.decode()
    assert url in staff.get(reverse("appointments"), {"q": "Quinn"}).content.decode()


@committed
def test_who_said_so_and_consent_are_asked_for_by_name(staff: Client, world: World):
    held = visit(world, patient=factories.patient(world.clinic, phone=None))
    url = reverse("appointment-earlier", args=[held.pk])
    assert "Who said so" in staff.post(url, typed(said_by="")).content.decode()
    assert "record their consent first" in staff.post(url, typed()).content.decode()
    assert not WaitlistEntry.objects.exists()


@committed
def test_a_wish_about_to_close_is_kept_at_the_desk(staff: Client, world: World):
    booked = visit(world)
    now = timezone.now()
    closing = {"status": "paused", "paused_for": booked, "closes_at": now + timedelta(hours=3)}
    entry = world.entry(booked.patient, **closing)
    url = reverse("entry-keep", args=[entry.pk])
    assert url in staff.get(reverse("waitlist")).content.decode()
    assert "goes on waiting" in staff.post(url, follow=True).content.decode()
    entry.refresh_from_db()
    assert (entry.status, entry.closes_at) == ("active", None)
    assert "Nothing was changed" in staff.post(url, follow=True).content.decode()


@committed
def test_the_service_of_a_filled_time_is_changed(staff: Client, world: World):
    slot = world.slot(timezone.now() + timedelta(days=2))
    booked = world.appointment(slot.starts_at, patient=factories.patient(world.clinic))
    facial = factories.service(world.clinic, name="Facial", minutes=30, price_cents=28000)
    factories.service(world.clinic, name="Filler", minutes=60)
    Slot.objects.filter(pk=slot.pk).update(
        state=SlotState.FILLED, filled_by=booked, filled_at=timezone.now() - timedelta(days=5)
    )
    url = reverse("slot-service", args=[slot.pk])
    assert url in staff.get(reverse("slot", args=[slot.pk])).content.decode()
    page = staff.get(url).content.decode()
    assert "$40 less" in page and "does not fit: 45 minutes are free" in page
    page = staff.post(url, {"service": facial.pk}, follow=True).content.decode()
    assert "Booked for Facial now" in page and "Facial · $280" in page
    assert "not offered here" in staff.post(url, {"service": "x"}, follow=True).content.decode()
    Appointment.objects.update(status="cancelled")
    assert "Nobody is booked here any more" in staff.get(url).content.decode()


@committed
def test_a_manager_sets_the_rule_and_bad_input_is_named(client: Client, world: World):
    client.force_login(user(world.clinic, Role.MANAGER))
    url = reverse("earlier-times")
    assert url in client.get(reverse("settings")).content.decode()
    assert "Saved" in client.post(url, {"from_days": "14"}, follow=True).content.decode()
    assert Clinic.objects.get().earlier_from_days == 14
    for wrong in ("0", "400", "soon"):
        assert "Visits at least this many days ahead" in client.post(url, {"from_days": wrong}).content.decode()
    assert Clinic.objects.get().earlier_from_days == 14
    client.post(url, {"from_days": ""})
    assert Clinic.objects.get().earlier_from_days is None


@committed
def test_who_waits_by_the_rule_is_counted_named_and_can_leave(client: Client, world: World):
    client.force_login(user(world.clinic, Role.MANAGER))
    held = visit(world)
    page = client.get(reverse("earlier-times")).content.decode()
    assert "What 14 days would mean" in page
    client.post(reverse("earlier-times"), {"from_days": "7"})
    assert "Join within the hour" in client.get(reverse("earlier-times")).content.decode()
    world.clinic.refresh_from_db()
    roster.refresh(world.clinic, now=timezone.now())
    by_hand = world.entry()
    page = client.get(reverse("earlier-times")).content.decode()
    assert f"{reverse('waitlist')}?origin=rule" in page
    page = client.get(reverse("waitlist"), {"origin": "rule"}).content.decode()
    assert held.patient.name in page and by_hand.patient.name not in page and "by the clinic’s rule" in page
    page = client.get(reverse("patient", args=[held.patient_id])).content.decode()
    assert "joined by the clinic’s rule: they agreed to be asked and hold a visit far ahead" in page
    roster.remove(WaitlistEntry.objects.get(is_automatic=True).pk, now=timezone.now())
    roster.refresh(world.clinic, now=timezone.now())
    assert not WaitlistEntry.objects.filter(is_automatic=True, status="active").exists()


@committed
def test_the_reminders_page_shows_the_line_and_what_it_adds(client: Client, world: World):
    client.force_login(user(world.clinic, Role.MANAGER))
    url = reverse("reminders")
    page = client.get(url).content.decode()
    assert "Changes or sooner?" in page or "an earlier time?" in page
    assert "It takes no second text" in page
    client.post(url, {"sends_reminders": "on"})
    assert (Clinic.objects.get().sends_reminders, Clinic.objects.get().reminders_ask_earlier) == (True, False)
    client.post(url, {"sends_reminders": "on", "reminders_ask_earlier": "on"})
    assert Clinic.objects.get().reminders_ask_earlier
    world.clinic.wordings.create(
        kind="reminder", channel="sms", language="en", text="{clinic} {when} C", updated_at=timezone.now()
    )
    assert "You word the reminder yourself" in client.get(url).content.decode()


def test_the_join_page_s_settings_say_how_people_came(client: Client, world: World):
    client.force_login(user(world.clinic, Role.MANAGER))
    assert "Nobody in the last 90 days" in client.get(reverse("join-page")).content.decode()
    world.entry(origin="cancelled", added_at=timezone.now())
    page = client.get(reverse("join-page")).content.decode()
    assert '<th scope="row">Cancelling at the desk</th><td data-label="Wishes">1</td>' in page
