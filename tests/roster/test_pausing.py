"""Several wishes of one patient: after a booking the others for the same service pause, and close unless kept."""

from datetime import timedelta

import pytest

from matching import claims, returns
from matching.choosing import ranking
from matching.claims import Claim
from matching.models import Offer
from tests import factories
from tests.at_once import at_once
from tests.factories import NOW, World
from tests.recorded import everything_recorded
from waitlist import earlier, kept, pausing, roster, schedule
from waitlist.models import Appointment, WaitlistEntry
from waitlist.states import CancelledBy

DAY = timedelta(hours=24)


def two_wishes(world: World) -> tuple[Offer, WaitlistEntry]:
    """One offered a time; another for the same service and one more."""
    offer = world.offer(world.slot())
    both = [world.service, factories.service(world.clinic)]
    return offer, factories.entry(world.clinic, both, offer.patient)


def book(world: World) -> tuple[Offer, WaitlistEntry, Appointment]:
    offer, other = two_wishes(world)
    assert claims.claim(offer.pk, via="link", now=NOW) == Claim.BOOKED
    returns.tidy(offer.pk, now=NOW)
    other.refresh_from_db()
    return offer, other, Appointment.objects.get(filled_slot=offer.slot)


@pytest.mark.django_db
def test_the_other_wish_pauses_and_closes_a_day_later():
    world = World()
    _, other, visit = book(world)
    assert (other.status, other.closes_at, other.paused_for) == ("paused", NOW + DAY, visit)
    roster.refresh(world.clinic, now=NOW + DAY - timedelta(minutes=1))
    assert WaitlistEntry.objects.get(pk=other.pk).status == "paused"
    roster.refresh(world.clinic, now=NOW + DAY)
    assert WaitlistEntry.objects.get(pk=other.pk).status == "removed"


@pytest.mark.django_db
def test_one_that_closes_and_is_asked_for_anew_goes_on():
    world = World()
    offer = world.offer(world.slot(), factories.entry(world.clinic, [world.service, factories.service(world.clinic)]))
    other = world.entry(offer.patient)
    claims.claim(offer.pk, via="link", now=NOW)
    returns.tidy(offer.pk, now=NOW)
    visit = Appointment.objects.get(filled_slot=offer.slot)
    assert earlier.wait(visit.pk, said_by="her", only_with=True, notice_minutes=None, now=NOW) == (other, False)
    roster.refresh(world.clinic, now=NOW + DAY)
    other.refresh_from_db()
    assert (other.status, other.closes_at, other.later_visit) == ("active", None, visit)
    assert returns.unpaused(now=NOW + DAY, limit=5) == []


@pytest.mark.django_db
def test_its_open_offers_are_taken_back():
    world = World()
    offer, other = two_wishes(world)
    elsewhere = world.offer(world.slot(NOW + timedelta(hours=50)), other)
    claims.claim(offer.pk, via="link", now=NOW)
    assert returns.tidy(offer.pk, now=NOW) == 1
    elsewhere.refresh_from_db()
    assert elsewhere.state == "retracted"


@pytest.mark.django_db
def test_kept_it_goes_on_and_no_sweep_pauses_it_again():
    world = World()
    offer, other, visit = book(world)
    assert kept.keep(other.pk, visit, now=NOW)
    other.refresh_from_db()
    assert (other.status, other.closes_at) == ("active", None)
    assert returns.unpaused(now=NOW, limit=5) == []
    returns.tidy(offer.pk, now=NOW)
    roster.refresh(world.clinic, now=NOW + 2 * DAY)
    assert WaitlistEntry.objects.get(pk=other.pk).status == "active"
    later = world.slot(NOW + timedelta(hours=20))
    assert ranking.why(later, other, now=NOW).eligible


@pytest.mark.django_db
def test_keeping_before_the_pause_has_come_counts_too():
    world = World()
    offer, other = two_wishes(world)
    claims.claim(offer.pk, via="link", now=NOW)
    assert kept.keep(other.pk, Appointment.objects.get(), now=NOW)
    returns.tidy(offer.pk, now=NOW)
    assert WaitlistEntry.objects.get(pk=other.pk).status == "active"


