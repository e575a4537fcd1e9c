"""Word of a move: to whoever was told when the visit was, of where it ends up, once; and their calendar follows."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from icalendar import Calendar

from matching import claims
from notifications import outbox, reminders, rendering, replies
from notifications.models import ContactPoint, Message
from notifications.outbox import moves
from tests import factories
from tests.at_once import at_once, while_uncommitted, without_locks
from tests.factories import NOW
from tests.notifications.conftest import Told, minutes, tell
from waitlist import entered, schedule
from waitlist.calendar import Time
from waitlist.models import Appointment
from waitlist.states import CancelledBy

pytestmark = pytest.mark.django_db(transaction=True)
LATER, LATEST = timedelta(days=1), timedelta(days=2)


@pytest.fixture
def won(world) -> Told:
    """Somebody with a phone and an address who has said yes, and has not been told yet that it is theirs."""
    told = tell(world, email="ana@example.com")
    told.deliver()
    claims.claim(told.offer.pk, via="link", now=minutes(1))
    told.visit = Appointment.objects.get()
    return told


def move(visit: Appointment, by: timedelta, at: datetime, **fields) -> None:
    """To so much after the time it was booked for."""
    starts_at = visit.starts_at + by
    place = fields.pop("location", visit.location)
    time = Time(place, visit.practitioner, visit.service, starts_at, starts_at + timedelta(minutes=45))
    schedule.move(visit.pk, to=time, now=at, **fields)


def send(at: datetime) -> None:
    outbox.deliver_due(now=at)


def rows(channel: str = "sms") -> list[tuple[str, str]]:
    mine = Message.objects.filter(channel=channel).exclude(kind__in=("offer", "retracted"))
    return list(mine.order_by("pk").values_list("kind", "status"))


def newest(channel: str = "sms") -> Message:
    return Message.objects.filter(channel=channel).latest("pk")


def invited(mails) -> list[tuple[str, int, datetime]]:
    """Method, SEQUENCE and start of each calendar file, by e-mail."""
    found = []
    for mail in mails:
        for name, content, _ in mail.attachments:
            if name == "appointment.ics":
                calendar = Calendar.from_ical(content)
                (event,) = calendar.walk("VEVENT")
                found.append((str(calendar["METHOD"]), int(event["SEQUENCE"]), event["DTSTART"].dt))
    return found


def test_who_had_the_confirmation_hears_the_new_time_by_the_same_ways(won, mailoutbox):
    send(minutes(2))
    move(won.visit, LATER, minutes(10))
    send(minutes(10))
    assert rows() == [("booked", "delivered"), ("moved", "delivered")]
    assert [kind for kind, _ in rows("email")] == ["booked", "moved"]
    text = newest().text
    assert "your visit has moved, it is now Wed Nov 25" in text and "{link}" in text
    assert newest().offer == won.offer and newest().purpose == "offers"
    assert "Wednesday, November 25" in mailoutbox[-1].body
    start = won.visit.starts_at
    assert invited(mailoutbox) == [("REQUEST", 0, start), ("REQUEST", 2, start + LATER)]


def test_by_the_clinics_own_calendar_too_and_the_same_word_twice_is_one(won):
    send(minutes(2))
    for version in (2, 2, 1):
        move(won.visit, LATER, minutes(10), version=version)
    send(minutes(10))
    assert [kind for kind, _ in rows()] == ["booked", "moved"]


def test_of_two_moves_only_where_it_ends_up_is_told(won, mailoutbox):
    send(minutes(2))
    move(won.visit, LATER, minutes(10))
    move(won.visit, LATEST, minutes(10))
    send(minutes(10))
    assert [kind for kind, _ in rows()] == ["booked", "moved"]
    assert newest().context["starts_at"] == (won.visit.starts_at + LATEST).isoformat()
    assert newest().not_after == won.visit.starts_at + LATEST
    assert [start for *_, start in invited(mailoutbox)] == [won.visit.starts_at, won.visit.starts_at + LATEST]


def test_back_before_anybody_was_told_is_no_news(won, mailoutbox):
    send(minutes(2))
    move(won.visit, LATER, minutes(10))
    move(won.visit, timedelta(), minutes(11))
    send(minutes(11))
    assert rows()[-1] == rows("email")[-1] == ("moved", "dropped")
    assert newest().refused_by == newest("email").refused_by == "known"
    assert len(mailoutbox) == 1


def test_back_after_they_were_told_is_news_again(won, mailoutbox):
    send(minutes(2))
    move(won.visit, LATER, minutes(10))
    send(minutes(10))
    move(won.visit, timedelta(), minutes(20))
    send(minutes(20))
    assert [kind for kind, _ in rows()] == ["booked", "moved", "moved"]
    assert [number for _, number, _ in invited(mailoutbox)] == [0, 2, 4]
    assert invited(mailoutbox)[-1][2] == won.visit.starts_at


def test_back_where_the_word_before_may_not_have_gone_is_told_by_that_one(won):
    send(minutes(2))
    move(won.visit, LATER, minutes(10))
    first = newest()
    Message.objects.filter(pk=first.pk).update(status="unknown", next_attempt_at=minutes(60))
    move(won.visit, LATEST, minutes(11))
    move(won.visit, LATER, minutes(12))
    outbox.deliver(newest().pk, now=minutes(12))
    assert rows()[-2:] == [("moved", "unknown"), ("moved", "dropped")]
    Message.objects.filter(pk=first.pk).update(status="pending", next_attempt_at=minutes(13))  # it had not gone
    send(minutes(13))
    assert rows()[-2:] == [("moved", "delivered"), ("moved", "dropped")]


def test_back_to_what_a_text_says_is_news_to_who_heard_of_the_move_by_another_way(won):
    send(minutes(2))
    move(won.visit, LATER, minutes(10))
    Message.objects.filter(kind="moved", channel="sms").update(status="failed")
    send(minutes(10))
    assert rows("email")[-1][0] == "moved"
    move(won.visit, timedelta(), minutes(20))
    ContactPoint.objects.filter(kind="email").update(stopped_at=minutes(21))
    send(minutes(21))
    assert rows()[-1] == ("moved", "delivered") and newest().text.count("Tue Nov 24") == 1


def test_a_text_that_waits_for_the_morning_goes_where_an_e_mail_has_told_of_the_move(won):
    send(minutes(2))
    night = datetime(2026, 11, 24, 6, tzinfo=UTC)  # 10 PM in Los Angeles
    move(won.visit, LATEST, night)
    send(night)
    assert rows()[-1] == ("moved", "pending") and rows("email")[-1] == ("moved", "sent")
    ContactPoint.objects.filter(kind="email").update(stopped_at=night)
    move(won.visit, timedelta(), night + timedelta(hours=1))
    send(newest().next_attempt_at)
    assert rows()[-1] == ("moved", "delivered")


def test_a_confirmation_that_waits_says_it_by_itself(won, mailoutbox):
    move(won.visit, LATER, minutes(2))
    send(minutes(2))
    assert [kind for kind, _ in rows()] == [kind for kind, _ in rows("email")] == ["booked"]
    assert newest().context["starts_at"] == (won.visit.starts_at + LATER).isoformat()
    assert invited(mailoutbox) == [("REQUEST", 0, won.visit.starts_at + LATER)]


def test_one_that_was_on_its_way_and_came_back_says_it_and_nothing_else_goes(won):
    booked = Message.objects.get(kind="booked", channel="sms")
    Message.objects.filter(pk=booked.pk).update(status="sending")
    move(won.visit, LATER, minutes(2))
    moved = Message.objects.get(kind="moved", channel="sms")
    outbox.deliver(moved.pk, now=minutes(3))
    moved.refresh_from_db()
    assert moved.status == "pending", "the one before it may say the same"
    Message.objects.filter(pk=booked.pk).update(status="pending", next_attempt_at=minutes(3))
    send(minutes(3))
    send(minutes(4))
    assert rows() == [("booked", "delivered"), ("moved", "dropped")]


def test_moved_and_cancelled_the_calendar_has_each_after_the_other(won, mailoutbox):
    send(minutes(2))
    move(won.visit, LATER, minutes(10))
    send(minutes(10))
    schedule.cancel(won.visit.pk, reason="ill", by=CancelledBy.CLINIC, now=minutes(20))
    send(minutes(20))
    assert [(method, number) for method, number, _ in invited(mailoutbox)] == [
        ("REQUEST", 0),
        ("REQUEST", 2),
        ("CANCEL", 4),
    ]


def test_word_of_a_move_that_is_cancelled_meanwhile_does_not_go(won):
    send(minutes(2))
    move(won.visit, LATER, minutes(10))
    schedule.cancel(won.visit.pk, reason="ill", by=CancelledBy.CLINIC, now=minutes(11))
    send(minutes(11))
    assert rows()[-2:] == [("moved", "dropped"), ("lost", "delivered")]


def test_another_place_is_told_and_another_practitioner_alone_is_not(won):
    send(minutes(2))
    time = Time.of(won.visit)
    other = factories.practitioner(won.world.clinic)
    schedule.move(won.visit.pk, to=Time(time.location, other, time.service, time.starts_at, time.ends_at), now=NOW)
    assert [kind for kind, _ in rows()] == ["booked"]
    place = factories.location(won.world.clinic)
    schedule.move(won.visit.pk, to=Time(place, other, time.service, time.starts_at, time.ends_at), now=NOW)
    assert [kind for kind, _ in rows()] == ["booked", "moved"]


def test_at_night_it_waits_for_the_morning_and_is_not_said_twice(won):
    send(minutes(2))
    night = datetime(2026, 11, 24, 6, tzinfo=UTC)  # 10 PM in Los Angeles
    move(won.visit, LATEST, night)
    send(night)
    assert rows()[-1] == ("moved", "pending") and newest().next_attempt_at > night
    move(won.visit, LATER, night + timedelta(hours=1))
    send(newest().next_attempt_at)
    assert rows()[-2:] == [("booked", "delivered"), ("moved", "delivered")]
    assert newest().context["starts_at"] == (won.visit.starts_at + LATER).isoformat()


def test_who_takes_no_more_offers_still_hears_of_their_visit(won):
    send(minutes(2))
    ContactPoint.objects.filter(kind="phone").update(granted=["reminders:sms"])
    ContactPoint.objects.filter(kind="email").update(granted=[])
    move(won.visit, LATER, minutes(10))
    send(minutes(10))
    assert rows()[-1] == ("moved", "delivered") and newest().purpose == "reminders"
    assert [kind for kind, _ in rows("email")] == ["booked"]


def test_after_a_stop_by_text_their_address_still_hears_of_the_visit(won, mailoutbox):
    send(minutes(2))
    ContactPoint.objects.filter(kind="email").update(granted=["offers:email"])
    replies.receive(won.world.clinic, sender=won.point.value, text="STOP", provider_id="SM1", now=minutes(5))
    assert ContactPoint.objects.get(kind="email").granted == []
    move(won.visit, LATER, minutes(10))
    send(minutes(10))
    assert rows("email")[-1] == ("moved", "sent") and "Wednesday, November 25" in mailoutbox[-1].body
    assert ("moved", "delivered") not in rows()


def test_a_yes_to_it_hears_the_new_time(won):
    send(minutes(2))
    move(won.visit, LATER, minutes(10))
    send(minutes(10))
    replies.receive(won.world.clinic, sender=won.point.value, text="YES", provider_id="SM1", now=minutes(30))
    assert newest().context["answer"] == "yours"
    assert "Wed Nov 25" in rendering.render(newest()) and "yours" in rendering.render(newest())


# Visits we did not book


def test_a_visit_we_told_nobody_of_is_moved_in_silence(world):
    visit = world.appointment(patient=factories.patient(world.clinic))
    move(visit, LATER, NOW)
    assert not Message.objects.exists()


def test_who_was_reminded_of_the_old_time_hears_the_new_one(world, settings):
    world.clinic.sends_reminders = True
    world.clinic.save()
    visit = world.appointment(NOW + timedelta(hours=23), patient=factories.patient(world.clinic, email="a@b.example"))
    reminders.remind(visit.pk, now=NOW)
    send(NOW)
    move(visit, timedelta(hours=2), minutes(5))
    send(minutes(5))
    assert rows() == [("reminder", "delivered"), ("moved", "delivered")]
    assert f"{settings.PUBLIC_URL}/v/" in rendering.fill(newest().text, newest())
    assert rendering.letter(newest("email")).invites == (), "their own system invited them"
    move(visit, timedelta(hours=3), minutes(10))
    assert [kind for kind, _ in rows()] == ["reminder", "moved", "moved"]


def test_put_on_again_at_another_time_by_their_calendar_is_told_who_was_reminded(world):
    _, visit = reminded(world)
    send(NOW)
    schedule.cancel(visit.pk, reason="", by=CancelledBy.CLINIC, version=visit.version + 1, now=minutes(5))
    starts_at = visit.starts_at + timedelta(hours=2)
    time = Time(visit.location, visit.practitioner, visit.service, starts_at, starts_at + timedelta(minutes=45))
    about = {"external_id": visit.external_id, "version": visit.version + 2, "patient": visit.patient}
    made = entered.mirror(world.clinic, connection=None, time=time, now=minutes(10), **about)
    assert made.pk == visit.pk
    send(minutes(10))
    assert rows() == [("reminder", "delivered"), ("moved", "delivered")]
    assert newest().context["starts_at"] == starts_at.isoformat()


def test_a_reminder_that_waits_says_where_the_visit_is_by_now(world):
    reminder, visit = reminded(world)
    elsewhere = factories.location(world.clinic, name="North Street")
    move(visit, timedelta(), minutes(5), location=elsewhere)
    send(minutes(5))
    assert rows() == [("reminder", "delivered")]
    assert newest().pk == reminder.pk and newest().context["location"] == "North Street"


def test_who_was_just_told_of_a_move_is_not_reminded_in_the_same_breath(won):
    won.world.clinic.sends_reminders = True
    won.world.clinic.save()
    send(minutes(2))
    move(won.visit, -timedelta(hours=9), minutes(10))
    send(minutes(10))
    assert rows()[-1] == ("moved", "delivered")
    assert reminders.remind(won.visit.pk, now=minutes(11)) == 0
    assert reminders.remind(won.visit.pk, now=won.visit.starts_at - timedelta(hours=11)) == 1


# Races


def moved_while_it_goes(won: Told) -> list[tuple[str, str]]:
    """The confirmation is just going out, with its old time, when the visit is moved."""
    booked = Message.objects.get(kind="booked", channel="sms")

    def goes() -> None:
        Message.objects.select_for_update(no_key=True).get(pk=booked.pk)
        Message.objects.filter(pk=booked.pk).update(status="sending")

    while_uncommitted(goes, lambda: move(won.visit, LATER, minutes(2)))
    return rows()


def test_a_move_waits_for_what_is_just_going_out(won):
    assert moved_while_it_goes(won) == [("booked", "sending"), ("moved", "pending")]


def test_control_without_waiting_nobody_would_tell_them(won, monkeypatch):
    tell_move, waited = moves.tell_move, []

    def unlocked(*args, **about) -> None:
        without_locks(monkeypatch)
        tell_move(*args, **about)
        waited.append(True)

    monkeypatch.setattr(outbox, "tell_move", unlocked)
    assert moved_while_it_goes(won) == [("booked", "sending")]
    assert waited


def reminded(world) -> tuple[Message, Appointment]:
    """A reminder that waits to go, of a visit of which nothing was told before."""
    world.clinic.sends_reminders = True
    world.clinic.save()
    visit = world.appointment(NOW + timedelta(hours=23), patient=factories.patient(world.clinic))
    reminders.remind(visit.pk, now=NOW)
    return Message.objects.get(kind="reminder"), visit


def goes(message: Message) -> None:
    """It is just going out."""
    Message.objects.select_for_update(no_key=True).get(pk=message.pk)
    Message.objects.filter(pk=message.pk).update(status="sending")


def test_a_move_waits_for_a_reminder_that_is_just_going_out(world):
    reminder, visit = reminded(world)
    while_uncommitted(lambda: goes(reminder), lambda: move(visit, timedelta(hours=2), minutes(5)))
    assert rows() == [("reminder", "sending"), ("moved", "pending")]


def test_control_without_waiting_the_reminder_would_be_the_last_word(world, monkeypatch):
    reminder, visit = reminded(world)
    tell_move = moves.tell_move

    def unlocked(*args, **about) -> None:
        without_locks(monkeypatch)
        tell_move(*args, **about)

    monkeypatch.setattr(outbox, "tell_move", unlocked)
    with transaction.atomic():
        goes(reminder)
        assert at_once([lambda: move(visit, timedelta(hours=2), minutes(5))]) == [None]
    assert rows() == [("reminder", "sending")]
