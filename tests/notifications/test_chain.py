"""Who is not reached by one way hears by the next: text, call, e-mail, a call by staff; each hop on record."""

from datetime import timedelta

import pytest

from audit.models import Entry
from matching import claims
from matching.models import Offer
from notifications import consent, outbox
from notifications.channels import Outcome, Result, simulator
from notifications.models import ContactPoint, Message
from notifications.outbox import chain
from tests.at_once import at_once
from tests.factories import NOW
from tests.notifications.conftest import minutes, tell
from waitlist.models import Slot

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def allow(point, *grants):
    for grant in grants:
        purpose, channel = grant.split(":")
        consent.record(point, purpose=purpose, channel=channel, granted=True, source="staff", at=NOW, now=NOW)


def address(told, *grants):
    point = consent.contact(told.world.clinic, "email", f"p{told.patient.pk}@example.com", now=NOW)
    consent.attach(told.patient, point, 1, now=NOW)
    allow(point, *grants)
    return point


def report(told, status, code="", *, channel="sms", at=NOW):
    message = Message.objects.get(offer=told.offer, channel=channel, kind="offer")
    sid = message.provider_id or f"SM{message.pk}"
    return outbox.receipt(message.public_id, provider_id=sid, status=status, code=code, now=at)


def ways(told):
    rows = Message.objects.filter(offer=told.offer, kind="offer").order_by("pk")
    return list(rows.values_list("channel", "status", "after__channel"))


@pytest.fixture
def sent(told, monkeypatch):
    """Handed to a carrier that has not said yet what became of it."""
    monkeypatch.setattr(simulator, "send", lambda message, now: Result(Outcome.SENT, f"SM{message.pk}"))
    told.deliver()
    return told


def test_a_text_that_failed_is_followed_by_a_call_then_an_e_mail_then_by_staff(sent, mailoutbox):
    allow(sent.point, "offers:voice")
    address(sent, "offers:email")
    report(sent, "undelivered", "30006", at=minutes(1))
    assert ways(sent) == [("sms", "undelivered", None), ("voice", "pending", "sms")]
    report(sent, "failed", at=minutes(2), channel="voice")
    assert ways(sent)[1:] == [("voice", "failed", "sms"), ("email", "pending", "voice")]
    report(sent, "failed", at=minutes(3), channel="email")
    assert ways(sent)[2:] == [("email", "failed", "voice"), ("staff", "pending", "email")]
    to_call = Message.objects.get(channel="staff")
    assert (to_call.contact_point, to_call.next_attempt_at) == (sent.point, minutes(3) + HOUR)
    hops = Entry.objects.filter(verb="message.fell_back").order_by("pk").values_list("changes", flat=True)
    assert list(hops) == [
        {"from": "sms", "to": "voice", "because": "30006"},
        {"from": "voice", "to": "email", "because": "failed"},
        {"from": "email", "to": "staff", "because": "failed"},
    ]
    assert not mailoutbox


def test_nobody_is_called_without_consent_to_calls(sent):
    report(sent, "undelivered", "30006")
    assert ways(sent) == [("sms", "undelivered", None), ("staff", "pending", "sms")]


def test_what_a_rule_forbade_staff_do_not_do_instead(told):
    consent.stop(told.point, source="keyword", now=NOW)
    assert told.deliver().status == "refused"
    assert ways(told) == [("sms", "refused", None)]


def test_the_place_is_free_at_once_whatever_staff_do(sent, world):
    report(sent, "undelivered", "30006")
    assert not chain.told_otherwise(sent.message)


@pytest.mark.parametrize(("after_seconds", "goes_on"), [(110, False), (125, True)])
def test_two_minutes_without_a_receipt_are_silence(sent, after_seconds, goes_on):
    allow(sent.point, "offers:voice")
    address(sent, "offers:email")
    at = NOW + timedelta(seconds=after_seconds)
    found = outbox.silent(now=at, limit=9)
    assert found == ([sent.message.pk] if goes_on else [])
    for pk in found * 2:
        outbox.go_on(pk, now=at)
    assert [way[0] for way in ways(sent)] == (["sms", "voice"] if goes_on else ["sms"])
    assert outbox.silent(now=at, limit=9) == []


def test_a_late_no_of_the_carrier_starts_no_further_way_while_they_are_called(sent):
    allow(sent.point, "offers:voice")
    address(sent, "offers:email")
    outbox.go_on(sent.message.pk, now=minutes(3))
    report(sent, "undelivered", "30006", at=minutes(4))
    assert [way[0] for way in ways(sent)] == ["sms", "voice"]
    report(sent, "failed", at=minutes(5), channel="voice")
    assert [way[0] for way in ways(sent)] == ["sms", "voice", "email"]


