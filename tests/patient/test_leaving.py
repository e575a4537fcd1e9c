"""A visit given up by its link: what is owed is seen first, never more is charged, and looking changes nothing."""

from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone

from matching.models import Offer
from matching.states import OfferState
from tests.patient.situations import SITUATIONS, Clinic, at, link
from tests.patient.test_offer_pages import Page
from tests.tables import fingerprints
from waitlist.models import Appointment, CancellationFee, Slot
from waitlist.states import CancelledBy, SlotState

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def visitor() -> Browser:
    return Browser(enforce_csrf_checks=True)


def booked(starts_in: timedelta = timedelta(days=4), *, said_yes: timedelta = timedelta(hours=1), **fields) -> Offer:
    """An offer that was taken so long ago, of a time so far ahead."""
    clinic = Clinic(**fields)
    offer = clinic.offered(clinic.offering(timezone.now() + starts_in), state=OfferState.ACCEPTED)
    clinic.booked(offer.slot, clinic.patient)
    Slot.objects.filter(pk=offer.slot_id).update(filled_at=timezone.now() - said_yes)
    type(clinic.wish).objects.filter(pk=clinic.wish.pk).update(status="booked")
    return offer


def look(visitor: Browser, offer: Offer, page: str = "/cancel-visit") -> Page:
    return Page(visitor.get(link(offer) + page).content.decode())


def send(visitor: Browser, offer: Offer, **fields: str) -> Page:
    return Page(visitor.post(link(offer) + "/cancel-visit", fields).content.decode())


def test_what_is_owed_and_why_is_seen_first(visitor):
    offer = booked()
    before = fingerprints()
    page = look(visitor, offer)
    assert page.outcome == "leaving"
    assert "If you cancel now you owe $160 More than 24 hours before: 50 % of $320 = $160." in page.text
    assert "it would be $320" in page.text
    assert page.forms == [(link(offer) + "/cancel-visit", {"cents": "16000", "keep": "1"})]
    assert fingerprints() == before


def test_one_tap_more_and_it_is_given_up(visitor):
    offer = booked()
    _, fields = look(visitor, offer).forms[0]
    page = send(visitor, offer, **fields)
    assert page.outcome == "declined"
    assert "Your visit is cancelled" in page.text and "You owe $160 50 % of $320" in page.text
    assert "You keep your place on the waitlist" in page.text
    visit, fee = Appointment.objects.get(), CancellationFee.objects.get()
    assert (visit.status, visit.cancelled_by, fee.cents) == ("cancelled", CancelledBy.PATIENT, 16000)
    assert Slot.objects.filter(state=SlotState.OPEN, starts_at=visit.starts_at).count() == 1
    again = send(visitor, offer, **fields)
    assert again.outcome == "declined" and CancellationFee.objects.count() == 1
    assert look(visitor, offer, "").text == page.text


def test_without_the_tick_they_wait_no_more(visitor):
    offer = booked()
    page = send(visitor, offer, cents="16000")
    assert "You are not on the waitlist for this any more" in page.text
    offer.entry.refresh_from_db()
    assert offer.entry.status == "removed"


@pytest.mark.parametrize("seen", ["16000", "", "nonsense", "-1", "9" * 30])
def test_a_page_from_before_the_line_is_asked_again(seen, visitor):
    offer = booked(timedelta(hours=23))
    page = send(visitor, offer, cents=seen, keep="1")
    assert page.outcome == "leaving" and "what is owed has changed" in page.text
    assert "Less than 24 hours before: 100 % of $320 = $320." in page.text
    assert not CancellationFee.objects.exists() and Appointment.objects.get().status == "booked"
    assert send(visitor, offer, **page.forms[0][1]).outcome == "declined"
    assert CancellationFee.objects.get().cents == 32000


def test_a_service_has_its_own_notice(visitor):
    offer = booked(timedelta(hours=47))
    type(offer.slot.service).objects.update(cancel_notice_minutes=2880)
    assert "Less than 48 hours before: 100 % of $320 = $320." in look(visitor, offer).text


