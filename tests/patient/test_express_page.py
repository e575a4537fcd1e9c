"""A booking link as its patient opens it, over HTTP, without JavaScript: what it shows, asks, keeps and refuses."""

from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone

from audit.models import Entry
from matching.answering.accepted import digest
from matching.models import ExpressBooking, Offer
from matching.views import parting
from notifications.models import ContactPoint
from notifications.views.own.page import live_offers
from tests import factories
from tests.patient.situations import SITUATIONS, Clinic, link
from tests.patient.test_offer_pages import Page, look
from tests.tables import fingerprints
from waitlist.models import Appointment, Slot
from waitlist.models import Clinic as ClinicRow

pytestmark = pytest.mark.django_db
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)"


@pytest.fixture
def visitor() -> Browser:
    return Browser(enforce_csrf_checks=True, REMOTE_ADDR="203.0.113.9", HTTP_USER_AGENT=PHONE)


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


@pytest.fixture
def offer(clinic) -> Offer:
    return SITUATIONS["link"][1](clinic)


def form_of(page: Page) -> dict[str, str]:
    """What its one form sends if nothing is typed and nothing ticked."""
    ((_, fields),) = page.to("/details")
    return {name: value for name, value in fields.items() if name != "accept"}


def send(visitor: Browser, offer: Offer, status: int = 200, **fields: str) -> Page:
    response = visitor.post(f"{link(offer)}/details", fields)
    assert response.status_code == status
    return Page(response.content.decode())


def ticked(visitor: Browser, offer: Offer, **fields: str) -> dict[str, str]:
    """The form as it stands, the terms accepted."""
    return form_of(look(visitor, offer)) | {"accept": "1"} | fields


def test_it_shows_the_time_the_countdown_and_the_terms_in_words(visitor, offer):
    html = visitor.get(link(offer)).content.decode()
    text = Page(html).text
    for words in ("Sarah, complete your booking", "Dr Chen", "Botox, 45 min", "$320", "It is kept for you until"):
        assert words in text
    assert "You may cancel free of charge for 15 minutes after you book." in text
    assert "Until 24 hours before the visit, cancelling costs 50 % ($160)." in text.replace("\u00a0", " ")
    assert "Later, cancelling costs 100 % ($320)." in text.replace("\u00a0", " ")
    assert " data-until>" in html and 'name="name" value="Sarah Miller"' in html and " checked" not in html
    assert len(html) < 30_000


