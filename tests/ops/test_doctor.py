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
from notifications.models import InboundMessage, Message
from ops import doctor, tasks
from ops.doctor import work
from tests import factories
from tests.factories import NOW, World
from waitlist import schedule
from waitlist.models import Clinic, InboundEvent, Slot, WaitlistEntry, Writeback
from waitlist.states import CancelledBy, Role

pytestmark = pytest.mark.django_db
SOON = NOW + timedelta(minutes=2)
LONG_AGO = NOW - timedelta(days=1)
AN_HOUR_ON = NOW + timedelta(hours=1)


def names(world: World, *, now: datetime = SOON) -> list[str]:
    return [violation.name for violation in doctor.examine(world.clinic, now=now)]


def asked(world: World, slot: Slot | None = None, **fields: object) -> Offer:
    """Somebody who is asked for a time and was told."""
    slot = slot or world.slot(state="offering", wave=1, next_wave_at=NOW + timedelta(hours=1))
    offer = world.offer(slot, **fields)
    message(world, offer=offer, slot=offer.slot, patient=offer.patient, status="delivered")
    return offer


def message(world: World, **fields: object) -> Message:
    return Message.objects.create(
        **{
            "clinic": world.clinic,
            "kind": "offer",
            "channel": "sms",
            "contact_point": factories.patient(world.clinic).contact_points.get(),
            "dedupe_key": f"doctor:{Message.objects.count()}",
            "next_attempt_at": NOW,
            "created_at": NOW,
            **fields,
        }
    )


def booked(world: World, offer: Offer | None = None) -> Offer:
    """Somebody who said yes and has the time, which the calendar knows."""
    offer = offer or asked(world)
    visit = world.appointment(offer.slot.starts_at, patient=offer.patient)
    owe(world, visit, "confirmed")
    Slot.objects.filter(pk=offer.slot_id).update(state="filled", filled_by=visit, filled_at=NOW, next_wave_at=None)
    Offer.objects.filter(pk=offer.pk).update(state="accepted", answered_at=NOW)
    WaitlistEntry.objects.filter(pk=offer.entry_id).update(status="booked")
    offer.refresh_from_db()
    return offer


def owe(world: World, visit: object, status: str, **fields: object) -> Writeback:
    dates = {"created_at": NOW, "updated_at": NOW}
    row = {"clinic": world.clinic, "appointment": visit, "kind": "booked", "status": status, **dates, **fields}
    return Writeback.objects.create(**row)


def event(world: World, **fields: object) -> InboundEvent:
    row = {"connection": world.connection(), "event_key": "1", "payload": {}, "received_at": LONG_AGO, **fields}
    return InboundEvent.objects.create(**row)


# One way each to break a promise, by rows alone.


def offered_though_booked(world: World) -> str:
    world.appointment(asked(world).slot.starts_at)
    return "slot"


def given_up(world: World) -> str:
    offer = booked(world)
    type(offer.slot.filled_by).objects.filter(pk=offer.slot.filled_by_id).update(status="cancelled")
    return "slot"


def moved_away(world: World) -> str:
    visit = booked(world).slot.filled_by
    hours = timedelta(hours=5)
    type(visit).objects.filter(pk=visit.pk).update(starts_at=visit.starts_at + hours, ends_at=visit.ends_at + hours)
    return "slot"


def filled_unasked(world: World) -> str:
    offer = booked(world)
    Offer.objects.filter(pk=offer.pk).update(state="returned")
    WaitlistEntry.objects.filter(pk=offer.entry_id).update(status="active")
    return "slot"


def yes_for_nothing(world: World) -> str:
    Offer.objects.filter(pk=asked(world).pk).update(state="accepted")
    Slot.objects.update(state="expired", next_wave_at=None)
    return "offer"


def yes_of_another(world: World) -> str:
    visit = booked(world).slot.filled_by
    type(visit).objects.filter(pk=visit.pk).update(patient=factories.patient(world.clinic))
    return "offer"


def still_asked(world: World) -> str:
    asked(world)
    Slot.objects.update(state="withdrawn", next_wave_at=None)
    return "offer"


