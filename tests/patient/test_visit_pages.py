"""The page a reminder opens: every state has its page, looking changes nothing, and each answer is one POST."""

from datetime import datetime, timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone

from audit.models import Entry
from matching import tokens
from matching.models import Offer
from matching.states import OfferState
from notifications.models import ContactPoint, Message
from tests import factories
from tests.patient.situations import SITUATIONS, Clinic, at
from tests.patient.test_offer_pages import Page
from tests.tables import fingerprints
from waitlist import schedule
from waitlist.calendar import Time
from waitlist.models import Appointment, Patient, Slot, WaitlistEntry
from waitlist.states import CancelledBy

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def visitor() -> Browser:
    return Browser(enforce_csrf_checks=True)


def booked(starts_at: datetime | None = None, **fields) -> Appointment:
    """A visit the clinic's calendar brought, of somebody who waits for nothing."""
    clinic = Clinic(**fields.pop("clinic", {}))
    clinic.wish.delete()
    return clinic.appointment(starts_at or at(4, 14), patient=clinic.patient, **fields)


def home(visit: Appointment) -> str:
    return f"/v/{tokens.make_visit(visit.pk)}"


def look(visitor: Browser, visit: Appointment, page: str = "") -> Page:
    return Page(visitor.get(home(visit) + page).content.decode())


def send(visitor: Browser, visit: Appointment, page: str, **fields: str) -> Page:
    return Page(visitor.post(home(visit) + page, fields).content.decode())


def test_a_link_is_one_visit_s_alone(visitor):
    visit = booked()
    assert tokens.read_visit(tokens.make_visit(visit.pk)) == visit.pk
    assert len(tokens.make_visit(visit.pk)) == len(tokens.make("x" * 8)), "so that texts keep their length"
    token = tokens.make_visit(visit.pk)
    for wrong in (token[:-1] + ("A" if token[-1] != "A" else "B"), "x", tokens.make("AAAAAAAA")):
        assert tokens.read_visit(wrong) is None
        assert visitor.get(f"/v/{wrong}").status_code == 404
    assert tokens.read(token) is None, "no offer's link"


def test_when_where_with_whom_and_nothing_in_a_preview(visitor):
    visit = booked()
    response = visitor.get(home(visit))
    page = Page(response.content.decode())
    assert page.outcome == "booked"
    assert "Your visit, Sarah" in page.text and "Dr Chen" in page.text and "2:00 PM Pacific time" in page.text
    head = response.content.decode().partition("</head>")[0]
    for word in ("Sarah", "Chen", "Botox", "Radiance", "2:00"):
        assert word not in head
    assert response["Cache-Control"] == "no-store" and response["Referrer-Policy"] == "no-referrer"


def test_i_will_be_there(visitor):
    visit = booked()
    (url, fields) = look(visitor, visit).to("/confirm")[0]
    page = Page(visitor.post(url, fields).content.decode())
    assert "See you then, Sarah" in page.text and page.to("/confirm") == []
    visit.refresh_from_db()
    assert visit.confirmed_at is not None and visit.confirmed_via == "link"
    line = Entry.objects.get(verb="appointment.confirmed")
    assert (line.actor_kind, line.actor_ref) == ("patient", visit.patient_id)
    send(visitor, visit, "/confirm", **fields)
    assert Entry.objects.filter(verb="appointment.confirmed").count() == 1


def test_a_yes_to_a_time_it_no_longer_has_confirms_nothing(visitor):
    visit = booked()
    (_, fields) = look(visitor, visit).to("/confirm")[0]
    later = Time(visit.location, visit.practitioner, visit.service, at(5, 9), at(5, 10))
    schedule.move(visit.pk, to=later, now=timezone.now())
    assert "has changed since" in send(visitor, visit, "/confirm", **fields).text
    visit.refresh_from_db()
    assert visit.confirmed_at is None


def test_i_cannot_come_opens_the_time(visitor):
    visit = booked()
    before = fingerprints()
    page = look(visitor, visit, "/cancel")
    assert page.outcome == "leaving" and "usual terms for cancelling apply" in page.text
    assert fingerprints() == before
    page = send(visitor, visit, "/cancel")
    assert page.outcome == "cancelled" and "Your visit is cancelled" in page.text
    visit.refresh_from_db()
    assert (visit.status, visit.cancelled_by) == ("cancelled", CancelledBy.PATIENT)
    assert Slot.objects.get(starts_at=visit.starts_at).state == "open"
    assert visit.writebacks.filter(kind="cancelled").exists()
    assert not WaitlistEntry.objects.exists()
    assert send(visitor, visit, "/cancel").outcome == "cancelled"
    assert Slot.objects.count() == 1


def test_with_the_tick_they_wait_for_another_time_but_are_not_asked_for_this_one(visitor):
    visit = booked()
    assert look(visitor, visit, "/cancel").to("/cancel")[0][1] == {"wait": "1"}
    page = send(visitor, visit, "/cancel", wait="1")
    assert "You are on the waitlist" in page.text
    entry = WaitlistEntry.objects.get()
    assert (entry.patient_id, entry.services, entry.status) == (visit.patient_id, [visit.service_id], "active")
    assert Offer.objects.get(slot__starts_at=visit.starts_at).state == OfferState.RETURNED


