"""What our own schema's events change, in every order they can arrive in."""

import itertools
from datetime import timedelta

import pytest

from notifications.models import ContactPoint
from tests import factories
from tests.factories import NOW, World
from tests.intake.senders import standard, tell
from waitlist import events
from waitlist.models import Appointment, Connection, InboundEvent, Patient, Slot, Writeback
from waitlist.states import AppointmentStatus, EventStatus, OpenedBecause, SlotState, WritebackStatus

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
AT = NOW + timedelta(hours=30)
LATER = AT + timedelta(hours=3)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def calendar(world: World) -> Connection:
    return world.connection()


def booked() -> Appointment:
    return Appointment.objects.get(status=AppointmentStatus.BOOKED)


def test_booked_mirrors_the_appointment_with_its_patient_who_is_not_contactable(world, calendar):
    patient = {"first_name": "Ana", "last_name": "Pérez", "phone": "(415) 555-0123", "external_id": "P-7"}
    event = tell(calendar, standard("booked", "A-1", 1, world, starts_at=AT, patient=patient), now=NOW)
    made = booked()
    assert (event.status, event.applied_at) == (EventStatus.APPLIED, NOW)
    assert (made.external_id, made.version, made.connection) == ("A-1", 1, calendar)
    assert (made.starts_at, made.ends_at) == (AT, AT + timedelta(minutes=45))
    assert (made.practitioner, made.service, made.location) == (world.practitioner, world.service, world.location)
    assert (made.price_cents, made.patient.name) == (32000, "Ana Pérez")
    assert ContactPoint.objects.get().granted == []
    assert not Writeback.objects.exists()


@pytest.mark.parametrize(("said", "kept"), [("patient", "patient"), ("clinic", "clinic"), (7, "unknown")])
def test_whose_wish_a_cancellation_was_counts_where_it_is_said(world, calendar, said, kept):
    tell(calendar, standard("booked", "A-1", 1, world, starts_at=AT), now=NOW)
    tell(calendar, standard("cancelled", "A-1", None, world, cancelled_by=said), now=NOW)
    assert Appointment.objects.get().cancelled_by == kept


def test_cancelled_frees_the_time_and_the_calendar_is_not_told_what_it_said_itself(world, calendar):
    tell(calendar, standard("booked", "A-1", 1, world, starts_at=AT), now=NOW)
    event = tell(calendar, standard("cancelled", "A-1", None, world, reason="ill"), now=NOW)
    slot = Slot.objects.get()
    assert event.status == EventStatus.APPLIED
    assert (slot.state, slot.starts_at, slot.freed_by.cancel_reason) == (SlotState.OPEN, AT, "ill")
    assert not Writeback.objects.exists()


def test_what_a_practitioner_does_not_give_the_calendar_may_book_and_free_all_the_same(world, calendar):
    world.practitioner.gives.add(factories.service(world.clinic))
    assert tell(calendar, standard("booked", "A-1", 1, world, starts_at=AT), now=NOW).status == EventStatus.APPLIED
    assert tell(calendar, standard("cancelled", "A-1", None, world), now=NOW).status == EventStatus.APPLIED
    assert Slot.objects.get().service == world.service


def test_moved_moves_and_frees_the_old_time(world, calendar):
    tell(calendar, standard("booked", "A-1", 1, world, starts_at=AT), now=NOW)
    tell(calendar, standard("moved", "A-1", 2, world, starts_at=LATER), now=NOW)
    slot = Slot.objects.get()
    assert (booked().starts_at, booked().version) == (LATER, 2)
    assert (slot.starts_at, slot.opened_because) == (AT, OpenedBecause.MOVED)


def test_moved_may_say_only_what_changed(world, calendar):
    tell(calendar, standard("booked", "A-1", 1, world, starts_at=AT), now=NOW)
    body = {"type": "appointment.moved", "data": {"external_id": "A-1", "version": 2, "starts_at": LATER.isoformat()}}
    assert tell(calendar, body, now=NOW).status == EventStatus.APPLIED
    made = booked()
    assert (made.starts_at, made.ends_at) == (LATER, LATER + timedelta(minutes=45))
    assert made.service == world.service


def events_of(world: World) -> dict[str, dict]:
    return {
        "booked": standard("booked", "A-1", 1, world, starts_at=AT),
        "moved": standard("moved", "A-1", 2, world, starts_at=LATER),
        "cancelled": standard("cancelled", "A-1", 3, world),
    }


@pytest.mark.parametrize("order", list(itertools.permutations(["booked", "moved", "cancelled"])))
def test_every_order_ends_cancelled_with_a_free_time(world, calendar, order):
    for kind in order:
        tell(calendar, events_of(world)[kind], now=NOW)
    assert Appointment.objects.get().status == AppointmentStatus.CANCELLED
    assert Slot.objects.filter(state=SlotState.OPEN).exists()
    assert not InboundEvent.objects.filter(status__in=["received", "rejected"]).exists()


