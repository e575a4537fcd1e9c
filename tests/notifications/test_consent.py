"""The ledger: what is allowed follows the latest word, and STOP is the last one until they say START."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction

from audit.models import Entry
from notifications import consent
from notifications.models import Consent
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
SAID = {"purpose": "offers", "channel": "sms", "source": "staff", "now": NOW}


def number(clinic=None):
    return consent.contact(clinic or factories.clinic(), "phone", "(415) 555-0123", now=NOW)


@pytest.mark.parametrize("written", ["(415) 555-0123", "415.555.0123", "+1 415 555 0123", "1-415-555-0123"])
def test_a_number_has_one_form(written):
    assert consent.phone(written) == "+14155550123"


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("800 555 0123", "toll-free"),
        ("900 555 0123", "premium"),
        ("12", "exists"),
        ("call me", "not a phone number"),
        ("+1 415 555 0123 ext 4", "exists"),
        ("+1 555 555 0100", "exists"),
        ("", "not a phone number"),
    ],
)
def test_a_number_nobody_reads_texts_on_is_refused_by_name(written, why):
    with pytest.raises(ValidationError) as refusal:
        consent.phone(written)
    assert why in refusal.value.message_dict["phone"][0]


def test_an_address_is_lower_case_and_checked():
    assert consent.email(" Ana@Example.COM ") == "ana@example.com"
    with pytest.raises(ValidationError) as refusal:
        consent.email("ana at example")
    assert "email" in refusal.value.message_dict


def test_a_shared_number_is_one_contact_point():
    clinic = factories.clinic()
    point = number(clinic)
    assert consent.contact(clinic, "phone", "+14155550123", now=NOW) == point
    for position, person in enumerate([factories.patient(clinic, None), factories.patient(clinic, None)]):
        consent.attach(person, point, position, now=NOW)
        consent.attach(person, point, position, now=NOW)
    assert point.users.count() == 2
    assert number() != point, "another clinic's is its own"


def test_a_contact_of_another_clinic_cannot_be_attached():
    with pytest.raises(ValueError, match="different clinics"):
        consent.attach(factories.patient(factories.clinic()), number(), 0, now=NOW)


def test_nothing_is_allowed_until_somebody_says_so():
    point = number()
    assert point.granted == []
    consent.record(point, **SAID, granted=True, at=NOW)
    point.refresh_from_db()
    assert point.granted == ["offers:sms"]
    consent.record(point, **{**SAID, "purpose": "reminders"}, granted=True, at=NOW)
    consent.record(point, **SAID, granted=False, at=NOW + timedelta(minutes=1))
    point.refresh_from_db()
    assert point.granted == ["reminders:sms"]


def test_an_older_yes_imported_later_does_not_undo_a_no():
    point = number()
    consent.record(point, **SAID, granted=False, at=NOW)
    consent.record(point, **{**SAID, "source": "import"}, granted=True, at=NOW - timedelta(days=30))
    point.refresh_from_db()
    assert point.granted == []


def test_stop_withdraws_everything_once_and_start_brings_it_back():
    point = number()
    for purpose in ("offers", "reminders"):
        consent.record(point, **{**SAID, "purpose": purpose}, granted=True, at=NOW)
    assert consent.stop(point, source="keyword", now=NOW + timedelta(hours=1))
    assert not consent.stop(point, source="keyword", now=NOW + timedelta(hours=2))
    point.refresh_from_db()
    assert (point.granted, point.stopped_at) == ([], NOW + timedelta(hours=1))
    assert Consent.objects.filter(granted=False).count() == 2

    assert consent.start(point, source="keyword", now=NOW + timedelta(days=1)) == [
        "offers:sms",
        "reminders:sms",
    ]
    point.refresh_from_db()
    assert (point.granted, point.stopped_at) == (["offers:sms", "reminders:sms"], None)
    lines = Consent.objects.count()
    consent.start(point, source="keyword", now=NOW + timedelta(days=2))
    assert Consent.objects.count() == lines, "saying it twice changes nothing"


def test_start_from_a_number_that_never_agreed_allows_openings():
    point = number()
    consent.start(point, source="keyword", now=NOW)
    point.refresh_from_db()
    assert point.granted == ["offers:sms"]


def test_every_line_is_in_the_trail_and_stays():
    point = number()
    line = consent.record(point, **SAID, granted=True, at=NOW)
    consent.stop(point, source="keyword", now=NOW)
    verbs = set(Entry.objects.filter(object_id=point.pk).values_list("verb", flat=True))
    assert {"contact.added", "consent.granted", "contact.stopped"} <= verbs
    with pytest.raises(DatabaseError), transaction.atomic():
        line.delete()