def test_whoever_hears_last_that_all_was_in_vain_tells_staff(sent):
    allow(sent.point, "offers:voice")
    outbox.go_on(sent.message.pk, now=minutes(3))
    report(sent, "failed", at=minutes(4), channel="voice")
    assert [way[0] for way in ways(sent)] == ["sms", "voice"], "the text may reach them still"
    report(sent, "undelivered", "30006", at=minutes(5))
    assert [way[0] for way in ways(sent)] == ["sms", "voice", "staff"]


def test_a_number_that_is_not_set_up_is_tried_again_without_another_way_each_time(told, monkeypatch):
    allow(told.point, "offers:voice")
    address(told, "offers:email")
    monkeypatch.setattr(simulator, "send", lambda message, now: Result(Outcome.MISCONFIGURED, code="21606"))
    for minute in (0, 2, 4):
        told.deliver(minutes(minute))
    assert [way[0] for way in ways(told)] == ["sms", "voice"]


def test_the_next_way_says_what_its_own_readers_agreed_to(sent):
    """Detail is agreed to where one person reads: the address may be a family's, though the number is not."""
    clinic = sent.world.clinic
    clinic.content_level = 2
    clinic.save(update_fields=["content_level"])
    allow(sent.point, "detail:sms")
    shared = address(sent, "offers:email", "detail:email")
    consent.attach(tell(sent.world).patient, shared, 1, now=NOW)
    Message.objects.filter(pk=sent.message.pk).update(context={**sent.message.context, "level": 2})
    report(sent, "undelivered", "30006", at=minutes(1))
    mail = Message.objects.get(offer=sent.offer, channel="email")
    assert mail.context["level"] == 0


def test_silence_is_no_matter_for_staff(sent):
    outbox.go_on(sent.message.pk, now=minutes(3))
    assert ways(sent) == [("sms", "sent", None)]
    assert outbox.silent(now=minutes(4), limit=9) == []


def test_what_was_delivered_or_is_over_is_no_silence(sent, world):
    other = tell(world)
    report(sent, "delivered")
    other.deliver()
    Offer.objects.filter(pk=other.offer.pk).update(state="declined")
    assert outbox.silent(now=minutes(3), limit=9) == []


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_go_on_once(sent):
    address(sent, "offers:email")
    at_once([lambda: outbox.go_on(sent.message.pk, now=minutes(3))] * 4)
    assert [way[0] for way in ways(sent)] == ["sms", "email"]
    assert Entry.objects.filter(verb="message.fell_back").count() == 1


def test_the_call_list_ends_after_an_hour_unreachable(sent):
    report(sent, "undelivered", "30006")
    to_call = Message.objects.get(channel="staff")
    outbox.deliver_due(now=minutes(59))
    to_call.refresh_from_db()
    assert to_call.status == "pending"
    outbox.deliver_due(now=minutes(61))
    to_call.refresh_from_db()
    assert (to_call.status, to_call.error_code) == ("failed", "unreachable")


def test_what_staff_did_is_written_down_once(sent):
    report(sent, "undelivered", "30006")
    assert outbox.no_answer(sent.offer, now=minutes(5))
    assert not outbox.reached(sent.offer, now=minutes(6))
    to_call = Message.objects.get(channel="staff")
    assert (to_call.status, to_call.error_code) == ("undelivered", "no_answer")


def test_nobody_is_called_about_a_time_that_somebody_took(sent):
    report(sent, "undelivered", "30006")
    assert claims.claim(sent.world.offer(sent.slot).pk, via="link", now=minutes(5)) == "booked"
    assert Message.objects.get(channel="staff").status == "dropped"
    assert not Message.objects.filter(kind="retracted", offer=sent.offer).exists()


def test_who_cannot_be_texted_any_more_is_called_first(told):
    """The next time, the call leads: the caps count it as the offer it is."""
    allow(told.point, "offers:voice")
    ContactPoint.objects.filter(pk=told.point.pk).update(sms_capability="no")
    found = outbox.find_ways(told.slot, [told.patient], until=told.slot.starts_at, now=NOW)
    assert [(way.channel, way.number) for way in found.of[told.patient.pk]] == [("voice", told.point.value)]


def test_the_channel_they_prefer_leads(told):
    allow(told.point, "offers:voice")
    address(told, "offers:email")
    Slot.objects.update(starts_at=NOW + 8 * HOUR, ends_at=NOW + 9 * HOUR)
    told.slot.refresh_from_db()
    for preferred in ("sms", "voice", "email"):
        told.patient.preferred_channel = preferred
        found = outbox.find_ways(told.slot, [told.patient], until=told.slot.starts_at, now=NOW)
        assert [way.channel for way in found.of[told.patient.pk]] == [preferred]