@pytest.mark.parametrize("order", list(itertools.permutations(["booked", "moved"])))
def test_every_order_ends_at_the_newest_time(world, calendar, order):
    for kind in order:
        tell(calendar, events_of(world)[kind], now=NOW)
    assert booked().starts_at == LATER


def test_a_cancellation_without_a_version_before_its_booking_leaves_a_tombstone(world, calendar):
    tombstone = tell(calendar, standard("cancelled", "A-1", None, world), now=NOW)
    assert (tombstone.status, tombstone.applied_at) == (EventStatus.IGNORED, None)
    assert "not known here yet" in tombstone.reason
    assert not Appointment.objects.exists()
    tell(calendar, standard("booked", "A-1", 5, world, starts_at=AT), now=NOW)
    tombstone.refresh_from_db()
    assert Appointment.objects.get().status == AppointmentStatus.CANCELLED
    assert (tombstone.status, tombstone.applied_at) == (EventStatus.APPLIED, NOW)
    assert Slot.objects.get().state == SlotState.OPEN


def test_an_old_tombstone_does_not_cancel_a_newer_booking(world, calendar):
    tombstone = tell(calendar, standard("cancelled", "A-1", 2, world), now=NOW)
    tell(calendar, standard("booked", "A-1", 3, world, starts_at=AT), now=NOW)
    tombstone.refresh_from_db()
    assert booked().version == 3
    assert tombstone.status == EventStatus.IGNORED


def test_a_later_cancellation_of_what_is_cancelled_still_counts_against_an_older_booking(world, calendar):
    for kind, version in (("booked", 1), ("cancelled", 2), ("cancelled", 4), ("booked", 3)):
        times = {"starts_at": AT} if kind == "booked" else {}
        last = tell(calendar, standard(kind, "A-1", version, world, **times), now=NOW)
    assert (last.status, last.reason) == (EventStatus.IGNORED, "A newer version was applied before.")
    assert Appointment.objects.get().status == AppointmentStatus.CANCELLED


def test_what_is_booked_again_is_booked_again_here_and_closes_the_slot(world, calendar):
    tell(calendar, standard("booked", "A-1", 1, world, starts_at=AT), now=NOW)
    tell(calendar, standard("cancelled", "A-1", 2, world), now=NOW)
    assert tell(calendar, standard("booked", "A-1", 3, world, starts_at=AT), now=NOW).status == EventStatus.APPLIED
    assert (booked().version, booked().cancelled_at, booked().cancel_reason) == (3, None, "")
    assert Slot.objects.get().state == SlotState.WITHDRAWN


def test_an_event_applied_twice_and_a_copy_of_it_change_nothing(world, calendar):
    body = standard("booked", "A-1", 1, world, starts_at=AT)
    event = tell(calendar, body, now=NOW, event_id="msg_once")
    again = tell(calendar, body, now=NOW + DAY, event_id="msg_once")
    assert (again.pk, again.applied_at) == (event.pk, NOW)
    copy = tell(calendar, body, now=NOW)
    assert (copy.status, copy.reason) == (EventStatus.IGNORED, "It was known already.")
    tell(calendar, standard("cancelled", "A-1", 2, world), now=NOW)
    assert tell(calendar, standard("cancelled", "A-1", 2, world), now=NOW).status == EventStatus.IGNORED
    assert (Appointment.objects.count(), Slot.objects.count()) == (1, 1)


def test_a_cancellation_that_says_everything_frees_a_time_never_heard_of(world, calendar):
    whole = standard("booked", "A-9", 4, world, starts_at=AT) | {"type": "appointment.cancelled"}
    assert tell(calendar, whole, now=NOW).status == EventStatus.APPLIED
    assert Slot.objects.get().starts_at == AT


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"starts_at": (NOW - DAY).isoformat(), "ends_at": None}, "past"),
        ({"starts_at": (NOW + 800 * DAY).isoformat(), "ends_at": None}, "two years"),
        ({"starts_at": "tomorrow"}, "starts_at"),
        ({"starts_at": "2026-11-25T10:00:00"}, "UTC offset"),
        ({"starts_at": None}, "starts_at"),
        ({"ends_at": AT.isoformat()}, "ends_at"),
        ({"ends_at": (AT + 2 * DAY).isoformat()}, "ends_at"),
        ({"ends_at": "9999-12-31T23:59:59-12:00"}, "ends_at"),
        ({"practitioner": "Dr Nobody"}, "practitioner “Dr Nobody”"),
        ({"service": None}, "service is not given"),
        ({"location": "The Moon"}, "location “The Moon”"),
    ],
)
def test_what_cannot_be_applied_is_kept_and_says_why(world, calendar, change, word):
    body = standard("booked", "A-1", 1, world, starts_at=AT)
    body["data"] |= change
    event = tell(calendar, body, now=NOW)
    assert event.status == EventStatus.REJECTED
    assert word in event.reason
    assert not Appointment.objects.exists()


