"""STOP, STOP OFFERS, PAUSE and START: done by the transaction that hears them, for the whole line, said once."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from matching.models import Offer
from notifications import consent, outbox, replies
from notifications.models import Consent, ContactPoint, InboundMessage, Message
from notifications.outbox import learning
from tests import factories
from tests.at_once import at_once, while_uncommitted, without_locks
from tests.factories import NOW
from tests.notifications.conftest import minutes, tell
from waitlist.models import WaitlistEntry

pytestmark = pytest.mark.django_db
NUMBER = "+14155550123"
SENDER = "+14155550999"


def says(told, text, *, n=1, **options):
    return replies.receive(
        told.world.clinic,
        sender=told.point.value,
        text=text,
        provider_id=f"SM{InboundMessage.objects.count()}",
        now=minutes(n),
        **options,
    )


def answers():
    said = Message.objects.filter(kind__in=["answer", "stopped"]).order_by("pk")
    return [message.context.get("answer", message.kind) for message in said]


def granted(point):
    point.refresh_from_db()
    return point.granted


@pytest.fixture
def reached(told):
    told.deliver()
    return told


def neighbour(told, **fields):
    """Another clinic behind the same sender, with the same number."""
    return factories.World(sms_sender=told.world.clinic.sms_sender, **fields)


def test_what_waits_to_go_is_locked_after_the_wishes_as_by_a_claim(told):
    with CaptureQueriesContext(connection) as queries:
        says(told, "pause")
    sql = [one["sql"] for one in queries]
    wishes = next(n for n, one in enumerate(sql) if "waitlist_waitlistentry" in one and "FOR NO KEY UPDATE" in one)
    waiting = next(n for n, one in enumerate(sql) if one.startswith('UPDATE "notifications_message"'))
    assert wishes < waiting
    assert Message.objects.get(kind="offer").refused_by == "offer_over"


# No more openings; reminders stay.


def test_stop_offers_takes_openings_and_leaves_reminders(reached):
    says(reached, "stop offers")
    assert granted(reached.point) == ["reminders:sms"]
    assert reached.point.stopped_at is None
    line = Consent.objects.get(granted=False)
    assert (line.purpose, line.channel, line.source, line.at) == ("offers", "sms", "keyword", minutes(1))
    assert Offer.objects.get().state == "declined"
    assert answers() == ["offers_stopped"]
    says(reached, "no more openings please", n=2)
    assert answers() == ["offers_stopped"], "confirmed once"
    assert Consent.objects.filter(granted=False).count() == 1


def test_its_confirmation_is_good_for_five_minutes_and_says_how_to_come_back(reached):
    says(reached, "stop offers")
    message = Message.objects.get(kind="answer")
    assert message.not_after == minutes(6)
    outbox.deliver(message.pk, now=minutes(2))
    message.refresh_from_db()
    assert message.status == "delivered"
    assert "hear of your visits" in message.text and "START" in message.text


def test_start_brings_openings_back(reached):
    says(reached, "stop offers")
    says(reached, "START", n=2)
    assert granted(reached.point) == ["offers:sms", "reminders:sms"]
    assert answers() == ["offers_stopped", "started"]


def test_stop_offers_then_stop_then_start(reached):
    for n, text in enumerate(["stop offers", "STOP", "START"], 1):
        says(reached, text, n=n)
    assert granted(reached.point) == ["offers:sms", "reminders:sms"]
    assert answers() == ["offers_stopped", "stopped", "started"]


# Two weeks of nothing.


def test_pause_rests_everybody_on_that_number_for_two_weeks(reached):
    child = tell(reached.world, phone=reached.point.value)
    child.deliver()
    stranger = reached.world.entry()
    says(reached, "pause please")
    rested = WaitlistEntry.objects.filter(status="paused", paused_until=minutes(1) + timedelta(days=14))
    assert {entry.patient_id for entry in rested} == {reached.patient.pk, child.patient.pk}
    assert WaitlistEntry.objects.get(status="active") == stranger
    assert {offer.state for offer in Offer.objects.all()} == {"declined"}
    assert answers() == ["paused"]
    says(reached, "I'm on vacation", n=2)
    assert answers() == ["paused"], "confirmed once"
    assert granted(reached.point) == ["offers:sms", "reminders:sms"], "nothing is withdrawn"


def test_start_ends_the_pause_but_not_one_that_staff_set(reached):
    says(reached, "pause")
    other = factories.entry(
        reached.world.clinic, [factories.service(reached.world.clinic)], reached.patient, status="paused"
    )
    says(reached, "START", n=2)
    assert WaitlistEntry.objects.get(pk=reached.offer.entry_id).status == "active"
    other.refresh_from_db()
    assert other.status == "paused"


def test_pause_from_somebody_who_waits_for_nothing(world):
    patient = factories.patient(world.clinic)
    point = patient.contact_points.get()
    replies.receive(world.clinic, sender=point.value, text="pause", provider_id="a", now=NOW)
    assert answers() == ["nothing"]


@pytest.mark.parametrize("text", ["pause", "stop offers", "YES", "hello", "STOP"])
def test_nothing_is_answered_after_stop(reached, text):
    says(reached, "STOP")
    says(reached, text, n=2)
    outbox.deliver_due(now=minutes(3))
    sent = Message.objects.filter(status__in=["sent", "delivered"]).exclude(kind="offer")
    assert [message.kind for message in sent] == ["stopped"]


def test_a_death_in_between_leaves_all_of_it_or_nothing(reached, monkeypatch):
    monkeypatch.setattr("notifications.replies.inbox.handle", lambda *_, **__: 1 / 0)
    for text in ("stop offers", "pause"):
        with pytest.raises(ZeroDivisionError):
            says(reached, text)
    assert granted(reached.point) == ["reminders:sms"]
    assert WaitlistEntry.objects.get().status == "paused"
    assert answers() == ["offers_stopped", "paused"]
    for heard in InboundMessage.objects.all():
        replies.handle(heard.pk, now=minutes(2))
    assert Offer.objects.get().state == "declined"
    assert answers() == ["offers_stopped", "paused"]


# What the carrier took it for.


def test_the_carriers_word_stands_where_the_text_says_something_else(reached):
    says(reached, "arrêter", carrier="STOP", already_answered=True)
    reached.point.refresh_from_db()
    assert reached.point.stopped_at == minutes(1)
    assert Offer.objects.get().state == "declined"
    says(reached, "continuer", n=2, carrier="START", already_answered=True)
    assert granted(reached.point) == ["offers:sms", "reminders:sms"]
    assert answers() == []


def test_a_yes_the_carrier_took_for_an_opt_in_books_and_brings_nothing_back(reached):
    says(reached, "STOP", already_answered=True)
    says(reached, "YES", n=2, carrier="START", already_answered=True)
    assert granted(reached.point) == []
    assert reached.point.stopped_at == minutes(1)


# One conversation: this number at every clinic behind the sender.


def by_text(told):
    says(told, "please stop texting me")


def by_keyword(told):
    says(told, "STOP", already_answered=True)


def by_the_carriers_error(told):
    learning.learn(told.point, 21610, now=minutes(1))


def by_a_key_or_a_form(told):
    consent.stop(told.point, source=Consent.Source.KEYWORD, now=minutes(1), note="pressed 9")


@pytest.mark.parametrize("stops", [by_text, by_keyword, by_the_carriers_error, by_a_key_or_a_form])
def test_stop_by_any_means_reaches_every_clinic_behind_the_sender(reached, stops):
    same = tell(neighbour(reached), phone=reached.point.value)
    other = tell(factories.World(), phone=reached.point.value)
    stops(reached)
    stopped = set(ContactPoint.objects.exclude(stopped_at=None))
    assert stopped == {reached.point, same.point}
    assert granted(other.point) == ["offers:sms", "reminders:sms"]


def test_a_clinic_that_comes_later_starts_out_stopped(reached):
    says(reached, "STOP")
    late = consent.contact(neighbour(reached).clinic, "phone", reached.point.value, now=minutes(5))
    assert (late.stopped_at, late.granted) == (minutes(1), [])
    assert consent.contact(factories.clinic(), "phone", reached.point.value, now=minutes(5)).stopped_at is None
    assert consent.contact(neighbour(reached).clinic, "phone", "+14155550166", now=minutes(5)).stopped_at is None


def test_start_lifts_it_everywhere_and_allows_elsewhere_only_what_was_taken(reached):
    asked, never = neighbour(reached), neighbour(reached)
    same = tell(asked, phone=reached.point.value)
    says(reached, "STOP")
    late = consent.contact(never.clinic, "phone", reached.point.value, now=minutes(2))
    says(reached, "START", n=3)
    late.refresh_from_db()
    assert granted(same.point) == granted(reached.point) == ["offers:sms", "reminders:sms"]
    assert (late.stopped_at, late.granted) == (None, []), "they never agreed there"


def test_a_stop_from_a_number_that_had_allowed_nothing_is_on_the_ledger(world):
    replies.receive(world.clinic, sender=NUMBER, text="STOP", provider_id="a", now=NOW)
    line = Consent.objects.get()
    assert (line.granted, line.purpose, line.source) == (False, "offers", "keyword")


@pytest.mark.django_db(transaction=True)
@pytest.mark.alone
def test_a_clinic_that_comes_while_stop_is_being_heard_is_stopped_too():
    assert _stops_while_a_clinic_comes() is not None


@pytest.mark.django_db(transaction=True)
@pytest.mark.alone
def test_a_stop_that_is_heard_while_a_clinic_comes_finds_it():
    first, second = (factories.World(sms_sender=SENDER).clinic for _ in range(2))
    known = consent.contact(first, "phone", NUMBER, now=NOW)

    def come():
        consent.contact(second, "phone", NUMBER, now=NOW)

    assert while_uncommitted(come, lambda: consent.stop(known, source="keyword", now=NOW))
    assert not ContactPoint.objects.filter(stopped_at=None).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.alone
def test_without_the_lock_it_would_be_missed(monkeypatch):
    without_locks(monkeypatch)
    first, second = (factories.World(sms_sender=SENDER).clinic for _ in range(2))
    known = consent.contact(first, "phone", NUMBER, now=NOW)
    with transaction.atomic():
        consent.stop(known, source="keyword", now=NOW)
        [late] = at_once([lambda: consent.contact(second, "phone", NUMBER, now=NOW)])
    assert late.stopped_at is None


def _stops_while_a_clinic_comes():
    first, second = (factories.World(sms_sender=SENDER).clinic for _ in range(2))
    known = consent.contact(first, "phone", NUMBER, now=NOW)

    def stop():
        consent.stop(known, source="keyword", now=NOW)

    late = while_uncommitted(stop, lambda: consent.contact(second, "phone", NUMBER, now=NOW))
    return late.stopped_at


# What has not gone out yet


@pytest.mark.parametrize("word", ["STOP", "stop offers", "PAUSE"])
def test_an_offer_that_waits_to_go_does_not_go(told, word):
    """Nor by e-mail instead; and the place is free for somebody else."""
    address = consent.contact(told.world.clinic, "email", "ana@example.com", now=NOW)
    consent.attach(told.patient, address, 1, now=NOW)
    consent.record(address, purpose="offers", channel="email", granted=True, source="staff", at=NOW, now=NOW)
    says(told, word)
    outbox.deliver_due(now=minutes(2))
    outbox.deliver_due(now=minutes(3))
    offers = Message.objects.filter(kind="offer")
    assert list(offers.values_list("channel", "status", "refused_by")) == [("sms", "dropped", "offer_over")]
    assert Offer.objects.get().state == "declined"


def test_it_does_not_go_either_where_whoever_hears_the_pause_dies(told, monkeypatch):
    monkeypatch.setattr("notifications.replies.inbox.handle", lambda *_, **__: None)
    says(told, "PAUSE")
    outbox.deliver_due(now=minutes(2))
    assert told.deliver(minutes(2)).status == "dropped"
