"""Before and after a yes: the later visit it moves, the other wishes it pauses, the service it is for."""

from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone

from matching import claims, returns
from matching.models import Offer
from tests.patient.situations import SITUATIONS, Clinic, at, link
from tests.patient.test_offer_pages import Page
from waitlist.models import Appointment, Service, Slot, WaitlistEntry

pytestmark = pytest.mark.django_db(transaction=True)


def made(name: str) -> tuple[Clinic, Offer]:
    clinic = Clinic()
    return clinic, SITUATIONS[name][1](clinic)


def get(offer: Offer) -> Page:
    return Page(Browser().get(link(offer)).content.decode())


def post(offer: Offer, address: str, **fields: object) -> Page:
    return Page(Browser().post(f"{link(offer)}/{address}", fields).content.decode())


def visits(clinic: Clinic) -> list[Appointment]:
    return list(clinic.patient.appointments.filter(status="booked"))


def test_before_the_yes_they_read_what_becomes_of_their_visit():
    clinic, offer = made("earlier")
    page = get(offer)
    assert page.outcome == "open"
    assert "You keep your visit on" in page.text and "until you say yes" in page.text
    page = post(offer, "claim")
    assert page.outcome == "booked" and "has moved to this time" in page.text
    assert [visit.starts_at for visit in visits(clinic)] == [offer.slot.starts_at]


def test_who_loses_reads_that_their_visit_stands():
    clinic, offer = made("earlier")
    claims.claim(clinic.offer(offer.slot).pk, via="link", now=timezone.now())
    page = post(offer, "claim")
    assert page.outcome == "taken" and "stands" in page.text
    assert len(visits(clinic)) == 1


def test_a_visit_that_was_moved_is_not_free_to_cancel_in_one_tap_any_more():
    clinic, offer = made("yours")
    assert "Free to cancel until" in get(offer).text
    (visit,) = visits(clinic)
    later = timedelta(hours=2)
    Appointment.objects.filter(pk=visit.pk).update(starts_at=visit.starts_at + later, ends_at=visit.ends_at + later)
    page = get(offer)
    assert page.outcome == "yours"
    assert "Free to cancel until" not in page.text and not page.to("/cancel")


def test_cancelling_says_first_that_the_old_visit_comes_back():
    clinic, offer = made("swapped")
    assert "is yours again" in get(offer).text
    page = post(offer, "cancel", old="1")
    assert page.outcome == "declined" and "stands" in page.text
    assert [visit.starts_at for visit in visits(clinic)] == [at(9, 15)]


def test_cancelling_says_first_that_the_old_visit_is_gone():
    clinic, offer = made("swapped")
    freed = Slot.objects.get(freed_by=offer.entry.later_visit)
    claims.claim(clinic.offer(freed).pk, via="link", now=timezone.now())
    page = post(offer, "cancel", old="1")  # from a page opened before
    assert "Nothing was cancelled" in page.text and "cannot come back" in page.text
    assert len(visits(clinic)) == 1
    assert post(offer, "cancel").outcome == "declined"
    assert visits(clinic) == []


def test_a_visit_moved_to_before_it_makes_the_offer_pointless():
    clinic, offer = made("earlier")
    sooner = {"starts_at": at(2, 9), "ends_at": at(2, 10)}
    Appointment.objects.filter(pk=clinic.wish.later_visit_id).update(**sooner)
    page = post(offer, "claim")
    assert page.outcome == "withdrawn" and "sooner already" in page.text


def test_another_wish_is_kept_with_one_tap():
    clinic, offer = made("swapped")
    other = WaitlistEntry.objects.exclude(pk=clinic.wish.pk).get()
    assert "You are also waiting for" in get(offer).text
    returns.tidy(offer.pk, now=timezone.now())
    page = get(offer)
    assert "take it off the list" in page.text
    page = post(offer, "keep", entry=other.pk)
    assert "You go on waiting for" in page.text
    other.refresh_from_db()
    assert (other.status, other.closes_at) == ("active", None)


@pytest.mark.parametrize("typed", ["", "0", "x", "stranger"])
def test_only_ones_own_wish_is_kept(typed):
    clinic, offer = made("swapped")
    stranger = clinic.entry()
    page = post(offer, "keep", entry=stranger.pk if typed == "stranger" else typed)
    assert "off the list already" in page.text


def test_another_service_with_both_prices():
    clinic, offer = made("swapped")
    page = get(offer)
    assert "$280 instead of $320: $40 less" in page.text
    assert "Filler, 60 min, does not fit: 45 minutes are free." in page.text
    facial, filler = (Service.objects.get(name=name) for name in ("Facial", "Filler"))
    assert "does not fit" in post(offer, "service", service=filler.pk).text
    page = post(offer, "service", service=facial.pk)
    assert "Facial" in page.text and "$280" in page.text
    assert [(visit.service, visit.price_cents) for visit in visits(clinic)] == [(facial, 28000)]


@pytest.mark.parametrize("typed", ["", "0", "x", "99999999999999999999"])
def test_a_service_that_is_none_is_refused_in_words(typed):
    _, offer = made("swapped")
    assert "That service is not offered here." in post(offer, "service", service=typed).text


def test_a_day_later_the_service_is_changed_by_calling():
    clinic, offer = made("swapped")
    a_day_ago = timezone.now() - timedelta(hours=24)
    Slot.objects.filter(pk=offer.slot_id).update(filled_at=a_day_ago, known_at=a_day_ago)
    assert "I would like another service" not in get(offer).text
    facial = Service.objects.get(name="Facial")
    assert "Please call us" in post(offer, "service", service=facial.pk).text
    assert visits(clinic)[0].service == clinic.service


def test_without_a_booking_nothing_is_kept_or_changed():
    clinic, offer = made("earlier")
    for address in ("keep", "service"):
        assert "nothing was changed" in post(offer, address, entry=clinic.wish.pk, service=clinic.service.pk).text
    assert len(visits(clinic)) == 1
