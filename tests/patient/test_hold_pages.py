"""The step after a yes, waiting while somebody finishes, and being in reserve: over HTTP, without JavaScript."""

from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone

from matching import claims
from matching.models import Offer
from notifications.models import Message
from notifications.rendering import sms
from tests import factories
from tests.patient.situations import SITUATIONS, Clinic, at, link
from tests.patient.test_offer_pages import Page, look
from waitlist.models import Appointment, Slot
from waitlist.states import SlotState

pytestmark = pytest.mark.django_db
PROMPT = "Any allergies we should know of?"


@pytest.fixture
def visitor() -> Browser:
    return Browser(enforce_csrf_checks=True, REMOTE_ADDR="203.0.113.9")


@pytest.fixture
def clinic() -> Clinic:
    made = Clinic()
    made.rename(made.service, details_prompt=PROMPT)
    return made


def post(visitor: Browser, offer: Offer, step: str, status: int = 200, **fields: str) -> Page:
    response = visitor.post(f"{link(offer)}/{step}", fields)
    assert response.status_code == status
    return Page(response.content.decode())


def test_a_yes_leads_to_the_question_and_the_answer_books(visitor, clinic):
    offer = clinic.offered()
    before = look(visitor, offer)
    assert "One question comes next. The time is kept for you for one minute meanwhile." in before.text
    page = post(visitor, offer, "claim")
    assert page.outcome == "held"
    assert PROMPT in page.text and "It is kept for you until" in page.text
    assert [end.rpartition("/")[2] for end, _ in page.forms] == ["details", "let-go"]
    assert post(visitor, offer, "details", details="None at all").outcome == "booked"
    assert Appointment.objects.get().details == "None at all"
    assert "None at all" not in look(visitor, offer).text  # links are passed on


@pytest.mark.parametrize(
    ("written", "words"),
    [("  ", "Your answer: please write something"), ("x" * 1001, "Your answer: please keep it under 1000")],
)
def test_an_answer_that_cannot_be_is_named_and_what_was_written_stays(visitor, clinic, written, words):
    offer = clinic.offered()
    post(visitor, offer, "claim")
    page = post(visitor, offer, "details", status=400, details=written)
    assert (page.outcome, words in page.text, written.strip() in page.words) == ("held", True, True)
    assert not Appointment.objects.exists()


def test_let_go_it_is_offered_as_before(visitor, clinic):
    offer = clinic.offered()
    post(visitor, offer, "claim")
    page = post(visitor, offer, "let-go")
    assert page.outcome == "open"
    assert "not kept for you any more" in page.text
    assert "All right" not in post(visitor, SITUATIONS["busy"][1](Clinic()), "let-go").text


def test_kept_twice_already_the_question_stands_on_the_open_page(visitor, clinic):
    offer = clinic.offered(holds=2)
    page = post(visitor, offer, "claim")
    assert page.outcome == "open"
    assert "nothing is kept for you while you write" in page.text
    assert page.to("/claim") == []
    assert post(visitor, offer, "details", details="No").outcome == "booked"


def test_others_see_until_when_and_may_wait_in_reserve(visitor):
    offer = SITUATIONS["busy"][1](Clinic())
    page = look(visitor, offer)
    assert "Somebody is finishing their booking" in page.text and "Kept until" in page.text
    page = post(visitor, offer, "reserve", how="ask")
    assert "You are in reserve" in page.text and "we ask you before anybody new" in page.text
    page = post(visitor, offer, "reserve", how="book")
    assert "we book it for you" in page.text
    page = post(visitor, offer, "reserve", how="")
    assert "Keep me as reserve" in page.text
    assert Offer.objects.get(pk=offer.pk).reserve == ""


