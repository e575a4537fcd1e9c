"""A patient's page says what did not reach them, and why, also of messages that stand on no opening's page."""

from datetime import timedelta

import pytest
from django.urls import reverse

from notifications import consent, outbox, reminders
from notifications.models import Message
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def test_the_page_says_what_did_not_reach_them_and_why(client):
    world = factories.World(sends_reminders=True)
    client.force_login(factories.user(world.clinic))
    patient = factories.patient(world.clinic)
    url = reverse("patient", args=[patient.pk])
    assert "What did not reach them" not in client.get(url).content.decode()
    reminders.remind(world.appointment(NOW + timedelta(hours=23), patient=patient).pk, now=NOW)
    consent.stop(patient.contact_points.get(), source="staff", now=NOW)
    outbox.deliver_due(now=NOW)
    assert Message.objects.get(kind="reminder").refused_by == "stopped"
    page = client.get(url).content.decode()
    assert "What did not reach them" in page and "Reminder of a visit" in page and "Opted out" in page
    others = factories.patient(world.clinic, phone=patient.contact_points.get().value)
    assert "What did not reach them" not in client.get(reverse("patient", args=[others.pk])).content.decode()
