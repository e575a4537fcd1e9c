"""Where patients come by anyway: a cancelled visit, a visit to come, a time that was taken. One POST puts them on the
list; whose number has allowed nothing is asked for START first."""

from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone

from audit.models import Entry
from matching import tokens
from matching.models import Offer
from matching.states import OfferState
from notifications import replies
from notifications.consent import texts
from notifications.models import Consent, ContactPoint, Join, Message
from notifications.states import Kind
from tests import factories
from tests.at_once import at_once
from tests.patient.situations import Clinic, at
from tests.patient.test_languages import assert_speaks
from tests.patient.test_offer_pages import Page
from tests.patient.test_visit_pages import booked, home, look, send
from tests.recorded import everything_recorded
from tests.tables import fingerprints
from waitlist import joining, prompting, schedule
from waitlist.entries import Wish
from waitlist.joins import Agreed
from waitlist.models import Appointment, Slot, WaitlistEntry
from waitlist.prompting import Answer
from waitlist.states import CancelledBy, Origin

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def visitor() -> Browser:
    return Browser(enforce_csrf_checks=True)


def cancelled(by: CancelledBy = CancelledBy.PATIENT, **fields) -> Appointment:
    """A visit that is off, its time open to others."""
    visit = booked(**fields)
    schedule.cancel(visit.pk, reason="by the patient", by=by, now=timezone.now())
    return Appointment.objects.get(pk=visit.pk)


def silent(**fields: object) -> None:
    """Numbers that take reminders and have not agreed to openings."""
    ContactPoint.objects.update(granted=["reminders:sms"], **fields)


def start() -> int:
    """Their number replies START."""
    point = ContactPoint.objects.select_related("clinic").get()
    replies.receive(point.clinic, sender=point.value, text="START", provider_id="SM-start", now=timezone.now())
    return Join.objects.filter(confirmed_at__isnull=False).count()


@pytest.mark.parametrize("by", [CancelledBy.PATIENT, CancelledBy.CLINIC, CancelledBy.UNKNOWN])
def test_after_cancelling_one_tap_puts_them_on_the_list_and_not_for_the_time_they_had(by, visitor):
    visit = cancelled(by)
    page = look(visitor, visit)
    assert page.outcome == "cancelled" and "Want another time?" in page.text
    ((url, fields),) = page.to("/another")
    assert fields == {}
    with everything_recorded():
        page = Page(visitor.post(url, fields).content.decode())
    assert "You are on the waitlist. We write to you when another time opens." in page.text
    assert "See and change what you wait for" in page.text and page.forms == []
    entry = WaitlistEntry.objects.get()
    assert (entry.patient_id, entry.services) == (visit.patient_id, [visit.service_id])
    assert entry.origin == Origin.CANCEL_PAGE
    state = OfferState.RETURNED if by == CancelledBy.PATIENT else OfferState.RETRACTED
    assert Offer.objects.get(slot__freed_by=visit).state == state
    line = Entry.objects.get(verb="entry.joined")
    assert (line.actor_kind, line.actor_ref, line.changes) == ("patient", visit.patient_id, {"origin": "gave_up"})


def test_twice_is_once(visitor):
    visit = cancelled()
    for _ in range(2):
        send(visitor, visit, "/another")
    assert WaitlistEntry.objects.count() == 1 and Offer.objects.count() == 1


@pytest.mark.parametrize("consents", [True, False])
def test_two_taps_at_once_are_one_wish_and_one_text(consents):
    visit, now = cancelled(), timezone.now()
    if not consents:
        silent()
    agreed = Agreed(texts.join_sentence(visit.clinic, texts.PROMPT), texts.PROMPT, None)

    def tap() -> Answer:
        return prompting.another(visit.pk, origin=Origin.CANCEL_PAGE, agreed=agreed, now=now)

    expected = Answer.WAITS if consents else Answer.ASKED
    assert at_once([tap] * 4) == [expected] * 4
    assert WaitlistEntry.objects.count() == Offer.objects.count() == 1
    assert Join.objects.count() == Message.objects.filter(kind=Kind.OPT_IN).count() == (0 if consents else 1)