def test_another_clinics_names_and_appointments_are_out_of_reach(world, calendar):
    foreign = World()
    theirs = foreign.appointment(external_id="A-1")
    tell(calendar, standard("cancelled", "A-1", 9, world), now=NOW)
    theirs.refresh_from_db()
    assert theirs.status == AppointmentStatus.BOOKED
    event = tell(calendar, standard("booked", "A-2", 1, foreign, starts_at=AT), now=NOW)
    assert event.status == EventStatus.REJECTED


def test_a_rejected_event_is_applied_after_its_words_are_matched(world, calendar):
    body = standard("booked", "A-1", 1, world, starts_at=AT)
    body["data"] |= {"practitioner": "chen@clinic.example", "service": {"id": "svc_9", "name": "Peel"}}
    event = tell(calendar, body, now=NOW)
    assert events.unknown_words(calendar, [event]) == [("practitioner", "chen@clinic.example"), ("service", "svc_9")]
    calendar.mappings.create(kind="practitioner", external="CHEN@clinic.example", practitioner=world.practitioner)
    calendar.mappings.create(kind="service", external="Peel", service=world.service)
    assert events.again(calendar, now=NOW) == 1
    assert events.apply(event.pk, now=NOW) == EventStatus.APPLIED
    assert booked().service == world.service


def test_an_unknown_kind_of_event_is_kept_and_changes_nothing(calendar):
    event = tell(calendar, {"type": "invoice.paid", "data": None}, now=NOW)
    assert (event.status, event.reason) == (EventStatus.IGNORED, "“invoice.paid” changes nothing here.")


def test_a_mistyped_number_does_not_stop_a_booking(world, calendar):
    patient = {"name": "Ana María Pérez", "phone": "555-CALL", "email": "nobody", "timezone": "Mars/North"}
    event = tell(calendar, standard("booked", "A-1", 1, world, starts_at=AT, patient=patient), now=NOW)
    assert event.status == EventStatus.APPLIED
    assert "phone" in event.reason
    assert (booked().patient.first_name, booked().patient.last_name) == ("Ana", "María Pérez")
    assert not ContactPoint.objects.exists()


def test_a_patient_is_found_by_id_or_left_open(world, calendar):
    known = Patient.objects.create(clinic=world.clinic, first_name="Ana", external_id="P-1", created_at=NOW)
    tell(calendar, standard("booked", "A-1", 1, world, starts_at=AT, patient={"external_id": "P-1"}), now=NOW)
    assert booked().patient == known
    event = tell(
        calendar, standard("booked", "A-2", 1, world, starts_at=LATER, patient={"external_id": "P-2"}), now=NOW
    )
    assert (event.status, Patient.objects.count()) == (EventStatus.APPLIED, 1)


def test_our_own_booking_that_reaches_the_calendar_is_adopted_not_doubled(world, calendar):
    ours = world.appointment(AT, patient=world.entry().patient)
    task = Writeback.objects.create(
        clinic=world.clinic,
        appointment=ours,
        kind="booked",
        status=WritebackStatus.TASK,
        created_at=NOW,
        updated_at=NOW,
    )
    patient = {"first_name": ours.patient.first_name.upper(), "last_name": ours.patient.last_name}
    tell(calendar, standard("booked", "A-77", 3, world, starts_at=AT, patient=patient), now=NOW)
    ours.refresh_from_db()
    task.refresh_from_db()
    assert (ours.external_id, ours.version, ours.connection) == ("A-77", 3, calendar)
    assert task.status == WritebackStatus.DONE
    assert Appointment.objects.count() == 1


def test_somebody_else_in_our_booked_time_is_the_calendars_own_double_booking(world, calendar):
    world.appointment(AT, patient=world.entry().patient)
    tell(calendar, standard("booked", "A-77", 3, world, starts_at=AT, patient={"first_name": "Somebody"}), now=NOW)
    assert Appointment.objects.get(external_id="A-77").is_exclusive is False


def test_the_connection_stands_in_the_trail(world, calendar):
    from audit.models import Entry

    tell(calendar, standard("booked", "A-1", 1, world, starts_at=AT), now=NOW)
    made = Entry.objects.get(verb="appointment.booked")
    assert (made.actor_kind, made.actor_ref) == ("connection", calendar.pk)
