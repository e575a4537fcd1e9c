"""Who texts STOP means us: offers end on every way they have, visits are told of by e-mail, and START gives it back."""

import pytest
from django.urls import reverse

from matching.models import Offer
from notifications import consent, outbox, proof, replies, rules
from notifications.models import Consent, ContactPoint, InboundMessage, Message
from notifications.outbox import learning
from tests import factories
from tests.at_once import while_uncommitted, without_locks
from tests.factories import NOW
from tests.notifications.conftest import minutes, tell
from tests.notifications.test_unsubscribe import link
from waitlist.models import Patient

pytestmark = pytest.mark.django_db
BOTH = ["offers:email", "reminders:email"]
VISIT = "booked", "offers", "email"


@pytest.fixture
def told(world):
    """Asked by text, and with an address and another number besides."""
    told = tell(world, email="ana@example.com")
    reach(told.patient, "phone", "+14155550188", "offers:sms", "offers:voice", "reminders:sms")
    return told


def reach(patient: Patient, kind: str, value: str, *grants: str) -> ContactPoint:
    """A further way to somebody."""
    point = consent.contact(patient.clinic, kind, value, now=NOW)
    consent.attach(patient, point, 2, now=NOW)
    for grant in grants:
        purpose, channel = grant.split(":")
        consent.record(point, purpose=purpose, channel=channel, granted=True, source="staff", at=NOW, now=NOW)
    point.refresh_from_db()
    return point


def says(told, text, *, n=1, point=None, **options):
    return replies.receive(
        told.world.clinic, sender=(point or told.point).value, text=text,
        provider_id=f"SM{InboundMessage.objects.count()}", now=minutes(n), **options,
    )  # fmt: skip


def allowed(patient: Patient) -> dict[str, list[str]]:
    return {point.value: point.granted for point in patient.contact_points.all()}


def mail_of(patient: Patient) -> ContactPoint:
    return patient.contact_points.get(kind="email")


def ways(told, now) -> list | str:
    return outbox.find_ways(told.slot, [told.patient], until=now + (told.slot.starts_at - NOW) / 2, now=now).of[
        told.patient.pk
    ]


def by_text(told):
    says(told, "STOP")


def by_free_text(told):
    says(told, "please leave me alone")


def by_the_carriers_error(told):
    learning.learn(told.point, 21610, now=minutes(1))


@pytest.mark.parametrize("stops", [by_text, by_free_text, by_the_carriers_error])
def test_stop_ends_offers_on_every_way(told, stops):
    assert ways(told, minutes(0)) != "stopped"
    stops(told)
    assert allowed(told.patient) == {
        told.point.value: [], "ana@example.com": ["reminders:email"], "+14155550188": ["reminders:sms"],
    }  # fmt: skip
    assert ways(told, minutes(2)) == "stopped"
    assert list(ContactPoint.objects.exclude(stopped_at=None)) == [told.point], "only that number is stopped"
    line = mail_of(told.patient).consents.get(granted=False)
    assert (line.purpose, line.channel, line.source, line.said_on) == ("offers", "email", "keyword", told.point)


def test_stop_offers_ends_them_on_every_way_and_is_confirmed_once(told):
    says(told, "stop offers")
    assert allowed(told.patient) == {
        told.point.value: ["reminders:sms"], "ana@example.com": ["reminders:email"], "+14155550188": ["reminders:sms"],
    }  # fmt: skip
    says(told, "stop offers", n=2)
    assert [message.context["answer"] for message in Message.objects.filter(kind="answer")] == ["offers_stopped"]


def test_stop_offers_where_only_e_mails_were_left_is_confirmed(told):
    consent.withdraw(told.point, "offers", source="staff", now=NOW)
    says(told, "stop offers")
    assert allowed(told.patient)["ana@example.com"] == ["reminders:email"]
    assert Message.objects.get(kind="answer").context["answer"] == "offers_stopped"


@pytest.mark.parametrize("word", ["STOP", "stop offers"])
def test_what_becomes_of_a_visit_still_comes_by_e_mail(told, word):
    """Also to somebody who had agreed to offers alone; and not where the address itself has ended them."""
    address = mail_of(told.patient)
    consent.withdraw(address, "reminders", source="staff", now=NOW)
    says(told, word)
    address.refresh_from_db()
    assert address.granted == []
    assert rules.forbidden(address, "offer", "offers", "email") == "no_consent"
    for kind in ("booked", "changed", "cancelled", "ended", "apology", "lost", "gone"):
        assert rules.forbidden(address, kind, "offers", "email") is None
    consent.withdraw(address, "offers", source="form", now=minutes(2))
    assert rules.forbidden(address, *VISIT) == "no_consent"


def test_news_of_a_visit_goes_where_reminders_go(told):
    """As the confirmation of STOP OFFERS says."""
    says(told, "stop offers")
    told.point.refresh_from_db()
    assert rules.forbidden(told.point, "lost", "offers", "sms") is None
    assert rules.forbidden(told.point, "offer", "offers", "sms") == "no_consent"