def test_a_visit_that_is_on_is_no_reason_for_another(visitor):
    visit = booked()
    before = fingerprints()
    assert send(visitor, visit, "/another").outcome == "booked"
    assert fingerprints() == before


def test_who_is_booked_again_is_asked_nothing(visitor):
    visit = cancelled()
    Appointment.objects.create(
        **{
            name: getattr(visit, name)
            for name in ("clinic", "location", "practitioner", "service", "patient", "price_cents", "created_at")
        },
        starts_at=at(6, 9),
        ends_at=at(6, 10),
    )
    page = look(visitor, visit)
    assert page.forms == [] and "Want another time?" not in page.text


def test_without_consent_the_number_is_asked_for_start_and_the_sentence_is_kept(visitor):
    visit = cancelled()
    silent()
    page = look(visitor, visit)
    ((url, fields),) = page.to("/another")
    assert fields == {"agreed": "prompt-1"} and "I agree that Radiance Med Spa may text me" in page.text
    with everything_recorded():
        page = Page(visitor.post(url, fields).content.decode())
    assert "reply START to the text we sent you" in page.text and page.forms == []
    entry = WaitlistEntry.objects.get()
    assert (entry.status, entry.origin) == ("paused", Origin.CANCEL_PAGE)
    assert Message.objects.get(kind=Kind.OPT_IN).contact_point == ContactPoint.objects.get()
    assert "I agree that Radiance Med Spa may text me" in Join.objects.get().text
    assert not Consent.objects.exists()
    visitor.post(url, fields)
    assert Join.objects.count() == WaitlistEntry.objects.count() == 1
    assert Message.objects.filter(kind=Kind.OPT_IN).count() == 1
    assert start() == 1
    entry.refresh_from_db()
    assert entry.status == "active" and "offers:sms" in ContactPoint.objects.get().granted
    assert Consent.objects.get(source="form").note.startswith("prompt on their page")
    assert "You are on the waitlist" in look(visitor, visit).text


def test_no_sentence_no_wish(visitor):
    visit = cancelled()
    silent()
    for wrong in ({}, {"agreed": ""}, {"agreed": "join-1"}, {"agreed": "x" * 300}):
        assert "We may not write to you" in send(visitor, visit, "/another", **wrong).text
    assert not WaitlistEntry.objects.exists() and not Message.objects.filter(kind=Kind.OPT_IN).exists()


def test_in_spanish_the_spanish_sentence(visitor):
    visit = cancelled()
    silent()
    visit.patient.language = "es"
    visit.patient.save()
    page = look(visitor, visit)
    ((_, fields),) = page.to("/another")
    assert fields == {"agreed": "prompt-1-es"} and "Acepto que Radiance Med Spa" in page.text
    send(visitor, visit, "/another", **fields)
    assert Join.objects.get().text_version == "prompt-1-es"


def test_a_number_is_asked_three_times_a_day_at_most(visitor):
    visit = cancelled()
    silent()
    for _ in range(joining.PER_NUMBER_A_DAY):
        send(visitor, visit, "/another", agreed="prompt-1")
        WaitlistEntry.objects.update(status="removed")
    page = send(visitor, visit, "/another", agreed="prompt-1")
    assert "Please call us" in page.text and page.forms == []
    assert not WaitlistEntry.objects.filter(status="paused").exists()


def test_scanners_put_nobody_on_the_list(visitor):
    visit = cancelled()
    before = fingerprints()
    for _ in range(20):
        assert visitor.get(home(visit) + "/another").headers["Location"] == home(visit)
        assert visitor.head(home(visit)).status_code == 200
    assert fingerprints() == before


def test_the_wish_never_keeps_a_visit_from_being_cancelled(visitor):
    visit = booked()
    visit.service.retired_at = timezone.now()
    visit.service.save()
    assert send(visitor, visit, "/cancel", wait="1").outcome == "cancelled"
    assert not WaitlistEntry.objects.exists()


