"""The doctor: a clinic that is well hears nothing, and each thing that can go wrong is named, it and nothing else."""

from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit import heart, seal, trail
from audit.models import AuditSeal, Checkup
from config.celery import app
from matching import cascade, claims, returns
from matching.answering import reserves
from matching.models import Offer
from matching.states import Reserve
from notifications import outages, outbox
from notifications.models import Message
from ops import doctor, tasks
from ops.doctor import work
from tests import factories
from tests.factories import NOW, World
from tests.ops.breaks import BREAKS, LONG_AGO, SOON, asked, booked, unsent
from waitlist import schedule
from waitlist.models import Clinic, Slot, WaitlistEntry, Writeback
from waitlist.states import CancelledBy, Role

pytestmark = pytest.mark.django_db
AN_HOUR_ON = NOW + timedelta(hours=1)


def names(world: World, *, now: datetime = SOON) -> list[str]:
    return [violation.name for violation in doctor.examine(world.clinic, now=now)]


@pytest.fixture
def world() -> World:
    return World(is_open_any_hour=True)


@pytest.mark.parametrize(("name", "broken"), BREAKS, ids=lambda value: getattr(value, "__name__", value))
def test_what_is_broken_is_named_and_nothing_else(world: World, name: str, broken: Callable[[World], str]):
    row = broken(world)
    found = doctor.examine(world.clinic, now=SOON)
    assert [violation.name for violation in found] == [name]
    assert found[0].found.row.startswith(f"{row} ")
    assert found[0].found.sentence.endswith(".") and found[0].remedy.endswith(".")


def test_every_check_has_its_break():
    assert {name for name, _ in BREAKS} == {check.name for check in doctor.CHECKS}


@pytest.mark.parametrize(("name", "broken"), BREAKS, ids=lambda value: getattr(value, "__name__", value))
def test_another_clinic_hears_nothing_of_it(world: World, name: str, broken: Callable[[World], str]):
    other = World()
    broken(world)
    assert names(other) == []


@pytest.mark.parametrize("make", [asked, booked])
def test_what_is_in_order_is_not_named(world: World, make: Callable[[World], Offer]):
    make(world)
    assert names(world) == []


@pytest.mark.parametrize("keeps_place", [True, False])
def test_a_visit_that_was_won_and_given_up_is_in_order(world: World, keeps_place: bool):
    """Its slot stays filled by it, and whoever wants no other is off the list."""
    offer = booked(world)
    visit = Slot.objects.get(pk=offer.slot_id).filled_by
    assert visit is not None
    by, late = CancelledBy.PATIENT, SOON + timedelta(minutes=15)  # the free minutes are over
    schedule.cancel(visit.pk, reason="ill", by=by, keeps_place=keeps_place, now=late)
    assert WaitlistEntry.objects.get(pk=offer.entry_id).status == ("active" if keeps_place else "removed")
    assert names(world) == []


# States that look like faults and are none: an hour later nothing has moved, and nothing should have.


def won_and_wanted(world: World) -> tuple[Offer, Offer]:
    """Who has the time, and who is in reserve for it."""
    slot = world.slot()
    for _ in range(2):
        world.entry()
    cascade.advance(slot.pk, now=NOW)
    Message.objects.update(status="delivered", sent_at=NOW, delivered_at=NOW)
    winner, second = slot.offers.order_by("pk")
    assert claims.claim(winner.pk, via="link", now=NOW) == "booked"
    assert reserves.keep(second.pk, Reserve.ASK, now=NOW)
    Message.objects.update(status="delivered")
    Writeback.objects.update(status="confirmed")
    return winner, second


def sweep() -> None:
    for slot_id in Slot.objects.order_by("pk").values_list("pk", flat=True):
        cascade.advance(slot_id, now=AN_HOUR_ON)


def a_sick_day(world: World) -> None:
    """Staff are asked what becomes of the day; one time of it has a reserve in line."""
    winner, _ = won_and_wanted(world)
    visits = [world.appointment(NOW + timedelta(hours=24 + n)) for n in range(4)]
    for visit in visits:
        schedule.cancel(visit.pk, reason="", by=CancelledBy.CLINIC, version=1, now=NOW)
    Slot.objects.filter(pk=winner.slot_id).update(freed_by=visits[0])
    assert returns.cancel_in_grace(winner.pk, now=NOW)
    outbox.deliver_due(now=NOW)
    sweep()


