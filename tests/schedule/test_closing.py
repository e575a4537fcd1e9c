"""Closures and public holidays: what closes is never refilled, what opens again opens nothing by itself."""

import threading
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, transaction

from audit.models import Entry
from matching import cascade, work
from notifications.models import Message
from tests import factories
from tests.at_once import at_once
from tests.factories import NOW, World
from waitlist import calendar, closing, desk, holidays, keeping, schedule, vacancies
from waitlist.calendar import Time
from waitlist.models import Closure, Slot, WorkedHoliday
from waitlist.states import CancelledBy
from waitlist.vacancies import Refused

pytestmark = pytest.mark.django_db
THANKSGIVING = date(2026, 11, 26)
DAY = timedelta(days=1)


def close(world: World, **fields: object) -> Closure:
    start = {"starts_at": NOW, "ends_at": NOW + 3 * DAY, "reason": "Training"}
    return closing.close(world.clinic, now=NOW, **{**start, **fields})[0]


def test_closing_ends_open_times_at_once_and_tells_who_was_asked():
    world = World()
    world.entry()
    asked = world.slot()
    cascade.advance(asked.pk, now=NOW)
    Message.objects.update(status="sent")
    later = world.slot(NOW + 5 * DAY)
    close(world)
    asked.refresh_from_db()
    later.refresh_from_db()
    assert (asked.state, asked.closed_because, later.state) == ("withdrawn", "closure", "open")
    assert Message.objects.filter(kind="withdrawn").count() == 1


def test_closed_twice_it_is_one_closure():
    world = World()
    once = close(world)
    assert close(world, reason="Asked again, as the answer was lost") == once
    assert close(world, location=world.location) != once and Closure.objects.count() == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_locked", [True, False])
def test_the_same_span_closed_twice_at_once(is_locked, monkeypatch):
    """Without the practitioners' lock both look before either has written."""
    world, same = World(), closing._same
    both_have_looked = threading.Barrier(2)

    def look(closure: Closure):
        found = list(same(closure))
        both_have_looked.wait()
        return same(closure).filter(pk__in=[row.pk for row in found])

    if not is_locked:
        monkeypatch.setattr(calendar, "lock_practitioners", lambda *_: None)
        monkeypatch.setattr(closing, "_same", look)
    at_once([lambda: close(world)] * 2)
    assert Closure.objects.count() == (1 if is_locked else 2)


@pytest.mark.parametrize("scope", ["location", "practitioner"])
def test_it_ends_only_times_of_that_place_or_person(scope):
    world = World()
    slot = world.slot()
    close(world, **{scope: getattr(factories, scope)(world.clinic)})
    slot.refresh_from_db()
    assert slot.is_live
    close(world, **{scope: getattr(world, scope)})
    slot.refresh_from_db()
    assert slot.closed_because == "closure"


def test_visits_under_it_stay_until_they_are_cancelled_all_at_once_and_are_never_refilled():
    world = World()
    visits = [world.appointment(NOW + timedelta(hours=hours)) for hours in (30, 32, 34)]
    world.appointment(NOW + 9 * DAY)
    closure = close(world)
    assert list(closing.booked_under(closure, now=NOW)) == visits
    assert closing.coming(world.clinic, now=NOW).get().booked == 3
    assert closing.cancel_booked(closure, now=NOW) == 3
    assert closing.cancel_booked(closure, now=NOW) == 0
    assert set(Slot.objects.values_list("state", "closed_because")) == {("withdrawn", "closure")}
    assert Entry.objects.filter(verb="appointment.cancelled").count() == 3
    assert work.due(now=NOW + DAY, limit=9) == []


def test_removing_it_opens_nothing_but_the_next_cancellation_is_refilled():
    world = World()
    slot = world.slot()
    closure = close(world)
    closing.reopen(closure, now=NOW)
    closing.reopen(closure, now=NOW)  # somebody was first
    slot.refresh_from_db()
    assert not slot.is_live and not Closure.objects.exists()
    assert schedule.cancel(world.appointment().pk, reason="", by=CancelledBy.CLINIC, now=NOW).slot.is_live