def test_taken_back_by_the_desk_the_wish_in_its_stead_goes_with_it(visitor):
    visit = booked()
    send(visitor, visit, "/cancel", wait="1")
    elsewhere = factories.service(visit.clinic)
    other = factories.entry(visit.clinic, [elsewhere], visit.patient, origin=Origin.CANCEL_DESK)
    schedule.uncancel(visit.pk, now=timezone.now())
    wish = WaitlistEntry.objects.get(services=[visit.service_id])
    other.refresh_from_db()
    assert (wish.status, other.status) == ("removed", "active")


def two_given_up(visitor: Browser) -> tuple[Appointment, Appointment]:
    """Two visits for the same, cancelled one after the other with one wish for another time."""
    first = booked()
    second = Appointment.objects.get(pk=first.pk)
    second.pk, second.external_id, second.starts_at, second.ends_at = None, "another", at(9, 11), at(9, 12)
    second.save(force_insert=True)
    for visit in (first, second):
        send(visitor, visit, "/cancel", wait="1")
    return first, second


def test_taken_back_it_stays_for_another_visit_they_gave_up_since(visitor):
    first, _ = two_given_up(visitor)
    schedule.uncancel(first.pk, now=timezone.now())
    assert WaitlistEntry.objects.get().status == "active"


def test_taken_back_in_the_other_order_it_goes_with_the_first(visitor):
    first, second = two_given_up(visitor)
    schedule.uncancel(second.pk, now=timezone.now())
    assert WaitlistEntry.objects.get().status == "active"
    schedule.uncancel(first.pk, now=timezone.now())
    assert WaitlistEntry.objects.get().status == "removed"


def rests(visit: Appointment, **fields: object) -> WaitlistEntry:
    """What they waited for, until nobody said that it is wanted."""
    since = timezone.now() - timedelta(days=3)
    silent = {"status": "paused", "still_asked_at": since, "silent_since": since, "origin": Origin.DESK, **fields}
    return factories.entry(visit.clinic, [visit.service], visit.patient, **silent)


def woken(entry: WaitlistEntry) -> bool:
    entry.refresh_from_db()
    return (entry.status, entry.silent_since, entry.origin) == ("active", None, Origin.DESK)


class TestWhatRests:
    """A wish nobody had said is wanted is offered nothing, so the pages ask as if it were not there."""

    def test_after_cancelling_one_tap_wakes_it(self, visitor):
        visit = cancelled()
        entry = rests(visit)
        assert "Want another time?" in look(visitor, visit).text
        with everything_recorded():
            page = send(visitor, visit, "/another")
        assert "You are on the waitlist." in page.text and woken(entry)

    def test_before_cancelling_the_tick_wakes_it(self, visitor):
        visit = booked()
        entry = rests(visit)
        send(visitor, visit, "/cancel", wait="1")
        assert woken(entry)

    def test_an_earlier_time_asked_for_wakes_it(self, visitor):
        visit = booked()
        entry = rests(visit)
        assert look(visitor, visit).to("/earlier")
        send(visitor, visit, "/earlier")
        assert woken(entry) and entry.later_visit_id == visit.pk

    def test_without_consent_start_wakes_it(self, visitor):
        visit = cancelled()
        entry = rests(visit)
        silent()
        ((url, fields),) = look(visitor, visit).to("/another")
        for _ in range(2):
            page = Page(visitor.post(url, fields).content.decode())
            assert "reply START" in page.text and page.forms == []
        assert Join.objects.get().is_new is False and not woken(entry)
        start()
        assert woken(entry)

    def test_what_nobody_confirms_rests_on(self, visitor):
        visit = cancelled()
        entry = rests(visit)
        silent()
        ((url, fields),) = look(visitor, visit).to("/another")
        visitor.post(url, fields)
        assert joining.expire(visit.clinic, now=timezone.now() + timedelta(days=8)) == 1
        entry.refresh_from_db()
        assert entry.status == "paused" and entry.silent_since is not None

    def test_a_wish_that_is_awake_stays_the_one(self, visitor):
        visit = cancelled()
        entry = rests(visit)
        other = factories.entry(visit.clinic, [visit.service, factories.service(visit.clinic)], visit.patient)
        page = look(visitor, visit)
        assert "You are on the waitlist." in page.text and page.forms == []
        assert prompting.another(visit.pk, origin=Origin.CANCEL_PAGE, agreed=None, now=timezone.now()) == Answer.WAITS
        assert not woken(entry) and not WaitlistEntry.objects.exclude(pk__in=[entry.pk, other.pk]).exists()

    def test_the_desk_wakes_it_and_says_so(self):
        visit = cancelled()
        entry = rests(visit)
        desk = prompting.at_the_desk(visit.pk, Wish((visit.service_id,)), now=timezone.now())
        assert (desk.entry, desk.is_new, desk.is_anew) == (entry, False, True) and woken(entry)


