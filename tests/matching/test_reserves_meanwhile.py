"""In reserve, to be booked without a further word; and then something happens that says they should not be."""

from dataclasses import replace
from datetime import timedelta

import pytest

from matching import cascade, claims, returns, tokens, work
from matching.answering import reserves
from matching.claims import Claim
from matching.models import Offer
from matching.states import Reserve
from notifications import replies
from notifications.models import Message
from tests import factories
from tests.at_once import at_once
from tests.factories import NOW, World
from tests.matching.kept import after, fresh
from tests.matching.test_reserves import give_back, holder, keep, kept_without_the_lock, won
from tests.recorded import everything_recorded
from waitlist import calendar, closing, roster, schedule
from waitlist.calendar import Time
from waitlist.models import Appointment, Slot, WaitlistEntry
from waitlist.schedule import Charge
from waitlist.states import CancelledBy

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def given_back(slot: Slot, offers: list[Offer]) -> Offer:
    """What became of the first in reserve when the winner gave it back."""
    give_back(offers, now=after(5))
    for slot_id in work.due(now=after(5), limit=9):
        cascade.advance(slot_id, now=after(5))
    return fresh(offers[1])


def test_who_said_stop_is_not_booked_unheard():
    """Nothing may tell them of it: they would owe for a visit they never heard of."""
    world, slot, offers = won()
    keep(offers[1], Reserve.BOOK)
    number = offers[1].patient.contact_points.get().value
    replies.receive(world.clinic, sender=number, text="STOP", provider_id="stop", now=after(1))
    assert given_back(slot, offers).reserve == ""
    assert holder(slot) is None


def test_who_is_off_the_list_is_not_booked():
    _, slot, offers = won()
    keep(offers[1], Reserve.BOOK)
    keep(offers[2], Reserve.BOOK, now=after(1))
    assert roster.remove(offers[1].entry_id, now=after(2))
    assert given_back(slot, offers).reserve == ""
    assert holder(slot) == offers[2].patient_id


def test_who_pauses_is_asked_and_not_booked():
    _, slot, offers = won()
    keep(offers[1], Reserve.BOOK)
    assert roster.pause(offers[1].entry_id, NOW + timedelta(days=14), now=after(1))
    assert given_back(slot, offers).reserve == "asked"
    assert holder(slot) is None


def books_by_another_wish(world: World, offer: Offer) -> Offer:
    """The same service at another time, met by another wish of theirs."""
    other = factories.entry(world.clinic, [world.service, factories.service(world.clinic)], offer.patient)
    elsewhere = world.slot(NOW + timedelta(hours=50), practitioner=factories.practitioner(world.clinic))
    made = world.offer(elsewhere, other)
    assert claims.claim(made.pk, via="link", now=after(1)) == Claim.BOOKED
    return made


@pytest.mark.parametrize("how", [Reserve.BOOK, Reserve.ASK])
@pytest.mark.parametrize("is_tidied", [True, False])
def test_who_has_the_service_by_another_wish_is_not_booked_a_second_time(how, is_tidied):
    world, slot, offers = won()
    keep(offers[1], how)
    made = books_by_another_wish(world, offers[1])
    if is_tidied:
        returns.tidy(made.pk, now=after(2))
        assert not reserves.may_keep(Offer.objects.select_related("entry", "slot").get(pk=offers[1].pk), now=after(2))
    assert given_back(slot, offers).reserve == ""
    assert Appointment.objects.filter(patient=offers[1].patient, status="booked").count() == 1


def test_who_keeps_the_wish_beside_that_visit_is_booked():
    world, slot, offers = won()
    keep(offers[1], Reserve.BOOK)
    made = books_by_another_wish(world, offers[1])
    returns.tidy(made.pk, now=after(2))
    visit = Appointment.objects.get(filled_slot=made.slot)
    WaitlistEntry.objects.filter(pk=offers[1].entry_id).update(status="active", closes_at=None, paused_for=visit)
    given_back(slot, offers)
    assert holder(slot) == offers[1].patient_id


@pytest.mark.parametrize("has_reserve", [True, False])
def test_given_back_on_a_day_that_is_closed_by_now_it_stays_empty(has_reserve):
    """Visits under a closure stay; a time given back then is nobody's, not for a moment."""
    world, slot, offers = won()
    if has_reserve:
        keep(offers[1], Reserve.BOOK)
    zone = slot.location.zone
    starts_at, ends_at = calendar.day_span(zone, slot.starts_at.astimezone(zone).date())
    closing.close(world.clinic, starts_at=starts_at, ends_at=ends_at, reason="course", now=after(2))
    give_back(offers, now=after(5))
    assert (fresh(slot).state, slot.closed_because) == ("withdrawn", "closure")
    assert claims.claim(offers[2].pk, via="link", now=after(5)) == Claim.WITHDRAWN
    assert holder(slot) is None


def by_the_desk(visit: Appointment):
    return schedule.cancel(visit.pk, reason="rang", by=CancelledBy.PATIENT, charge=Charge(0), now=after(5))


