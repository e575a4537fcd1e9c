"""Reminders: when each is due, once for the time a visit has, and never for one that is elsewhere or off."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from matching import tokens
from notifications import outbox, reminders, rendering, tasks
from notifications.models import ContactPoint, Message, MessageTemplate
from notifications.reminders.plan import planned
from notifications.states import Rule
from tests import factories
from tests.factories import NOW
from waitlist import schedule, visits
from waitlist.calendar import Time
from waitlist.models import Appointment, Clinic
from waitlist.states import CancelledBy, ConfirmedVia

pytestmark = pytest.mark.django_db(transaction=True)
LA = ZoneInfo("America/Los_Angeles")
HOURS = timedelta(hours=1)


def at(*parts: int, zone: ZoneInfo = LA) -> datetime:
    return datetime(*parts, tzinfo=zone).astimezone(UTC)


NOON = at(2026, 11, 27, 12)  # a Friday


@pytest.fixture
def world() -> factories.World:
    return factories.World(sends_reminders=True)


def booked(world: factories.World, starts_at: datetime = NOON, **fields) -> Appointment:
    who = factories.patient(world.clinic, email=fields.pop("email", None), **fields.pop("who", {}))
    return world.appointment(starts_at, patient=who, **fields)


def sweep(now: datetime) -> list[str]:
    """What a sweep at this moment writes to go out, by name."""
    before = set(Message.objects.values_list("pk", flat=True))
    for pk in reminders.waiting(now=now, limit=100):
        reminders.remind(pk, now=now)
    made = Message.objects.exclude(pk__in=before).exclude(status="refused").order_by("pk")
    assert {message.kind for message in made} <= {"reminder"}
    return [message.context["which"] for message in made]


def to(world: factories.World, starts_at: datetime) -> Time:
    return Time(world.location, world.practitioner, world.service, starts_at, starts_at + timedelta(minutes=45))


def test_two_days_by_mail_then_a_day_and_two_hours_by_text(world):
    visit = booked(world, email="ana@example.com")
    assert sweep(NOON - 49 * HOURS) == []
    assert sweep(NOON - 48 * HOURS) == ["48h"]
    assert sweep(NOON - 47 * HOURS) == []
    assert sweep(NOON - 24 * HOURS) == ["24h"]
    assert sweep(NOON - 2 * HOURS) == ["2h"]
    assert sweep(NOON - HOURS) == []
    sent = list(Message.objects.order_by("pk").values_list("channel", "purpose", "appointment", "patient"))
    assert sent == [(channel, "reminders", visit.pk, visit.patient_id) for channel in ("email", "sms", "sms")]
    assert list(Message.objects.order_by("pk").values_list("not_after", flat=True)) == [
        NOON - 24 * HOURS,
        NOON - 6 * HOURS,
        NOON - timedelta(minutes=30),
    ]


def test_a_reminder_goes_out_with_the_link_of_the_visit(world, settings):
    visit = booked(world)
    sweep(NOON - 24 * HOURS)
    message = Message.objects.get()
    outbox.deliver(message.pk, now=NOON - 24 * HOURS)
    message.refresh_from_db()
    assert message.status == "delivered", message.refused_by
    assert "Reply C" in message.text and "{link}" in message.text
    link = f"{settings.PUBLIC_URL}/v/{tokens.make_visit(visit.pk)}"
    assert link in rendering.fill(message.text, message)
    assert visit.patient.first_name not in message.text


def test_whoever_has_said_that_they_come_is_not_asked_again(world):
    visit = booked(world)
    visits.confirm(visit, visit.starts_at, via=ConfirmedVia.LINK, now=NOON - 30 * HOURS)
    sweep(NOON - 24 * HOURS)
    text = rendering.render(Message.objects.get())
    assert "see you" in text and "Reply C" not in text


def test_the_mail_leads_there_too(world, settings):
    visit = booked(world, email="ana@example.com")
    sweep(NOON - 48 * HOURS)
    letter = rendering.letter(Message.objects.get())
    link = f"{settings.PUBLIC_URL}/v/{tokens.make_visit(visit.pk)}"
    assert link in letter.text and link in letter.html
    for word in (visit.patient.first_name, visit.service.name, visit.practitioner.name):
        assert word not in letter.text + letter.subject


@pytest.mark.parametrize(
    ("starts_at", "day_before", "hours_before"),
    [
        (at(2026, 11, 27, 12), at(2026, 11, 26, 12), at(2026, 11, 27, 10)),
        (at(2026, 11, 27, 8), at(2026, 11, 26, 8), at(2026, 11, 26, 19, 30)),
        (at(2026, 11, 27, 7), at(2026, 11, 25, 19, 30), at(2026, 11, 26, 19, 30)),
        (at(2026, 11, 27, 21), at(2026, 11, 26, 19, 30), at(2026, 11, 27, 19)),
        (at(2026, 11, 27, 23), at(2026, 11, 26, 19, 30), at(2026, 11, 27, 19, 30)),
    ],
)
def test_what_is_due_at_night_goes_the_evening_before(world, starts_at, day_before, hours_before):
    plan = {due.which.name: due for due in planned(booked(world, starts_at))}
    assert (plan["24h"].at, plan["2h"].at) == (day_before, hours_before)
    assert plan["2h"].at - plan["24h"].not_after == timedelta(hours=4)


def test_the_evening_is_the_patients_own_and_a_texans_sunday_begins_at_noon(world):
    zone = "America/New_York"
    plan = {due.which.name: due for due in planned(booked(world, at(2026, 11, 27, 5), who={"timezone": zone}))}
    assert plan["2h"].at == at(2026, 11, 26, 19, 30, zone=ZoneInfo(zone))
    central = ZoneInfo("America/Chicago")
    texan = {"timezone": "America/Chicago", "state": "TX"}
    sunday = booked(world, at(2026, 11, 29, 13, zone=central), who=texan)
    plan = {due.which.name: due for due in planned(sunday)}
    assert plan["2h"].at == at(2026, 11, 28, 19, 30, zone=central)


def test_due_before_there_was_a_booking_is_left_out(world):
    booked(world, email="ana@example.com", created_at=NOON - 20 * HOURS)
    assert sweep(NOON - 20 * HOURS) == []
    assert sweep(NOON - 2 * HOURS) == ["2h"]


def test_a_late_sweep_sends_what_is_still_of_use_and_never_two_close_together(world):
    booked(world)
    assert sweep(NOON - 7 * HOURS) == ["24h"]
    booked(world, NOON + HOURS)
    assert sweep(NOON - 4 * HOURS) == []
    assert sweep(NOON - timedelta(minutes=100)) == ["2h"]
    assert sweep(NOON - HOURS) == ["2h"]
    booked(world, NOON + 2 * HOURS)
    assert sweep(NOON + 100 * HOURS / 60) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda visit: Clinic.objects.update(sends_reminders=False),
        lambda visit: Appointment.objects.update(patient=None),
        lambda visit: Appointment.objects.update(status="cancelled"),
        lambda visit: ContactPoint.objects.update(granted=["offers:sms"]),
        lambda visit: ContactPoint.objects.update(stopped_at=NOW),
    ],
)
def test_nobody_is_reminded_who_is_not_to_be(world, spoil):
    spoil(booked(world))
    assert sweep(NOON - 24 * HOURS) == []


def test_consent_given_later_counts_for_the_next_one(world):
    booked(world)
    ContactPoint.objects.update(granted=[])
    assert sweep(NOON - 24 * HOURS) == []
    ContactPoint.objects.update(granted=["reminders:sms"])
    assert sweep(NOON - 2 * HOURS) == ["2h"]


def test_one_sweep_after_another_writes_nothing_twice(world):
    booked(world)
    assert sweep(NOON - 24 * HOURS) == ["24h"]
    assert sweep(NOON - 24 * HOURS) == []
    Appointment.objects.update(remind_at=None)
    assert sweep(NOON - 24 * HOURS) == []


def test_a_moved_visit_is_reminded_anew_and_the_old_word_is_not_sent(world):
    visit = booked(world)
    sweep(NOON - 24 * HOURS)
    old = Message.objects.get()
    schedule.move(visit.pk, to=to(world, NOON + 3 * HOURS), now=NOON - 23 * HOURS)
    outbox.deliver(old.pk, now=NOON - 23 * HOURS)
    old.refresh_from_db()
    assert (old.status, old.refused_by) == ("dropped", Rule.VISIT_MOVED)
    assert sweep(NOON - 21 * HOURS) == ["24h"]
    schedule.move(visit.pk, to=to(world, NOON), now=NOON - 20 * HOURS)  # back again: that word was never sent
    assert sweep(NOON - 20 * HOURS) == ["24h"]
    assert sweep(NOON - 20 * HOURS) == []


def test_a_cancelled_visit_is_not_reminded_of(world):
    visit = booked(world)
    sweep(NOON - 24 * HOURS)
    schedule.cancel(visit.pk, reason="ill", by=CancelledBy.PATIENT, now=NOON - 23 * HOURS)
    message = Message.objects.get(kind="reminder")
    outbox.deliver(message.pk, now=NOON - 23 * HOURS)
    message.refresh_from_db()
    assert (message.status, message.refused_by) == ("dropped", Rule.NOT_BOOKED)


def test_the_sweep_itself_beats_and_goes_on_after_a_bad_row(world, monkeypatch):
    booked(world, NOON)
    booked(world, NOON + HOURS)
    monkeypatch.setattr(tasks.timezone, "now", lambda: NOON - 23 * HOURS)
    Appointment.objects.order_by("starts_at").update(remind_at=None)
    tasks.sweep_reminders()
    assert Message.objects.count() == 2


def answered(world: factories.World, visit: Appointment) -> Message:
    """Its reminder of the day before, as it went out."""
    now = visit.starts_at - 24 * HOURS
    sweep(now)
    message = Message.objects.get(appointment=visit)
    outbox.deliver(message.pk, now=now)
    return Message.objects.get(pk=message.pk)


def test_a_reply_confirms_the_visit_it_was_about(world):
    visit = booked(world)
    heard = answered(world, visit)
    now = NOON - 23 * HOURS
    assert reminders.open_for(heard.contact_point, now=now) == [heard]
    assert reminders.confirm(heard, via="reply", now=now)
    assert not reminders.confirm(heard, via="reply", now=now)
    visit.refresh_from_db()
    assert (visit.confirmed_at, visit.confirmed_via) == (now, "reply")
    assert reminders.open_for(heard.contact_point, now=now) == []


def test_a_yes_to_the_old_time_confirms_nothing(world):
    visit = booked(world)
    heard = answered(world, visit)
    reminders.confirm(heard, via="reply", now=NOON - 23 * HOURS)
    schedule.move(visit.pk, to=to(world, NOON + 3 * HOURS), now=NOON - 22 * HOURS)
    visit.refresh_from_db()
    assert (visit.confirmed_at, visit.confirmed_via) == (None, "")
    heard = Message.objects.get(pk=heard.pk)
    assert reminders.open_for(heard.contact_point, now=NOON - 22 * HOURS) == []
    assert not reminders.confirm(heard, via="reply", now=NOON - 22 * HOURS)


def test_two_of_a_family_are_two_reminders_on_one_number(world):
    one, two = booked(world, NOON, who={"phone": "+16285550177"}), None
    two = booked(world, NOON + 2 * HOURS, who={"phone": "+16285550177"})
    heard = [answered(world, one), answered(world, two)]
    assert reminders.open_for(heard[0].contact_point, now=NOON - 20 * HOURS) == heard


# Whether it says that an earlier time can be had.

TEXT, MAIL = NOON - 24 * HOURS, NOON - 48 * HOURS


def said(which: str) -> str:
    return rendering.render(Message.objects.get(kind="reminder", context__which=which))


def test_who_may_be_asked_and_does_not_wait_reads_that_they_could_come_sooner(world):
    booked(world, email="ana@example.com")
    sweep(MAIL), sweep(TEXT)
    assert "Would you come sooner?" in said("48h")
    assert "sooner?" in said("24h") and "C" in said("24h") and "{link}" in said("24h")
    sweep(NOON - 2 * HOURS)
    assert "sooner" not in said("2h") and "earlier" not in said("2h")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda visit: Clinic.objects.update(reminders_ask_earlier=False),
        lambda visit: factories.entry(visit.clinic, [visit.service], visit.patient),
        lambda visit: factories.entry(visit.clinic, [visit.service], visit.patient, status="paused"),
        lambda visit: ContactPoint.objects.update(granted=["reminders:sms", "reminders:email"]),
        lambda visit: type(visit.service).objects.update(retired_at=NOW),
        lambda visit: [
            MessageTemplate.objects.create(
                clinic=visit.clinic, kind="reminder", channel=channel, language="en", text="x", updated_at=NOW, **more
            )
            for channel, more in (("sms", {}), ("email", {"subject": "x"}))
        ],
    ],
)
def test_nobody_else_does(spoil, world):
    spoil(booked(world, email="ana@example.com"))
    sweep(MAIL), sweep(TEXT)
    assert {message.context["asks_earlier"] for message in Message.objects.all()} == {False}
    assert all("ooner" not in rendering.render(message) for message in Message.objects.all())


def test_who_waits_for_nothing_as_their_wish_rests_reads_it(world):
    visit = booked(world, email="ana@example.com")
    rests = {"status": "paused", "still_asked_at": NOW, "silent_since": NOW}
    factories.entry(visit.clinic, [visit.service], visit.patient, **rests)
    sweep(MAIL), sweep(TEXT)
    assert {message.context["asks_earlier"] for message in Message.objects.all()} == {True}


def test_who_has_confirmed_reads_it_too(world):
    visit = booked(world)
    visits.confirm(visit, visit.starts_at, via=ConfirmedVia.LINK, now=NOON - 30 * HOURS)
    sweep(TEXT)
    assert "see you" in said("24h") and ("sooner" in said("24h") or "earlier" in said("24h"))


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("confirmed", [False, True])
@pytest.mark.parametrize("name", ["Bay Laser", "Radiance Med Spa", "Northside Dermatology & Laser Center of Marin"])
def test_the_line_never_costs_a_second_text(language, confirmed, name, world, settings):
    settings.PUBLIC_URL = "https://standby.example.com"
    Clinic.objects.update(name=name)
    world.clinic.refresh_from_db()
    starts_at = at(2026, 9, 23, 10, 30, zone=ZoneInfo("America/Denver"))
    visit = booked(world, starts_at, who={"language": language})
    Appointment.objects.update(created_at=starts_at - timedelta(days=9))
    if confirmed:
        visits.confirm(visit, starts_at, via=ConfirmedVia.LINK, now=starts_at - 30 * HOURS)
    sweep(starts_at - 24 * HOURS)
    text = said("24h")
    assert rendering.segments(text) == 1 and name.split()[0] in text
    assert not text.startswith("{link}") and not text.endswith("{link}")


@pytest.mark.parametrize("language", ["en", "es"])
def test_with_details_it_fits_as_those_do(language, world):
    Clinic.objects.update(content_level=2)
    world.clinic.refresh_from_db()
    visit = booked(world, who={"language": language})
    ContactPoint.objects.update(granted=["detail:sms", "offers:sms", "reminders:sms"])
    sweep(TEXT)
    text = said("24h")
    assert visit.patient.first_name in text and rendering.segments(text) <= 2
    assert "earlier time" in text or "temprano" in text
