"""What ranking could not work with is refused twice: by the form with its field, and by the database."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction

from tests.factories import NOW, World, patient
from waitlist import entries
from waitlist.entries import Wish
from waitlist.models import Availability, Clinic, Location, Patient, WaitlistEntry

pytestmark = pytest.mark.django_db
EARLY, LATE = date(2026, 12, 1), date(2026, 12, 2)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        (lambda w: Availability.objects.update(days=0), "availability_names_a_day"),
        (lambda w: Availability.objects.update(days=128), "availability_names_a_day"),
        (lambda w: Availability.objects.update(from_minute=600, until_minute=600), "availability_in_order"),
        (lambda w: Availability.objects.update(until_minute=1441), "availability_in_order"),
        (lambda w: WaitlistEntry.objects.update(services=[]), "entry_names_a_service"),
        (lambda w: WaitlistEntry.objects.update(notice_minutes=-1), "notice_minutes_check"),
        (lambda w: WaitlistEntry.objects.update(max_travel_minutes=0), "entry_travels_a_minute"),
        (lambda w: WaitlistEntry.objects.update(earliest_on=LATE, latest_on=EARLY), "entry_dates_in_order"),
        (lambda w: WaitlistEntry.objects.update(offers_accepted=1), "entry_accepted_within_answered"),
        (lambda w: Patient.objects.update(latitude=34.05), "patient_place_whole"),
        (lambda w: Patient.objects.update(latitude=91, longitude=0), "patient_place_whole"),
        (lambda w: Location.objects.update(longitude=-118.24), "location_place_whole"),
        (lambda w: Patient.objects.update(timezone="Mars/North"), 'time zone "Mars/North" not recognized'),
        (lambda w: Location.objects.update(timezone="Mars/North"), 'time zone "Mars/North" not recognized'),
        (lambda w: Clinic.objects.update(timezone="america/chicago"), "clinic_timezone_of_iana"),
        (lambda w: Clinic.objects.update(timezone="XYZ3"), "clinic_timezone_of_iana"),
        (lambda w: Clinic.objects.update(timezone="Mars/North"), 'time zone "Mars/North" not recognized'),
        (lambda w: Clinic.objects.update(weight_time=31), "clinic_weights_sum_to_100"),
        (lambda w: Clinic.objects.update(travel_kmh=0), "clinic_score_settings_in_range"),
        (lambda w: Clinic.objects.update(threshold=101), "clinic_score_settings_in_range"),
    ],
)
def test_the_database_refuses_it(change, constraint):
    world = World()
    world.entry()
    with pytest.raises(DatabaseError, match=constraint), transaction.atomic():
        change(world)


def ana(world: World, **fields: object) -> Patient:
    return Patient(clinic=world.clinic, first_name="Ana", created_at=NOW, **fields)


@pytest.mark.parametrize(
    ("make", "field", "words"),
    [
        (lambda w: ana(w, latitude=34.05), "longitude", "longitude"),
        (lambda w: ana(w, longitude=-118), "latitude", "latitude"),
        (lambda w: ana(w, timezone="Mars/North"), "timezone", "Mars"),
        (lambda w: Location(clinic=w.clinic, name="There", latitude=34.05), "longitude", "longitude"),
        (lambda w: Location(clinic=w.clinic, name="There", timezone="Mars/North"), "timezone", "Mars"),
    ],
)
def test_a_form_names_the_field(make, field, words):
    with pytest.raises(ValidationError) as refused:
        make(World()).full_clean()
    assert list(refused.value.message_dict) == [field]
    assert words in refused.value.message_dict[field][0]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"windows": ()}, "windows"),
        ({"windows": ((0, 540, 600),)}, "windows"),
        ({"windows": ((1, 600, 540),)}, "windows"),
        ({"service_ids": ()}, "services"),
        ({"practitioner_ids": (7,), "excluded_ids": (7,)}, "excluded_practitioners"),
    ],
)
def test_a_wish_nothing_could_meet_is_named_by_field(changes, field):
    wish = Wish(**{"service_ids": (1,), **changes})
    assert list(entries.contradictions(wish)) == [field]


def test_a_whole_place_is_taken():
    world = World()
    patient(world.clinic, latitude=-90, longitude=180).full_clean()