@pytest.mark.parametrize("words", [["STOP"], ["stop offers"], ["stop offers", "STOP"]])
def test_start_gives_back_exactly_what_was_taken(told, words):
    before = allowed(told.patient)
    ended_before = reach(told.patient, "email", "old@example.com", "offers:email")
    consent.withdraw(ended_before, "offers", source="staff", now=NOW)
    for n, text in enumerate([*words, "START", "START"], 1):
        says(told, text, n=n)
    assert allowed(told.patient) == {**before, "old@example.com": []}


def test_start_brings_back_nothing_the_address_has_ended_since(client, told):
    """Though there was nothing left to take when they said so."""
    says(told, "STOP")
    client.post(link(mail_of(told.patient)), {"what": "purpose"})
    says(told, "START", n=3)
    assert allowed(told.patient)["ana@example.com"] == ["reminders:email"]
    assert "offers:sms" in allowed(told.patient)[told.point.value]


def test_start_brings_nothing_to_an_address_that_was_stopped_since(client, told):
    says(told, "STOP")
    client.post(link(mail_of(told.patient)), {"what": "email"})
    says(told, "START", n=3)
    assert allowed(told.patient)["ana@example.com"] == []


def test_what_they_allowed_again_themselves_is_theirs(told):
    says(told, "STOP")
    consent.start(mail_of(told.patient), source="form", now=minutes(2))
    assert allowed(told.patient)["ana@example.com"] == BOTH
    says(told, "STOP", n=3)
    assert allowed(told.patient)["ana@example.com"] == ["reminders:email"], "their newest word"


def test_it_holds_for_each_patient_of_the_number_and_for_nobody_else(told):
    child = factories.patient(told.world.clinic, told.point.value, first_name="Ben", email="ben@example.com")
    stranger = factories.patient(told.world.clinic, email="carla@example.com")
    says(told, "STOP")
    assert [mail_of(one).granted for one in (told.patient, child, stranger)] == [
        ["reminders:email"], ["reminders:email"], BOTH,
    ]  # fmt: skip


@pytest.mark.parametrize("word", ["STOP", "stop offers"])
def test_it_holds_at_each_clinic_behind_the_sender(told, word):
    behind, apart = (factories.World(**more) for more in ({"sms_sender": told.world.clinic.sms_sender}, {}))
    same = factories.patient(behind.clinic, told.point.value, email="ana@example.com")
    other = factories.patient(apart.clinic, told.point.value, email="ana@example.com")
    before = allowed(same)
    says(told, word)
    assert (mail_of(same).granted, mail_of(other).granted) == (["reminders:email"], BOTH)
    replies.receive(behind.clinic, sender=told.point.value, text="START", provider_id="back", now=minutes(2))
    assert allowed(same) == before
    assert mail_of(told.patient).granted == BOTH


@pytest.mark.parametrize("word", ["STOP", "stop offers", "PAUSE"])
def test_what_they_were_asked_by_e_mail_alone_is_let_go_of(told, word):
    slot = told.world.slot(told.slot.starts_at + (told.slot.starts_at - NOW), state="offering")
    offer = told.world.offer(slot, told.offer.entry)
    address = mail_of(told.patient)
    outbox.enqueue_offers(slot, [(offer, [outbox.Route(address.pk, "email", NOW)])], now=NOW)
    says(told, word)
    assert {one.state for one in Offer.objects.filter(patient=told.patient)} == {"declined"}
    assert not Message.objects.filter(kind="offer", status="pending").exists()


def test_the_proof_says_on_which_number_it_was_said(told):
    says(told, "STOP")
    (line,) = [one for one in proof.of(told.patient) if one.what == "Withdrawn: Openings, E-mail"]
    assert f"said on {told.point.value}" in line.note


@pytest.mark.django_db(transaction=True)
@pytest.mark.alone
def test_a_consent_that_is_just_being_withdrawn_elsewhere_is_waited_for():
    """Two of one family text STOP at once; the address they share is ended once."""
    assert _lines_of_two() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.alone
def test_without_the_lock_it_would_be_ended_twice(monkeypatch):
    without_locks(monkeypatch)
    assert _lines_of_two() == 2


def _family():
    told = tell(factories.World(), email="ana@example.com")
    child = factories.patient(told.world.clinic, "+14155550155", first_name="Ben")
    address = mail_of(told.patient)
    consent.attach(child, address, 1, now=NOW)
    return told, child.contact_points.get(kind="phone"), address


def _lines_of_two() -> int:
    told, child, address = _family()
    while_uncommitted(
        lambda: consent.stop_person(told.point, source="keyword", now=minutes(1)),
        lambda: consent.stop_person(child, source="keyword", now=minutes(1)),
    )
    return address.consents.filter(granted=False).count()


def test_staff_are_asked_which_way_and_end_that_one(client, told):
    client.force_login(factories.user(told.world.clinic))
    said = {"what": f"{told.point.pk}:all", "said_by": "Ana"}
    client.post(reverse("patient-told", args=[told.patient.pk]), said)
    assert allowed(told.patient)["ana@example.com"] == BOTH
    assert Consent.objects.filter(granted=False).exclude(contact_point=told.point).count() == 0
