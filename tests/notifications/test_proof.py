"""Proof of one patient's consents: every line with its words, on a page and as a file no spreadsheet computes."""

import csv
import io
import json
from datetime import timedelta

import pytest
from django.urls import reverse

from audit.models import Entry
from notifications import consent, outbox, proof, replies
from notifications.consent import texts
from notifications.models import Consent, ContactPoint
from tests import factories
from tests.factories import NOW
from waitlist import joining
from waitlist.entries import Wish
from waitlist.joins import Agreed
from waitlist.models import Patient
from waitlist.people import Person

pytestmark = pytest.mark.django_db
NUMBER = "+14155550123"


@pytest.fixture
def world():
    return factories.World(takes_joins=True)


@pytest.fixture
def patient(world):
    """Joined, confirmed, and said stop a day later."""
    sentence = Agreed(texts.join_sentence(world.clinic), texts.JOIN_PAGE, "203.0.113.9")
    joining.ask(world.clinic, Person("Ana", "Pop", phone=NUMBER), Wish((world.service.pk,)), sentence, now=NOW)
    outbox.deliver_due(now=NOW)
    for n, text in enumerate(["START", "=HYPERLINK(1) stop"]):
        at = NOW + timedelta(minutes=5, days=n)
        replies.receive(world.clinic, sender=NUMBER, text=text, provider_id=text, now=at)
        outbox.deliver_due(now=at)
    return Patient.objects.get()


def test_everything_in_order_with_the_words_themselves(world, patient):
    lines = proof.of(patient)
    assert [line.what for line in lines] == [
        "Form of the join page sent in",
        "Allowed: Openings, Text",
        "Sent: Asked to confirm consent",
        "Heard: start",
        "Allowed: Openings, Text",
        "Sent: Answer to a reply",
        "Heard: stop",
        "Withdrawn: Openings, Text",
        "Sent: Opt-out confirmed",
    ]
    form, allowed, asked = lines[:3]
    assert form.text == allowed.text == texts.join_sentence(world.clinic)
    assert (allowed.text_version, allowed.remote_addr, allowed.how) == ("join-1", "203.0.113.9", "Web form")
    assert "START" in asked.text and asked.note == "Delivered"
    assert {line.where for line in lines} == {NUMBER}


def test_what_staff_read_aloud_stands_in_words_with_whoever_entered_it(world):
    patient, desk = factories.patient(world.clinic), factories.user(world.clinic)
    point = patient.contact_points.get()
    said = {"purpose": "offers", "channel": "sms", "granted": True, "source": "staff", "at": NOW, "now": NOW}
    consent.record(point, **said, recorded_by=desk, text_version=texts.READ_ALOUD, note="Said by Ana")
    [line] = proof.of(patient)
    assert (line.who, line.note, line.text) == (desk.email, "Said by Ana", texts.TEXTS[texts.READ_ALOUD])


def test_every_version_that_is_used_has_its_words():
    assert {texts.READ_ALOUD, texts.JOIN_PAGE} <= set(texts.TEXTS)
    assert all(len(version) <= Consent._meta.get_field("text_version").max_length for version in texts.TEXTS)


def test_a_number_they_gave_up_is_in_it(world, patient):
    ContactPoint.objects.get().users.all().delete()
    assert len(proof.of(patient)) == 9, "it was written to for them"


@pytest.mark.parametrize("role", ["manager", "compliance", "admin"])
def test_the_page(client, world, patient, role):
    client.force_login(factories.user(world.clinic, role))
    page = client.get(reverse("patient-proof", args=[patient.pk]))
    assert page.status_code == 200 and "203.0.113.9" in page.text and "(415) 555-0123" in page.text


def test_the_file_is_safe_and_its_taking_is_recorded(client, world, patient):
    user = factories.user(world.clinic, "compliance")
    client.force_login(user)
    url = reverse("patient-proof-export", args=[patient.pk])
    rows = list(csv.DictReader(io.StringIO(client.post(url, {"format": "csv"}).content.decode())))
    assert len(rows) == 9 and rows[0]["at"] == NOW.isoformat()
    assert rows[-3]["text"] == "'=HYPERLINK(1) stop" and rows[0]["where"] == f"'{NUMBER}"
    found = json.loads(client.post(url, {"format": "json"}).content)
    assert [line["what"] for line in found["lines"]] == [row["what"] for row in rows]
    first, second = Entry.objects.filter(verb="patient.proof_exported").order_by("pk")
    assert (first.actor_id, first.object_id, first.changes) == (user.pk, patient.pk, {"format": "csv", "lines": 9})
    assert second.changes == {"format": "json", "lines": 9}