def test_in_the_free_minutes_it_is_free_and_the_same_time_is_open_again(visitor):
    offer = booked(said_yes=timedelta(minutes=2))
    page = look(visitor, offer)
    assert "You owe nothing if you cancel now." in page.text
    assert "Cancelled, free of charge" in send(visitor, offer, **page.forms[0][1]).text
    assert Slot.objects.get().state == SlotState.OPEN and not CancellationFee.objects.exists()


def test_the_free_button_pressed_too_late_takes_nothing(visitor):
    offer = booked()
    page = Page(visitor.post(link(offer) + "/cancel").content.decode())
    assert page.outcome == "leaving" and "Nothing is cancelled yet" in page.text
    assert Appointment.objects.get().status == "booked"


def test_not_after_the_start(visitor):
    offer = booked(-timedelta(minutes=1), said_yes=timedelta(days=1))
    response = visitor.get(link(offer) + "/cancel-visit")
    assert response.headers["Location"] == link(offer)
    page = send(visitor, offer, cents="32000")
    assert "Your visit has begun" in page.text and Appointment.objects.get().status == "booked"
    assert "I cannot come" not in page.text


@pytest.mark.parametrize("name", [name for name in SITUATIONS if name not in ("yours", "swapped", "link completed")])
def test_there_is_nothing_to_give_up_on_any_other_page(name, visitor):
    offer = SITUATIONS[name][1](Clinic())
    before = fingerprints()
    assert visitor.get(link(offer) + "/cancel-visit").headers["Location"] == link(offer)
    visitor.post(link(offer) + "/cancel-visit", {"cents": "99999999"})
    assert fingerprints() == before


def test_a_time_inside_its_own_notice_says_so_before_the_claim(visitor):
    clinic = Clinic()
    near, far = clinic.offered(clinic.offering(timezone.now() + timedelta(hours=6))), at(4, 14)
    words = "Free to cancel for 15 minutes after your yes, then cancelling costs 100 % ($320)."
    assert words in look(visitor, near, "").text
    other = Clinic()
    assert words not in look(visitor, other.offered(other.offering(far)), "").text
    lost = SITUATIONS["taken"][1](Clinic())
    assert words not in look(visitor, lost, "").text
    Slot.objects.filter(state=SlotState.OFFERING).update(opened_at=timezone.now())
    type(lost.slot.service).objects.update(cancel_notice_minutes=30 * 1440)
    assert look(visitor, lost, "").text.count(words) == 3, "once for each of the other times"


def test_where_nothing_is_ever_owed_nothing_is_said(visitor):
    clinic = Clinic(cancel_fee_percent_early=0, cancel_fee_percent_late=0)
    offer = clinic.offered(clinic.offering(timezone.now() + timedelta(hours=6)))
    assert "is owed" not in look(visitor, offer, "").text


def test_the_clinic_says_sorry_and_one_tap_books_another_time(visitor):
    offer = SITUATIONS["lost"][1](Clinic())
    page = look(visitor, offer, "")
    assert "We are sorry: your visit was cancelled" in page.text and len(page.forms) == 3
    after = Page(visitor.post(page.forms[0][0], page.forms[0][1]).content.decode())
    assert after.outcome == "booked"


def test_whose_wish_nobody_said_is_nobodys_fault(visitor):
    page = look(visitor, SITUATIONS["gone"][1](Clinic()), "")
    assert "cancelled in the clinic’s calendar" in page.text and len(page.forms) == 3
    assert "sorry" not in page.text and "had to cancel" not in page.text


def test_nothing_else_is_free_and_they_are_kept_in_line(visitor):
    offer = SITUATIONS["lost"][1](Clinic())
    Slot.objects.filter(state=SlotState.OFFERING).update(state=SlotState.EXPIRED)
    text = look(visitor, offer, "").text
    assert "We write to you when another time opens. You keep your place on the waitlist." in text
