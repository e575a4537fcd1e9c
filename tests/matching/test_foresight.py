"""Many slots due at once end as if each had been looked at by itself."""

from datetime import timedelta

import pytest
from django.db import IntegrityError

from matching import cascade, tasks
from matching.choosing import foresight, ranking
from matching.choosing.foresight import Foresight
from matching.models import Offer, SentWave
from tests.factories import NOW, World
from tests.matching import random_clinic
from waitlist.models import Slot, WaitlistEntry

pytestmark = pytest.mark.django_db
HOURS = (20, 22, 26, 27, 30, 49, 51, 75, 99)


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """So that small lists have more people than a foresight."""
    monkeypatch.setattr(ranking, "STEP", 1)
    monkeypatch.setattr(foresight, "AHEAD", 1)


def due_slots(seed: int, people: int = 40) -> tuple[World, list[int]]:
    """The same people and slots for the same seed, in a clinic of their own."""
    world = random_clinic.draw(seed, people=people)
    world.clinic.closures.all().delete()
    return world, [world.slot(NOW + timedelta(hours=hours)).pk for hours in HOURS]


def what_became(world: World) -> list[tuple]:
    """Offers and waves without ids, so that two clinics can be compared."""
    offers = Offer.objects.filter(slot__clinic=world.clinic, wave__gt=0, offered_at=NOW, slot__opened_at=NOW)
    asked = [
        (offer.slot.starts_at, offer.wave, offer.patient.first_name, offer.score, offer.expires_at)
        for offer in offers.select_related("slot", "patient").order_by("slot__starts_at", "pk")
    ]
    sent = SentWave.objects.filter(slot__clinic=world.clinic).order_by("slot__starts_at", "number")
    states = Slot.objects.filter(clinic=world.clinic).order_by("starts_at")
    return [
        *asked,
        *sent.values_list("slot__starts_at", "number", "step", "asked", "excluded"),
        *states.values_list("starts_at", "state", "wave", "next_wave_at"),
    ]


@pytest.mark.parametrize("seed", range(4))
def test_together_as_one_by_one(seed):
    alone, slots = due_slots(seed)
    for slot_id in slots:
        cascade.advance(slot_id, now=NOW)
    together, slots = due_slots(seed)
    assert cascade.advance_many(slots, now=NOW) > 0
    assert what_became(together) == what_became(alone)


def test_control_without_a_second_look_people_are_asked_too_often(monkeypatch):
    def blind(self, slot, *, limit, now):
        return self.people[:limit]

    monkeypatch.setattr(Foresight, "still", blind)

    def differs(seed):
        alone, slots = due_slots(seed)
        for slot_id in slots:
            cascade.advance(slot_id, now=NOW)
        together, slots = due_slots(seed)
        cascade.advance_many(slots, now=NOW)
        return what_became(together) != what_became(alone)

    assert any(differs(seed) for seed in range(4))


def test_a_foresight_is_enough_while_those_below_it_could_not_come_in():
    world = World()
    for waited in range(9):
        world.entry(waited_days=waited)
    world.clinic.max_waited_days = 9
    world.clinic.save()
    slot = world.slot()
    (found,) = foresight.foresee([slot], now=NOW).values()
    assert (len(found.people), found.is_whole) == (6, False)
    assert found.still(slot, limit=5, now=NOW) == ranking.rank(slot, limit=5, now=NOW)
    WaitlistEntry.objects.filter(pk=found.people[0].entry_id).update(status="paused")
    assert found.still(slot, limit=5, now=NOW) is None, "the fifth may be somebody it has not seen"
    assert found.still(slot, limit=4, now=NOW) == ranking.rank(slot, limit=4, now=NOW)
    world.clinic.entries.filter(waited_days__lt=6).delete()
    (found,) = foresight.foresee([slot], now=NOW).values()
    assert found.is_whole
    assert found.still(slot, limit=5, now=NOW) == ranking.rank(slot, limit=5, now=NOW)


def test_one_that_fails_keeps_no_other_waiting(monkeypatch):
    _, slots = due_slots(1)
    ask = cascade._ask_if_due

    def failing(slot, *rest, **options):
        if slot.pk == slots[0]:
            raise IntegrityError("broken")
        return ask(slot, *rest, **options)

    monkeypatch.setattr(cascade, "_ask_if_due", failing)
    with pytest.raises(ExceptionGroup, match="1 of 9 slots"):
        cascade.advance_many(slots, now=NOW)
    assert SentWave.objects.filter(slot__in=slots).exclude(slot=slots[0]).count() == len(slots) - 1


def test_the_sweep_takes_many_of_one_clinic_together_in_portions(monkeypatch):
    world, other = World(), World()
    start = NOW - timedelta(days=400)
    many = [world.slot(start + timedelta(hours=2 * n)).pk for n in range(tasks.PORTION + 2)]
    one = other.slot(start).pk
    sent = []
    for name in ("advance", "advance_many"):
        monkeypatch.setattr(
            getattr(tasks, name), "apply_async", lambda args, expires, name=name: sent.append((name, args[0]))
        )
    tasks.sweep_cascades()
    portions = [many[: tasks.PORTION], many[tasks.PORTION :]]
    assert sorted(sent) == [("advance", one), *(("advance_many", portion) for portion in portions)]
