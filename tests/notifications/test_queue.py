"""Ways to tell somebody, and the messages an act leaves in the outbox."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.db import transaction

from matching import claims, returns
from matching.answering import unasked
from matching.choosing import ranking
from matching.models import Offer
from notifications import consent, outbox
from notifications.models import ContactPoint, Message
from notifications.outbox import Route, boarding
from notifications.states import Rule
from tests import factories
from tests.at_once import at_once
from tests.factories import NOW
from tests.notifications.conftest import minutes as after_minutes
from waitlist import schedule
from waitlist.calendar import Time
from waitlist.models import Appointment, Clinic, Writeback

pytestmark = pytest.mark.django_db
NIGHT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # midnight in Los Angeles


def ways(slot, patient, *, now=NOW, until=None):
    return outbox.find_ways(slot, [patient], until=until or slot.starts_at, now=now).of[patient.pk]


def channels(found):
    return [way.channel for way in found]


@pytest.fixture
def world():
    return factories.World()


def test_a_text_now(world):
    patient = factories.patient(world.clinic)
    assert ways(world.slot(), patient) == [Route(patient.contact_points.get().pk, "sms", NOW)]


def test_an_email_beside_it_for_a_slot_a_day_away_and_none_for_one_at_hand(world):
    patient = factories.patient(world.clinic, email="ana@example.com")
    assert channels(ways(world.slot(), patient)) == ["sms", "email"]
    assert channels(ways(world.slot(NOW + timedelta(hours=5)), patient)) == ["sms"]


def test_an_email_instead_of_a_text_that_may_not_go(world):
    patient = factories.patient(world.clinic, email="ana@example.com")
    ContactPoint.objects.filter(kind="phone").update(sms_capability="no")
    assert channels(ways(world.slot(NOW + timedelta(hours=5)), patient)) == ["email"]
    assert channels(ways(world.slot(NOW + timedelta(hours=6), ends_at=NOW + timedelta(hours=7)), patient)) == ["email"]


def test_no_email_so_close_to_the_start_that_it_would_be_read_too_late(world):
    patient = factories.patient(world.clinic, phone=None, email="ana@example.com")
    for minutes, found in ((120, ["email"]), (119, Rule.MAIL_TOO_SLOW)):
        slot = world.slot(NOW + timedelta(minutes=minutes))
        way = ways(slot, patient)
        assert (way if isinstance(way, str) else channels(way)) == found
        assert (ranking.why(slot, world.entry(patient), now=NOW).filter == "unreachable") is (minutes == 119)
        slot.delete()
        patient.entries.all().delete()


def test_whoever_prefers_email_gets_email(world):
    patient = factories.patient(world.clinic, email="ana@example.com", preferred_channel="email")
    assert channels(ways(world.slot(), patient)) == ["email"]


def test_at_night_both_wait_for_the_morning_unless_the_slot_cannot(world):
    patient = factories.patient(world.clinic, email="ana@example.com")
    slot = world.slot(NIGHT + timedelta(hours=40))
    assert [way.send_at for way in ways(slot, patient, now=NIGHT)] == [NIGHT + timedelta(hours=8)] * 2
    soon = world.slot(NIGHT + timedelta(hours=9))
    found = ways(soon, patient, now=NIGHT, until=NIGHT + timedelta(hours=7))
    assert [(way.channel, way.send_at) for way in found] == [("email", NIGHT)]


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        ({"granted": []}, Rule.NO_CONSENT),
        ({"stopped_at": NOW}, Rule.STOPPED),
        ({"sms_capability": "no"}, Rule.TAKES_NO_TEXTS),
    ],
)
def test_the_rule_that_forbids_it_is_named(world, spoil, rule):
    patient = factories.patient(world.clinic)
    ContactPoint.objects.update(**spoil)
    assert ways(world.slot(), patient) == rule


def test_nobody_to_write_to_and_the_middle_of_the_night(world):
    assert ways(world.slot(), factories.patient(world.clinic, None)) == Rule.NO_CONTACT
    night = ways(world.slot(NIGHT + timedelta(hours=6)), factories.patient(world.clinic), now=NIGHT)
    assert night == Rule.OUTSIDE_HOURS


def test_a_second_number_is_tried_when_the_first_may_not(world):
    patient = factories.patient(world.clinic)
    first = patient.contact_points.get()
    other = consent.contact(world.clinic, "phone", "+14155550188", now=NOW)
    consent.record(other, purpose="offers", channel="sms", granted=True, source="staff", at=NOW, now=NOW)
    consent.attach(patient, other, 1, now=NOW)
    consent.stop(first, source="keyword", now=NOW)
    assert ways(world.slot(), patient) == [Route(other.pk, "sms", NOW)]


def test_a_family_on_one_phone_shares_its_caps(world):
    family = [factories.patient(world.clinic, "+14155550123") for _ in range(3)]
    found = outbox.find_ways(world.slot(), family, until=NOW + timedelta(hours=20), now=NOW).of
    assert [isinstance(found[person.pk], list) for person in family] == [True, True, False]
    assert found[family[2].pk] == Rule.OFFERS_PER_DAY


def test_routes_cost_the_same_queries_for_one_and_for_three(world, django_assert_num_queries):
    slot = world.slot()
    people = [factories.patient(world.clinic, email=f"p{n}@example.com") for n in range(3)]
    slot.location, slot.clinic
    for some in (people[:1], people):
        with django_assert_num_queries(3):
            outbox.find_ways(slot, some, until=slot.starts_at, now=NOW)


def told(world, slot=None, status="delivered", email=None):
    entry = world.entry(factories.patient(world.clinic, email=email))
    slot = slot or world.slot()
    offer = world.offer(slot, entry)
    outbox.enqueue_offers(slot, [(offer, ways(slot, entry.patient))], now=NOW)
    Message.objects.filter(offer=offer).update(status=status)
    return offer


def test_an_offer_is_written_once_with_its_facts_frozen(world):
    offer = told(world, status="pending", email="ana@example.com")
    outbox.enqueue_offers(offer.slot, [(offer, ways(offer.slot, offer.patient))], now=NOW)
    text, mail = Message.objects.filter(offer=offer).order_by("pk")
    assert (text.dedupe_key, mail.dedupe_key) == (f"offer:{offer.pk}:sms", f"offer:{offer.pk}:email")
    assert text.not_after == offer.expires_at
    assert text.context["starts_at"] == offer.slot.starts_at.isoformat()
    assert text.context["zone"] == "America/Los_Angeles"
    assert "link" not in str(text.context)


def test_news_goes_to_those_who_were_told_and_unsent_offers_are_dropped(world):
    slot = world.slot()
    reached, waiting, failed = (told(world, slot, status) for status in ("delivered", "pending", "failed"))
    for _ in range(2):
        outbox.enqueue_news("retracted", list(Offer.objects.filter(slot=slot)), now=NOW)
    news = Message.objects.get(kind="retracted")
    assert (news.offer_id, news.not_after) == (reached.pk, reached.expires_at)
    assert Message.objects.get(offer=waiting).status == "dropped"
    assert Message.objects.get(offer=waiting).refused_by == Rule.OFFER_OVER
    assert Message.objects.get(offer=failed).status == "failed"


def test_a_cancelled_booking_is_told_wherever_it_was_booked(world):
    offer = told(world, email="ana@example.com")
    visit = world.appointment(offer.slot.starts_at, patient=offer.patient)
    outbox.confirm(offer, visit, now=NOW)
    outbox.enqueue_news("apology", [offer], now=NOW)
    assert sorted(Message.objects.filter(kind="apology").values_list("channel", flat=True)) == ["email", "sms"]
    assert Message.objects.filter(kind="apology").first().not_after == offer.slot.starts_at


def test_a_time_given_back_and_had_again_is_confirmed_and_cancelled_again(world):
    """One offer, two visits, one after the other: each has its own messages, each of them once."""
    offer = told(world, email="ana@example.com")
    kinds = []
    for n in range(2):
        assert unasked.give(offer.slot_id, offer.patient, now=NOW) == "booked"
        kinds.append(list(Message.objects.filter(kind="booked").values_list("channel", flat=True)))
        assert returns.cancel_in_grace(offer.pk, now=NOW + timedelta(minutes=n + 1))
        outbox.enqueue_news("cancelled", [offer], now=NOW)
    assert [len(found) for found in kinds] == [2, 4]
    visits = list(Appointment.objects.order_by("pk").values_list("pk", flat=True))
    cancelled = Message.objects.filter(kind="cancelled").order_by("pk")
    assert [(row.appointment_id, row.channel) for row in cancelled] == [
        (visit, channel) for visit in visits for channel in ("sms", "email")
    ]
    assert cancelled[0].dedupe_key == f"cancelled:{offer.pk}:{visits[0]}:sms"


def test_an_unasked_time_given_back_and_had_again_is_confirmed_again(world):
    entry = world.entry()
    slot = world.slot(next_wave_at=None)
    for n in range(2):
        assert unasked.give(slot.pk, entry.patient, now=NOW) == "booked"
        assert Message.objects.filter(kind="booked").count() == n + 1
        assert returns.cancel_in_grace(Offer.objects.get().pk, now=NOW + timedelta(minutes=1))


def test_a_chosen_booking_is_confirmed_where_they_may_be_written_to(world):
    offer = world.offer(world.slot(), world.entry(factories.patient(world.clinic, email="ana@example.com")))
    ContactPoint.objects.filter(kind="phone").update(stopped_at=NOW)
    visit = world.appointment(offer.slot.starts_at, patient=offer.patient)
    outbox.confirm(offer, visit, now=NOW)
    booked = Message.objects.get(kind="booked")
    assert (booked.channel, booked.appointment) == ("email", visit)


def test_the_calendar_is_told_by_webhook_or_staff_are(world):
    outbox.write_back(world.appointment(), "booked", now=NOW)
    assert Writeback.objects.get().status == "task"
    assert not Message.objects.exists()
    world.connection(writeback_url="https://calendar.example/hook")
    visit = world.appointment(NOW + timedelta(days=3))
    for _ in range(2):
        outbox.write_back(visit, "cancelled", now=NOW)
    message = Message.objects.get()
    assert (message.channel, message.writeback.status, message.contact_point) == ("webhook", "queued", None)


def two_slots_at_once(before_writing=lambda: None):
    """Two waves have found a way to one number at the same moment; whether what they found held when they wrote."""
    world = factories.World(offers_per_day=1)
    entry = world.entry()
    slots = [world.slot(), world.slot(NOW + timedelta(hours=40))]
    both_have_found = threading.Barrier(2)

    def offer(slot):
        found = outbox.find_ways(slot, [entry.patient], until=slot.starts_at, now=NOW)
        both_have_found.wait()
        with transaction.atomic():
            holds = outbox.still_hold(found, [entry.patient_id], now=NOW)
            before_writing()
            if holds:
                outbox.enqueue_offers(slot, [(world.offer(slot, entry), found.of[entry.patient_id])], now=NOW)
        return holds

    return sorted(at_once([partial(offer, slot) for slot in slots]))


@pytest.mark.django_db(transaction=True)
def test_two_slots_cannot_both_spend_a_numbers_last_offer():
    assert two_slots_at_once() == [False, True]
    assert Clinic.objects.get().messages.count() == 1


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_they_would(monkeypatch):
    monkeypatch.setattr(ContactPoint.objects, "select_for_update", lambda **_: ContactPoint.objects.all())
    both_have_counted = threading.Barrier(2)
    assert two_slots_at_once(both_have_counted.wait) == [True, True]


def moved_a_day(told) -> tuple[datetime, Callable[[], object]]:
    """When a visit that is booked now is to be, and its being moved there."""
    visit, world = Appointment.objects.get(), told.world
    to = visit.starts_at + timedelta(days=1)
    time = Time(world.location, world.practitioner, world.service, to, to + timedelta(minutes=45))
    return to, partial(schedule.move, visit.pk, to=time, now=after_minutes(2))


@pytest.mark.parametrize("is_late", [False, True], ids=["before its words are written", "after that"])
def test_a_confirmation_that_waited_says_when_the_visit_is_by_now(told, monkeypatch, is_late):
    told.deliver()
    claims.claim(told.offer.pk, via="staff", now=after_minutes(1))
    message = Message.objects.get(kind="booked")
    to, move = moved_a_day(told)
    if is_late:
        claim = boarding.claim
        monkeypatch.setattr(boarding, "claim", lambda *args, **about: (move(), claim(*args, **about))[1])
        outbox.deliver(message.pk, now=after_minutes(2))
        message.refresh_from_db()
        assert message.status == "pending"
        monkeypatch.undo()
    else:
        move()
    outbox.deliver(message.pk, now=after_minutes(2))
    message.refresh_from_db()
    assert (message.status, message.context["starts_at"]) == ("delivered", to.isoformat())
    assert "Wed Nov 25" in message.text
