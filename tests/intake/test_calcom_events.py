"""What Cal.com's webhooks change; a reschedule there is a new booking that names the old one."""

import itertools
from datetime import timedelta

import pytest

from tests.factories import NOW, World
from tests.intake.senders import calcom, tell
from waitlist import events
from waitlist.models import Appointment, Connection, Slot
from waitlist.states import AppointmentStatus, EventStatus, SlotState

pytestmark = pytest.mark.django_db
AT = NOW + timedelta(hours=30)
LATER, LAST = AT + timedelta(hours=3), AT + timedelta(hours=6)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def calendar(world: World) -> Connection:
    return world.connection(source="calcom", secret="a secret typed into Cal.com")


def created(world, uid="u1", at=AT, minute=0):
    return calcom("BOOKING_CREATED", uid, NOW + minute * MINUTE, at, world)


def cancelled(world, uid="u1", at=AT, minute=5):
    return calcom("BOOKING_CANCELLED", uid, NOW + minute * MINUTE, at, world, cancellationReason="ill")


def rescheduled(world, uid="u2", former="u1", at=LATER, before=AT, minute=2):
    times = {"rescheduleStartTime": before.isoformat(), "rescheduleEndTime": (before + 45 * MINUTE).isoformat()}
    return calcom("BOOKING_RESCHEDULED", uid, NOW + minute * MINUTE, at, world, rescheduleUid=former, **times)


def open_times() -> list:
    return sorted(Slot.objects.filter(state=SlotState.OPEN).values_list("starts_at", flat=True))


def state() -> list:
    rows = Appointment.objects.filter(status=AppointmentStatus.BOOKED)
    return sorted(rows.values_list("external_id", "starts_at", "is_exclusive"))


def test_created_mirrors_the_booking_and_its_attendee(world, calendar):
    event = tell(calendar, created(world), now=NOW)
    made = Appointment.objects.get()
    assert (event.status, event.version) == (EventStatus.APPLIED, int(NOW.timestamp() * 1000))
    assert (made.external_id, made.starts_at, made.location) == ("u1", AT, world.location)
    assert (made.patient.name, made.patient.timezone) == ("Ana Pérez", "America/Los_Angeles")
    assert made.patient.contact_points.get().granted == []


def test_cancelled_frees_the_time(world, calendar):
    tell(calendar, created(world), now=NOW)
    tell(calendar, cancelled(world), now=NOW)
    assert (state(), open_times()) == ([], [AT])
    assert Appointment.objects.get().cancel_reason == "ill"


def test_cancelled_for_an_unknown_booking_mirrors_it_first_and_frees_it(world, calendar):
    assert tell(calendar, cancelled(world), now=NOW).status == EventStatus.APPLIED
    assert (state(), open_times()) == ([], [AT])
    late = tell(calendar, created(world), now=NOW)
    assert (late.status, state(), open_times()) == (EventStatus.IGNORED, [], [AT])


def test_a_reschedule_keeps_the_row_takes_the_new_id_and_frees_the_old_time(world, calendar):
    tell(calendar, created(world), now=NOW)
    before = Appointment.objects.get()
    assert tell(calendar, rescheduled(world), now=NOW).status == EventStatus.APPLIED
    after = Appointment.objects.get()
    assert (after.pk, after.external_id, after.starts_at) == (before.pk, "u2", LATER)
    assert open_times() == [AT]
    tell(calendar, cancelled(world, "u2", LATER), now=NOW)
    assert (state(), open_times()) == ([], [AT, LATER])


def test_a_reschedule_under_the_same_id_moves_it_too(world, calendar):
    tell(calendar, created(world), now=NOW)
    for former in ("u1", ""):
        tell(calendar, rescheduled(world, "u1", former), now=NOW)
    assert (state(), open_times()) == ([("u1", LATER, True)], [AT])


def test_a_reschedule_of_an_unknown_booking_frees_the_old_time_it_names(world, calendar):
    tell(calendar, rescheduled(world), now=NOW)
    assert (state(), open_times()) == ([("u2", LATER, True)], [AT])
    tell(calendar, rescheduled(world, "u9", "u8", LAST, NOW - MINUTE), now=NOW)  # the old time is past
    assert state() == [("u2", LATER, True), ("u9", LAST, True)]


def test_a_reschedule_to_an_overlapping_time_opens_nothing(world, calendar):
    tell(calendar, created(world), now=NOW)
    tell(calendar, rescheduled(world, at=AT + 15 * MINUTE), now=NOW)
    assert (state(), open_times()) == ([("u2", AT + 15 * MINUTE, True)], [])


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_every_order_of_a_booking_moved_twice_and_cancelled_ends_the_same(world, calendar, order):
    story = [
        created(world),
        rescheduled(world, minute=1),
        rescheduled(world, "u3", "u2", LAST, LATER, minute=2),
        cancelled(world, "u3", LAST),
    ]
    for place in order:
        tell(calendar, story[place], now=NOW)
    assert (state(), open_times()) == ([], [AT, LATER, LAST])


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_every_order_of_a_booking_moved_twice_ends_at_the_last_time(world, calendar, order):
    story = [
        created(world),
        rescheduled(world, minute=1),
        rescheduled(world, "u3", "u2", LAST, LATER, minute=2),
    ]
    for place in order:
        tell(calendar, story[place], now=NOW)
    assert (state(), open_times()) == ([("u3", LAST, True)], [AT, LATER])


def test_repetitions_change_nothing(world, calendar):
    for body in (created(world), rescheduled(world), cancelled(world, "u2", LATER)):
        first = tell(calendar, body, now=NOW)
        rows = (Appointment.objects.count(), Slot.objects.count())
        assert tell(calendar, body, now=NOW + MINUTE) == first
        assert rows == (Appointment.objects.count(), Slot.objects.count())


def test_unmapped_names_are_rejected_until_they_are_matched(world, calendar):
    body = created(world)
    body["payload"] |= {"type": "30 Min Meeting", "organizer": {"name": "Mo", "email": "mo@clinic.example"}}
    event = tell(calendar, body, now=NOW)
    assert event.status == EventStatus.REJECTED
    assert events.unknown_words(calendar, [event]) == [
        ("practitioner", "mo@clinic.example"),
        ("service", "30 Min Meeting"),
    ]
    calendar.mappings.create(kind="practitioner", external="mo@clinic.example", practitioner=world.practitioner)
    calendar.mappings.create(kind="service", external="30 Min Meeting", service=world.service)
    events.again(calendar, now=NOW)
    assert events.apply(event.pk, now=NOW) == EventStatus.APPLIED


def test_other_triggers_and_unconfirmed_bookings_change_nothing(world, calendar):
    for trigger in ("PING", "MEETING_ENDED", "BOOKING_REQUESTED"):
        event = tell(calendar, calcom(trigger, "u1", NOW, AT, world), now=NOW)
        assert event.status == EventStatus.IGNORED
    pending = created(world)
    pending["payload"]["status"] = "PENDING"
    assert tell(calendar, pending, now=NOW).status == EventStatus.IGNORED
    assert not Appointment.objects.exists()


def test_a_booking_in_the_past_is_a_visible_rejection(world, calendar):
    for body in (created(world, at=NOW - MINUTE), cancelled(world, "u5", NOW - MINUTE)):
        event = tell(calendar, body, now=NOW)
        assert (event.status, event.reason) == (EventStatus.REJECTED, "It starts in the past.")


def test_a_video_link_is_no_place(world, calendar):
    from tests.factories import location

    location(world.clinic)
    tell(calendar, created(world), now=NOW)
    assert Appointment.objects.get().location == calendar.default_location
