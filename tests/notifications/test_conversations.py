"""Replies beyond yes and no: by code, to reminders, with nothing to answer, at night, and with a reason."""

from datetime import timedelta

import pytest

from audit.models import Entry
from matching import codes
from matching.models import Lesson, Offer
from notifications import outbox, replies
from notifications.models import ContactPoint, InboundMessage, Message
from tests import factories
from tests.factories import NOW, World
from tests.notifications.conftest import Told, minutes, tell
from waitlist import desk
from waitlist.models import Appointment, Clinic, Closure, Service, WaitlistEntry

pytestmark = pytest.mark.django_db
NIGHT = NOW + timedelta(hours=12)  # Monday 22:00 in Los Angeles
MORNING = NOW + timedelta(hours=22)  # Tuesday 8:00


def says(told: Told, text: str, *, now=None) -> InboundMessage:
    n = InboundMessage.objects.count()
    return replies.receive(
        told.world.clinic, sender=told.point.value, text=text, provider_id=f"SMc{n}", now=now or minutes(1)
    )


def answers() -> list[str]:
    return [m.context["answer"] for m in Message.objects.filter(kind="answer").order_by("pk")]


def states(*offers: Told) -> list[str]:
    return [Offer.objects.get(pk=one.offer.pk).state for one in offers]


@pytest.fixture
def reached(told: Told) -> Told:
    told.deliver()
    return told


@pytest.fixture
def two(reached: Told) -> tuple[Told, Told]:
    """Two offers told to one number."""
    Clinic.objects.update(offers_per_day=9, offers_per_week=9, sms_per_day=9)
    other = tell(reached.world, phone=reached.point.value)
    other.deliver()
    return reached, other


def remind(told: Told, *, hours: float = 24, sent_at=NOW, starts_at=None) -> Message:
    """A reminder of a visit of theirs, sent to the number."""
    person = factories.practitioner(told.world.clinic)
    visit = told.world.appointment(
        starts_at or NOW + timedelta(hours=hours), patient=told.patient, practitioner=person
    )
    return Message.objects.create(
        clinic=told.world.clinic, kind="reminder", purpose="reminders", channel="sms", contact_point=told.point,
        patient=told.patient, appointment=visit, dedupe_key=f"reminder:{visit.pk}", status="delivered",
        sent_at=sent_at, next_attempt_at=sent_at, created_at=sent_at,
        context={"starts_at": visit.starts_at.isoformat()},
    )  # fmt: skip


# By code.


@pytest.mark.parametrize("form", ["YES {}", "yes {} please", "{} yes", "ok, {}"])
def test_a_code_says_which_of_several(two, form):
    first, second = two
    heard = says(first, form.format(codes.of(second.offer)))
    assert states(first, second)[1] == "accepted" and (heard.meaning, heard.offer) == ("yes", second.offer)
    assert states(first, second)[0] == "pending"


def test_no_with_a_code_passes_on_that_one(two):
    first, second = two
    says(first, f"NO {codes.of(first.offer).lower().replace('-', ' ')}")
    assert states(first, second) == ["declined", "pending"] and answers() == ["declined"]


def test_two_of_a_family_at_the_same_time_answer_by_code(two):
    first, second = two
    Offer.objects.filter(pk=second.offer.pk).update(slot=first.slot)
    says(first, "YES")
    assert answers() == ["alike"]
    says(first, f"YES {codes.of(second.offer)}")
    assert Appointment.objects.get().patient == second.patient


def test_a_bare_code_is_told_how_to_answer_it(two):
    first, second = two
    says(first, codes.of(second.offer))
    assert answers() == ["code"] and Message.objects.get(kind="answer").offer == second.offer
    outbox.deliver_due(now=minutes(1))
    text = Message.objects.get(kind="answer").text
    assert "Reply YES" in text and "{link}" in text


def test_the_code_of_a_booking_is_theirs_and_no_cancels_nothing(reached):
    says(reached, "YES")
    visit = Appointment.objects.get()
    says(reached, f"yes {codes.of_booking(visit.pk)}", now=minutes(2))
    heard = says(reached, f"no {codes.of_booking(visit.pk)}", now=minutes(3))
    assert answers() == ["yours", "visit_no"]
    visit.refresh_from_db()
    assert (visit.status, heard.meaning) == ("booked", "cannot")


def test_a_code_of_somebody_else_is_none(two):
    stranger = tell(two[0].world)
    stranger.deliver()
    says(two[0], f"YES {codes.of(stranger.offer)}")
    assert Offer.objects.get(pk=stranger.offer.pk).state == "pending" and not Appointment.objects.exists()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("YES WL-7KQ2", ("7KQ2", "YES")),
        ("wl 8934 ok", ("8934", "ok")),
        ("WL8934", ("8934", "")),
        ("well, yes", ("", "")),
    ],
)
def test_codes_in_texts(text, found):
    code, rest = codes.find(text)
    assert (code, " ".join(rest.split())) == found


