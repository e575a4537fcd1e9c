"""The two-way inbox: what patients text is read and answered by somebody, once, within every rule of contact."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from notifications import desk, outbox
from notifications.models import ContactPoint, InboundMessage, Message, SimulatedText
from tests import factories
from tests.at_once import at_once
from tests.factories import NOW, World
from waitlist.models import Appointment, Clinic, Patient, User
from waitlist.templatetags import bar
from waitlist.templatetags.standby import day_time

pytestmark = pytest.mark.django_db
counter = iter(range(1, 1000))



def wrote(world: World, words: str, patient: Patient | None = None, **fields: object) -> InboundMessage:
    who = patient or factories.patient(world.clinic)
    return InboundMessage.objects.create(
        **{
            "clinic": world.clinic,
            "contact_point": who.contact_points.get(),
            "channel": "sms",
            "provider_id": f"SM-inbox-{next(counter)}",
            "text": words,
            "meaning": "unclear",
            "received_at": timezone.now(),
            "handled_at": timezone.now(),
            **fields,
        }
    )


def answers(staff: Client, heard: InboundMessage, text: str = "Yes, it is.", **typed: object):
    data = {"text": text, "after": 0, "seen": heard.pk, **typed}
    return staff.post(reverse("inbox-answer", args=[heard.contact_point_id]), data)


def to_read(clinic: Clinic) -> int:
    """As the bar over every page says."""
    return bar.by_page(bar.count(clinic.memberships.get(), now=timezone.now()))["inbox"]


def page_of(staff: Client, heard: InboundMessage) -> str:
    return staff.get(reverse("inbox-thread", args=[heard.contact_point_id])).content.decode()


def test_unread_first_then_the_newest_by_number(staff: Client, world: World):
    old = wrote(world, "Is parking free?", received_at=timezone.now() - timedelta(hours=3))
    wrote(world, "YES", meaning="yes", received_at=timezone.now() - timedelta(hours=1))
    wrote(world, "And the lift?", old.contact_point.patients.get(), received_at=timezone.now() - timedelta(hours=2))
    wrote(World(), "Not ours")
    page = staff.get(reverse("inbox")).content.decode()
    assert "Not ours" not in page and "Is parking free?" not in page, "the last of each number"
    assert page.index("And the lift?") < page.index("YES")
    assert "2 to read" in page and old.contact_point.patients.get().name in page


def test_who_asks_about_an_open_offer_comes_first_then_who_cannot_come_then_who_waits_longest(staff, world):
    now = timezone.now()
    wrote(world, "Nothing to do", meaning="yes")
    older = wrote(world, "Since yesterday", received_at=now - timedelta(days=1))
    wrote(world, "A minute ago", received_at=now - timedelta(minutes=1))
    wrote(world, "I am ill", meaning="cannot")
    texts = (("Is it far?", 50, "pending"), ("How long?", 20, "pending"), ("Too late", 5, "expired"))
    for words, minutes, state in texts:
        entry = world.entry()
        at = now + timedelta(hours=30 + minutes)
        world.offer(world.slot(at, state="offering"), entry, state=state, expires_at=now + timedelta(minutes=minutes))
        wrote(world, words, entry.patient, received_at=now - timedelta(minutes=5))
    over = wrote(world, "Was it taken?", received_at=now - timedelta(minutes=3)).contact_point.patients.get()
    closed = world.slot(now + timedelta(hours=99), state="withdrawn", next_wave_at=None)
    world.offer(closed, world.entry(over), expires_at=now + timedelta(hours=1))
    page = staff.get(reverse("inbox")).content.decode()
    expected = [
        "How long?", "Is it far?", "I am ill", "Since yesterday", "Too late", "Was it taken?", "A minute ago",
        "Needs nothing", "Nothing to do",
    ]  # fmt: skip
    assert sorted(expected, key=page.index) == expected
    assert page.count("Offer open") == 2 and page.count("may answer until") == 2 and "Cannot come" in page
    staff.post(reverse("inbox-read", args=[older.contact_point_id]), {"seen": older.pk})
    page = staff.get(reverse("inbox")).content.decode()
    assert page.index("Needs nothing") < page.index("Since yesterday"), "nobody waits for it any more"


def test_a_name_or_a_number_finds_them(staff: Client, world: World):
    ana = wrote(world, "Hello", factories.patient(world.clinic, first_name="Ana", last_name="Pereira"))
    stranger = InboundMessage.objects.get(pk=wrote(world, "Who is this?", meaning="who").pk)
    stranger.contact_point.users.all().delete()
    digits = stranger.contact_point.value[-7:]
    for words, found in (("pereira", [ana]), (digits, [stranger]), ("nobody", [])):
        page = staff.get(reverse("inbox"), {"q": words}).content.decode()
        assert [one.text in page for one in (ana, stranger)] == [one in found for one in (ana, stranger)], words
    assert "Somebody unknown" in page_of(staff, stranger)


def test_an_answer_goes_out_once_and_what_was_seen_is_read(staff: Client, world: World, desk: User):
    heard = wrote(world, "Is parking free?")
    assert to_read(world.clinic) == 1
    assert answers(staff, heard)["Location"] == reverse("inbox-thread", args=[heard.contact_point_id])
    message = Message.objects.get(kind="desk")
    assert (message.user, message.patient) == (desk, heard.contact_point.patients.get())
    outbox.deliver(message.pk, now=timezone.now())
    message.refresh_from_db()
    assert (message.status, message.text) == ("delivered", f"{world.clinic.name}: Yes, it is.")
    heard.refresh_from_db()
    assert heard.read_at and not to_read(world.clinic)
    who = Entry.objects.get(verb="message.written")
    assert who.actor_email == desk.email and "parking" not in str(who.changes)
    page = page_of(staff, heard)
    assert "Is parking free?" in page and "Yes, it is." in page and desk.name in page
    assert "Answered" in staff.get(reverse("inbox")).content.decode()


def test_what_came_after_they_looked_stays_unread(staff: Client, world: World):
    heard = wrote(world, "Is parking free?")
    later = wrote(world, "And I am late", heard.contact_point.patients.get())
    answers(staff, heard)
    later.refresh_from_db()
    assert later.read_at is None


def test_the_second_who_answers_sees_that_it_was_answered(staff: Client, world: World):
    heard = wrote(world, "Is parking free?")
    answers(staff, heard)
    second = answers(staff, heard, "It costs nothing.")
    page = second.content.decode()
    assert second.status_code == 409 and "Somebody has answered since" in page
    assert "Yes, it is." in page and "It costs nothing." in page, "theirs is still there to send"
    assert Message.objects.filter(kind="desk").count() == 1
    again = answers(staff, heard, "It costs nothing.", after=Message.objects.get(kind="desk").pk)
    assert again.status_code == 302 and Message.objects.filter(kind="desk").count() == 2


def test_a_button_says_that_it_is_read(staff: Client, world: World):
    heard = wrote(world, "Thank you so much")
    url = reverse("inbox-read", args=[heard.contact_point_id])
    assert staff.post(url, {"seen": heard.pk})["Location"] == reverse("inbox")
    heard.refresh_from_db()
    assert heard.read_at
    assert "read before" in staff.post(url, {"seen": heard.pk}, follow=True).content.decode()
    assert Entry.objects.filter(verb="message.read").count() == 1


@pytest.mark.parametrize(("text", "words"), [("  ", "Answer: write something"), ("x" * 301, "300 characters")])
def test_a_bad_answer_is_refused_by_name(staff: Client, world: World, text, words):
    response = answers(staff, wrote(world, "Hi"), text)
    assert response.status_code == 422 and words in response.content.decode()
    assert not Message.objects.exists()


def test_a_link_of_ours_cannot_be_typed(staff: Client, world: World):
    answers(staff, wrote(world, "Hi"), "Look {link} here")
    message = Message.objects.get()
    outbox.deliver(message.pk, now=timezone.now())
    message.refresh_from_db()
    assert message.status == "delivered" and "(link)" in message.text


# The rules of contact.


def test_after_stop_nothing_goes_and_the_page_says_why(staff: Client, world: World):
    heard = wrote(world, "STOP", meaning="stop")
    ContactPoint.objects.update(stopped_at=timezone.now(), granted=[])
    assert "They opted out" in page_of(staff, heard)
    response = answers(staff, heard)
    assert response.status_code == 409 and "Not sent: “Yes, it is.”" in response.content.decode()
    assert not Message.objects.exists()


def test_stop_between_the_click_and_the_sending_holds(staff: Client, world: World):
    heard = wrote(world, "Is parking free?")
    answers(staff, heard)
    ContactPoint.objects.update(stopped_at=timezone.now(), granted=[])
    message = Message.objects.get()
    outbox.deliver(message.pk, now=timezone.now())
    message.refresh_from_db()
    assert (message.status, message.refused_by) == ("refused", "stopped")
    assert "Not sent: Opted out" in page_of(staff, heard)


NIGHT = NOW + timedelta(hours=12)  # 22:00 in Los Angeles
MORNING = NOW + timedelta(hours=22)


def write(world: World, heard: InboundMessage, *, now, text="Yes."):
    return desk.write(
        heard.contact_point_id, text, after=0, up_to=heard.pk, by=factories.user(world.clinic), now=now
    )


def sent(now) -> tuple[str, str]:
    message = Message.objects.get(kind="desk")
    outbox.deliver(message.pk, now=now)
    message.refresh_from_db()
    return message.status, message.refused_by


def test_at_night_an_answer_goes_within_the_conversation_and_else_in_the_morning(world: World):
    heard = wrote(world, "Is parking free?", received_at=NIGHT)
    assert write(world, heard, now=NIGHT + timedelta(minutes=5)) == "sent"
    assert sent(NIGHT + timedelta(minutes=5)) == ("delivered", "")
    other = wrote(world, "And the lift?", received_at=NIGHT)
    Message.objects.all().update(kind="answer")
    assert write(world, other, now=NIGHT + timedelta(minutes=30)) == "sent"
    assert sent(NIGHT + timedelta(minutes=30)) == ("pending", "")
    assert sent(MORNING) == ("delivered", "")


@pytest.mark.parametrize(("days", "outcome"), [(2, "sent"), (8, "forbidden")])
def test_without_consent_only_an_answer_may_go(world: World, days, outcome):
    heard = wrote(world, "Who is this?", received_at=NOW - timedelta(days=days))
    ContactPoint.objects.update(granted=[])
    assert write(world, heard, now=NOW) == outcome


@pytest.mark.parametrize(("minutes", "outcome"), [(5, "sent"), (20, "forbidden")])
def test_the_ceiling_of_a_day_holds_outside_the_conversation(world: World, minutes, outcome):
    heard = wrote(world, "Is parking free?", received_at=NOW - timedelta(minutes=minutes))
    for n in range(Clinic.objects.get(pk=world.clinic.pk).sms_per_day):
        Message.objects.create(
            clinic=world.clinic, kind="answer", channel="sms", contact_point=heard.contact_point, status="sent",
            dedupe_key=f"before:{n}", sent_at=NOW - timedelta(hours=2), next_attempt_at=NOW, created_at=NOW,
        )  # fmt: skip
    assert write(world, heard, now=NOW) == outcome
    if outcome == "sent":
        assert sent(NOW) == ("delivered", "")


def test_a_text_sent_twice_that_was_the_last_one_allowed_was_answered_already(world: World):
    Clinic.objects.update(sms_per_day=1)
    heard = wrote(world, "Is parking free?", received_at=NOW - timedelta(minutes=20))
    assert write(world, heard, now=NOW) == "sent"
    sent(NOW)
    assert write(world, heard, now=NOW) == "answered"
    last = Message.objects.get(kind="desk").pk
    by = factories.user(world.clinic)
    assert desk.write(heard.contact_point_id, "No.", after=last, up_to=heard.pk, by=by, now=NOW) == "forbidden"


# Two at once.


@pytest.mark.django_db(transaction=True)
def test_two_who_answer_at_once_send_one_text():
    world = World()
    heard = wrote(world, "Is parking free?", received_at=NOW)
    found = at_once([lambda text=text: write(world, heard, now=NOW, text=text) for text in ("Yes.", "No.", "Maybe.")])
    assert sorted(found) == ["answered", "answered", "sent"]
    assert Message.objects.filter(kind="desk").count() == 1


@pytest.mark.django_db(transaction=True)
def test_control_who_does_not_say_what_they_had_seen_is_not_kept_from_answering_twice():
    world = World()
    heard = wrote(world, "Is parking free?", received_at=NOW)
    write(world, heard, now=NOW)
    last = Message.objects.get(kind="desk").pk
    by = factories.user(world.clinic)
    assert desk.write(heard.contact_point_id, "No.", after=last, up_to=heard.pk, by=by, now=NOW) == "sent"
    assert Message.objects.filter(kind="desk").count() == 2 and not SimulatedText.objects.exists()


def test_who_cannot_come_is_one_click_from_a_visit_less(staff: Client, world: World):
    heard = wrote(world, "I am ill", meaning="cannot")
    now = timezone.now()
    who = heard.contact_point.patients.get()
    visit, other = (world.appointment(now + timedelta(hours=hours), patient=who) for hours in (30, 50))
    said = Message.objects.create(
        clinic=world.clinic, kind="answer", channel="sms", contact_point=heard.contact_point, status="sent",
        appointment=visit, context={"answer": "visit_no"}, dedupe_key="no", next_attempt_at=now, created_at=now,
    )  # fmt: skip
    url, others = (f'href="{reverse("appointment-cancel", args=[one.pk])}"' for one in (visit, other))
    page = page_of(staff, heard)
    assert f"{url}>Cancel the visit {day_time(visit.starts_at, world.location.zone)}<" in page and others not in page
    Appointment.objects.filter(pk=visit.pk).update(confirmed_at=now - timedelta(hours=1), confirmed_via="link")
    assert url in page_of(staff, heard)
    Appointment.objects.filter(pk=visit.pk).update(confirmed_at=said.created_at + timedelta(hours=1))
    assert url not in page_of(staff, heard), "they said since that they come"
    Appointment.objects.filter(pk=visit.pk).update(confirmed_at=None, confirmed_via="", status="cancelled")
    assert url not in page_of(staff, heard)


def test_the_number_of_queries_is_fixed(staff: Client, world: World, django_assert_num_queries):
    first = wrote(world, "Is parking free?")
    with django_assert_num_queries(10):
        staff.get(reverse("inbox"))
    for words in ("Hello", "Who is this?"):
        wrote(world, words)
    with django_assert_num_queries(10):
        staff.get(reverse("inbox"))
    with django_assert_num_queries(13):
        page_of(staff, first)
    for words in ("One", "Two", "Three"):
        wrote(world, words, first.contact_point.patients.get())
    answers(staff, first)
    with django_assert_num_queries(13):
        page_of(staff, first)


def test_thirty_to_a_page(staff: Client, world: World):
    for n in range(31):
        wrote(world, f"Text {n}")
    page = staff.get(reverse("inbox")).content.decode()
    assert page.count("To read") == 30 and "Page 1 of 2" in page
    assert "Text 0<" in page, "who waits longest"
    assert "Text 30<" in staff.get(reverse("inbox"), {"page": 2}).content.decode()


def test_an_open_page_asks_for_the_texts_and_leaves_what_is_being_typed(staff: Client, world: World):
    heard = wrote(world, "Is parking free?")
    url = reverse("inbox-thread", args=[heard.contact_point_id])
    part = staff.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "Is parking free?" in part and "<textarea" not in part and "<html" not in part


def test_what_a_patient_wrote_is_no_task_beside(staff: Client, world: World):
    heard = wrote(world, "Is parking free?")
    assert reverse("inbox-thread", args=[heard.contact_point_id]) not in staff.get(reverse("tasks")).content.decode()
