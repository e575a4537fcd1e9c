"""What else breaks: the clock, and a second beat."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from matching import cascade, claims, work
from matching import tasks as matching_tasks
from matching.models import Offer, SentWave
from notifications import outbox
from notifications import tasks as notifications_tasks
from notifications.models import SimulatedText
from ops import doctor
from tests.at_once import at_once
from tests.factories import NOW, World
from tests.harness import Stack, eventually
from waitlist import schedule
from waitlist.models import Appointment, Clinic, Slot

pytestmark = pytest.mark.django_db(transaction=True)


def clinic_that_waits(people: int, *, now: datetime) -> tuple[World, Slot]:
    """A time two days ahead has just been cancelled."""
    world = World(is_open_any_hour=True)
    for _ in range(people):
        world.entry()
    slot = schedule.cancel(world.appointment(now + timedelta(days=2)).pk, reason="ill", by="clinic", now=now).slot
    assert slot is not None
    return world, slot


def texts() -> Counter[str]:
    """How many texts of each kind the carrier was handed; each message once."""
    handed = SimulatedText.objects.values_list("message", "message__kind")
    assert len(handed) == len(set(handed))
    return Counter(kind for _, kind in handed)


def all_is_well(clinic: Clinic, *, now: datetime) -> bool:
    return doctor.examine(clinic, now=now) == []


# The clock.


def everything_due(now: datetime) -> None:
    """One round of the sweeps at this moment."""
    cascade.advance_many(work.due(now=now, limit=100), now=now)
    outbox.deliver_due(now=now)


def deadlines(slot: Slot) -> dict[int, datetime]:
    """Until when each of those asked was told that they may answer."""
    return dict(slot.offers.values_list("pk", "expires_at"))


def shortened(promised: dict[int, datetime]) -> list[int]:
    """Offers that end, or have ended, before what was promised."""
    now = dict(Offer.objects.filter(pk__in=promised).values_list("pk", "expires_at"))
    return [pk for pk, expires_at in promised.items() if now[pk] < expires_at]


def test_control_a_shortened_deadline_is_found() -> None:
    _, slot = clinic_that_waits(2, now=NOW)
    everything_due(NOW)
    promised = deadlines(slot)
    first = slot.offers.order_by("pk")[0]
    Offer.objects.filter(pk=first.pk).update(expires_at=first.expires_at - timedelta(seconds=1))
    assert shortened(promised) == [first.pk]


def test_the_clock_jumps_an_hour_ahead_and_back() -> None:
    world, slot = clinic_that_waits(8, now=NOW)
    everything_due(NOW)
    first = set(slot.offers.values_list("patient", flat=True))
    assert len(first) == 5 and texts() == {"offer": 5}
    promised = deadlines(slot)
    ahead = NOW + timedelta(hours=1)
    everything_due(ahead)  # every minute that was due meanwhile, in one go: each wave once, nobody twice
    asked = Counter(slot.offers.values_list("patient", flat=True))
    assert set(asked.values()) == {1} and texts() == {"offer": len(asked)}
    assert shortened(promised) == []
    assert not slot.offers.filter(state="expired", expires_at__gt=ahead).exists()  # nor was one over too soon
    assert SentWave.objects.filter(slot=slot).count() <= 2
    waves = slot.waves.count()
    for minutes in (0, 1, 5):  # and back: nothing is undone, nothing is done again
        everything_due(NOW + timedelta(minutes=minutes))
    assert slot.waves.count() == waves and shortened(promised) == []
    assert Counter(slot.offers.values_list("patient", flat=True)) == asked and texts() == {"offer": len(asked)}
    assert claims.claim(slot.offers.order_by("pk")[0].pk, via="link", now=NOW + timedelta(minutes=6)) == "booked"
    everything_due(ahead + timedelta(minutes=1))
    assert Appointment.objects.filter(status="booked").count() == 1
    assert all_is_well(world.clinic, now=ahead + timedelta(minutes=7))


# Two beats.


def test_two_beats_at_once_do_what_one_does() -> None:
    """Both find the same rows at the same moment, twice; whoever comes second finds nothing to do."""
    world, slot = clinic_that_waits(5, now=NOW)
    for moment in (NOW, NOW + timedelta(seconds=5)):
        at_once([lambda moment=moment: everything_due(moment)] * 2)
    assert slot.waves.count() == 1
    everybody = world.clinic.entries.values_list("patient", flat=True)
    assert Counter(slot.offers.values_list("patient", flat=True)) == Counter(everybody)
    assert texts() == {"offer": 5}
    first = slot.offers.order_by("pk")[0]
    assert claims.claim(first.pk, via="link", now=NOW + timedelta(seconds=6)) == "booked"
    for moment in (NOW + timedelta(seconds=7), NOW + timedelta(seconds=12)):
        at_once([lambda moment=moment: everything_due(moment)] * 2)
    assert texts() == {"offer": 5, "booked": 1, "retracted": 4}
    assert all_is_well(world.clinic, now=NOW + timedelta(minutes=7))


def test_two_real_beats(stack: Stack) -> None:
    """A second beat with a schedule of its own, as after a careless deployment."""
    stack.run("beat2", "celery", "-A", "config", "-q", "beat", "-l", "INFO", "-s", str(stack.folder / "beat2"))
    try:
        now = timezone.now()
        world, slot = clinic_that_waits(5, now=now)
        eventually(lambda: texts() == {"offer": 5}, seconds=30)
        for _ in range(3):  # both send them at once
            matching_tasks.sweep_cascades.delay()
            matching_tasks.sweep_cascades.delay()
            notifications_tasks.sweep_outbox.delay()
            notifications_tasks.sweep_outbox.delay()
        assert claims.claim(slot.offers.order_by("pk")[0].pk, via="link", now=timezone.now()) == "booked"
        eventually(lambda: texts() == {"offer": 5, "booked": 1, "retracted": 4}, seconds=30)
        assert slot.waves.count() == 1
        eventually(lambda: all_is_well(world.clinic, now=timezone.now()))
    finally:
        stack.kill("beat2")
