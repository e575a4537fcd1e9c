"""Who came and who did not: marked once begun, counted from what was told, and the tier follows."""

from datetime import timedelta

import pytest

from tests import factories
from tests.at_once import at_once, without_locks
from tests.factories import NOW, World
from tests.recorded import everything_recorded
from waitlist import attendance, figures, people, roster
from waitlist.models import Appointment, Patient
from waitlist.people import Person
from waitlist.states import AppointmentStatus, Tier

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)
CAME, MISSED = AppointmentStatus.FULFILLED, AppointmentStatus.NOSHOW
DAY = timedelta(days=1)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def ana(world) -> Patient:
    return factories.patient(world.clinic)


def past(world: World, who: Patient, days: float = 1, **fields) -> Appointment:
    return world.appointment(NOW - days * DAY, patient=who, **fields)


def counted(who: Patient) -> tuple[int, int, int]:
    return Patient.objects.values_list("visits", "past_visits", "show_rate").get(pk=who.pk)


@committed
def test_who_came_and_who_did_not_is_recorded_and_counts(world, ana):
    visits = [past(world, ana, days) for days in (1, 2, 3)]
    with everything_recorded() as changed:
        assert attendance.mark(visits[0].pk, CAME, now=NOW)
        assert attendance.mark(visits[1].pk, MISSED, now=NOW)
        assert attendance.mark(visits[2].pk, CAME, now=NOW)
    assert "waitlist_appointment" in changed
    assert counted(ana) == (2, 3, 67)


def test_the_last_word_counts_and_said_twice_is_said_once(world, ana):
    visit = past(world, ana)
    assert attendance.mark(visit.pk, MISSED, now=NOW)
    assert not attendance.mark(visit.pk, MISSED, now=NOW)
    assert counted(ana) == (0, 1, 0)
    assert attendance.mark(visit.pk, CAME, now=NOW)
    assert counted(ana) == (1, 1, 100)


@pytest.mark.parametrize("fields", [{"days": -1}, {"status": "cancelled"}])
def test_not_before_it_has_begun_and_not_once_it_is_off(world, ana, fields):
    visit = past(world, ana, **fields)
    assert not attendance.mark(visit.pk, CAME, now=NOW)
    assert counted(ana) == (0, 0, 100)


def test_an_older_word_of_the_calendar_changes_nothing(world, ana):
    visit = past(world, ana, version=5)
    assert not attendance.mark(visit.pk, MISSED, version=4, now=NOW)
    assert attendance.mark(visit.pk, MISSED, version=5, now=NOW)


def test_figures_we_were_told_are_the_beginning(world):
    told = Person(first_name="Ana", external_id="P-1", visits=5, past_visits=9, show_rate=100)
    ana = people.meet(world.clinic, told, now=NOW - 10 * DAY)
    attendance.mark(past(world, ana, 20).pk, MISSED, now=NOW)
    assert counted(ana) == (5, 9, 100), "before they told us: they had counted it"
    attendance.mark(past(world, ana, 2).pk, MISSED, now=NOW)
    assert counted(ana) == (5, 10, 90)
    people.meet(world.clinic, Person(first_name="Ana", external_id="P-1", past_visits=20, show_rate=50), now=NOW)
    assert counted(ana) == (5, 20, 50), "their newest word"
    figures.refresh(world.clinic.pk, now=NOW)
    assert counted(ana) == (5, 20, 50)


def test_who_has_no_history_here_keeps_the_figures_told(world):
    ana = factories.patient(world.clinic, visits=7, past_visits=8, show_rate=75)
    past(world, ana)
    assert figures.refresh(world.clinic.pk, now=NOW) == 0
    assert counted(ana) == (7, 8, 75)


def test_a_year_later_a_visit_is_none_of_the_last_twelve_months(world):
    ana = people.meet(world.clinic, Person(first_name="Ana", visits=3, past_visits=3), now=NOW - 370 * DAY)
    attendance.mark(past(world, ana, 369).pk, CAME, now=NOW)
    assert counted(ana) == (0, 4, 100)
    attendance.mark(past(world, ana, 300).pk, CAME, now=NOW)
    assert counted(ana) == (1, 5, 100)
    roster.refresh(world.clinic, now=NOW + 100 * DAY)
    assert counted(ana) == (0, 5, 100)


def test_the_tier_follows_at_once_but_not_one_chosen_by_hand(world):
    def regular(**fields) -> Patient:
        told = {"told_visits": 12, "told_past_visits": 12, "told_at": NOW - 30 * DAY}
        return factories.patient(
            world.clinic, visits=12, past_visits=12, tier=Tier.PLATINUM, **told, **fields
        )

    by_rule = regular()
    by_hand = regular(tier_reason="a friend", tier_set_by=factories.user(world.clinic), tier_set_at=NOW)
    for days, who in enumerate((by_rule, by_hand), 1):
        for hours in (3, 6):
            attendance.mark(past(world, who, days + hours / 24).pk, MISSED, now=NOW)
        assert counted(who) == (12, 14, 86)
    assert [Patient.objects.get(pk=who.pk).tier for who in (by_rule, by_hand)] == [Tier.GOLD, Tier.PLATINUM]


def test_fewer_than_three_past_visits_say_nothing_of_the_show_rate(world):
    ana = factories.patient(world.clinic, spend_cents=500_000, tier=Tier.PLATINUM)
    for days, tier in ((1, Tier.PLATINUM), (2, Tier.PLATINUM), (3, Tier.GOLD)):
        attendance.mark(past(world, ana, days).pk, MISSED, now=NOW)
        assert Patient.objects.get(pk=ana.pk).tier == tier


def test_another_clinics_patients_are_not_counted(world, ana):
    other = World()
    attendance.mark(past(world, ana).pk, MISSED, now=NOW)
    Patient.objects.filter(pk=ana.pk).update(show_rate=100)
    assert figures.refresh(other.clinic.pk, now=NOW) == 0
    assert figures.refresh(world.clinic.pk, now=NOW) == 1


def both_say(world: World, ana: Patient) -> list:
    visit = past(world, ana)
    return at_once([lambda: attendance.mark(visit.pk, CAME, now=NOW)] * 4)


@committed
def test_said_by_several_at_once_it_is_said_once(world, ana):
    assert sorted(both_say(world, ana)) == [False, False, False, True]
    assert counted(ana) == (1, 1, 100)


@committed
def test_control_even_without_locks_the_row_itself_decides(world, ana, monkeypatch):
    without_locks(monkeypatch)
    assert both_say(world, ana).count(True) == 1


@committed
def test_control_without_the_compare_and_swap_all_say_it(world, ana, monkeypatch):
    without_locks(monkeypatch)
    anything = {key: set(AppointmentStatus) for key in AppointmentStatus}
    monkeypatch.setattr("waitlist.visits.APPOINTMENT_MOVES", anything)
    assert both_say(world, ana).count(True) > 1


@committed
def test_two_visits_of_one_patient_marked_at_once_both_count(world, ana):
    visits = [past(world, ana, days) for days in (1, 2, 3, 4)]
    at_once([lambda visit=visit: attendance.mark(visit.pk, CAME, now=NOW) for visit in visits])
    assert counted(ana) == (4, 4, 100)