def test_completed_it_is_booked_and_what_was_accepted_is_kept_as_it_stood(visitor, offer):
    shown = look(visitor, offer)
    page = send(visitor, offer, **form_of(shown), accept="1")
    assert page.outcome == "booked"
    row = ExpressBooking.objects.get()
    assert all(line in shown.words for line in row.terms.splitlines())
    assert (row.terms_sha256, row.language) == (digest(row.terms), "en")
    assert (row.remote_addr, row.device, row.name, row.email) == ("203.0.113.9", PHONE, "Sarah Miller", "")
    assert row.appointment == Appointment.objects.get()
    lines = Entry.objects.filter(verb="offer.terms_accepted").values_list("actor_kind", "actor_ref", "remote_addr")
    assert lines.get() == ("patient", offer.patient_id, "203.0.113.9")
    for done in (page, look(visitor, offer)):
        assert "What you accepted" in done.text and row.terms.splitlines()[-1] in done.text


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("accept", "", "Please tick that you accept the terms"),
        ("name", "  ", "Please write your name"),
        ("name", "x" * 121, "Please write a shorter name"),
        ("email", "sarah at home", "That is no e-mail address"),
        ("email", f"{'x' * 250}@a.example", "That is no e-mail address"),
        ("read", "something else", "Our terms have changed since you opened this page"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_booked(visitor, offer, field, typed, words):
    before = fingerprints()
    page = send(visitor, offer, status=400, **ticked(visitor, offer, **{field: typed}))
    assert (page.outcome, words in page.text) == ("held", True)
    assert fingerprints() == before


def test_what_was_typed_stays(visitor, offer):
    response = visitor.post(f"{link(offer)}/details", ticked(visitor, offer, name="Sara Müller", email="x", accept=""))
    html = response.content.decode()
    assert 'value="Sara Müller"' in html and 'value="x"' in html and 'aria-describedby="wrong-email"' in html


def test_what_the_service_asks_is_asked_with_it(visitor, clinic, offer):
    clinic.rename(clinic.service, details_prompt="Any allergies?")
    fields = ticked(visitor, offer)
    assert "please write something" in send(visitor, offer, status=400, **fields).text
    assert send(visitor, offer, **fields, details="None").outcome == "booked"
    assert Appointment.objects.get().details == "None"


def test_terms_that_changed_meanwhile_are_read_again(visitor, offer):
    fields = ticked(visitor, offer)
    ClinicRow.objects.update(cancel_fee_percent_early=80)
    page = send(visitor, offer, status=400, **fields)
    assert "Our terms have changed" in page.text and "80" in page.text
    assert send(visitor, offer, **form_of(page), accept="1").outcome == "booked"
    assert "80" in ExpressBooking.objects.get().terms


def test_in_spanish_the_spanish_terms_are_accepted(visitor, offer):
    page = Page(visitor.get(f"{link(offer)}?lang=es").content.decode())
    assert "Later, cancelling" not in page.text
    kept = form_of(page) | {"accept": "1"}
    visitor.cookies.clear()
    assert send(visitor, offer, **kept).outcome == "booked"
    row = ExpressBooking.objects.get()
    assert row.language == "es" and row.terms.splitlines()[-1] in page.words


def test_an_e_mail_is_asked_for_only_where_none_is_known_and_is_nobodys_by_itself(visitor, clinic, offer):
    points = ContactPoint.objects.count()
    send(visitor, offer, **ticked(visitor, offer, email="sarah@home.example"))
    assert ExpressBooking.objects.get().email == "sarah@home.example"
    assert ContactPoint.objects.count() == points, "staff decide whether it is theirs"
    other = Clinic()
    other.patient = factories.patient(other.clinic, email="known@home.example")
    other.wish = other.entry(other.patient)
    page = look(visitor, SITUATIONS["link"][1](other))
    assert "email" not in form_of(page) and "known@home" not in page.words


def test_without_fees_the_terms_say_so(visitor, offer):
    ClinicRow.objects.update(cancel_fee_percent_early=0, cancel_fee_percent_late=0)
    assert "Cancelling costs nothing." in look(visitor, offer).text


@pytest.mark.parametrize(
    ("name", "outcome"),
    [("link taken back", "withdrawn"), ("taken", "taken"), ("busy", "busy"), ("expired", "expired")],
)
def test_too_late_the_page_says_what_became_of_it(visitor, clinic, name, outcome):
    offer = SITUATIONS[name][1](clinic)
    Offer.objects.filter(pk=offer.pk).update(link_sent_at=timezone.now())
    offer.refresh_from_db()
    fields = {"name": "Sarah", "accept": "1", "read": digest(parting.in_full(offer.slot, offer.patient))}
    assert send(visitor, offer, **fields).outcome == outcome
    assert not ExpressBooking.objects.exists()


def test_lapsed_but_free_it_can_still_be_theirs_in_two_steps(visitor, clinic):
    offer = SITUATIONS["link lapsed"][1](clinic)
    page = look(visitor, offer)
    assert "It can still be yours" in page.text and "Your details and our terms come next" in page.text
    assert "for 5 minutes" in page.text
    page = Page(visitor.post(f"{link(offer)}/claim").content.decode())
    assert page.outcome == "held"
    assert send(visitor, offer, **form_of(page), accept="1").outcome == "booked"


def test_kept_twice_already_they_complete_it_at_once(visitor, clinic):
    offer = SITUATIONS["link lapsed"][1](clinic)
    Offer.objects.update(holds=2)
    page = look(visitor, offer)
    assert "whoever answers first has it" in page.text and page.to("/claim") == []
    assert send(visitor, offer, **form_of(page), accept="1").outcome == "booked"


def test_a_no_frees_the_time(visitor, offer):
    page = Page(visitor.post(f"{link(offer)}/decline", {"reason": "too_soon"}).content.decode())
    assert page.outcome == "declined"
    assert Slot.objects.get().held_by is None


def test_neither_a_yes_without_the_terms_nor_a_scanner_books(visitor, offer):
    before = fingerprints()
    scanner = Browser(HTTP_USER_AGENT="Mozilla/5.0 (compatible; Barracuda Sentinel)")
    for end in ("", "/claim", "/details", "/let-go", "/decline", "/outcome"):
        for method in ("GET", "HEAD"):
            scanner.generic(method, link(offer) + end)
    assert fingerprints() == before
    assert Page(visitor.post(f"{link(offer)}/claim").content.decode()).outcome == "held"
    assert not Appointment.objects.exists()


def test_a_browser_that_says_too_much_or_nothing_of_itself(offer):
    loud = Browser(HTTP_USER_AGENT="x" * 900)
    send(loud, offer, **ticked(loud, offer))
    assert ExpressBooking.objects.get().device == "x" * 400


def test_their_own_page_leads_to_it_and_takes_nothing_by_itself(clinic, offer):
    (live,) = live_offers(clinic.patient, now=timezone.now())
    assert not live.may_take


def test_the_countdown_ends_with_the_hold(visitor, clinic, offer):
    assert look(visitor, offer).outcome == "held"
    Slot.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    assert look(visitor, offer).outcome == "open"
