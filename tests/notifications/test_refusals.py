"""Who cannot be told by any way: one row for each visit and kind, with the rule that forbids it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from matching import claims
from notifications import consent, outbox, reminders
from notifications.models import ContactPoint, Message, PatientContact
from tests import factories
from tests.at_once import at_once
from tests.factories import NOW, World
from tests.notifications.conftest import minutes, tell
from waitlist import schedule
from waitlist.calendar import Time
from waitlist.models import Appointment
from waitlist.states import CancelledBy

pytestmark = pytest.mark.django_db(transaction=True)

SPOILS = {
    "stopped": lambda point: consent.stop(point, source="staff", now=NOW),
    "no_consent": lambda point: ContactPoint.objects.filter(pk=point.pk).update(granted=[]),
    "takes_no_texts": lambda point: ContactPoint.objects.filter(pk=point.pk).update(sms_capability="no"),
    "no_contact": lambda point: PatientContact.objects.filter(contact_point=point).delete(),
}


def refused(kind: str) -> list[tuple[str, str, str]]:
    rows = Message.objects.filter(kind=kind).order_by("pk")
    return [(one.status, one.refused_by, one.channel) for one in rows]


@pytest.fixture(params=SPOILS)
def spoilt(request, told):
    """Somebody who was asked, and may not be written to any more for this reason."""
    told.deliver()
    SPOILS[request.param](told.point)
    return told, request.param


def to(visit: Appointment, hours: int) -> Time:
    starts_at = visit.starts_at + timedelta(hours=hours)
    return Time(visit.location, visit.practitioner, visit.service, starts_at, starts_at + timedelta(minutes=45))


def test_a_yes_whose_confirmation_may_go_nowhere_says_why(spoilt):
    told, rule = spoilt
    claims.claim(told.offer.pk, via="link", now=minutes(1))
    assert refused("booked") == [("refused", rule, "sms")]
    message = Message.objects.get(kind="booked")
    assert (message.appointment, message.patient) == (Appointment.objects.get(), told.patient)
    outbox.deliver_due(now=minutes(2))
    assert refused("booked") == [("refused", rule, "sms")], "and it stays so"


def test_a_yes_is_confirmed_where_they_take_reminders_only(told):
    told.deliver()
    ContactPoint.objects.update(granted=["offers:voice", "reminders:sms"])
    claims.claim(told.offer.pk, via="call", now=minutes(1))
    outbox.deliver_due(now=minutes(2))
    assert refused("booked") == [("delivered", "", "sms")]


def test_a_yes_just_after_a_stop_by_text_is_confirmed_to_their_address(world):
    told = tell(world, email="ana@example.com")
    told.deliver()
    ContactPoint.objects.filter(kind="email").update(granted=["offers:email"])
    consent.stop_person(told.point, source="keyword", now=NOW)
    claims.claim(told.offer.pk, via="link", now=minutes(1))
    outbox.deliver_due(now=minutes(2))
    assert refused("booked") == [("sent", "", "email")]


def test_a_yes_is_confirmed_to_a_shared_address_without_the_detail_its_number_agreed_to(world):
    world.clinic.content_level = 2
    world.clinic.save()
    told = tell(world, email="family@example.com")
    ContactPoint.objects.filter(kind="phone").update(granted=["offers:sms", "detail:sms"])
    ContactPoint.objects.filter(kind="email").update(granted=["offers:email", "detail:email"])
    consent.attach(tell(world).patient, ContactPoint.objects.get(kind="email"), 1, now=NOW)
    Message.objects.filter(pk=told.message.pk).update(context={**told.message.context, "level": 2})
    told.deliver()
    claims.claim(told.offer.pk, via="link", now=minutes(1))
    booked = Message.objects.filter(kind="booked")
    assert {one.channel: one.context["level"] for one in booked} == {"sms": 2, "email": 0}


def test_whoever_gives_it_back_or_has_to_hear_no_more_copies_of_it(spoilt):
    told, _ = spoilt
    claims.claim(told.offer.pk, via="link", now=minutes(1))
    Message.objects.filter(kind="offer").update(status="refused")
    for kind in ("cancelled", "apology"):
        outbox.enqueue_news(kind, [told.offer], now=minutes(2))
        assert not Message.objects.filter(kind=kind, contact_point=None).exists()
        assert Message.objects.filter(kind=kind).count() == 1, "by the way they were asked, if the rules let it go"


def test_it_goes_again_where_there_is_somewhere_to_send_it(spoilt):
    told, rule = spoilt
    claims.claim(told.offer.pk, via="link", now=minutes(1))
    row = Message.objects.get(kind="booked")
    assert (outbox.send_again(row, now=minutes(2)) is not None) is (rule != "no_contact")


def test_booked_by_hand_as_well(world):
    told = tell(world)
    SPOILS["no_consent"](told.point)
    visit = world.appointment(patient=told.patient)
    for _ in range(2):
        outbox.confirm(told.offer, visit, now=NOW)
    assert refused("booked") == [("refused", "no_consent", "sms")]


def test_moved_twice_and_cancelled_is_one_row_of_each_kind(spoilt):
    told, rule = spoilt
    claims.claim(told.offer.pk, via="link", now=minutes(1))
    visit = Appointment.objects.get()
    for hours in (1, 2):
        schedule.move(visit.pk, to=to(visit, hours), now=minutes(2))
    schedule.cancel(visit.pk, reason="ill", by=CancelledBy.CLINIC, now=minutes(3))
    assert refused("moved") == refused("lost") == [("refused", rule, "sms")]


def test_after_its_time_nobody_sends_it_again(spoilt):
    told, _ = spoilt
    claims.claim(told.offer.pk, via="link", now=minutes(1))
    visit = Appointment.objects.get()
    schedule.move(visit.pk, to=to(visit, 1), now=minutes(2))
    schedule.cancel(visit.pk, reason="ill", by=CancelledBy.CLINIC, now=minutes(3))
    rows = {one.kind: one for one in Message.objects.filter(status="refused")}
    assert set(rows) == {"booked", "moved", "lost"}
    start = Appointment.objects.get().starts_at
    assert not any(outbox.may_go_again(one, now=start) for one in rows.values())


def test_moved_to_another_place_after_staff_had_told_them_it_is_to_be_told_anew(spoilt):
    told, _ = spoilt
    claims.claim(told.offer.pk, via="link", now=minutes(1))
    visit = Appointment.objects.get()
    schedule.move(visit.pk, to=to(visit, 1), now=minutes(2))
    elsewhere = replace(to(visit, 1), location=factories.location(told.world.clinic, name="North Street"))
    schedule.move(visit.pk, to=elsewhere, now=minutes(9))
    row = Message.objects.get(kind="moved")
    assert (row.context["location"], row.created_at) == ("North Street", minutes(9))


def test_reminders_that_may_go_nowhere_are_one_row(world, told):
    world.clinic.sends_reminders = True
    world.clinic.save()
    SPOILS["no_consent"](told.point)
    visit = world.appointment(NOW + timedelta(hours=60), patient=told.patient)
    for hours in (0, 12, 36, 58, 59):
        Appointment.objects.update(remind_at=None)
        assert reminders.remind(visit.pk, now=NOW + timedelta(hours=hours)) == 0
        assert refused("reminder") == ([] if hours == 0 else [("refused", "no_consent", "sms")])


def test_who_is_reminded_by_one_way_is_not_among_them(world):
    told = tell(world, email="ana@example.com")
    SPOILS["no_consent"](told.point)
    world.clinic.sends_reminders = True
    world.clinic.save()
    visit = world.appointment(NOW + timedelta(hours=47), patient=told.patient)
    assert reminders.remind(visit.pk, now=NOW) == 1
    assert refused("reminder") == [("pending", "", "email")]


@pytest.mark.parametrize("rule", ["stopped", "no_consent"])
def test_a_follow_up_that_a_rule_forbids_is_kept_once(world, rule):
    told = tell(world, email="ana@example.com")
    told.deliver()
    SPOILS[rule](ContactPoint.objects.get(kind="email"))
    later = NOW + timedelta(hours=5, minutes=1)
    for _ in range(2):
        for offer_id in outbox.to_follow_up(now=later, limit=10):
            assert outbox.follow_up(offer_id, now=later) is None
    assert refused("follow_up") == [("refused", rule, "email")]


def test_at_once_they_are_one(world):
    told = tell(world)
    SPOILS["no_consent"](told.point)
    visit = world.appointment(patient=told.patient)
    at_once([lambda: outbox.confirm(told.offer, visit, now=NOW)] * 4)
    assert refused("booked") == [("refused", "no_consent", "sms")]


def test_control_without_the_key_they_would_be_several(world):
    told = tell(world)
    SPOILS["no_consent"](told.point)
    visit = world.appointment(patient=told.patient)
    for turn in range(4):
        outbox.confirm(told.offer, visit, now=NOW)
        Message.objects.filter(kind="booked", dedupe_key__endswith=":untold").update(dedupe_key=f"{turn}")
    assert len(refused("booked")) == 4


def test_of_a_world_that_allows_everything_there_is_none():
    told = tell(World())
    told.deliver()
    claims.claim(told.offer.pk, via="link", now=minutes(1))
    assert not Message.objects.filter(status="refused").exists()
