"""Laws of ranking that need no reference: what must follow when something about a waitlist changes."""

from datetime import timedelta

import pytest
from django.db.models import F
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from matching.choosing import ranking
from tests.factories import NOW, World
from tests.matching import random_clinic
from waitlist.models import Appointment, Availability, Patient, Slot, WaitlistEntry
from waitlist.models.clinic import PARTS

pytestmark = pytest.mark.django_db
on_random_clinics = settings(max_examples=25, suppress_health_check=list(HealthCheck))
seeds = st.integers(0, 10**9)
WEEK = timedelta(weeks=1)
EVERYBODY = 100


def drawn(seed: int) -> tuple[World, Slot]:
    world = random_clinic.draw(seed)
    return world, world.slot(NOW + timedelta(hours=26))


def order(slot: Slot, now=NOW) -> list[int]:
    return [one.entry_id for one in ranking.rank(slot, limit=EVERYBODY, now=now)]


@on_random_clinics
@given(seed=seeds, place=st.integers(0, 30), better=st.sampled_from("time practitioner notice way waiting".split()))
@example(seed=55300, place=0, better="way")
@random_clinic.forgotten
def test_a_better_part_never_lowers_anybodys_place(seed, place, better):
    _, slot = drawn(seed)
    before = order(slot)
    if not before:
        return
    entry = WaitlistEntry.objects.get(pk=before[place % len(before)])
    improve(entry, better)
    # of one person's wishes the best stands in the order: whoever lives nearer may stand there with another
    after = order(slot)
    whose = dict(WaitlistEntry.objects.values_list("pk", "patient_id"))
    people = [whose[pk] for pk in after]
    assert people.index(entry.patient_id) <= before.index(entry.pk)


def improve(entry: WaitlistEntry, part: str) -> None:
    mine = WaitlistEntry.objects.filter(pk=entry.pk)
    if part == "time":
        Availability.objects.create(entry=entry, days=0b1111111, from_minute=0, until_minute=1440)
    elif part == "practitioner":
        mine.update(practitioners=[])
    elif part == "notice":
        mine.update(notice_minutes=F("notice_minutes") / 2)
    elif part == "way":
        Patient.objects.filter(pk=entry.patient_id).update(latitude=34.05, longitude=-118.24)
    else:
        mine.update(waited_days=F("waited_days") + 5)


@on_random_clinics
@given(seed=seeds, weeks=st.integers(1, 9))
@random_clinic.forgotten
def test_moving_everything_by_whole_weeks_changes_nothing(seed, weeks):
    """In a zone without a clock change between: the wall clock is what people mean."""
    world, slot = drawn(seed)
    world.clinic.timezone = "America/Phoenix"
    world.clinic.save()
    slot = Slot.objects.get(pk=slot.pk)
    before = order(slot)
    later = weeks * WEEK
    Slot.objects.filter(clinic=world.clinic).update(starts_at=F("starts_at") + later, ends_at=F("ends_at") + later)
    Appointment.objects.filter(clinic=world.clinic).update(
        starts_at=F("starts_at") + later, ends_at=F("ends_at") + later
    )
    world.clinic.closures.update(starts_at=F("starts_at") + later, ends_at=F("ends_at") + later)
    world.clinic.entries.update(earliest_on=F("earliest_on") + later, latest_on=F("latest_on") + later)
    world.clinic.messages.update(sent_at=F("sent_at") + later, next_attempt_at=F("next_attempt_at") + later)
    for own in slot.__class__.objects.filter(clinic=world.clinic):
        own.offers.update(expires_at=F("expires_at") + later)
    assert order(Slot.objects.get(pk=slot.pk), NOW + later) == before


@on_random_clinics
@given(seed=seeds)
@random_clinic.forgotten
def test_the_order_of_rows_changes_nothing(seed):
    """Every row is written anew, the last first: another order on disk and in every index."""
    world, slot = drawn(seed)
    before = order(slot)
    for entry in WaitlistEntry.objects.filter(clinic=world.clinic).order_by("-pk"):
        WaitlistEntry.objects.filter(pk=entry.pk).update(note="written anew")
    assert order(slot) == before


@on_random_clinics
@given(seed=seeds, limit=st.integers(1, 12))
@random_clinic.forgotten
def test_fewer_are_the_first_of_more(seed, limit):
    _, slot = drawn(seed)
    assert [one.entry_id for one in ranking.rank(slot, limit=limit, now=NOW)] == order(slot)[:limit]


@on_random_clinics
@given(seed=seeds)
@random_clinic.forgotten
def test_the_sum_is_of_the_parts_and_standing_is_of_the_last_two(seed):
    world, slot = drawn(seed)
    weights = world.clinic.weights
    entries = WaitlistEntry.objects.in_bulk(order(slot))
    for one in ranking.rank(slot, limit=EVERYBODY, now=NOW):
        assert list(one.parts) == list(PARTS)
        assert one.score == sum(weights[part] * one.parts[part] for part in PARTS)
        assert entries[one.entry_id].standing == sum(
            weights[part] * one.parts[part] for part in ("responsiveness", "fairness")
        )