class TestEarlier:
    def test_without_consent_the_number_is_asked_and_only_earlier_times_count(self, visitor):
        visit = booked()
        silent()
        ((url, fields),) = look(visitor, visit).to("/earlier")
        page = Page(visitor.post(url, fields).content.decode())
        assert "reply START" in page.text and page.to("/earlier") == []
        entry = WaitlistEntry.objects.get()
        assert (entry.status, entry.later_visit_id, entry.origin) == ("paused", visit.pk, Origin.VISIT_PAGE)
        start()
        assert "if an earlier time opens" in look(visitor, visit).text

    def test_where_a_reminder_asked_them_that_is_where_it_began(self, visitor):
        visit = booked()
        reminded(visit, asks_earlier=True)
        send(visitor, visit, "/earlier")
        assert WaitlistEntry.objects.get().origin == Origin.REMINDER

    def test_their_own_page_says_why_and_offers_the_way_out(self, visitor):
        visit = booked()
        page = send(visitor, visit, "/earlier")
        assert "See and change what you wait for" in page.text


def reminded(visit: Appointment, **context: object) -> Message:
    point = ContactPoint.objects.get()
    return Message.objects.create(
        clinic=visit.clinic,
        contact_point=point,
        patient=visit.patient,
        appointment=visit,
        kind=Kind.REMINDER,
        channel="sms",
        purpose="reminders",
        status="delivered",
        text="See you",
        dedupe_key=f"reminder:{visit.pk}",
        context={"starts_at": visit.starts_at.isoformat(), **context},
        created_at=timezone.now(),
        next_attempt_at=timezone.now(),
    )


