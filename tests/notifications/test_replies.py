"""Replies: YES books, NO frees the place, STOP holds from the moment it is heard, and each text counts once."""

from datetime import timedelta

import pytest

from audit.models import Entry
from matching import claims, returns
from matching.models import Offer
from notifications import consent, outbox, replies
from notifications.models import Consent, ContactPoint, InboundMessage, Message, SimulatedText
from notifications.outbox import Route
from tests import factories
from tests.factories import NOW
from tests.notifications.conftest import minutes, tell
from waitlist.models import Appointment, Clinic, Service, Slot, WaitlistEntry

pytestmark = pytest.mark.django_db


def says(told, text, *, now=None, provider_id=None, **options):
    count = InboundMessage.objects.count()
    return replies.receive(
        told.world.clinic,
        sender=told.point.value,
        text=text,
        provider_id=provider_id or f"SM{count}",
        now=now or minutes(1),
        **options,
    )


def answers():
    return [m.context["answer"] for m in Message.objects.filter(kind="answer").order_by("pk")]


@pytest.fixture
def reached(told):
    told.deliver()
    return told


def second(reached):
    """Another offer, told to the same number."""
    other = tell(reached.world, phone=reached.point.value)
    other.deliver()
    return other


def test_yes_books_and_the_confirmation_follows(reached):
    heard = says(reached, "Yes please")
    offer = Offer.objects.get()
    assert (offer.state, offer.answered_by) == ("accepted", "reply")
    assert Appointment.objects.get().patient == reached.patient
    assert (heard.meaning, heard.offer, heard.handled_at) == ("yes", offer, minutes(1))
    assert answers() == [], "the confirmation is the answer"
    outbox.deliver_due(now=minutes(1))
    assert list(SimulatedText.objects.order_by("pk").values_list("message__kind", flat=True)) == ["offer", "booked"]
    who = Entry.objects.get(verb="offer.accepted")
    assert (who.actor_kind, who.actor_ref) == ("patient", reached.patient.pk)


def test_yes_to_a_service_that_asks_something_holds_the_time_and_sends_the_link(reached):
    Service.objects.update(details_prompt="Any allergies?")
    for minute in (1, 2, 7, 13):  # twice kept for five minutes; after that the link is all there is
        says(reached, "YES", now=minutes(minute))
    assert not Appointment.objects.exists()
    assert Slot.objects.get().held_until == minutes(12)
    assert answers() == ["held", "held", "held", "finish"]
    outbox.deliver_due(now=minutes(13))
    texts = list(SimulatedText.objects.filter(message__kind="answer").values_list("message__text", flat=True))
    assert texts and all("{link}" in text and "allergies" not in text for text in texts)


def test_the_same_text_heard_twice_counts_once(reached):
    first = says(reached, "YES", provider_id="SM1")
    assert says(reached, "YES", provider_id="SM1") == first
    assert InboundMessage.objects.count() == 1
    assert Appointment.objects.count() == 1


def test_yes_twice_is_told_that_it_is_theirs(reached):
    says(reached, "YES")
    says(reached, "yes")
    assert Appointment.objects.count() == 1
    assert answers() == ["yours"]


def test_no_frees_the_place_and_says_thank_you(reached):
    says(reached, "no thanks")
    assert Offer.objects.get().state == "declined"
    assert answers() == ["declined"]
    says(reached, "YES", now=minutes(2))
    assert answers()[-1] == "passed"


def test_yes_to_a_time_that_is_taken(reached):
    rival = reached.world.offer(reached.slot)
    assert claims.claim(rival.pk, via="link", now=NOW) == "booked"
    says(reached, "YES")
    assert answers() == ["taken"]
    message = Message.objects.get(kind="answer")
    assert message.offer == reached.offer
    outbox.deliver(message.pk, now=minutes(1))
    message.refresh_from_db()
    assert message.status == "delivered"
    assert "Other times: {link}" in message.text


def test_a_late_yes_to_a_time_that_is_still_free_wins(reached):
    Offer.objects.update(state="expired", expires_at=NOW)
    says(reached, "YES", now=minutes(5))
    assert Offer.objects.get().state == "accepted"


def test_several_offers_ask_which_and_a_number_answers(reached):
    other = second(reached)
    says(reached, "YES")
    assert answers() == ["which"]
    choices = Message.objects.get(kind="answer").context["choices"]
    assert [choice["offer"] for choice in choices] == [reached.offer.pk, other.offer.pk]
    heard = says(reached, "2")
    assert (heard.offer, heard.meaning) == (other.offer, "yes")
    assert Offer.objects.get(pk=other.offer.pk).state == "accepted"


def test_two_of_a_family_asked_for_the_same_time_answer_by_the_links(reached):
    other = second(reached)
    Offer.objects.filter(pk=other.offer.pk).update(slot=reached.slot)
    for text in ("YES", "NO"):
        says(reached, text)
    assert answers() == ["alike", "alike"] and not Appointment.objects.exists()
    assert {offer.state for offer in Offer.objects.all()} == {"pending"}
    says(reached, "no all")
    assert {offer.state for offer in Offer.objects.all()} == {"declined"}