def test_a_closure_that_cannot_be_is_refused_by_the_act_and_by_the_database():
    world = World()
    for fields, name in (({"ends_at": NOW}, "Until"), ({"reason": ""}, "reason")):
        with pytest.raises(ValidationError, match=name):
            close(world, **fields)
    row = {"clinic": world.clinic, "starts_at": NOW, "ends_at": NOW + DAY, "reason": "x"}
    for wrong in ({"ends_at": NOW}, {"reason": ""}, {"holiday": THANKSGIVING}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Closure.objects.create(**{**row, **wrong})


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_locked", [True, False])
def test_what_is_freed_while_it_closes_is_not_left_open(is_locked, monkeypatch):
    """Without the practitioners' lock the slot that is just being opened is missed: the sweep would have to find it."""
    world = World()
    visit = world.appointment()
    free, seen = schedule.vacate, []

    def slow(*args, **kwargs):  # it has looked for closures, and not committed yet
        slot = free(*args, **kwargs)
        if not is_locked:
            monkeypatch.setattr(calendar, "lock_practitioners", lambda *ids: None)
        seen.append(at_once([lambda: _try_close(world)]))
        return slot

    monkeypatch.setattr(schedule, "vacate", slow)
    slot = schedule.cancel(visit.pk, reason="", by=CancelledBy.CLINIC, now=NOW).slot
    slot.refresh_from_db()
    if is_locked:  # the closing had to wait, here until its lock timed out, and finds the slot when it is tried again
        assert seen == [["LockNotAvailable"]]
        monkeypatch.undo()
        close(world)
        slot.refresh_from_db()
        assert slot.closed_because == "closure"
    else:
        assert seen == [["closed"]] and slot.is_live


def _try_close(world: World) -> str:
    close(world)
    return "closed"


# Public holidays


def keep(world: World, **fields: object) -> int:
    start = {"country": "US", "closes_on_holidays": True, "mass_cancellation_count": 4}
    return keeping.keep_holidays(world.clinic, now=NOW, **{**start, **fields})


def test_public_holidays_close_for_twelve_months_once_and_by_the_locations_own_day():
    world = World()
    count = keep(world)
    rows = Closure.objects.filter(holiday__isnull=False)
    assert count == rows.count() > 9
    first = rows.get(holiday=THANKSGIVING)
    here = ZoneInfo("America/Los_Angeles")
    assert (first.starts_at, first.ends_at) == tuple(datetime(2026, 11, day, tzinfo=here) for day in (26, 27))
    assert (first.location, first.reason) == (world.location, "Thanksgiving Day")
    assert keep(world) == 0 and keeping.refresh_holidays(world.clinic, now=NOW) == 0
    visit = world.appointment(datetime(2026, 11, 26, 20, tzinfo=UTC))
    slot = schedule.cancel(visit.pk, reason="", by=CancelledBy.CLINIC, now=NOW).slot
    assert (slot.state, slot.closed_because) == ("withdrawn", "closure")
    with pytest.raises(Refused, match="Thanksgiving"):
        vacancies.open_by_hand(world.clinic, Time.of(visit), now=NOW)
    assert desk.closes_at(world.location, visit.starts_at) is None


def test_a_holiday_staff_work_stays_open_and_is_not_closed_again():
    world = World()
    keep(world)
    assert keeping.keep_holiday(world.location, THANKSGIVING, is_closed=False, now=NOW)
    assert not keeping.keep_holiday(world.location, THANKSGIVING, is_closed=False, now=NOW)
    assert keeping.refresh_holidays(world.clinic, now=NOW + timedelta(hours=1)) == 0
    assert not Closure.objects.filter(holiday=THANKSGIVING).exists()
    assert keeping.keep_holiday(world.location, THANKSGIVING, is_closed=True, now=NOW)
    assert Closure.objects.filter(holiday=THANKSGIVING).count() == 1 and not WorkedHoliday.objects.exists()
    closing.reopen(Closure.objects.get(holiday=THANKSGIVING), now=NOW)  # from the list of closures: the same
    assert keeping.refresh_holidays(world.clinic, now=NOW) == 0


def test_day_by_day_only_what_staff_say_closes():
    world = World()
    assert keep(world, closes_on_holidays=False) == 0
    assert keeping.keep_holiday(world.location, THANKSGIVING, is_closed=True, now=NOW)
    assert not keeping.keep_holiday(world.location, date(2026, 11, 24), is_closed=True, now=NOW)  # is none
    assert list(Closure.objects.values_list("holiday", flat=True)) == [THANKSGIVING]


def test_the_next_years_follow_by_themselves():
    world = World()
    keep(world)
    later = NOW + timedelta(days=40)
    assert keeping.refresh_holidays(world.clinic, now=later) > 0
    assert Closure.objects.filter(holiday=date(2027, 12, 25)).count() == 1


def test_another_country_opens_what_is_no_holiday_there():
    world = World()
    keep(world)
    keep(world, country="CA")
    days = set(Closure.objects.values_list("holiday", flat=True))
    assert THANKSGIVING not in days and date(2027, 7, 1) in days


def test_two_locations_of_different_states():
    world = World()
    texas = factories.location(world.clinic, state="TX", timezone="America/Chicago")
    keep(world)
    independence = date(2027, 3, 2)  # of Texas
    assert Closure.objects.filter(holiday=independence).get().location == texas
    assert Closure.objects.filter(holiday=THANKSGIVING, location=texas).get().starts_at.hour == 6


def test_an_unknown_region_falls_back_to_the_country_and_an_unknown_country_has_none():
    first, last = date(2026, 1, 1), date(2026, 12, 31)
    assert holidays.between("US", "ZZ", first, last) == holidays.between("US", "", first, last)
    assert holidays.between("US", "CA", first, last) != holidays.between("US", "", first, last)
    assert holidays.between("QQ", "", first, last) == {}
    assert ("US", "United States") in holidays.countries()


@pytest.mark.parametrize("country", ["us", "USA", "", "1!"])
def test_a_country_that_is_no_code_is_refused_by_the_act_and_by_the_database(country):
    world = World()
    with pytest.raises(ValidationError) as caught:
        keep(world, country=country)
    assert "country" in caught.value.message_dict
    with pytest.raises((IntegrityError, DataError)), transaction.atomic():
        type(world.clinic).objects.filter(pk=world.clinic.pk).update(country=country)


@pytest.mark.alone
@pytest.mark.django_db(transaction=True)
def test_refreshed_twice_at_once_each_day_closes_once():
    world = World()
    world.clinic.closes_on_holidays = True
    world.clinic.save()
    counts = at_once([lambda: keeping.refresh_holidays(world.clinic, now=NOW)] * 3)
    assert sorted(counts)[:2] == [0, 0] and sorted(counts)[2] == Closure.objects.count() > 9