class TestTaken:
    """A time staff offered to somebody who waits for nothing, and somebody else was faster."""

    def offer(self, **fields) -> Offer:
        clinic = Clinic(**fields)
        clinic.others()
        offer = clinic.offered(state=OfferState.RETRACTED, entry=None)
        clinic.booked(offer.slot, factories.patient(clinic.clinic))
        clinic.wish.delete()
        return offer

    def url(self, offer: Offer, page: str = "") -> str:
        return f"/o/{tokens.make(offer.public_id)}{page}"

    def test_nothing_is_said_of_a_place_they_do_not_have(self, visitor):
        offer = self.offer()
        page = Page(visitor.get(self.url(offer)).content.decode())
        assert page.outcome == "taken" and "You keep your place" not in page.text
        assert "There is no other time" not in page.text
        ((url, fields),) = page.to("/another")
        with everything_recorded():
            page = Page(visitor.post(url, fields).content.decode())
        assert "You are on the waitlist" in page.text and page.to("/another") == []
        entry = WaitlistEntry.objects.get()
        assert (entry.origin, entry.services) == (Origin.TAKEN_PAGE, [offer.slot.service_id])
        visitor.post(url, fields)
        assert WaitlistEntry.objects.count() == 1

    def test_who_waits_keeps_their_place_and_is_asked_nothing(self, visitor):
        clinic = Clinic()
        offer = clinic.offered(state=OfferState.RETRACTED)
        clinic.booked(offer.slot, factories.patient(clinic.clinic))
        page = Page(visitor.get(self.url(offer)).content.decode())
        assert "You keep your place" in page.text and page.to("/another") == []

    def test_for_another_visit_of_theirs_they_may_wait_for_an_earlier_time(self, visitor):
        clinic = Clinic()
        offer = clinic.offered(state=OfferState.RETRACTED)
        clinic.booked(offer.slot, factories.patient(clinic.clinic))
        facial = factories.service(clinic.clinic, name="Facial")
        held = clinic.appointment(at(9, 11), patient=clinic.patient, service=facial)
        page = Page(visitor.get(self.url(offer)).content.decode())
        ((url, fields),) = page.to("/another")
        assert fields == {"visit": str(held.pk)} and "You hold Facial" in page.text
        page = Page(visitor.post(url, fields).content.decode())
        assert page.to("/another") == []
        entry = WaitlistEntry.objects.get(services=[facial.pk])
        assert (entry.later_visit_id, entry.origin) == (held.pk, Origin.TAKEN_PAGE)

    def test_nobody_waits_for_another_s_visit(self, visitor):
        offer = self.offer()
        other = factories.World()
        theirs = other.appointment(timezone.now() + timedelta(days=5), patient=factories.patient(other.clinic))
        before = fingerprints()
        for wrong in (str(theirs.pk), "", "x", "9" * 30):
            answer = visitor.post(self.url(offer, "/another"), {"visit": wrong})
            assert "nothing was changed" in Page(answer.content.decode()).text
        assert fingerprints() == before

    def test_an_open_offer_has_nothing_of_it(self, visitor):
        clinic = Clinic()
        offer = clinic.offered(entry=None)
        clinic.wish.delete()
        before = fingerprints()
        assert Page(visitor.post(self.url(offer, "/another")).content.decode()).outcome == "open"
        assert fingerprints() == before

    def test_after_a_no_too(self, visitor):
        offer = self.offer()
        Slot.objects.update(state="offering", filled_by=None, filled_at=None)
        Appointment.objects.all().delete()
        Offer.objects.filter(pk=offer.pk).update(state=OfferState.DECLINED)
        page = Page(visitor.get(self.url(offer)).content.decode())
        assert page.outcome == "declined" and "You keep your place" not in page.text
        assert len(page.to("/another")) == 1


@pytest.mark.parametrize("language", ["en", "es"])
class TestEveryPageIn:
    """Light, and all of it in the patient's language."""

    def speaking(self, visit: Appointment, language: str) -> list[str]:
        visit.patient.language = language
        visit.patient.save()
        return [visit.practitioner.name, visit.service.name]

    @pytest.mark.parametrize("consents", [True, False])
    def test_a_cancelled_visit(self, consents, language, visitor):
        visit = cancelled()
        names = self.speaking(visit, language)
        if not consents:
            silent()
        url = look(visitor, visit).to("/another")[0]
        assert_speaks(visitor.get(home(visit)), language, *names)
        assert_speaks(visitor.post(*url), language, *names)

    def test_a_visit_to_come_without_consent(self, language, visitor):
        visit = booked()
        names = self.speaking(visit, language)
        silent()
        assert_speaks(visitor.get(home(visit)), language, *names)
        assert_speaks(visitor.post(*look(visitor, visit).to("/earlier")[0]), language, *names)

    def test_a_time_that_was_taken(self, language, visitor):
        offer = TestTaken().offer()
        offer.patient.language = language
        offer.patient.save()
        other = factories.service(offer.slot.clinic, name="Facial")
        held = Appointment.objects.get()
        Appointment.objects.create(
            clinic=held.clinic,
            location=held.location,
            practitioner=factories.practitioner(held.clinic, name="M. Ruiz 2"),
            service=other,
            patient=offer.patient,
            starts_at=at(9, 11),
            ends_at=at(9, 12),
            price_cents=100,
            created_at=timezone.now(),
        )
        url = TestTaken().url(offer)
        names = [offer.slot.service.name, "Facial", "Dr Chen", "M. Ruiz 2"]
        assert_speaks(visitor.get(url), language, *names)
        assert_speaks(visitor.post(url + "/another"), language, *names)