def by_the_calendar(visit: Appointment):
    return schedule.cancel(visit.pk, reason="", by=CancelledBy.UNKNOWN, version=1, now=after(5))


def moved(visit: Appointment):
    later = replace(Time.of(visit), starts_at=visit.starts_at + 3 * HOUR, ends_at=visit.ends_at + 3 * HOUR)
    return schedule.move(visit.pk, to=later, version=1, now=after(5))


@pytest.mark.parametrize("free", [by_the_desk, by_the_calendar, moved])
def test_however_it_comes_free_in_the_free_minutes_who_is_in_reserve_has_it_first(free):
    """What their page said holds too where the winner rings up, or the calendar has it otherwise by now."""
    _, slot, offers = won()
    keep(offers[2], Reserve.BOOK, now=after(1))
    keep(offers[1], Reserve.BOOK, now=after(2))
    with everything_recorded():
        freed = free(Appointment.objects.get(filled_slot=slot)).slot
    assert (fresh(freed).state, holder(freed)) == ("filled", offers[2].patient_id)
    mine = Offer.objects.get(slot=freed, patient=offers[2].patient)
    assert (mine.state, mine.answered_by) == ("accepted", "reserve")
    assert Message.objects.filter(kind="booked", offer=mine).count() == 1
    assert [fresh(offer).reserve for offer in offers[1:]] == ["", ""]
    assert returns.cancel_in_grace(mine.pk, now=after(6))
    assert holder(freed) == offers[1].patient_id
    found = claims.find(tokens.make(offers[2].public_id))
    assert found == mine, "the link they have leads on"


@pytest.mark.parametrize("free", [by_the_desk, by_the_calendar, moved])
def test_who_is_to_be_asked_is_asked_before_anybody_new(free):
    _, slot, offers = won()
    keep(offers[1])
    freed = free(Appointment.objects.get(filled_slot=slot)).slot
    assert freed.pk in work.due(now=after(5), limit=9)
    cascade.advance(freed.pk, now=after(5))
    asked = Offer.objects.get(slot=freed, state="pending")
    assert (asked.patient_id, asked.reserve) == (offers[1].patient_id, "asked")
    assert Message.objects.filter(kind="offer", offer=asked).count() == 1
    cascade.advance(freed.pk, now=asked.expires_at)
    assert Offer.objects.filter(slot=freed, state="pending", wave=1).count() > 1


def test_after_the_free_minutes_nobody_was_promised_anything():
    _, slot, offers = won()
    keep(offers[1], Reserve.BOOK)
    charge = Charge(10**6)
    visit_id = fresh(slot).filled_by_id
    freed = schedule.cancel(visit_id, reason="", by=CancelledBy.PATIENT, charge=charge, now=after(20)).slot
    assert freed.state == "open" and not Offer.objects.filter(slot=freed, patient=offers[1].patient).exists()


@pytest.mark.parametrize("free", [by_the_desk, by_the_calendar, moved])
def test_nobody_waits_in_reserve_of_a_time_whose_visit_is_gone(free):
    _, slot, offers = won()
    free(Appointment.objects.get(filled_slot=slot))
    assert not keep(offers[1], now=after(6))


def test_moved_on_once_more_it_is_not_the_time_they_wanted():
    _, slot, offers = won()
    visit = Appointment.objects.get(filled_slot=slot)
    moved(visit)
    Offer.objects.filter(pk=offers[1].pk).update(reserve=Reserve.BOOK, reserved_at=after(6))
    freed = moved(fresh(visit)).slot
    assert freed.state == "open" and not freed.offers.exists()


def test_kept_empty_it_is_nobodys():
    _, slot, offers = won()
    keep(offers[1], Reserve.BOOK)
    visit_id = fresh(slot).filled_by_id
    schedule.cancel(visit_id, reason="", by=CancelledBy.CLINIC, keep_empty=True, now=after(5))
    assert holder(slot) is None and not Appointment.objects.filter(patient=offers[1].patient).exists()


def cancelled_at_the_desk(slot: Slot) -> str:
    return schedule.cancel(fresh(slot).filled_by_id, reason="", by=CancelledBy.PATIENT, now=NOW).outcome


@pytest.mark.django_db(transaction=True)
def test_in_reserve_while_the_desk_cancels_they_are_booked_or_find_it_free():
    for _ in range(4):
        _, slot, offers = won()
        with_whom = slot.practitioner_id
        done, kept = at_once([
            lambda slot=slot: cancelled_at_the_desk(slot),
            lambda offers=offers: keep(offers[1], Reserve.BOOK),
        ])  # fmt: skip
        assert done == "done"
        then = Appointment.objects.filter(status="booked", practitioner=with_whom, starts_at=slot.starts_at)
        assert list(then.values_list("patient", flat=True)) == ([offers[1].patient_id] if kept else [])


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_the_desk_hands_on_nobody(monkeypatch):
    _, slot, offers = won()
    cancelled = lambda: cancelled_at_the_desk(slot)  # noqa: E731
    assert kept_without_the_lock(monkeypatch, offers, cancelled) == ["done", True]
    assert not Appointment.objects.filter(status="booked", starts_at=slot.starts_at).exists()