# Reminders.


def test_yes_to_a_reminder_confirms_the_visit(world):
    told = Told(world, None, None, factories.patient(world.clinic), None, None)
    told.point = told.patient.contact_points.get()
    reminder = remind(told)
    heard = says(told, "YES")
    assert (answers(), heard.meaning) == (["confirmed"], "confirm")
    line = Entry.objects.get(verb="appointment.confirmed")
    assert (line.object_id, line.actor_ref) == (reminder.appointment_id, told.patient.pk)
    outbox.deliver_due(now=minutes(1))
    assert "Tue Nov 24 10:00 AM PST is confirmed." in Message.objects.get(kind="answer").text


def test_yes_with_an_offer_and_a_reminder_open_asks_which(reached):
    reminder = remind(reached)
    says(reached, "YES")
    assert answers() == ["which_reminder"]
    asked = Message.objects.get(kind="answer").context["choices"]
    assert [(one.get("offer"), one.get("reminder")) for one in asked] == [
        (reached.offer.pk, None),
        (None, reminder.pk),
    ]
    heard = says(reached, "2")
    assert (answers()[-1], heard.meaning) == ("confirmed", "confirm") and states(reached) == ["pending"]
    says(reached, "YES")
    assert states(reached) == ["accepted"], "the visit is confirmed, so only the offer is open"


def test_and_the_first_is_the_offer(reached):
    remind(reached)
    says(reached, "YES")
    says(reached, "yes 1")
    assert states(reached) == ["accepted"] and answers() == ["which_reminder"]


def test_no_with_both_open_asks_too_and_cancels_no_visit(reached):
    reminder = remind(reached)
    says(reached, "NO")
    assert (answers(), states(reached)) == (["which_no"], ["pending"])
    heard = says(reached, "2")
    reminder.appointment.refresh_from_db()
    assert (heard.meaning, reminder.appointment.status, states(reached)) == ("cannot", "booked", ["pending"])
    assert answers()[-1] == "visit_no"


def test_no_to_a_reminder_alone_is_for_staff_and_says_how_to_cancel(reached):
    Offer.objects.update(state="expired", expires_at=NOW)
    remind(reached, sent_at=minutes(30))
    heard = says(reached, "NO", now=minutes(31))
    assert (answers(), heard.meaning, heard.read_at) == (["visit_no"], "cannot", None)


def test_a_late_yes_to_an_offer_told_after_the_reminder_is_about_the_offer(reached):
    remind(reached, sent_at=NOW - timedelta(hours=3))
    Offer.objects.update(state="expired", expires_at=NOW)
    says(reached, "YES", now=minutes(5))
    assert states(reached) == ["accepted"] and answers() == []


def test_two_reminders_ask_which(reached):
    Offer.objects.update(state="expired", expires_at=NOW)
    first, second = (remind(reached, hours=hours, sent_at=minutes(30)) for hours in (24, 26))
    says(reached, "YES", now=minutes(31))
    says(reached, "1", now=minutes(32))
    assert answers() == ["which", "confirmed"]
    assert Message.objects.get(kind="answer", context__answer="confirmed").appointment == first.appointment
    says(reached, "ok", now=minutes(33))
    assert Message.objects.filter(kind="answer", context__answer="confirmed").last().appointment == second.appointment


def test_a_reminder_of_a_visit_that_is_over_or_cancelled_is_not_answered(reached):
    Offer.objects.update(state="declined")
    remind(reached, starts_at=NOW - timedelta(hours=1))
    Appointment.objects.filter(pk=remind(reached).appointment_id).update(status="cancelled")
    says(reached, "NO")
    assert "confirmed" not in answers() and "visit_no" not in answers()


# Nothing to answer.


def test_with_nothing_to_answer_they_hear_that_times_are_open_and_where(reached):
    """Their own offer is over, another time of their wish is not."""
    rival = reached.world.offer(reached.slot)
    Offer.objects.filter(pk=rival.pk).update(state="accepted")
    visit = reached.world.appointment(reached.slot.starts_at, patient=rival.patient)
    Offer.objects.filter(pk=reached.offer.pk).update(state="retracted", offered_at=NOW - timedelta(days=3))
    type(reached.slot).objects.filter(pk=reached.slot.pk).update(state="filled", filled_by=visit)
    says(reached, "YES", now=minutes(2))
    assert answers() == ["nothing"]
    reached.world.asked_slot(NOW + timedelta(hours=50), state="offering")
    says(reached, "YES", now=minutes(3))
    assert answers()[-1] == "open"
    outbox.deliver_due(now=minutes(3))
    message = Message.objects.filter(kind="answer").last()
    assert message.offer == reached.offer and "other times are open: see {link}" in message.text


