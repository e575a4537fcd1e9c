"""What somebody told staff about messages to them: less, none, or again by their own word."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from matching.models import Offer
from notifications import consent
from notifications.models import Consent, ContactPoint
from tests import factories
from tests.factories import World
from tests.notifications.conftest import tell
from waitlist.models import Patient, User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def desk(world: World) -> User:
    return factories.user(world.clinic)


@pytest.fixture
def staff(desk: User) -> Client:
    client = Client()
    client.force_login(desk)
    return client


@pytest.fixture
def patient(world: World) -> Patient:
    return factories.patient(world.clinic)


def post(staff: Client, patient: Patient, said: str, **fields) -> str:
    point = patient.contact_points.first()
    url = reverse("patient-told", args=[patient.pk])
    told = {"what": f"{point.pk}:{said}", "said_by": "Her mother", **fields}
    return staff.post(url, told, follow=True).content.decode()


def said_at(world: World, **ago) -> str:
    return (timezone.now() - timedelta(**ago)).astimezone(world.clinic.zone).strftime("%Y-%m-%dT%H:%M:%S")


def stopped_with(patient: Patient, **ago) -> ContactPoint:
    point = patient.contact_points.first()
    consent.stop(point, source="keyword", now=timezone.now() - timedelta(**ago))
    return point


def test_no_more_openings_leaves_reminders(staff, world, desk, patient):
    shown = post(staff, patient, "offers")
    assert "No more openings to (628)" in shown and "as Her mother said" in shown
    line = Consent.objects.get()
    assert (line.purpose, line.granted, line.source, line.recorded_by, line.note) == (
        "offers", False, "staff", desk, "Said by Her mother",
    )  # fmt: skip
    assert patient.contact_points.get().granted == ["reminders:sms"]
    assert "There were no openings to" in post(staff, patient, "offers")


def test_no_more_at_all_holds_for_every_clinic_behind_the_sender(staff, world, desk, patient):
    point = patient.contact_points.get()
    other = factories.patient(factories.clinic(sms_sender=world.clinic.sms_sender), point.value)
    stranger = factories.patient(factories.clinic(), point.value)
    assert "No more messages at all to" in post(staff, patient, "all")
    assert [p.contact_points.get().stopped_at is None for p in (patient, other, stranger)] == [False, False, True]
    assert {line.recorded_by for line in Consent.objects.all()} == {desk}
    who = Entry.objects.get(verb="contact.stopped", object_id=point.pk)
    assert (who.actor_kind, who.actor_id) == ("staff", desk.pk)
    shown = staff.get(reverse("patient", args=[patient.pk])).content.decode()
    assert "nothing goes there until they text START" in shown


def test_no_more_texts_holds_behind_the_sender_too(staff, world, patient):
    point = patient.contact_points.get()
    other = factories.patient(factories.clinic(sms_sender=world.clinic.sms_sender), point.value)
    staff.post(reverse("patient-no-more", args=[patient.pk]), {"what": f"{point.pk}:sms", "said_by": "Ana"})
    assert (patient.contact_points.get().granted, other.contact_points.get().granted) == ([], [])


def test_what_they_were_asked_waits_for_them_no_longer(staff, world):
    told = tell(world)
    now = timezone.now()
    Offer.objects.update(offered_at=now, expires_at=now + timedelta(hours=1))
    told.slot.starts_at, told.slot.ends_at = now + timedelta(days=2), now + timedelta(days=2, hours=1)
    told.slot.save()
    told.message.status = "delivered"
    told.message.save()
    post(staff, told.patient, "all")
    offer = Offer.objects.get()
    assert (offer.state, offer.answered_by) == ("declined", "staff")


@pytest.mark.parametrize("said", ["all", "offers"])
def test_nor_at_another_clinic_behind_the_sender(staff, world, said):
    """And what they were asked on another way stays with them: staff say which way is meant."""
    told = tell(world)
    behind, apart = World(sms_sender=world.clinic.sms_sender), World()
    same, other = (tell(one, phone=told.point.value) for one in (behind, apart))
    by_mail = world.slot(told.slot.starts_at + timedelta(days=1), state="offering")
    elsewhere = world.offer(by_mail, told.offer.entry)
    post(staff, told.patient, said)
    states = [Offer.objects.get(pk=one.pk).state for one in (told.offer, same.offer, other.offer, elsewhere)]
    assert states == ["declined", "declined", "pending", "pending"]


def test_again_by_their_own_word(staff, world, desk, patient):
    point = stopped_with(patient, days=2)
    shown = post(staff, patient, "again", purposes=["offers", "reminders"], said_at=said_at(world, hours=1))
    assert "may be written to again, as Her mother said" in shown
    point.refresh_from_db()
    assert (point.stopped_at, point.granted) == (None, ["offers:sms", "reminders:sms"])
    line = Consent.objects.filter(granted=True).first()
    assert (line.source, line.recorded_by, line.text_version, line.note) == (
        "staff", desk, "staff-read-2", "Said by Her mother",
    )  # fmt: skip


def test_a_word_from_before_the_stop_does_not_count(staff, world, patient):
    point = stopped_with(patient, hours=1)
    shown = post(staff, patient, "again", purposes=["offers"], said_at=said_at(world, hours=2))
    assert "They stopped it themselves after that." in shown
    point.refresh_from_db()
    assert point.stopped_at and point.granted == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"said_by": ""}, "Say whose word it is"),
        ({"purposes": []}, "Tick what they want again."),
        ({"said_at": ""}, "Say when they said so."),
        ({"said_at": "2999-01-01T10:00"}, "This is in the future."),
        ({"said_at": "soon"}, "Enter a valid date/time."),
        ({"what": "0:again"}, "Choose again."),
        ({"what": ""}, "Choose what they said."),
    ],
)
def test_what_is_missing_is_said(staff, world, patient, fields, words):
    stopped_with(patient, days=2)
    asked = {"purposes": ["offers"], "said_at": said_at(world, hours=1), **fields}
    assert words in post(staff, patient, "again", **asked)
    assert not Consent.objects.filter(granted=True).exists()


def test_another_patients_number_is_not_theirs(staff, world, patient):
    point = factories.patient(world.clinic).contact_points.get()
    post(staff, patient, "all", what=f"{point.pk}:all")
    point.refresh_from_db()
    assert point.stopped_at is None