def test_what_cancelling_costs_is_shown_to_who_may_be_booked_as_reserve(visitor):
    """Inside the notice (decision R18); with days to spare nothing is said, as before any yes."""
    costs = "Free to cancel for 15 minutes after we book it and tell you, then cancelling costs 100 % ($320)."
    far = SITUATIONS["taken"][1](Clinic())
    assert "Book it for me" in look(visitor, far).text and "cancelling costs" not in look(visitor, far).text
    near = SITUATIONS["taken"][1](Clinic())
    # twenty minutes more than the notice, but it may be booked as late as in fifteen
    starts_at = timezone.now() + timedelta(hours=24, minutes=20)
    for rows in (Slot.objects.filter(pk=near.slot_id), Appointment.objects.filter(filled_slot=near.slot_id)):
        rows.update(starts_at=starts_at, ends_at=starts_at + timedelta(minutes=45))
    assert costs in look(visitor, near).text
    assert costs in post(visitor, near, "reserve", how="book").text
    assert "cancelling costs" not in post(visitor, near, "reserve", how="ask").text


def test_who_would_give_up_a_later_visit_is_asked_and_not_booked(visitor):
    clinic = Clinic()
    offer = SITUATIONS["taken"][1](clinic)
    clinic.rename(clinic.wish, later_visit=clinic.appointment(at(9, 9), patient=clinic.patient))
    assert "Book it for me" not in look(visitor, offer).text
    assert "we ask you before" in post(visitor, offer, "reserve", how="book").text


def test_a_service_that_asks_something_books_no_reserve_by_itself(visitor, clinic):
    offer = SITUATIONS["taken"][1](clinic)
    assert "Book it for me" not in look(visitor, offer).text
    assert "we ask you before" in post(visitor, offer, "reserve", how="book").text


def test_a_page_left_open_in_reserve_looks_again(visitor):
    offer = SITUATIONS["taken"][1](Clinic())
    assert "data-stands" not in visitor.get(link(offer)).content.decode()
    post(visitor, offer, "reserve", how="book")
    assert 'data-stands="taken"' in visitor.get(link(offer)).content.decode()


@pytest.mark.parametrize("name", sorted(set(SITUATIONS) - {"taken", "busy"}))
def test_elsewhere_there_is_no_reserve_and_asking_for_it_changes_nothing(visitor, name):
    offer = SITUATIONS[name][1](Clinic())
    assert look(visitor, offer).to("/reserve") == []
    page = post(visitor, offer, "reserve", how="ask")
    assert "nothing to wait for" in page.text
    assert Offer.objects.get(pk=offer.pk).reserve == ""


def test_once_grace_is_over_nobody_is_promised_anything(visitor):
    offer = SITUATIONS["taken"][1](Clinic())
    Slot.objects.filter(state=SlotState.FILLED).update(filled_at=timezone.now() - timedelta(minutes=16))
    assert look(visitor, offer).to("/reserve") == []


def test_the_question_is_asked_by_text_too_and_a_second_yes_says_so_again(clinic):
    offer = clinic.offered()
    assert claims.claim(offer.pk, via="reply", now=timezone.now()) == "held"
    for answer in ("held", "finish"):
        context = {"answer": answer, "clinic_name": "R", "clinic_phone": "+14155550123",
                   "expires_at": offer.expires_at.isoformat(),
                   "starts_at": offer.slot.starts_at.isoformat(), "zone": "America/Los_Angeles"}  # fmt: skip
        about = {"clinic": offer.slot.clinic, "context": context}
        text = sms.render(Message(kind="answer", next_attempt_at=timezone.now(), **about))
        assert "{link}" in text and PROMPT not in text


def test_staff_see_who_holds_it_who_is_in_reserve_and_what_was_answered(client, clinic):
    client.force_login(factories.user(clinic.clinic))
    visitor = Browser()
    offer = clinic.offered()
    other = clinic.offer(offer.slot)
    other.patient.first_name, other.patient.last_name = "Ana", "Reyes"
    other.patient.save()
    post(visitor, offer, "claim")
    post(visitor, other, "reserve", how="ask")
    page = client.get(f"/slots/{offer.slot_id}/").content.decode()
    assert "Sarah M. is finishing the booking · lapses" in page
    assert "Ana R., asked first" in page
    post(visitor, offer, "details", details="Latex & nuts")
    page = client.get(f"/slots/{offer.slot_id}/?tab=timeline").content.decode()
    assert "Latex &amp; nuts" in page
    for words in ("Sarah M. said yes and is finishing the booking", "Ana R. in reserve"):
        assert words in page
