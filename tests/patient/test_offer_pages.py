"""What a patient's link opens, over HTTP, without JavaScript and without cookies."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.test import Client as Browser
from django.utils import timezone
from icalendar import Calendar

from audit.models import Entry
from config import styles
from matching import tokens
from matching.models import Offer
from matching.states import OfferState
from matching.views import facts
from notifications.models import Consent, ContactPoint, Message
from tests import factories
from tests.patient.situations import SITUATIONS, Clinic, at, link
from tests.tables import fingerprints
from waitlist.models import Appointment, Slot
from waitlist.states import SlotState

pytestmark = pytest.mark.django_db
STATIC = Path(__file__).resolve().parents[2] / "static"
ADDRESSES = ("", "/claim", "/decline", "/cancel", "/cancel-visit", "/outcome", "/seen", "/appointment.ics")


@pytest.fixture
def visitor() -> Browser:
    """A browser that keeps no cookies, on a server that checks forged forms."""
    return Browser(enforce_csrf_checks=True, REMOTE_ADDR="203.0.113.9")


class Page(HTMLParser):
    """The forms of a page as somebody without JavaScript can send them, and its words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self.words = ""
        self.outcome = ""
        self.feed(re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL))
        self.text = " ".join(self.words.split())

    def to(self, end: str) -> list[tuple[str, dict[str, str]]]:
        """The forms that are sent there."""
        return [form for form in self.forms if form[0].endswith(end)]

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag == "main":
            self.outcome = values.get("data-outcome", "")
        if tag == "form":
            assert values["method"] == "post"
            self.forms.append((values["action"], {}))
        if tag in ("input", "button") and "name" in values:
            self.forms[-1][1].setdefault(values["name"], values["value"])

    def handle_data(self, data):
        self.words += data


def look(visitor: Browser, offer: Offer) -> Page:
    return Page(visitor.get(link(offer)).content.decode())