def test_no_to_several_asks_which_and_all_means_all(reached):
    Clinic.objects.update(offers_per_day=9, offers_per_week=9, sms_per_day=9)
    other = second(reached)
    says(reached, "NO")
    says(reached, "1")
    assert Offer.objects.get(pk=reached.offer.pk).state == "declined"
    assert Offer.objects.get(pk=other.offer.pk).state == "pending"
    third = second(reached)
    says(reached, "no all")
    assert {offer.state for offer in Offer.objects.filter(pk__in=[other.offer.pk, third.offer.pk])} == {"declined"}
    assert answers() == ["which_no", "declined", "declined_all"]


def test_a_number_nobody_asked_for_is_no_claim(reached):
    says(reached, "1")
    assert Offer.objects.get().state == "pending"
    assert answers() == ["unclear"]


def test_nothing_to_answer_is_answered_kindly_once_a_day(world):
    patient = factories.patient(world.clinic)
    for n, text in enumerate(["hello", "hello?", "anybody there"]):
        replies.receive(
            world.clinic, sender=patient.contact_points.get().value, text=text, provider_id=f"x{n}", now=NOW
        )
    assert answers() == ["nothing"]


def test_a_stranger_is_heard_too(world):
    heard = replies.receive(world.clinic, sender="+14155550177", text="YES", provider_id="a", now=NOW)
    assert heard.contact_point.users.count() == 0
    assert answers() == ["nothing"]


def test_two_machines_do_not_talk_for_ever(reached):
    for n in range(20):
        says(reached, "YES", now=minutes(n))
    assert len(answers()) <= 6


# Opting out.


def test_stop_holds_at_once_frees_the_offer_and_is_confirmed(reached):
    heard = says(reached, "please stop texting me")
    reached.point.refresh_from_db()
    assert (reached.point.stopped_at, reached.point.granted) == (minutes(1), [])
    assert set(Consent.objects.filter(granted=False).values_list("source", flat=True)) == {"keyword"}
    assert Offer.objects.get().state == "declined"
    assert heard.handled_at is not None
    outbox.deliver_due(now=minutes(1))
    assert Message.objects.get(kind="stopped").status == "delivered"
    says(reached, "STOP")
    assert Message.objects.filter(kind="stopped").count() == 1, "one confirmation"


def test_stop_that_the_carrier_has_answered_is_not_answered_again(reached):
    says(reached, "STOP", already_answered=True)
    reached.point.refresh_from_db()
    assert reached.point.stopped_at
    assert not Message.objects.filter(kind="stopped").exists()


def test_what_waits_for_a_stopped_number_does_not_go(told):
    says(told, "STOP")
    assert told.deliver(minutes(2)).status in ("refused", "dropped")
    assert not SimulatedText.objects.filter(message__kind="offer").exists()


def test_yes_never_brings_back_consent_and_start_does(reached):
    says(reached, "STOP")
    says(reached, "YES")
    reached.point.refresh_from_db()
    assert reached.point.stopped_at
    says(reached, "START", now=minutes(3))
    reached.point.refresh_from_db()
    assert reached.point.stopped_at is None
    assert "offers:sms" in reached.point.granted
    assert answers()[-1] == "started"


def test_help_tells_what_this_is(reached):
    says(reached, "HELP")
    assert answers() == ["help"]


# Dying in between.


def test_a_text_kept_but_not_acted_on_is_taken_up_again(reached, monkeypatch):
    class Died(BaseException):
        pass

    def die(*_, **__):
        raise Died

    monkeypatch.setattr("notifications.replies.inbox.handle", die)
    with pytest.raises(Died):
        says(reached, "YES")
    heard = InboundMessage.objects.get()
    assert heard.handled_at is None
    assert replies.unhandled(now=minutes(1.1), limit=9) == []
    assert replies.unhandled(now=minutes(2), limit=9) == [heard.pk]
    for _ in range(2):
        replies.handle(heard.pk, now=minutes(2))
    assert Offer.objects.get().state == "accepted"
    assert replies.unhandled(now=minutes(9), limit=9) == []