def an_outage(world: World) -> None:
    """With a text that waits, a clock that stands still and a reserve in line."""
    winner, _ = won_and_wanted(world)
    slot = world.slot(NOW + timedelta(hours=50), state="offering", wave=1)
    asked(world, slot=slot, expires_at=NOW + timedelta(minutes=30))
    outages.begin("sms", "unreachable", now=NOW)
    Message.objects.filter(slot=slot).update(status="pending")
    assert returns.cancel_in_grace(winner.pk, now=NOW)
    sweep()


def an_outage_just_over(world: World) -> None:
    """No sweep has put the clocks on yet, no worker has got to every text."""
    an_outage(world)
    outages.end("sms", now=AN_HOUR_ON)


def held_for_long(world: World) -> None:
    """All is due but the hold."""
    world.service.details_prompt, world.service.hold_seconds = "Allergies?", 3600
    world.service.save()
    offer = asked(world)
    assert claims.claim(offer.pk, via="link", now=NOW + timedelta(minutes=1)) == "held"
    Offer.objects.filter(pk=offer.pk).update(expires_at=NOW)
    Slot.objects.filter(pk=offer.slot_id).update(next_wave_at=NOW)
    sweep()


def at_night(world: World) -> None:
    """Asked in the evening, told in the morning; and booked as reserve without knowing it yet."""
    Clinic.objects.update(is_open_any_hour=False, send_from_minute=11 * 60)  # and it is ten there
    winner, second = won_and_wanted(world)
    reserves.keep(second.pk, Reserve.BOOK, now=NOW)
    assert returns.cancel_in_grace(winner.pk, now=NOW)
    outbox.deliver_due(now=NOW)
    sweep()


@pytest.mark.parametrize("odd", [a_sick_day, an_outage, an_outage_just_over, held_for_long, at_night])
def test_what_only_looks_odd_is_in_order(world: World, odd: Callable[[World], None]):
    odd(world)
    assert [str(violation) for violation in doctor.examine(world.clinic, now=AN_HOUR_ON)] == []


def test_no_sentence_names_a_patient(world: World):
    who = factories.patient(world.clinic, first_name="Xanthippe", last_name="Quill")
    Offer.objects.filter(pk=asked(world, made_for=world.entry(who)).pk).update(state="accepted")
    (violation,) = doctor.examine(world.clinic, now=SOON)
    assert "Xanthippe" not in str(violation) and "Quill" not in str(violation)


@pytest.mark.django_db(transaction=True)
def test_a_clinic_at_work_is_well_at_every_step():
    world = World(is_open_any_hour=True)
    for _ in range(3):
        world.entry()
    visit = world.appointment(patient=factories.patient(world.clinic))
    slot = schedule.cancel(visit.pk, reason="ill", by=CancelledBy.CLINIC, now=NOW).slot
    assert slot is not None and names(world) == []
    cascade.advance(slot.pk, now=NOW)
    assert names(world) == []
    outbox.deliver_due(now=NOW)
    first = slot.offers.order_by("pk")[0]
    assert claims.claim(first.pk, via="link", now=SOON) == "booked"
    outbox.deliver_due(now=SOON)
    assert names(world) == []
    filled = Slot.objects.get(pk=slot.pk).filled_by
    assert filled is not None
    schedule.cancel(filled.pk, reason="ill again", by="clinic", now=SOON + timedelta(days=1))  # after grace: a new slot
    assert names(world, now=SOON + timedelta(minutes=1)) == []


def test_the_number_of_statements_is_fixed(world: World, django_assert_num_queries):
    """One each, and one for the days the clinic is open."""
    statements = len(doctor.CHECKS) + 1
    with django_assert_num_queries(statements):
        doctor.examine(world.clinic, now=SOON)
    for _ in range(3):
        unsent(world)
        world.entry(status="booked")
    with django_assert_num_queries(statements):
        assert len(doctor.examine(world.clinic, now=SOON)) == 6


