"""Staff look whom it asks before anybody is asked: a cancelled or added time opens paused, in one transaction."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from matching import cascade, halting
from matching.models import Offer
from tests import factories
from tests.at_once import beside
from tests.factories import NOW, World
from tests.matching.steps import step
from tests.recorded import everything_recorded
from waitlist import schedule, vacancies
from waitlist.calendar import Time
from waitlist.models import Appointment, MassCancellation, Slot
from waitlist.states import CancelledBy

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)


def visit(world: World, **fields: object) -> Appointment:
    fields.setdefault("patient", factories.patient(world.clinic))
    return world.appointment(timezone.now() + timedelta(hours=30), **fields)


def only_slot() -> Slot:
    return Slot.objects.get()


@committed
def test_cancelled_to_look_first_nobody_is_asked_until_they_say_so(staff: Client, world: World):
    appointment, waiting = visit(world), world.entry()
    url = reverse("appointment-cancel", args=[appointment.pk])
    assert "Cancel, look first" in staff.get(url).content.decode()
    answer = staff.post(url, {"reason": "patient is ill", "look": "1"})
    slot = only_slot()
    assert answer["Location"] == reverse("slot-dry-run", args=[slot.pk])
    assert (slot.next_wave_at, slot.halted_at is not None, slot.freed_by) == (None, True, appointment)
    page = staff.get(answer["Location"]).content.decode()
    assert "Nobody is asked for the time until you say so." in page and waiting.patient.name in page
    assert cascade.advance(slot.pk, now=timezone.now()) == 0
    assert "paused by hand: nobody is asked until you say so" in staff.get("/").content.decode()
    go = staff.post(answer["Location"], {"shown": waiting.pk, "ask": waiting.pk, "go": "1"}, follow=True)
    assert "Asked 1 person." in go.content.decode()
    slot.refresh_from_db()
    assert (slot.halted_at, slot.offers.get(wave=1).entry) == (None, waiting)


@committed
def test_added_to_look_first(staff: Client, world: World):
    world.entry()
    at = (timezone.now() + timedelta(days=2)).astimezone(world.location.zone).replace(hour=11, minute=0)
    facts = {"service": world.service.pk, "practitioner": world.practitioner.pk, "location": world.location.pk}
    facts |= {"day": at.date().isoformat(), "starts": "11:00", "anyway": "on"}
    assert 'name="look"' in staff.get(reverse("opening-new")).content.decode()
    answer = staff.post(reverse("opening-new"), facts | {"look": "1"})
    slot = only_slot()
    assert answer["Location"] == reverse("slot-dry-run", args=[slot.pk])
    assert (slot.next_wave_at, slot.halted_at is not None) == (None, True)
    assert list(Entry.objects.filter(object_id=slot.pk, verb__startswith="slot.").values_list("verb", flat=True)) == [
        "slot.opened",
        "slot.halted",
    ]


@committed
def test_the_page_counts_down_what_goes_by_itself_and_pauses_it(staff: Client, world: World):
    now = timezone.now()
    slot = world.slot(now + timedelta(hours=60), opened_at=now, next_wave_at=now + timedelta(minutes=5))
    world.entry()
    world.entry()
    address = reverse("slot-dry-run", args=[slot.pk])
    page = staff.get(address).content.decode()
    assert "asks the first people <time" in page and "data-countdown" in page
    assert (page.count("<details>"), page.count("<details open>")) == (1, 1), "the first text is unfolded"
    assert staff.post(reverse("slot-pause", args=[slot.pk]), {"next": address})["Location"] == address
    page = staff.get(address).content.decode()
    assert "paused by hand: nobody is asked until you say so" in page and 'id="pause"' not in page


@committed
def test_what_began_while_they_looked_is_not_hurried_on(staff: Client, world: World):
    now = timezone.now()
    slot = world.slot(now + timedelta(hours=60), opened_at=now, next_wave_at=now)
    wish = world.entry()
    assert cascade.advance(slot.pk, now=now) == 1
    form = {"shown": wish.pk, "ask": wish.pk, "go": "1"}
    page = staff.post(reverse("slot-dry-run", args=[slot.pk]), form, follow=True).content.decode()
    assert "It had begun by itself while you looked" in page
    assert not Entry.objects.filter(verb="slot.started").exists()


@committed
def test_a_day_that_staff_are_asked_about_is_looked_at_afterwards(staff: Client, world: World):
    now = timezone.now()
    slot = world.slot(now + timedelta(hours=60), opened_at=now, freed_by=visit(world, status="cancelled"))
    facts = {"clinic": world.clinic, "practitioner": world.practitioner, "day": slot.starts_at.date()}
    at = {"starts_at": now, "ends_at": now + timedelta(days=4), "noticed_at": now}
    MassCancellation.objects.create(**facts, **at)
    page = staff.get(reverse("slot-dry-run", args=[slot.pk])).content.decode()
    assert "Say first whether to refill them" in page and "Look again" not in page


@committed
def test_where_staff_always_start_it_there_is_nothing_to_pause(client: Client):
    world = World(autopilot="suggest")
    client.force_login(factories.user(world.clinic))
    appointment = visit(world)
    url = reverse("appointment-cancel", args=[appointment.pk])
    assert 'name="look"' not in client.get(url).content.decode()
    client.post(url, {"reason": "patient is ill", "look": "1"})
    assert (only_slot().halted_at, only_slot().next_wave_at) == (None, None)


@committed
def test_kept_empty_there_is_nothing_to_look_at(staff: Client, world: World):
    form = {"reason": "clinic is closed", "look": "1"}
    answer = staff.post(reverse("appointment-cancel", args=[visit(world).pk]), form)
    assert answer["Location"] == "/"
    assert only_slot().state == "withdrawn"


@committed
def test_left_paused_it_goes_on_when_it_is_resumed(world: World):
    world.entry()
    time = Time.of(world.appointment(NOW + timedelta(hours=30), status="cancelled"))
    slot = vacancies.open_by_hand(world.clinic, time, look_first=True, now=NOW)
    assert step(slot, NOW + timedelta(hours=2)) == 0
    assert halting.resume(slot.pk, now=NOW + timedelta(hours=2))
    assert step(slot, NOW + timedelta(hours=2)) == 1


@committed
def test_everything_is_recorded(world: World):
    appointment = world.appointment()
    with everything_recorded() as changed:
        schedule.cancel(appointment.pk, reason="", by=CancelledBy.PATIENT, look_first=True, now=NOW)
    assert "waitlist_slot" in changed


# The sweep at the same moment


def asked_meanwhile(act: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> int:
    """How many the cascade asks that looks at the slot just before the act that opens it commits, and right after."""
    vacate, looks = schedule.vacate, []

    def opened(*args: Any, **kwargs: Any) -> Slot | None:
        freed = vacate(*args, **kwargs)
        looks.append(beside(lambda: cascade.advance(freed.pk, now=NOW)))
        return freed

    monkeypatch.setattr(schedule, "vacate", opened)
    act()
    (before,) = looks
    return before() + cascade.advance(only_slot().pk, now=NOW)


@committed
def test_no_wave_slips_out_before_they_have_looked(world: World, monkeypatch):
    appointment = world.appointment(patient=factories.patient(world.clinic))
    world.entry()

    def cancel() -> None:
        schedule.cancel(appointment.pk, reason="", by=CancelledBy.PATIENT, look_first=True, now=NOW)

    assert asked_meanwhile(cancel, monkeypatch) == 0
    assert not Offer.objects.filter(wave__gt=0).exists()


@committed
def test_control_paused_in_a_transaction_of_its_own_it_comes_too_late(world: World, monkeypatch):
    appointment = world.appointment(patient=factories.patient(world.clinic))
    world.entry()

    def cancel() -> None:
        schedule.cancel(appointment.pk, reason="", by=CancelledBy.PATIENT, now=NOW)

    assert asked_meanwhile(cancel, monkeypatch) == 1
    assert Offer.objects.filter(wave=1).count() == 1
