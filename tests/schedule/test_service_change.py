"""Another service at a booked time: priced anew, told to patient and calendar, refused where it does not fit."""

from datetime import timedelta

import pytest

from audit.models import Entry
from matching import claims
from matching.claims import Claim
from matching.models import Offer
from notifications import outbox
from notifications.channels import webhook
from notifications.models import Message
from tests import factories
from tests.at_once import at_once
from tests.factories import NOW, World
from tests.recorded import everything_recorded
from waitlist import schedule, service_change, writebacks
from waitlist.models import Appointment, Slot, Writeback
from waitlist.states import CancelledBy
from waitlist.vacancies import Refused


def booked(world: World) -> tuple[Offer, Appointment]:
    offer = world.offer(world.slot())
    outbox.enqueue_offers(offer.slot, [(offer, [way(offer)])], now=NOW)
    assert claims.claim(offer.pk, via="link", now=NOW) == Claim.BOOKED
    return offer, Appointment.objects.get(filled_slot=offer.slot)


def way(offer: Offer) -> outbox.Route:
    return outbox.Route(offer.patient.contact_points.get().pk, "sms", NOW)


@pytest.mark.django_db
def test_it_has_the_new_price_and_the_same_time_and_both_hear_of_it():
    world = World()
    _, visit = booked(world)
    facial = factories.service(world.clinic, minutes=30, price_cents=28000)
    service_change.change(visit.pk, facial.pk, now=NOW)
    after = Appointment.objects.get(pk=visit.pk)
    assert (after.service, after.price_cents, after.ends_at) == (facial, 28000, visit.ends_at)
    told = Message.objects.get(kind="changed")
    assert (told.appointment, told.channel, told.context["service"]) == (visit, "sms", facial.name)
    line = Entry.objects.get(verb="appointment.service_changed")
    assert line.changes == {"service": [world.service.pk, facial.pk], "price_cents": [32000, 28000]}
    assert Writeback.objects.get().status == "task"
    assert not Slot.objects.exclude(filled_by=visit).exists()


@pytest.mark.django_db
def test_changed_and_changed_back_is_told_twice():
    world = World()
    _, visit = booked(world)
    facial = factories.service(world.clinic, minutes=30)
    service_change.change(visit.pk, facial.pk, now=NOW)
    service_change.change(visit.pk, world.service.pk, now=NOW)
    assert Message.objects.filter(kind="changed").count() == 2
    service_change.change(visit.pk, world.service.pk, now=NOW)  # what it is already
    assert Message.objects.filter(kind="changed").count() == 2


@pytest.mark.django_db
def test_the_calendar_hears_the_new_facts_even_if_the_first_word_is_on_its_way():
    world = World()
    world.connection(writeback_url="https://calendar.example/hook")
    _, visit = booked(world)
    Message.objects.filter(kind="writeback").update(status="sending")
    facial = factories.service(world.clinic, minutes=30)
    service_change.change(visit.pk, facial.pk, now=NOW)
    new = Message.objects.get(kind="writeback", status="pending")
    assert webhook.payload(new.writeback, now=NOW)["data"]["service"] == facial.name


@pytest.mark.django_db
def test_a_calendar_that_refuses_the_change_takes_no_visit_away():
    world = World()
    world.connection(writeback_url="https://calendar.example/hook")
    _, visit = booked(world)
    writebacks.confirm(Writeback.objects.get(), now=NOW)
    service_change.change(visit.pk, factories.service(world.clinic, minutes=30).pk, now=NOW)
    owed = Writeback.objects.get()
    assert owed.status == "queued"
    assert not writebacks.conflict(owed, "taken", now=NOW)
    owed.refresh_from_db()
    assert (owed.status, owed.detail) == ("task", writebacks.CHANGED)


@pytest.mark.django_db
def test_too_long_or_not_ours_or_too_late_is_refused_with_the_reason():
    world = World()
    _, visit = booked(world)
    filler = factories.service(world.clinic, name="Filler", minutes=60)
    with pytest.raises(Refused, match="Filler, 60 min, does not fit: 45 minutes are free"):
        service_change.change(visit.pk, filler.pk, now=NOW)
    with pytest.raises(Refused, match="not offered here"):
        service_change.change(visit.pk, World().service.pk, now=NOW)
    fits = factories.service(world.clinic, minutes=30)
    with pytest.raises(Refused, match="not booked any more"):
        service_change.change(visit.pk, fits.pk, now=visit.starts_at)
    schedule.cancel(visit.pk, reason="", by=CancelledBy.CLINIC, now=NOW)
    with pytest.raises(Refused, match="not booked any more"):
        service_change.change(visit.pk, fits.pk, now=NOW)


@pytest.mark.django_db
def test_what_can_stand_in_comes_first_and_what_does_not_fit_last():
    world = World()
    _, visit = booked(world)
    names = [("A", 30), ("B", 90), ("C", 45)]
    made = {name: factories.service(world.clinic, name=name, minutes=minutes) for name, minutes in names}
    world.service.compatible.add(made["C"])
    found = service_change.choices(visit)
    assert [one.service.name for one in found] == ["C", "A", "B"]
    assert [bool(one.refused) for one in found] == [False, False, True]


@pytest.mark.django_db
def test_a_day_after_the_yes_it_is_over_for_the_patient_and_at_the_start_for_all():
    _, visit = booked(World())
    slot = Slot.objects.get(filled_by=visit)
    assert service_change.ends_at(slot) == NOW + timedelta(hours=24)
    slot.known_at = NOW + timedelta(hours=2)  # a reserve who hears of it in the morning
    assert service_change.ends_at(slot) == NOW + timedelta(hours=26)
    slot.known_at = slot.starts_at - timedelta(hours=1)
    assert service_change.ends_at(slot) == slot.starts_at


@pytest.mark.django_db(transaction=True)
def test_it_is_in_the_trail():
    world = World()
    _, visit = booked(world)
    facial = factories.service(world.clinic, minutes=30)
    with everything_recorded():
        service_change.change(visit.pk, facial.pk, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_changed_and_cancelled_at_once_nobody_is_told_of_a_visit_that_is_gone():
    for _ in range(4):
        world = World()
        _, visit = booked(world)
        facial = factories.service(world.clinic, minutes=30)
        found = at_once(
            [
                lambda v=visit, s=facial: changed(v, s),
                lambda v=visit: schedule.cancel(v.pk, reason="", by=CancelledBy.CLINIC, now=NOW).outcome,
            ]
        )
        visit.refresh_from_db()
        assert (visit.status, found[1]) == ("cancelled", "done")
        assert visit.service == (facial if found[0] == "changed" else world.service)


def changed(visit: Appointment, service) -> str:
    try:
        service_change.change(visit.pk, service.pk, now=NOW)
    except Refused:
        return "refused"
    return "changed"


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_a_cancelled_visit_is_changed_and_told(monkeypatch):
    """The design that looks, and then writes what it saw."""
    world = World()
    _, visit = booked(world)
    facial = factories.service(world.clinic, minutes=30)
    in_between = lambda v, s: at_once([lambda: schedule.cancel(v.pk, reason="", by="clinic", now=NOW).outcome]) and ""  # noqa: E731
    monkeypatch.setattr(service_change, "too_long", in_between)
    monkeypatch.setattr(type(Appointment.objects.all()), "select_for_update", lambda rows, **options: rows)
    assert changed(visit, facial) == "changed"
    assert Appointment.objects.get(pk=visit.pk).status == "cancelled"