@pytest.mark.parametrize(
    ("now", "since"),
    [
        ("2026-11-24 15:00", "2026-11-23 15:00"),  # Tuesday: Monday
        ("2026-11-23 10:00", "2026-11-20 10:00"),  # Monday: Friday
        ("2026-11-22 12:00", "2026-11-20 00:00"),  # Sunday: the whole of Friday
    ],
)
def test_a_working_day_has_no_weekend(world: World, now: str, since: str):
    world.location.open_days = 0b0011111
    world.location.save()
    at = [datetime.fromisoformat(text).replace(tzinfo=world.clinic.zone) for text in (now, since)]
    assert work.a_working_day_before(world.clinic, at[0]) == at[1]


def all_sweeps_ran(now: datetime) -> None:
    for entry in app.conf.beat_schedule.values():
        heart.beat(entry["task"], now=now)


def test_a_sweep_that_is_late_is_named():
    all_sweeps_ran(NOW)
    assert doctor.examine_machine(now=NOW) == []
    heart.beat("matching.tasks.sweep_cascades", now=NOW - timedelta(minutes=10))
    (violation,) = doctor.examine_machine(now=NOW)
    assert (violation.name, violation.found.row) == ("late_heartbeat", "matching.tasks.sweep_cascades")


@pytest.mark.django_db(transaction=True)
def test_a_trail_that_is_not_sealed_any_more_is_named():
    world = World()
    slot = world.slot()
    all_sweeps_ran(NOW)
    trail.record("slot.opened", slot, now=LONG_AGO, clinic_id=world.clinic.pk)
    seal.seal(now=LONG_AGO)
    assert doctor.examine_machine(now=NOW) == []
    trail.record("slot.started", slot, now=LONG_AGO, clinic_id=world.clinic.pk)
    (violation,) = doctor.examine_machine(now=NOW)
    assert violation.name == "trail_not_sealed"
    seal.seal(now=NOW)
    assert AuditSeal.objects.count() == 2
    assert doctor.examine_machine(now=NOW) == []


# The command, the page, the board.


def run_doctor(*arguments: str) -> tuple[str, int]:
    said = StringIO()
    try:
        call_command("doctor", *arguments, stdout=said)
    except SystemExit as end:
        return said.getvalue(), int(str(end.code))
    return said.getvalue(), 0


def test_the_command_says_that_all_is_well_or_what_is_not(world: World):
    all_sweeps_ran(timezone.now())
    said, code = run_doctor()
    checks = len(doctor.CHECKS) + len(doctor.MACHINE)
    assert (said, code) == (f"Everything is as it should be ({checks} checks).\n", 0)
    world.entry(status="booked")
    said, code = run_doctor()
    assert code == 1 and said.startswith(f"{world.clinic.slug}: booked_wish_without_a_yes: entry ")
    assert run_doctor("--clinic", World().clinic.slug)[1] == 0
    with pytest.raises(CommandError, match="--clinic: there is no clinic “nowhere”"):
        run_doctor("--clinic", "nowhere")


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ADMIN, Role.COMPLIANCE])
def test_the_page_shows_the_same(client: Client, world: World, role: Role):
    all_sweeps_ran(timezone.now())
    client.force_login(factories.user(world.clinic, role))
    assert "Everything is as it should be." in client.get(reverse("checks")).content.decode()
    slot_id = world.slot(timezone.now() + timedelta(days=1), next_wave_at=LONG_AGO).pk
    page = client.get(reverse("checks")).content.decode()
    assert "1 thing is not as it should be" in page and "The asking goes on in time" in page
    assert (reverse("slot", args=[slot_id]) in page) == (role != Role.COMPLIANCE)


def test_the_board_says_it_quietly_or_loudly(client: Client, world: World):
    all_sweeps_ran(timezone.now())
    manager, desk = factories.user(world.clinic, Role.MANAGER), factories.user(world.clinic)
    client.force_login(manager)
    assert "Check that everything is as it should be" in client.get("/").content.decode()
    tasks.check_up(world.clinic.pk)
    assert Checkup.objects.get().violations == 0
    assert "everything is as it should be</a>" in client.get("/").content.decode()
    world.entry(status="booked")
    tasks.check_up(world.clinic.pk)
    assert "1 thing is not as it should be" in client.get("/").content.decode()
    client.force_login(desk)
    page = client.get("/").content.decode()
    assert "please tell one" in page and reverse("checks") not in page