@pytest.mark.parametrize(
    "spoil", [{"stopped_at": timezone.now()}, {"sms_capability": "no"}, {"value": "+442071838750"}]
)
def test_where_nobody_can_be_asked_nothing_is_promised(spoil, visitor):
    visit = booked()
    ContactPoint.objects.update(granted=["reminders:sms"], **spoil)
    assert look(visitor, visit).to("/earlier") == []
    assert look(visitor, visit, "/cancel").to("/cancel")[0][1] == {}
    assert "We may not write to you" in send(visitor, visit, "/earlier", agreed="prompt-1").text
    page = send(visitor, visit, "/cancel", wait="1")
    assert page.forms == [] and "text START to us or call" in page.text
    assert "We may not write to you" in send(visitor, visit, "/another", agreed="prompt-1").text
    assert not WaitlistEntry.objects.exists()


def test_an_earlier_time_in_one_tap(visitor):
    visit = booked()
    assert len(look(visitor, visit).to("/earlier")) == 1
    page = send(visitor, visit, "/earlier")
    assert "if an earlier time opens" in page.text and page.to("/earlier") == []
    entry = WaitlistEntry.objects.get()
    assert entry.later_visit_id == visit.pk


def test_what_was_won_is_given_up_where_its_price_stands(visitor):
    offer = SITUATIONS["yours"][1](Clinic())
    visit = Appointment.objects.get()
    assert look(visitor, visit).outcome == "booked"
    response = visitor.get(home(visit) + "/cancel")
    assert response.headers["Location"] == f"/o/{tokens.make(offer.public_id)}/cancel-visit"
    assert visitor.post(home(visit) + "/cancel").status_code == 302
    visit.refresh_from_db()
    assert visit.status == "booked"


@pytest.mark.parametrize(
    ("change", "outcome", "words"),
    [
        ({"status": "cancelled", "cancelled_by": "clinic"}, "cancelled", "This visit is off"),
        ({"status": "cancelled", "cancelled_by": "patient"}, "cancelled", "Thank you for telling us"),
        ({"status": "fulfilled", "past": True}, "over", "This visit is over"),
        ({"past": True}, "over", "Your visit has begun"),
    ],
)
def test_each_end_has_its_page_and_nothing_can_be_done_there(change, outcome, words, visitor):
    visit, fields = booked(), dict(change)
    if fields.pop("past", False):
        fields |= {"starts_at": timezone.now() - timedelta(minutes=5), "ends_at": timezone.now() + timedelta(hours=1)}
    Appointment.objects.filter(pk=visit.pk).update(**fields)
    page = look(visitor, visit)
    assert page.outcome == outcome and words in page.text
    assert page.forms == (page.to("/another") if outcome == "cancelled" else [])
    before = fingerprints()
    for act in ("/confirm", "/cancel", "/earlier"):
        assert send(visitor, visit, act, wait="1").outcome == outcome
    assert fingerprints() == before


def test_links_for_get_only_look(visitor):
    visit = booked()
    before = fingerprints()
    for page in ("/confirm", "/earlier", "/zone"):
        assert visitor.get(home(visit) + page).headers["Location"] == home(visit)
    calendar = visitor.get(home(visit) + "/appointment.ics")
    assert b"BEGIN:VEVENT" in calendar.content and b"Sarah" not in calendar.content
    assert fingerprints() == before


class TestZones:
    def test_their_own_clock_in_one_tap(self, visitor):
        visit = booked()
        assert "I am in another time zone" in look(visitor, visit).text
        page = send(visitor, visit, "/zone", zone="America/New_York")
        assert "5:00 PM where you are (Eastern)" in page.text and "Your time zone: Eastern" in page.text
        assert Patient.objects.get(pk=visit.patient_id).timezone == "America/New_York"
        line = Entry.objects.get(verb="patient.zone_chosen")
        assert line.changes == {"timezone": ["", "America/New_York"]} and line.actor_kind == "patient"

    def test_only_zones_of_the_list(self, visitor):
        visit = booked()
        for wrong in ("", "Mars/Olympus", "Europe/Kyiv", "../../etc"):
            assert "no time zone we know" in send(visitor, visit, "/zone", zone=wrong).text
        assert Patient.objects.get(pk=visit.patient_id).timezone == ""

    def test_a_zone_of_its_own_stays_in_the_list(self, visitor):
        visit = booked(clinic={"timezone": "America/Indiana/Knox"})
        Patient.objects.filter(pk=visit.patient_id).update(timezone="Europe/Kyiv")
        text = look(visitor, visit).text
        assert "Your time zone: Kyiv" in text and "Indiana, Knox: " in text

    def test_on_the_offers_page_deadlines_are_on_both_clocks(self, visitor):
        clinic = Clinic()
        offer = clinic.offered()
        url = f"/o/{tokens.make(offer.public_id)}"
        assert Page(visitor.get(url).content.decode()).to("/zone") != []
        page = Page(visitor.post(url + "/zone", {"zone": "America/New_York"}).content.decode())
        assert "5:00 PM where you are (Eastern)" in page.text
        assert "Pacific (" in page.text and "Eastern)" in page.text.partition("Yours if you answer by")[2]
        same = Page(visitor.post(url + "/zone", {"zone": "America/Los_Angeles"}).content.decode())
        assert "where you are (" not in same.text and "Pacific (" not in same.text

    def test_their_reminders_follow_their_hours(self, visitor):
        visit = booked()
        Appointment.objects.update(remind_at=visit.starts_at)
        send(visitor, visit, "/zone", zone="Pacific/Honolulu")
        visit.refresh_from_db()
        assert visit.remind_at is None
        assert not Message.objects.exists()


def test_another_patients_visit_needs_its_own_link(visitor):
    visit = booked()
    other = factories.World().appointment(patient=None)
    assert visitor.get(home(other)).status_code == 404, "nobody is named in it"
    assert visitor.get(home(visit)).status_code == 200