def never_told(world: World) -> str:
    asked(world)
    Message.objects.all().delete()
    return "offer"


def booked_by_nothing(world: World) -> str:
    world.entry(status="booked")
    return "entry"


def waits_on(world: World) -> str:
    WaitlistEntry.objects.filter(pk=booked(world).entry_id).update(status="active")
    return "entry"


def twice(world: World) -> str:
    entry = booked(world).entry
    later = world.slot(NOW + timedelta(hours=40), state="offering", wave=1)
    booked(world, world.offer(later, entry))
    return "entry"


def calendar_left_out(world: World) -> str:
    booked(world)
    Writeback.objects.all().delete()
    return "slot"


def of_another_clinic(world: World) -> str:
    Offer.objects.filter(pk=asked(world).pk).update(patient=World().entry().patient)
    return "offer"


def stuck(world: World) -> str:
    world.slot(next_wave_at=NOW - timedelta(minutes=10))
    return "slot"


def stuck_with_nobody(world: World) -> str:
    Offer.objects.filter(pk=asked(world).pk).update(state="declined", answered_at=NOW - timedelta(minutes=10))
    return "slot"


def stuck_past_its_start(world: World) -> str:
    world.slot(NOW - timedelta(hours=1), next_wave_at=None)
    return "slot"


def stuck_offer(world: World) -> str:
    Offer.objects.filter(pk=asked(world).pk).update(expires_at=NOW - timedelta(minutes=10))
    return "slot"


def held(world: World) -> str:
    world.slot(state="held", held_by=factories.patient(world.clinic), held_until=LONG_AGO)
    return "slot"


def unsent(world: World) -> str:
    message(world, next_attempt_at=LONG_AGO)
    return "message"


def on_its_way_for_ever(world: World) -> str:
    message(world, status="sending", next_attempt_at=LONG_AGO)
    return "message"


def unknown(world: World) -> str:
    message(world, status="unknown", created_at=LONG_AGO, next_attempt_at=SOON)
    return "message"


def unheard(world: World) -> str:
    event(world)
    return "event"


def unanswered(world: World) -> str:
    InboundMessage.objects.create(
        clinic=world.clinic,
        contact_point=factories.patient(world.clinic).contact_points.get(),
        channel="sms",
        provider_id="1",
        received_at=LONG_AGO,
    )
    return "reply"


def queued(world: World) -> str:
    owe(world, world.appointment(), "queued", updated_at=LONG_AGO)
    return "writeback"


def undone(world: World) -> str:
    owe(world, world.appointment(), "task", updated_at=NOW - timedelta(days=4))
    return "writeback"


def in_conflict(world: World) -> str:
    owe(world, world.appointment(), "conflict", updated_at=LONG_AGO)
    return "writeback"


BREAKS: list[tuple[str, Callable[[World], str]]] = [
    ("live_slot_over_booked_time", offered_though_booked),
    ("filled_time_given_up_unseen", given_up),
    ("filled_time_given_up_unseen", moved_away),
    ("filled_without_a_yes", filled_unasked),
    ("yes_without_the_time", yes_for_nothing),
    ("yes_without_the_time", yes_of_another),
    ("asked_for_a_time_that_is_over", still_asked),
    ("asked_and_never_told", never_told),
    ("booked_wish_without_a_yes", booked_by_nothing),
    ("waiting_though_booked", waits_on),
    ("one_wish_booked_twice", twice),
    ("booking_the_calendar_was_never_owed", calendar_left_out),
    ("offer_across_clinics", of_another_clinic),
    ("stuck_slot", stuck),
    ("stuck_slot", stuck_with_nobody),
    ("stuck_slot", stuck_past_its_start),
    ("stuck_slot", stuck_offer),
    ("hold_that_never_ends", held),
    ("message_not_sent", unsent),
    ("message_not_sent", on_its_way_for_ever),
    ("message_nobody_knows_of", unknown),
    ("event_not_applied", unheard),
    ("reply_not_handled", unanswered),
    ("calendar_not_told", queued),
    ("task_left_undone", undone),
    ("conflict_without_apology", in_conflict),
]


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
