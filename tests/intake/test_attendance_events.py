"""Whether a patient came, as calendars tell it: our own schema, FHIR's words, Cal.com's no-shows."""

from datetime import timedelta

import pytest

from tests import factories
from tests.factories import NOW, World
from tests.intake.senders import tell
from waitlist.models import Appointment, Connection, Patient
from waitlist.states import EventStatus

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def visit(world: World) -> Appointment:
    who = factories.patient(world.clinic)
    return world.appointment(NOW - timedelta(hours=3), patient=who, external_id="A-1", version=1)


def standard(kind: str, version: int | None = 2, **data: object) -> dict[str, object]:
    return {"type": f"appointment.{kind}", "data": {"external_id": "A-1", "version": version, **data}}


def no_show(*marks: object, uid: str = "A-1", minute: int = 0) -> dict[str, object]:
    attendees = [{"email": f"a{n}@example.com", "noShow": mark} for n, mark in enumerate(marks)]
    at = (NOW + timedelta(minutes=minute)).isoformat()
    payload = {"message": "marked as no-show", "attendees": attendees, "bookingUid": uid, "bookingId": 7}
    return {"triggerEvent": "BOOKING_NO_SHOW_UPDATED", "createdAt": at, "payload": payload}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (standard("fulfilled"), "fulfilled"),
        (standard("noshow"), "noshow"),
        (standard("status", status="fulfilled"), "fulfilled"),
        (standard("status", status="NoShow"), "noshow"),
        (standard("status", status="arrived"), "booked"),
        (standard("status", status="checked-in"), "booked"),
        (standard("status"), "booked"),
        (standard("status", status="cancelled"), "cancelled"),
    ],
)
def test_our_own_schema_and_fhirs_words(world, visit, body, status):
    event = tell(world.connection(), body, now=NOW)
    visit.refresh_from_db()
    assert visit.status == status
    assert event.status == (EventStatus.IGNORED if status == "booked" else EventStatus.APPLIED)


def test_it_counts(world, visit):
    calendar = world.connection()
    tell(calendar, standard("noshow", 2), now=NOW)
    assert Patient.objects.get(pk=visit.patient_id).show_rate == 0
    tell(calendar, standard("fulfilled", 3), now=NOW)
    who = Patient.objects.get(pk=visit.patient_id)
    assert (who.visits, who.past_visits, who.show_rate) == (1, 1, 100)


def test_the_newest_word_holds_in_whatever_order(world, visit):
    calendar = world.connection()
    tell(calendar, standard("fulfilled", 5), now=NOW)
    late = tell(calendar, standard("noshow", 4), now=NOW)
    visit.refresh_from_db()
    assert (late.status, visit.status) == (EventStatus.IGNORED, "fulfilled")


def test_before_the_start_it_is_refused_and_of_an_unknown_booking_kept(world, visit):
    calendar = world.connection()
    Appointment.objects.update(starts_at=NOW + timedelta(hours=1), ends_at=NOW + timedelta(hours=2))
    event = tell(calendar, standard("noshow"), now=NOW)
    assert (event.status, event.reason) == (EventStatus.REJECTED, "It has not begun yet.")
    unknown = {"type": "appointment.noshow", "data": {"external_id": "B-2"}}
    assert "not known here yet" in tell(calendar, unknown, now=NOW).reason


def test_what_is_over_is_not_cancelled_any_more(world, visit):
    calendar = world.connection()
    tell(calendar, standard("fulfilled", 2), now=NOW)
    late = tell(calendar, standard("cancelled", 3), now=NOW)
    visit.refresh_from_db()
    assert (visit.status, late.status, late.reason) == ("fulfilled", EventStatus.IGNORED, "It is fulfilled already.")


@pytest.fixture
def calcom(world: World) -> Connection:
    return world.connection(source="calcom", secret="a secret typed into Cal.com")


@pytest.mark.parametrize(
    ("marks", "status"),
    [((True,), "noshow"), ((False,), "fulfilled"), ((True, False), "booked"), (("yes",), "booked"), ((), "booked")],
)
def test_cal_coms_no_show(world, visit, calcom, marks, status):
    tell(calcom, no_show(*marks), now=NOW)
    visit.refresh_from_db()
    assert visit.status == status


def test_cal_coms_no_show_taken_back(world, visit, calcom):
    tell(calcom, no_show(True), now=NOW)
    tell(calcom, no_show(False, minute=1), now=NOW)
    visit.refresh_from_db()
    assert visit.status == "fulfilled"


def test_cal_coms_meeting_that_ended_says_nothing_of_who_came(world, visit, calcom):
    body = {"triggerEvent": "MEETING_ENDED", "createdAt": NOW.isoformat(), "payload": {"uid": "A-1"}}
    assert tell(calcom, body, now=NOW).status == EventStatus.IGNORED
    visit.refresh_from_db()
    assert visit.status == "booked"
