"""How much a number may be told, and in which language: from the ledger, the clinic and who uses the number."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from notifications import consent, outbox, whom
from notifications.models import Consent, Message, PatientContact
from notifications.outbox import Route
from tests import factories
from tests.factories import NOW, World
from waitlist.models import Clinic

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: None) -> World:
    made = World()
    Clinic.objects.filter(pk=made.clinic.pk).update(content_level=2)
    made.clinic.refresh_from_db()
    return made


def agree(point, *, channel="sms", granted=True, at=NOW):
    consent.record(point, purpose="detail", channel=channel, granted=granted, source="staff", at=at, now=at)


def number(patient):
    return patient.contact_points.get(kind="phone")


def test_the_level_is_the_clinics_where_the_one_who_reads_it_agreed(world):
    patient = factories.patient(world.clinic, email="ana@example.com")
    point, address = number(patient), patient.contact_points.get(kind="email")
    assert whom.level(world.clinic, point, "sms") == 0
    agree(point)
    assert whom.level(world.clinic, point, "sms") == 2
    assert whom.level(world.clinic, point, "voice") == whom.level(world.clinic, address, "email") == 0
    agree(address, channel="email")
    both = whom.levels(world.clinic, [(point.pk, "sms"), (address.pk, "email")])
    assert both == {(point.pk, "sms"): 2, (address.pk, "email"): 2}
    world.clinic.content_level = 1
    assert whom.level(world.clinic, point, "sms") == 1
    agree(point, granted=False, at=NOW + timedelta(minutes=1))
    assert whom.level(world.clinic, point, "sms") == 0


def test_a_family_s_number_names_nobody(world):
    patient = factories.patient(world.clinic)
    agree(number(patient))
    PatientContact.objects.create(patient=factories.patient(world.clinic, phone=None), contact_point=number(patient))
    assert whom.level(world.clinic, number(patient), "sms") == 0


def test_at_level_0_nobody_is_asked(world, django_assert_num_queries):
    world.clinic.content_level = 0
    with django_assert_num_queries(0):
        assert whom.levels(world.clinic, [(1, "sms")]) == {(1, "sms"): 0}


def test_an_offer_names_whom_only_where_they_agreed(world):
    """Two people of one wave; then the consent is withdrawn before the text goes out."""
    slot = world.slot(state="offering")
    pairs = []
    for agreed in (True, False):
        patient = factories.patient(world.clinic)
        point = number(patient)
        if agreed:
            agree(point)
        pairs.append((world.offer(slot, world.entry(patient)), [Route(point.pk, "sms", NOW)]))
    outbox.enqueue_offers(slot, pairs, now=NOW)
    told, other = Message.objects.order_by("pk")
    assert (told.context["level"], other.context["level"]) == (2, 0)
    agree(told.contact_point, granted=False, at=NOW + timedelta(seconds=1))
    outbox.deliver(told.pk, now=NOW)
    told.refresh_from_db()
    assert told.text and world.practitioner.name not in told.text and told.patient.first_name not in told.text


def test_the_text_says_what_was_agreed_to(world):
    patient = factories.patient(world.clinic)
    agree(number(patient))
    slot = world.slot(state="offering")
    offer = world.offer(slot, world.entry(patient))
    outbox.enqueue_offers(slot, [(offer, [Route(number(patient).pk, "sms", NOW)])], now=NOW)
    message = Message.objects.get()
    outbox.deliver(message.pk, now=NOW)
    message.refresh_from_db()
    for name in (patient.first_name, world.practitioner.name, world.service.name):
        assert name in message.text


def test_a_number_is_answered_in_its_language(world):
    patient = factories.patient(world.clinic, language="es")
    assert whom.language(number(patient)) == "es"
    PatientContact.objects.create(
        patient=factories.patient(world.clinic, phone=None, language="vi"), contact_point=number(patient)
    )
    assert whom.language(number(patient)) == "en"


@pytest.fixture
def desk(world) -> Client:
    client = Client()
    client.force_login(factories.user(world.clinic))
    return client


def person(patient, **more):
    return {
        "p-first_name": patient.first_name,
        "p-last_name": patient.last_name,
        "p-phone": number(patient).value,
        "c-said_by": "Ana",
        "c-said_at": "2026-11-20T10:00",
        **more,
    }


def test_staff_note_the_consent_to_detail_and_its_end(world, desk):
    patient = factories.patient(world.clinic)
    url = reverse("patient-edit", args=[patient.pk])
    assert "May these messages name you" in desk.get(url).content.decode()
    assert desk.post(url, person(patient, **{"c-detail_sms": "on"})).status_code == 302
    line = Consent.objects.get(purpose="detail")
    assert (line.channel, line.granted, line.note) == ("sms", True, "Said by Ana")
    page = desk.get(reverse("patient", args=[patient.pk])).content.decode()
    assert "Naming whom they see and what for" in page and "No names in texts any more" in page
    what = f"{number(patient).pk}:sms:detail"
    desk.post(reverse("patient-no-more", args=[patient.pk]), {"what": what, "said_by": "Ana"})
    assert number(patient).granted == ["offers:sms", "reminders:sms"]


def test_it_is_not_asked_where_the_clinic_names_nobody(world, desk):
    Clinic.objects.filter(pk=world.clinic.pk).update(content_level=0)
    patient = factories.patient(world.clinic)
    url = reverse("patient-edit", args=[patient.pk])
    assert "May these messages name you" not in desk.get(url).content.decode()
    desk.post(url, person(patient, **{"c-detail_sms": "on"}))
    assert not Consent.objects.exists()
