"""Waiting for an earlier time than a visit held: at the desk, and by the clinic's own rule."""

from datetime import timedelta

import pytest

from matching.choosing import ranking
from tests import factories
from tests.factories import NOW, World
from tests.recorded import everything_recorded
from waitlist import earlier, roster
from waitlist.models import Appointment, WaitlistEntry
from waitlist.states import Origin
from waitlist.vacancies import Refused

FAR = NOW + timedelta(days=20)


def visit(world: World, starts_at=FAR, **fields) -> Appointment:
    patient = fields.pop("patient", None) or factories.patient(world.clinic)
    return world.appointment(starts_at, patient=patient, **fields)


def wait(held: Appointment, only_with: bool = True, now=NOW) -> tuple[WaitlistEntry, bool]:
    return earlier.wait(held.pk, said_by="themselves", only_with=only_with, notice_minutes=None, now=now)


@pytest.mark.django_db
def test_they_wait_for_times_before_their_visit_and_no_others():
    world = World()
    held = visit(world)
    entry, is_new = wait(held)
    assert (is_new, entry.services, entry.practitioners) == (True, [world.service.pk], [world.practitioner.pk])
    entry.refresh_from_db()
    assert entry.later_visit == held and not entry.is_automatic
    assert ranking.why(world.slot(), entry, now=NOW).eligible
    assert ranking.why(world.slot(FAR + timedelta(days=1)), entry, now=NOW).filter == "not_earlier"


@pytest.mark.django_db
def test_a_wish_they_have_already_becomes_one_for_an_earlier_time():
    world = World()
    held = visit(world)
    mine = world.entry(held.patient)
    assert wait(held) == (mine, False)
    mine.refresh_from_db()
    assert mine.later_visit == held


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda v: Appointment.objects.filter(pk=v.pk).update(status="cancelled"), "not booked any more"),
        (lambda v: Appointment.objects.filter(pk=v.pk).update(patient=None), "names no patient"),
        (lambda v: v.patient.contact_points.update(granted=[]), "record their consent first"),
        (lambda v: v.patient.contact_points.update(sms_capability="no"), "record their consent first"),
    ],
)
def test_it_is_refused_with_the_reason(spoil, words):
    held = visit(World())
    spoil(held)
    with pytest.raises(Refused, match=words):
        wait(held)
    assert not WaitlistEntry.objects.exists()


@pytest.mark.django_db
def test_by_the_rule_each_far_visit_joins_once_and_only_with_consent():
    world = World(earlier_from_days=7)
    held, soon = visit(world), visit(world, NOW + timedelta(days=2))
    silent = visit(world, FAR + timedelta(days=1), patient=factories.patient(world.clinic, phone=None))
    waits = world.entry(visit(world, FAR + timedelta(days=2)).patient)
    roster.refresh(world.clinic, now=NOW)
    (entry,) = WaitlistEntry.objects.exclude(pk=waits.pk)
    assert (entry.later_visit, entry.is_automatic, entry.patient) == (held, True, held.patient)
    roster.remove(entry.pk, now=NOW)
    roster.refresh(world.clinic, now=NOW)
    assert WaitlistEntry.objects.count() == 2
    assert {soon.patient_id, silent.patient_id}.isdisjoint(WaitlistEntry.objects.values_list("patient_id", flat=True))


@pytest.mark.django_db
def test_without_the_rule_nobody_joins():
    world = World()
    visit(world)
    roster.refresh(world.clinic, now=NOW)
    assert not WaitlistEntry.objects.exists()


@pytest.mark.django_db
def test_when_the_visit_has_come_nobody_waits_for_it_any_more():
    world = World()
    entry, _ = wait(visit(world))
    roster.refresh(world.clinic, now=FAR + timedelta(minutes=1))
    entry.refresh_from_db()
    assert entry.status == "removed"


@pytest.mark.django_db(transaction=True)
def test_all_of_it_is_in_the_trail():
    world = World(earlier_from_days=7)
    by_hand, _ = visit(world), visit(world, FAR + timedelta(days=1))
    with everything_recorded():
        wait(by_hand)
        earlier.set_rule(world.clinic, 10, now=NOW)
        roster.refresh(world.clinic, now=NOW)
    assert WaitlistEntry.objects.filter(is_automatic=True).count() == 1


@pytest.mark.django_db
def test_what_the_rule_does_in_counts_before_it_is_set_and_after():
    world = World()
    visit(world)
    visit(world, FAR + timedelta(days=1), patient=factories.patient(world.clinic, phone=None))
    visit(world, NOW + timedelta(days=2))
    world.appointment(FAR + timedelta(days=2), patient=None)
    visit(World())
    assert earlier.outlook(world.clinic, now=NOW) == earlier.Outlook(14, visits=2, waiting=0, due=1, silent=1)
    earlier.set_rule(world.clinic, 7, now=NOW)
    world.clinic.refresh_from_db()
    roster.refresh(world.clinic, now=NOW)
    assert earlier.outlook(world.clinic, now=NOW) == earlier.Outlook(7, visits=2, waiting=1, due=0, silent=1)
    assert WaitlistEntry.objects.get().origin == Origin.RULE