def test_stop_is_honoured_even_if_we_die_right_after(reached, monkeypatch):
    monkeypatch.setattr("notifications.replies.inbox.handle", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        says(reached, "STOP")
    assert ContactPoint.objects.get(pk=reached.point.pk).stopped_at


def test_a_family_phone_answers_for_whom_it_was_asked(world):
    family = [factories.patient(world.clinic, "+14155550123", first_name=name) for name in ("Ana", "Ben")]
    slots = [world.slot(NOW + timedelta(hours=30 + n), state="offering") for n in range(2)]
    for person, slot in zip(family, slots, strict=True):
        offer = world.offer(slot, world.entry(person))
        outbox.enqueue_offers(slot, [(offer, [Route(person.contact_points.get().pk, "sms", NOW)])], now=NOW)
    outbox.deliver_due(now=NOW)
    for text in ("YES", "2"):
        replies.receive(world.clinic, sender="+14155550123", text=text, provider_id=text, now=minutes(1))
    assert Appointment.objects.get().patient == family[1]
    assert Slot.objects.get(pk=slots[1].pk).state == "filled"
    assert consent.phone("(415) 555-0123") == "+14155550123"


# Thanks are no booking.

THANKS = ("Ok great, thank you!", "yes")


@pytest.mark.parametrize("thanks", THANKS)
@pytest.mark.parametrize("arrived", [True, False])
def test_thanks_for_a_booking_books_nothing_else(reached, thanks, arrived):
    other = second(reached)
    Offer.objects.filter(pk=other.offer.pk).update(patient=reached.patient, entry=reached.offer.entry)
    assert claims.claim(reached.offer.pk, via="link", now=minutes(1)) == "booked"
    if arrived:
        outbox.deliver_due(now=minutes(1))
    heard = says(reached, thanks, now=minutes(2))
    assert (heard.offer, answers()) == (reached.offer, ["yours"])
    returns.tidy(reached.offer.pk, now=minutes(2))
    says(reached, thanks, now=minutes(3))
    assert (Appointment.objects.count(), answers()) == (1, ["yours", "yours"])


@pytest.mark.parametrize("thanks", THANKS)
def test_on_a_family_phone_thanks_are_asked_about_and_a_number_books(reached, thanks):
    child = second(reached)
    assert claims.claim(reached.offer.pk, via="link", now=minutes(1)) == "booked"
    outbox.deliver_due(now=minutes(1))
    for n in (2, 3):
        says(reached, thanks, now=minutes(n))
    assert (Appointment.objects.count(), answers()) == (1, ["another", "another"])
    outbox.deliver_due(now=minutes(3))
    asked = Message.objects.filter(kind="answer").first()
    assert "thank you. To take another open time as well, reply 1 for" in asked.text
    assert says(reached, "1", now=minutes(4)).offer == child.offer
    assert Appointment.objects.filter(patient=child.patient).count() == 1


def test_a_question_answered_does_not_make_the_next_thanks_a_yes(reached):
    other = second(reached)
    says(reached, "YES")
    says(reached, "2", now=minutes(2))
    outbox.deliver_due(now=minutes(2))
    says(reached, "ok thanks", now=minutes(3))
    assert Appointment.objects.get().patient == other.patient


def test_a_yes_to_what_came_after_the_booking_books_it(reached):
    says(reached, "YES")
    outbox.deliver_due(now=minutes(1))
    child = tell(reached.world, phone=reached.point.value)
    child.deliver(minutes(5))
    says(reached, "YES", now=minutes(6))
    assert Offer.objects.get(pk=child.offer.pk).state == "accepted"
    assert answers() == []


def test_thanks_for_a_cancellation_book_nothing(reached):
    other = second(reached)
    Offer.objects.filter(pk=other.offer.pk).update(patient=reached.patient, entry=reached.offer.entry)
    claims.claim(reached.offer.pk, via="link", now=minutes(1))
    returns.tidy(reached.offer.pk, now=minutes(1))
    assert returns.cancel_in_grace(reached.offer.pk, now=minutes(2))
    outbox.deliver_due(now=minutes(2))
    says(reached, "ok thank you", now=minutes(3))
    assert not Appointment.objects.filter(status="booked").exists()
    assert answers() == ["passed"]


def test_an_offer_of_a_wish_that_waits_no_longer_is_not_taken_by_a_bare_yes(reached):
    WaitlistEntry.objects.update(status="removed")
    says(reached, "YES")
    assert (Appointment.objects.count(), answers()) == (0, ["nothing"])


def test_stop_to_a_number_that_clinics_share_stops_both_and_frees_both_places(reached):
    neighbour = tell(factories.World(sms_sender=reached.world.clinic.sms_sender), phone=reached.point.value)
    stranger = tell(factories.World(), phone=reached.point.value)
    for told in (neighbour, stranger):
        told.deliver()
    says(reached, "STOP")
    stopped = ContactPoint.objects.exclude(stopped_at=None)
    assert {point.pk for point in stopped} == {reached.point.pk, neighbour.point.pk}
    assert {offer.pk for offer in Offer.objects.filter(state="declined")} == {reached.offer.pk, neighbour.offer.pk}
    assert Message.objects.filter(kind="stopped").count() == 1
    lines = Consent.objects.filter(granted=False).values_list("contact_point", flat=True)
    assert set(lines) == {reached.point.pk, neighbour.point.pk}


def test_a_word_the_carrier_has_answered_is_not_answered_after_a_crash(reached, monkeypatch):
    monkeypatch.setattr("notifications.replies.inbox.handle", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        says(reached, "HELP", already_answered=True)
    replies.handle(InboundMessage.objects.get().pk, now=minutes(2))
    assert InboundMessage.objects.get().handled_at == minutes(2)
    assert answers() == []