@pytest.mark.parametrize("name", SITUATIONS)
class TestEverySituation:
    def test_has_its_page_and_its_word(self, name, visitor):
        outcome, make = SITUATIONS[name]
        offer = make(Clinic())
        response = visitor.get(link(offer))
        page = Page(response.content.decode())
        assert (response.status_code, page.outcome) == (200, outcome)
        assert visitor.get(link(offer) + "/outcome").json() == {"outcome": outcome}
        assert "Radiance Med Spa" in page.text
        assert "(415) 555-0123" in page.text
        assert not response.cookies

    def test_shows_nothing_in_a_preview(self, name, visitor):
        html = visitor.get(link(SITUATIONS[name][1](Clinic()))).content.decode()
        head = unescape(html.split("</head>")[0])
        assert re.findall(r"<title>(.*?)</title>", head) == ["A message from your clinic"]
        assert 'property="og:title" content="A message from your clinic"' in head
        for secret in ("Radiance", "Sarah", "Miller", "Chen", "Botox", "PM"):
            assert secret not in head

    def test_is_changed_by_no_look(self, name, visitor):
        offer = SITUATIONS[name][1](Clinic())
        before = fingerprints()
        for address in ADDRESSES:
            for method in ("GET", "HEAD", "OPTIONS", "GET"):
                visitor.generic(method, link(offer) + address)
        assert fingerprints() == before

    def test_carries_its_headers(self, name, visitor):
        offer = SITUATIONS[name][1](Clinic())
        for address in ADDRESSES:
            headers = visitor.get(link(offer) + address).headers
            assert headers["Cache-Control"] == "no-store"
            assert headers["Referrer-Policy"] == "no-referrer"
            assert headers["X-Robots-Tag"].startswith("noindex")
            assert headers["X-Content-Type-Options"] == "nosniff"
            policy = headers["Content-Security-Policy"]
            assert "script-src 'self'" in policy and "style-src 'self'" in policy and "unsafe" not in policy

    def test_weighs_little(self, name, visitor):
        html = visitor.get(link(SITUATIONS[name][1](Clinic()))).content
        used = set(re.findall(r"/static/([\w.]+)", html.decode()))
        assert used == {"offer.js", "icon.svg"}
        assert len(html) + sum((STATIC / file).stat().st_size for file in used) < 30_000

    def test_scripts_are_files_and_the_one_style_is_the_one_its_policy_names(self, name, visitor):
        response = visitor.get(link(SITUATIONS[name][1](Clinic())))
        html = response.content.decode()
        (css,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
        assert styles.source(css) in response.headers["Content-Security-Policy"]
        assert "<style " not in html and " style=" not in html and not re.search(r"\son\w+=", html)
        assert re.findall(r"<script[^>]*>(.*?)</script>", html) == [""]


def test_an_open_offer_says_everything_that_matters(visitor):
    clinic = Clinic()
    offer = clinic.offered(clinic.offering(at(4, 14)))
    text = look(visitor, offer).text
    day = at(4, 14)
    assert f"{day:%A}, {day:%b} {day.day}" in text
    assert "2:00 PM Pacific time" in text
    for fact in ("Dr Chen", "Botox, 45 min", "$320", "Downtown", "500 Market Street", "Sarah"):
        assert fact in text
    ends = timezone.localtime(offer.expires_at, ZoneInfo("America/Los_Angeles"))
    assert f"Yours if you answer by {facts.moment(offer.expires_at, ends.tzinfo, now=timezone.now())}" in text
    assert f"Confirm {day:%a} 2:00 PM with Dr Chen" in text
    assert "Free to cancel for 15 minutes" in text
    assert "Not for me" in text
    assert "where you are" not in text


def test_times_are_shown_on_two_clocks_where_they_differ(visitor):
    clinic = Clinic(timezone="America/New_York")
    clinic.rename(clinic.location, timezone="America/Denver")
    clinic.rename(clinic.patient, timezone="Asia/Tokyo")
    slot = clinic.offering(datetime(2027, 1, 15, 21, 0, tzinfo=UTC))
    offer = clinic.offered(slot, expires_at=datetime(2027, 1, 14, 18, 30, tzinfo=UTC))
    text = look(visitor, offer).text
    assert "Friday, Jan 15 2:00 PM Mountain time Saturday, 6:00 AM where you are" in text
    assert "answer by Thu, Jan 14, 1:30 PM Eastern" in text  # the clinic's zone
    clinic.rename(clinic.patient, timezone="America/Boise")  # another zone with the same clock
    assert "where you are" not in look(visitor, offer).text


@pytest.mark.parametrize(
    ("zone", "month", "word"),
    [
        ("America/Los_Angeles", 1, "Pacific"),
        ("America/Los_Angeles", 7, "Pacific"),
        ("America/Phoenix", 7, "Mountain"),
        ("Pacific/Honolulu", 7, "Hawaii"),
        ("America/Anchorage", 1, "Alaska"),
        ("Europe/Vienna", 1, "GMT+1"),
        ("Europe/London", 1, "GMT"),
        ("Asia/Kolkata", 1, "GMT+5:30"),
        ("Asia/Shanghai", 1, "GMT+8"),  # CST there, and not Central
        ("America/Sao_Paulo", 1, "GMT−3"),
    ],
)
def test_zones_have_names_nobody_misreads(zone, month, word):
    assert facts.zone_word(datetime(2027, month, 1, 12, tzinfo=UTC), ZoneInfo(zone)) == word


def test_the_whole_way_with_forms_alone(visitor):
    clinic = Clinic()
    offer = clinic.offered()
    page = look(visitor, offer)
    claim = next(form for form in page.forms if form[0].endswith("/claim"))
    booked = visitor.post(*claim)
    assert (booked.status_code, Page(booked.content.decode()).outcome) == (200, "booked")
    visit = Appointment.objects.get(patient=clinic.patient)
    page = Page(booked.content.decode())
    assert "You are booked, Sarah" in page.text
    assert f"WL-{visit.pk:04d}" in page.text
    again = Page(visitor.post(*claim).content.decode())
    assert again.outcome == "yours" == look(visitor, offer).outcome
    assert Appointment.objects.filter(patient=clinic.patient).count() == 1
    (cancel,) = [form for form in page.forms if form[0].endswith("/cancel")]
    gone = Page(visitor.post(*cancel).content.decode())
    assert gone.outcome == "declined"
    assert "Cancelled, free of charge" in gone.text
    visit.refresh_from_db()
    offer.slot.refresh_from_db()
    assert (visit.status, offer.slot.is_live) == ("cancelled", True)


def test_what_they_do_is_recorded_as_theirs(visitor):
    clinic = Clinic()
    offer = clinic.offered()
    visitor.post(link(offer) + "/claim")
    lines = Entry.objects.filter(clinic_id=clinic.clinic.pk, verb="offer.accepted")
    assert lines.values_list("actor_kind", "actor_ref", "actor_id", "remote_addr").get() == (
        "patient",
        clinic.patient.pk,
        None,
        "203.0.113.9",
    )


def test_a_late_yes_still_wins_while_the_time_is_free(visitor):
    offer = SITUATIONS["late"][1](Clinic())
    assert "It can still be yours" in look(visitor, offer).text
    assert Page(visitor.post(link(offer) + "/claim").content.decode()).outcome == "booked"


def test_the_calendar_file_holds_the_booked_time_and_no_treatment(visitor):
    clinic = Clinic()
    offer = clinic.offered()
    assert visitor.get(link(offer) + "/appointment.ics").headers["Location"] == link(offer)
    visitor.post(link(offer) + "/claim")
    response = visitor.get(link(offer) + "/appointment.ics")
    assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
    (event,) = Calendar.from_ical(response.content).walk("VEVENT")
    assert (event.start, event.end) == (offer.slot.starts_at.astimezone(UTC), offer.slot.ends_at.astimezone(UTC))
    assert event["SUMMARY"] == "Radiance Med Spa"
    assert "500 Market Street" in event["LOCATION"]
    assert b"Botox" not in response.content and b"Chen" not in response.content


def test_a_downloaded_file_is_not_older_than_what_an_email_brought(visitor):
    clinic = Clinic()
    offer = clinic.offered()
    visitor.post(link(offer) + "/claim")
    visit = Appointment.objects.get()
    address = clinic.patient.contact_points.get()
    for n in range(2):
        Message.objects.create(
            clinic=clinic.clinic, kind="moved", channel="email", contact_point=address, patient=clinic.patient,
            appointment=visit, status="sent", dedupe_key=f"moved:{n}", next_attempt_at=timezone.now(),
            created_at=timezone.now(),
        )  # fmt: skip
    (event,) = Calendar.from_ical(visitor.get(link(offer) + "/appointment.ics").content).walk("VEVENT")
    assert event["SEQUENCE"] == 4


def test_no_page_promises_news_to_who_gets_none(visitor):
    clinic = Clinic()
    offer = clinic.offered()
    page = Page(visitor.post(link(offer) + "/decline").content.decode())
    assert "We write to you when another time opens" in page.text
    ContactPoint.objects.update(granted=["reminders:sms"])
    text = look(visitor, offer).text
    assert "We do not write to you of other times" in text and "text START" in text
    assert "We write to you when" not in text


class TestAlternatives:
    def test_each_has_its_own_button_and_books_at_once(self, visitor):
        clinic = Clinic()
        offer = SITUATIONS["taken"][1](clinic)
        page = look(visitor, offer)
        assert page.outcome == "taken"
        assert len(page.to("/claim")) == 3
        assert "You keep your place" in page.text
        address, values = page.to("/claim")[1]
        booked = Page(visitor.post(address, values).content.decode())
        assert booked.outcome == "booked"
        chosen = Slot.objects.get(public_id=values["slot"])
        assert chosen.state == SlotState.FILLED
        assert chosen.filled_by.patient == clinic.patient
        theirs = Offer.objects.get(slot=chosen, patient=clinic.patient)
        assert look(visitor, theirs).outcome == "yours"

    @pytest.mark.parametrize("name", ["taken", "expired", "withdrawn", "conflict"])
    def test_stand_on_every_page_that_says_no(self, name, visitor):
        page = look(visitor, SITUATIONS[name][1](Clinic()))
        assert len([values for _, values in page.forms if "slot" in values]) == 3

    def test_one_that_is_gone_leaves_the_rest(self, visitor):
        clinic = Clinic()
        offer = SITUATIONS["taken"][1](clinic)
        page = look(visitor, offer)
        address, values = page.to("/claim")[0]
        clinic.booked(Slot.objects.get(public_id=values["slot"]), factories.patient(clinic.clinic))
        page = Page(visitor.post(address, values).content.decode())
        assert page.outcome == "taken"
        assert "a moment faster with that one too" in page.text
        assert len(page.to("/claim")) == 2

    def test_another_clinics_time_is_not_one_of_them(self, visitor):
        theirs = Clinic().offering()
        offer = SITUATIONS["taken"][1](Clinic())
        before = fingerprints()
        response = visitor.post(link(offer) + "/claim", {"slot": theirs.public_id})
        assert "not one of the times" in Page(response.content.decode()).text
        assert fingerprints() == before

    def test_nonsense_is_refused(self, visitor):
        response = visitor.post(link(SITUATIONS["taken"][1](Clinic())) + "/claim", {"slot": "next Friday"})
        assert response.status_code == 400
        assert Page(response.content.decode()).outcome == "taken"

    def test_none_left_is_said_calmly(self, visitor):
        clinic = Clinic()
        offer = SITUATIONS["taken"][1](clinic)
        Slot.objects.filter(state=SlotState.OFFERING).update(state=SlotState.EXPIRED)
        page = look(visitor, offer)
        assert "There is no other time for you right now" in page.text
        assert page.to("/claim") == []


class TestNo:
    @pytest.mark.parametrize("reason", ["too_soon", "wrong_time", "other_provider", "not_needed", ""])
    def test_one_tap_with_or_without_a_reason(self, reason, visitor):
        offer = Clinic().offered()
        page = Page(visitor.post(link(offer) + "/decline", {"reason": reason}).content.decode())
        offer.refresh_from_db()
        assert (page.outcome, offer.state, offer.decline_reason) == ("declined", OfferState.DECLINED, reason)
        place = "You are off the waitlist for this" if reason == "not_needed" else "You keep your place on the waitlist"
        assert place in page.text

    def test_without_a_body_or_with_another_word(self, visitor):
        first, second = Clinic().offered(), Clinic().offered()
        visitor.post(link(first) + "/decline")
        visitor.post(link(second) + "/decline", {"reason": "x" * 500})
        assert set(Offer.objects.values_list("state", "decline_reason")) == {("declined", "")}

    def test_after_the_grace_period_the_page_leads_to_what_applies(self, visitor):
        clinic = Clinic()
        offer = SITUATIONS["yours"][1](clinic)
        Slot.objects.filter(pk=offer.slot_id).update(filled_at=timezone.now() - timedelta(minutes=16))
        page = look(visitor, offer)
        assert page.forms == page.to("/zone")
        assert "I cannot come" in page.text
        before = fingerprints()
        page = Page(visitor.post(link(offer) + "/cancel").content.decode())
        assert page.outcome == "leaving"
        assert "The free minutes are over. Nothing is cancelled yet" in page.text
        assert fingerprints() == before

    @pytest.mark.parametrize(
        ("reason", "words", "undo"),
        [
            ("too_soon", "We will ask you with 7 days’ notice from now on.", "Undo"),
            ("wrong_time", "We will not ask you for", "Undo"),
            ("other_provider", "We will not ask you for Dr Chen any more.", "Undo"),
            ("not_needed", "You are off the waitlist for this.", "I still want it"),
            ("pause", "We write to you again on", "Go on now"),
        ],
    )
    def test_the_page_says_what_changed_and_takes_it_back_in_one_tap(self, reason, words, undo, visitor):
        clinic = Clinic()
        factories.practitioner(clinic.clinic)
        offer = clinic.offered()
        page = Page(visitor.post(link(offer) + "/decline", {"reason": reason}).content.decode())
        assert words in page.text and undo in page.text
        for said in ("Taken back: your wish is as it was before.", "has been changed since"):
            page = Page(visitor.post(link(offer) + "/undo").content.decode())
            assert said in page.text and page.outcome == "declined"
        clinic.wish.refresh_from_db()
        wish = clinic.wish
        assert (wish.status, wish.notice_minutes, wish.excluded_practitioners) == ("active", 60, [])

    def test_where_nobody_else_is_left_the_page_says_that_nothing_was_changed(self, visitor):
        page = Page(visitor.post(link(Clinic().offered()) + "/decline", {"reason": "other_provider"}).content.decode())
        assert "so we changed nothing" in page.text and "Undo" not in page.text

    def test_pause_keeps_the_place_and_stops_the_asking(self, visitor):
        clinic = Clinic()
        offer = clinic.offered()
        page = Page(visitor.post(link(offer) + "/decline", {"reason": "pause"}).content.decode())
        clinic.wish.refresh_from_db()
        assert (page.outcome, clinic.wish.status) == ("declined", "paused")
        assert abs(clinic.wish.paused_until - timezone.now() - timedelta(days=14)) < timedelta(minutes=1)
        assert "We write to you again in two weeks" in page.text

    def test_stop_withdraws_openings_where_this_one_was_sent_and_nothing_else(self, visitor):
        clinic = Clinic()
        family = factories.patient(clinic.clinic, phone=clinic.patient.contact_points.get().value)
        offer = clinic.offered()
        point = clinic.patient.contact_points.get()
        Message.objects.create(
            clinic=clinic.clinic, kind="offer", channel="sms", contact_point=point, patient=clinic.patient,
            offer=offer, slot=offer.slot, dedupe_key="x", next_attempt_at=timezone.now(), created_at=timezone.now(),
        )  # fmt: skip
        page = Page(visitor.post(link(offer) + "/decline", {"reason": "stop"}).content.decode())
        point.refresh_from_db()
        assert (page.outcome, point.granted, point.stopped_at) == ("declined", ["reminders:sms"], None)
        assert "We send you no more offers" in page.text
        line = Consent.objects.get(contact_point=point)
        assert (line.granted, line.purpose, line.source, line.remote_addr) == (False, "offers", "form", "203.0.113.9")
        assert family.contact_points.get() == point  # it belongs to the number

    def test_stop_is_heard_even_when_the_time_is_gone(self, visitor):
        clinic = Clinic()
        offer = SITUATIONS["taken"][1](clinic)
        page = Page(visitor.post(link(offer) + "/decline", {"reason": "stop"}).content.decode())
        assert "We send you no more offers" in page.text
        visitor.post(link(offer) + "/decline", {"reason": "pause"})
        clinic.wish.refresh_from_db()
        assert clinic.wish.status == "paused"


def test_a_booking_that_was_moved_shows_its_new_time(visitor):
    clinic = Clinic()
    offer = SITUATIONS["yours"][1](clinic)
    new = offer.slot.starts_at + timedelta(hours=1)
    Appointment.objects.filter(filled_slot=offer.slot).update(starts_at=new, ends_at=new + timedelta(minutes=45))
    assert "3:00 PM Pacific time" in look(visitor, offer).text


def test_a_booking_cancelled_later_says_so(visitor):
    text = look(visitor, SITUATIONS["cancelled"][1](Clinic())).text
    assert "This booking was cancelled" in text
    assert "call us" in text
    assert "keep your place" not in text


def test_a_double_booking_is_refused_in_words_that_fit_both_sides(visitor):
    clinic = Clinic()
    offer = clinic.offered()
    elsewhere = factories.practitioner(clinic.clinic)
    clinic.appointment(offer.slot.starts_at, patient=clinic.patient, practitioner=elsewhere)
    page = Page(visitor.post(link(offer) + "/claim").content.decode())
    assert page.outcome == "conflict"
    assert "another booking already, of the clinic or of yours" in page.text


def test_looking_is_cheap(visitor, django_assert_max_num_queries):
    """One join, and three rows by their key beside it: as one join of ten tables it takes 30 ms to plan."""
    offer = Clinic().offered()
    with django_assert_max_num_queries(4):
        visitor.get(link(offer) + "/outcome")
    with django_assert_max_num_queries(4):
        visitor.get(link(offer))
    with django_assert_max_num_queries(0):
        visitor.get("/o/nothing-of-ours")


class TestToken:
    def test_any_change_of_any_letter_opens_nothing(self, visitor):
        clinic = Clinic()
        token = link(clinic.offered()).removeprefix("/o/")
        other = link(clinic.offered(clinic.offering(at(5, 9)))).removeprefix("/o/")
        wrong = [token[:i] + ("B" if letter == "A" else "A") + token[i + 1 :] for i, letter in enumerate(token)]
        wrong += [token[:9] + other[9:], token[:-1], token + "A", token.swapcase(), "x" * 5000, "🙂", "%00", "' OR 1=1"]
        before = fingerprints()
        for one in wrong:
            for address in ADDRESSES:
                for response in (visitor.get(f"/o/{one}{address}"), visitor.post(f"/o/{one}{address}")):
                    assert response.status_code == 404, one
        assert fingerprints() == before

    def test_unknown_is_a_plain_page_without_a_name(self, visitor):
        Clinic()
        response = visitor.get("/o/nothing-of-ours")
        text = Page(response.content.decode()).text
        assert response.status_code == 404
        assert "call your clinic" in text
        assert "Radiance" not in response.content.decode()
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["Referrer-Policy"] == "no-referrer"

    def test_keys_rotate(self, visitor, settings):
        settings.TOKEN_KEYS = ["first"]
        offer = Clinic().offered()
        old = link(offer)
        settings.TOKEN_KEYS = ["second", "first"]
        assert visitor.get(old).status_code == 200
        assert link(offer) != old
        settings.TOKEN_KEYS = ["second"]
        assert visitor.get(old).status_code == 404
        settings.TOKEN_KEYS = ["somebody else's"]
        assert visitor.get(f"/o/{tokens.make(offer.public_id)}").status_code == 200
        settings.TOKEN_KEYS = ["first"]
        assert visitor.get(old).status_code == 200

    def test_only_a_form_acts_and_an_answers_address_leads_back(self, visitor):
        offer = Clinic().offered()
        for address in ("/claim", "/decline", "/cancel", "/seen"):
            response = visitor.get(link(offer) + address)
            assert (response.status_code, response.headers["Location"]) == (302, link(offer))
            for method in ("put", "patch", "delete"):
                assert getattr(visitor, method)(link(offer) + address).status_code == 405


def test_seen_is_noted_once_by_the_beacon_alone(visitor):
    clinic = Clinic()
    offer = clinic.offered()
    visitor.get(link(offer))
    offer.refresh_from_db()
    assert offer.seen_at is None
    assert visitor.post(link(offer) + "/seen").status_code == 204
    offer.refresh_from_db()
    first = offer.seen_at
    assert first is not None
    visitor.post(link(offer) + "/seen")
    offer.refresh_from_db()
    assert offer.seen_at == first
    assert Entry.objects.filter(verb="offer.seen", actor_kind="patient", actor_ref=clinic.patient.pk).count() == 1