@pytest.mark.django_db
def test_a_lost_nudge_is_found():
    world = World()
    offer, _ = two_wishes(world)
    claims.claim(offer.pk, via="link", now=NOW)
    assert returns.unpaused(now=NOW, limit=5) == [offer.pk]
    returns.tidy(offer.pk, now=NOW)
    assert returns.unpaused(now=NOW, limit=5) == []


@pytest.mark.django_db
def test_others_are_left_alone():
    world = World()
    offer, _ = two_wishes(world)
    another_service = factories.entry(world.clinic, [factories.service(world.clinic)], offer.patient)
    somebody_else = world.entry()
    later = factories.entry(
        world.clinic, [world.service, factories.service(world.clinic)], offer.patient, added_at=NOW + timedelta(hours=1)
    )
    claims.claim(offer.pk, via="link", now=NOW)
    returns.tidy(offer.pk, now=NOW + timedelta(hours=2))
    for entry in (another_service, somebody_else, later):
        entry.refresh_from_db()
        assert entry.status == "active"


@pytest.mark.django_db
def test_given_back_or_cancelled_it_waits_again():
    for end in (
        lambda offer, visit: returns.cancel_in_grace(offer.pk, now=NOW),
        lambda offer, visit: schedule.cancel(visit.pk, reason="", by=CancelledBy.CLINIC, now=NOW),
    ):
        offer, other, visit = book(World())
        assert end(offer, visit)
        assert kept.booking_ended(visit.pk, now=NOW) == 1
        other.refresh_from_db()
        assert (other.status, other.closes_at, other.paused_for) == ("active", None, None)


@pytest.mark.django_db
def test_a_booking_that_ended_closes_nothing_though_the_nudge_was_lost():
    world = World()
    _, other, visit = book(world)
    schedule.cancel(visit.pk, reason="", by=CancelledBy.CLINIC, now=NOW)
    roster.refresh(world.clinic, now=NOW + DAY)
    assert WaitlistEntry.objects.get(pk=other.pk).status == "active"


@pytest.mark.django_db
def test_another_patients_wish_is_not_kept():
    _, other, _ = book(World())
    stranger = World().appointment(patient=factories.patient(other.clinic))
    assert not kept.keep(other.pk, stranger, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_all_of_it_is_in_the_trail():
    world = World()
    offer, other = two_wishes(world)
    claims.claim(offer.pk, via="link", now=NOW)
    visit = Appointment.objects.get()
    with everything_recorded():
        returns.tidy(offer.pk, now=NOW)
        kept.keep(other.pk, visit, now=NOW)
    WaitlistEntry.objects.filter(pk=other.pk).update(paused_for=None)
    with everything_recorded():
        returns.tidy(offer.pk, now=NOW)
        roster.refresh(world.clinic, now=NOW + DAY)


def keep_and_close(world: World) -> tuple[str, list]:
    _, other, visit = book(world)
    found = at_once(
        [
            lambda: kept.keep(other.pk, visit, now=NOW + DAY),
            lambda: roster.refresh(world.clinic, now=NOW + DAY),
        ]
    )
    return WaitlistEntry.objects.get(pk=other.pk).status, found


@pytest.mark.django_db(transaction=True)
def test_kept_in_the_moment_it_closes_they_are_told_what_became_of_it():
    for _ in range(4):
        status, found = keep_and_close(World())
        assert (status, found[0]) in (("active", True), ("removed", False))


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_a_wish_said_to_be_kept_is_closed(monkeypatch):
    def stale(rows, to, verb, *, now, **fields):
        found = list(rows)  # read, and believed
        keeping_now()
        return WaitlistEntry.objects.filter(pk__in=[entry.pk for entry in found]).update(status=to, **fields)

    world = World()
    _, other, visit = book(world)
    said = []
    keeping_now = lambda: said.extend(at_once([lambda: kept.keep(other.pk, visit, now=NOW + DAY)]))  # noqa: E731
    monkeypatch.setattr(pausing, "_move", stale)
    pausing.close_due(world.clinic, now=NOW + DAY)
    assert said[0] is True and WaitlistEntry.objects.get(pk=other.pk).status == "removed"