def test_who_never_had_an_offer_is_asked_to_call(world):
    patient = factories.patient(world.clinic)
    world.entry(patient)
    world.asked_slot(NOW + timedelta(hours=50), state="offering")
    replies.receive(
        world.clinic, sender=patient.contact_points.get().value, text="YES", provider_id="a", now=NOW
    )
    assert answers() == ["open_call"]


# At night.


def at_night(world: World, *texts: str, now=NIGHT) -> None:
    for text in texts:
        n = InboundMessage.objects.count()
        replies.receive(world.clinic, sender="+14155550177", text=text, provider_id=f"night{n}", now=now)


def test_at_night_they_hear_once_when_somebody_reads_it(world):
    at_night(world, "Can I bring my dog?", "Hello?", "Anybody?")
    assert answers() == ["after_hours"]
    assert Message.objects.get().context["opens_at"] == MORNING.isoformat()
    outbox.deliver_due(now=NIGHT)
    message = Message.objects.get()
    assert message.status == "delivered", "it answers what they wrote a moment ago"
    assert "Somebody reads it tomorrow at 8:00 AM." in message.text
    assert InboundMessage.objects.filter(meaning="unclear", read_at=None).count() == 3
    at_night(world, "Hello?", now=NIGHT + timedelta(days=1))
    assert answers() == ["after_hours", "after_hours"], "the next night once more"


def test_by_day_and_after_stop_they_do_not(world):
    at_night(world, "Can I bring my dog?", now=NOW)
    assert answers() == ["nothing"]
    ContactPoint.objects.update(stopped_at=NOW)
    at_night(world, "Can I?", now=NIGHT)
    assert "after_hours" not in answers()


def test_what_is_understood_needs_nobody_at_the_desk(reached):
    says(reached, "YES", now=minutes(1))
    assert Appointment.objects.exists() and answers() == []


@pytest.mark.parametrize(
    ("at", "opens", "closed"),
    [
        (NOW, NOW, []),
        (NIGHT, MORNING, []),
        (NOW - timedelta(hours=4), NOW - timedelta(hours=2), []),
        (NOW + timedelta(days=5, hours=12), NOW + timedelta(days=6, hours=22), []),  # Saturday night: Monday
        (NIGHT, MORNING + timedelta(days=1), [(NIGHT, MORNING + timedelta(hours=12))]),
        (NIGHT, MORNING + timedelta(hours=2), [(NIGHT, MORNING + timedelta(hours=2))]),
        (NIGHT, None, [(NIGHT, NIGHT + timedelta(days=40))]),
    ],
)
def test_when_the_desk_opens(world, at, opens, closed):
    for starts_at, ends_at in closed:
        Closure.objects.create(clinic=world.clinic, starts_at=starts_at, ends_at=ends_at, reason="Holiday")
    found = desk.opens_at(world.location, at)
    assert found == opens
    assert (desk.closes_at(world.location, at) is None) == (found != at)


def test_the_clock_of_the_place_they_come_to_next_is_the_one_that_counts(reached):
    honolulu = factories.location(reached.world.clinic, timezone="Pacific/Honolulu", state="HI")
    Offer.objects.update(state="declined")
    visit = reached.world.appointment(NOW + timedelta(days=3), patient=reached.patient, location=honolulu)
    assert visit.location == honolulu
    says(reached, "Can I bring my dog?", now=NOW + timedelta(hours=11))  # 21:00 here, and 19:00 there: open
    assert "after_hours" not in answers()


@pytest.mark.parametrize("text", ["NO TODOS", "no todas", "NO ALL"])
def test_no_to_all_is_heard_as_our_question_writes_it(two, text):
    says(two[0], text)
    assert set(Offer.objects.values_list("state", flat=True)) == {"declined"} and answers() == ["declined_all"]


# A reason.


def test_a_no_with_a_reason_teaches_and_says_where_to_read_it(reached):
    text = "No, it is too soon"
    Service.objects.update(notice_minutes=0)
    says(reached, text)
    assert (Lesson.objects.get().reason, answers()) == ("too_soon", ["noted"])
    assert WaitlistEntry.objects.get().notice_minutes > 60


def test_who_is_this_is_answered_once_and_kept_for_staff(reached):
    for _ in range(2):
        says(reached, "Who is this?")
    assert answers() == ["who"] and states(reached) == ["pending"]
    assert InboundMessage.objects.filter(meaning="who", read_at=None).count() == 2


def test_c_confirms_a_reminder_and_without_one_books_nothing(reached):
    says(reached, "C")
    assert states(reached) == ["pending"] and answers() == ["nothing"]
    remind(reached)
    for _ in range(2):
        says(reached, "C")
    assert answers()[1:] == ["confirmed", "confirmed"] and states(reached) == ["pending"]


def test_a_pause_frees_the_place_and_only_its_own_words_answer_it(reached):
    says(reached, "Pause")
    assert (states(reached), answers()) == (["declined"], ["paused"])