# The e-mail five hours later.


@pytest.fixture
def asked_before(told):
    """Texted about a time of tomorrow morning, and silent."""
    Slot.objects.update(starts_at=NOW + 20 * HOUR, ends_at=NOW + 21 * HOUR)
    told.deliver()
    address(told, "offers:email")
    Offer.objects.update(state="expired", expires_at=NOW + HOUR)
    return told


def test_five_hours_later_an_e_mail_says_that_it_is_still_open(asked_before, mailoutbox):
    told = asked_before
    assert outbox.to_follow_up(now=NOW + 4.9 * HOUR, limit=9) == []
    later = NOW + 5.1 * HOUR
    assert outbox.to_follow_up(now=later, limit=9) == [told.offer.pk]
    assert outbox.follow_up(told.offer.pk, now=later) is not None
    assert outbox.follow_up(told.offer.pk, now=later) is None
    assert outbox.to_follow_up(now=later, limit=9) == []
    outbox.deliver_due(now=later)
    (mail,) = mailoutbox
    assert "still open" in mail.body.lower()
    assert "answer by" not in mail.body, "the time that was promised to them is over"
    assert claims.claim(told.offer.pk, via="link", now=later) == "booked"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda told: Offer.objects.update(state="declined"),
        lambda told: Slot.objects.update(state="withdrawn"),
        lambda told: Slot.objects.update(starts_at=NOW + 6 * HOUR),
        lambda told: ContactPoint.objects.filter(kind="email").update(granted=[]),
        lambda told: Message.objects.update(status="undelivered"),
        lambda told: consent.stop(told.point, source="keyword", now=NOW),
        lambda told: consent.withdraw(told.point, "offers", source="keyword", now=NOW),
    ],
    ids=["said no", "stopped", "too near for a mail", "no consent", "never told", "STOP", "STOP OFFERS"],
)
def test_no_e_mail_where_it_is_no_use_or_not_allowed(asked_before, spoil):
    spoil(asked_before)
    later = NOW + 5.1 * HOUR
    assert [pk for pk in outbox.to_follow_up(now=later, limit=9) if outbox.follow_up(pk, now=later)] == []
    assert not Message.objects.filter(kind="follow_up").exclude(status="refused").exists()


def test_a_text_of_half_a_day_ago_is_not_followed_any_more(asked_before):
    assert outbox.to_follow_up(now=NOW + 11.9 * HOUR, limit=9) == [asked_before.offer.pk]
    assert outbox.to_follow_up(now=NOW + 12.5 * HOUR, limit=9) == []


def test_taken_in_the_meantime_it_is_not_sent(asked_before, mailoutbox):
    later = NOW + 5.1 * HOUR
    outbox.follow_up(asked_before.offer.pk, now=later)
    Slot.objects.update(state="withdrawn")
    outbox.deliver_due(now=later)
    assert (Message.objects.get(kind="follow_up").status, len(mailoutbox)) == ("dropped", 0)


def test_after_a_stop_on_the_phone_what_was_written_is_not_sent_either(asked_before, mailoutbox):
    later = NOW + 5.1 * HOUR
    outbox.follow_up(asked_before.offer.pk, now=later)
    consent.stop(asked_before.point, source="keyword", now=later)
    outbox.deliver_due(now=later)
    assert (Message.objects.get(kind="follow_up").status, len(mailoutbox)) == ("dropped", 0)


@pytest.mark.parametrize("take", [consent.stop, lambda point, **about: consent.withdraw(point, "offers", **about)])
def test_who_stopped_there_is_not_asked_elsewhere_instead(sent, take):
    """Nor by e-mail, which they had allowed: the carrier tells of a STOP when the text comes back."""
    allow(sent.point, "offers:voice")
    address(sent, "offers:email")
    take(sent.point, source="keyword", now=minutes(1))
    report(sent, "undelivered", "30007", at=minutes(2))
    assert ways(sent) == [("sms", "undelivered", None)]


def test_what_the_carrier_says_was_stopped_goes_nowhere_else(sent):
    address(sent, "offers:email")
    report(sent, "failed", "21610", at=minutes(2))
    assert ways(sent) == [("sms", "failed", None)]


def test_who_wants_no_calls_may_still_hear_of_it_by_e_mail(sent):
    allow(sent.point, "offers:voice")
    address(sent, "offers:email")
    report(sent, "undelivered", "30007", at=minutes(1))
    consent.record(sent.point, purpose="offers", channel="voice", granted=False, source="staff", at=minutes(1), now=NOW)
    outbox.deliver_due(now=minutes(1))
    assert ways(sent)[1:] == [("voice", "refused", "sms"), ("email", "pending", "voice")]
