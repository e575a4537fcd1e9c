"""The link in every e-mail: looking changes nothing, a click ends the e-mails, and there is less or more to choose."""

import threading

import pytest
from django.core.signing import Signer
from django.db import connections, transaction
from django.urls import reverse

from notifications import rendering
from notifications.models import Consent, ContactPoint, Message
from notifications.rendering import UNSUBSCRIBE_SALT
from tests import factories
from tests.at_once import wait_until_blocked
from tests.factories import NOW
from waitlist import unsubscribing

pytestmark = pytest.mark.django_db


@pytest.fixture
def patient():
    return factories.patient(factories.clinic(), email="ana@example.com")


@pytest.fixture
def address(patient):
    return patient.contact_points.get(kind="email")


def link(address, purpose="offers"):
    return reverse("unsubscribe", args=[Signer(salt=UNSUBSCRIBE_SALT).sign(f"{address.pk}:{purpose}")])


def now_allowed(patient):
    return {point.kind: point.granted for point in patient.contact_points.all()}


def test_the_link_says_which_purpose_the_email_had(address):
    for purpose in ("offers", "reminders"):
        message = Message(
            kind="offer", channel="email", contact_point=address, clinic=address.clinic, purpose=purpose,
            next_attempt_at=NOW,
        )  # fmt: skip
        assert rendering.mail.unsubscribe_url(message).endswith(link(address, purpose))


def test_looking_offers_the_choices_and_changes_nothing(client, patient, address):
    page = client.get(link(address, "reminders"))
    assert "Only e-mails about your visits" in page.text and "open times" in page.text
    assert now_allowed(patient)["email"] == ["offers:email", "reminders:email"]


def test_one_click_ends_the_emails_of_the_address(client, patient, address):
    client.post(link(address), {"List-Unsubscribe": "One-Click"}, REMOTE_ADDR="203.0.113.9")
    assert now_allowed(patient) == {"phone": ["offers:sms", "reminders:sms"], "email": []}
    line = Consent.objects.first()
    assert (line.source, line.note, line.remote_addr) == ("form", "unsubscribe link", "203.0.113.9")


@pytest.mark.parametrize(("purpose", "left"), [("offers", ["reminders:email"]), ("reminders", ["offers:email"])])
def test_only_what_the_email_was_about(client, patient, address, purpose, left):
    page = client.post(link(address, purpose), {"what": "purpose"})
    assert now_allowed(patient)["email"] == left
    assert "still come" in page.text
    assert "No more e-mails about" in client.get(link(address, purpose)).text


def test_texts_and_calls_too(client, patient, address):
    child = factories.patient(address.clinic, "+14155550155", first_name="Ben")
    child.contacts.create(contact_point=address, position=1)
    other = factories.patient(address.clinic)
    page = client.post(link(address), {"what": "all"})
    assert "No more e-mails, texts or calls" in page.text
    stopped = set(ContactPoint.objects.exclude(stopped_at=None).values_list("value", flat=True))
    assert stopped == {"ana@example.com", "+14155550155", patient.contact_points.get(kind="phone").value}
    assert now_allowed(other)["phone"] == ["offers:sms", "reminders:sms"]


def test_offers_end_everywhere_and_visits_are_still_told(client, patient, address):
    assert "Only offers of open times, by e-mail, text and call" in client.get(link(address, "reminders")).text
    page = client.post(link(address, "reminders"), {"what": "offers"})
    assert "No more offers" in page.text and "Stop everything else, too" in page.text
    assert now_allowed(patient) == {"phone": ["reminders:sms"], "email": ["reminders:email"]}
    assert "Only offers of open times" not in client.get(link(address, "reminders")).text
    client.post(link(address), {"what": "again"})
    assert now_allowed(patient) == {"phone": ["reminders:sms"], "email": ["offers:email", "reminders:email"]}


def test_the_way_back_is_for_the_address_alone(client, patient, address):
    client.post(link(address), {"what": "all"})
    assert "You get our e-mails again" in client.post(link(address), {"what": "again"}).text
    assert now_allowed(patient) == {"phone": [], "email": ["offers:email", "reminders:email"]}


def test_reminders_back_bring_no_openings(client, address):
    address.granted = ["reminders:email"]
    address.save()
    client.post(link(address, "reminders"), {"what": "purpose"})
    client.post(link(address, "reminders"), {"what": "again"})
    address.refresh_from_db()
    assert address.granted == ["reminders:email"]


def test_a_word_we_do_not_know_ends_them(client, patient, address):
    client.post(link(address), {"what": "something"})
    assert now_allowed(patient)["email"] == []


def test_links_from_before_still_open(client, patient, address):
    old = reverse("unsubscribe", args=[Signer(salt=UNSUBSCRIBE_SALT).sign(str(address.pk))])
    assert client.get(old).status_code == 200
    client.post(old, {"List-Unsubscribe": "One-Click"})
    assert now_allowed(patient)["email"] == []


def test_it_holds_at_every_clinic_behind_the_sender(client, address):
    neighbour = factories.patient(factories.clinic(sms_sender=address.clinic.sms_sender), email="ana@example.com")
    stranger = factories.patient(factories.clinic(), email="ana@example.com")
    client.post(link(address), {"List-Unsubscribe": "One-Click"})
    assert now_allowed(neighbour)["email"] == []
    assert now_allowed(stranger)["email"] == ["offers:email", "reminders:email"]


# Whoever else locks several of their contact points does so by id, too.


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_in_order", [True, False], ids=["by id", "control: the address first"])
def test_the_end_of_everything_waits_for_a_batch_and_keeps_nothing_from_it(monkeypatch, is_in_order):
    clinic = factories.clinic()
    phone = factories.patient(clinic, email="ana@example.com").contact_points.get(kind="phone")
    address = ContactPoint.objects.get(kind="email")
    assert phone.pk < address.pk
    if not is_in_order:
        monkeypatch.setattr(unsubscribing.consent, "lock_lines", lambda points: None)
    blocked = threading.Thread(target=lambda: (_end_everything(address), connections.close_all()))
    with transaction.atomic():
        ContactPoint.objects.select_for_update(no_key=True).get(pk=phone.pk)
        blocked.start()
        assert wait_until_blocked(blocked)
        free = ContactPoint.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=address.pk)
        assert free.exists() is is_in_order
    blocked.join()
    assert not ContactPoint.objects.filter(stopped_at=None).exists()


def _end_everything(address):
    unsubscribing.everything(address, remote_addr=None, now=NOW)
