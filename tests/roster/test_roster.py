"""People join, change, pause and leave; consent is recorded with the number it was given for."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from audit.models import Entry
from notifications.models import Consent, ContactPoint
from tests.factories import NOW, World, patient, practitioner, service, user
from waitlist import roster
from waitlist.entries import Wish
from waitlist.models import Patient, WaitlistEntry
from waitlist.people import ConsentGiven, Person
from waitlist.states import EntryStatus, Tier

pytestmark = pytest.mark.django_db
ANA = Person("Ana", "Pérez", phone="+14155550123", email="Ana@Example.com")
TEXT_OK = ConsentGiven("sms", at=NOW - timedelta(days=1), note="said so at the desk")


@pytest.fixture
def world() -> World:
    return World()


def enrol(world: World, person: Person = ANA, consents=(TEXT_OK,), now=NOW, **wish) -> roster.Enrolment:
    wish.setdefault("service_ids", (world.service.pk,))
    return roster.enrol(world.clinic, person=person, wish=Wish(**wish), consents=list(consents), now=now)


def test_enrolling_makes_the_person_their_contacts_their_consent_and_their_wish(world):
    made = enrol(world, windows=((0b0000011, 540, 900), (0b0100000, 0, 1440)), notice_minutes=30)
    assert made.created
    assert made.entry.services == [world.service.pk]
    assert made.entry.added_at == NOW
    assert sorted(made.entry.availabilities.values_list("days", "from_minute", "until_minute")) == [
        (3, 540, 900),
        (32, 0, 1440),
    ]
    points = [use.contact_point for use in made.patient.contacts.select_related("contact_point")]
    assert [(point.kind, point.value) for point in points] == [
        ("phone", "+14155550123"),
        ("email", "ana@example.com"),
    ]
    assert [point.granted for point in points] == [["offers:sms"], []]
    line = Consent.objects.get()
    assert (line.source, line.at, line.recorded_at, line.note) == ("staff", TEXT_OK.at, NOW, TEXT_OK.note)
    assert set(Entry.objects.values_list("verb", flat=True)) >= {"patient.added", "entry.joined"}


def test_joining_twice_returns_the_same_entry_and_doubles_nothing(world):
    first = enrol(world)
    again = enrol(world, now=NOW + timedelta(hours=1))
    assert (again.created, again.entry, again.patient) == (False, first.entry, first.patient)
    assert again.entry.added_at == NOW
    assert (Patient.objects.count(), Consent.objects.count()) == (1, 1)


def test_the_same_services_in_another_order_are_the_same_wish(world):
    other = service(world.clinic)
    first = enrol(world, service_ids=(world.service.pk, other.pk))
    assert not enrol(world, service_ids=(other.pk, world.service.pk, other.pk)).created
    assert enrol(world, service_ids=(other.pk,)).created
    assert first.patient.entries.count() == 2


def test_a_family_shares_a_number_and_its_consent(world):
    first = enrol(world)
    child = enrol(world, Person("Luis", "Pérez", phone="(415) 555-0123"), consents=())
    assert child.patient != first.patient
    point = ContactPoint.objects.get(kind="phone")
    assert set(point.patients.all()) == {first.patient, child.patient}
    assert point.granted == ["offers:sms"]


def test_somebody_who_comes_back_with_another_number_is_known_by_address_and_name(world):
    first = enrol(world)
    again = enrol(world, Person("ana", "pérez", phone="+14155550124", email="ana@example.com"))
    assert again.patient == first.patient
    assert [use.contact_point.value for use in again.patient.contacts.all()] == [
        "+14155550123",
        "ana@example.com",
        "+14155550124",
    ]


def test_an_external_id_decides_before_a_name_and_keeps_namesakes_apart(world):
    first = enrol(world, Person("Ana", "Pérez", phone="+14155550123", external_id="P-1"))
    twin = enrol(world, Person("Ana", "Pérez", phone="+14155550123", external_id="P-2"))
    renamed = enrol(world, Person("Ana", "Gómez", external_id="P-1"), consents=())
    assert twin.patient != first.patient
    assert renamed.patient == first.patient
    assert renamed.patient.last_name == "Gómez"


def test_what_is_not_said_overwrites_nothing_and_the_tier_follows_the_figures(world):
    known = Person("Ana", "Pérez", external_id="P-1", visits=12, past_visits=20, show_rate=95, language="es")
    roster.add_patient(world.clinic, known, [], now=NOW)
    again = roster.add_patient(world.clinic, Person("Ana", external_id="P-1"), [], now=NOW)
    assert (again.tier, again.language, again.last_name) == (Tier.PLATINUM, "es", "Pérez")
    assert not again.entries.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"service_ids": ()}, "services"),
        ({"service_ids": (987_654,)}, "services"),
        ({"practitioner_ids": (987_654,)}, "practitioners"),
        ({"windows": ()}, "windows"),
        ({"windows": ((0, 0, 60),)}, "windows"),
        ({"windows": ((1, 900, 540),)}, "windows"),
        ({"earliest_on": date(2026, 12, 2), "latest_on": date(2026, 12, 1)}, "latest_on"),
    ],
)
def test_a_wish_that_cannot_be_met_is_refused_by_field_and_nothing_is_written(world, change, field):
    with pytest.raises(ValidationError) as refused:
        enrol(world, **change)
    assert list(refused.value.message_dict) == [field]
    assert not Patient.objects.exists()
    assert not WaitlistEntry.objects.exists()


def test_another_clinics_service_and_practitioner_are_refused(world):
    foreign = World()
    with pytest.raises(ValidationError):
        enrol(world, service_ids=(foreign.service.pk,))
    with pytest.raises(ValidationError):
        enrol(world, practitioner_ids=(foreign.practitioner.pk,))
    only = practitioner(world.clinic)
    with pytest.raises(ValidationError) as refused:
        enrol(world, practitioner_ids=(only.pk,), excluded_ids=(only.pk,))
    assert "excluded_practitioners" in refused.value.message_dict


def test_a_number_that_cannot_be_texted_is_refused_and_nothing_is_left(world):
    with pytest.raises(ValidationError):
        enrol(world, Person("Ana", phone="+18005550123"))
    assert not Patient.objects.exists()


def test_consent_without_a_number_is_refused(world):
    with pytest.raises(ValidationError) as refused:
        enrol(world, Person("Ana", email="ana@example.com"))
    assert list(refused.value.message_dict) == ["phone"]


def test_an_old_consent_does_not_undo_a_later_stop(world):
    from notifications import consent

    made = enrol(world)
    point = made.patient.contact_points.get(kind="phone")
    consent.stop(point, source=Consent.Source.KEYWORD, now=NOW + timedelta(hours=1))
    enrol(world, consents=[ConsentGiven("sms", at=NOW)], now=NOW + timedelta(hours=2))
    point.refresh_from_db()
    assert (point.granted, point.stopped_at) == ([], NOW + timedelta(hours=1))


@pytest.mark.parametrize("source", [Consent.Source.STAFF, Consent.Source.IMPORT])
def test_only_a_word_said_to_staff_brings_a_stopped_number_back(world, source):
    from notifications import consent

    made, desk = enrol(world), user(world.clinic)
    point = made.patient.contact_points.get(kind="phone")
    consent.stop(point, source=Consent.Source.KEYWORD, now=NOW + timedelta(hours=1))
    by = desk if source == Consent.Source.STAFF else None
    given = ConsentGiven("sms", at=NOW + timedelta(hours=2), source=source, recorded_by=by, note="Said by Ana")
    enrol(world, consents=[given], now=NOW + timedelta(hours=3))
    point.refresh_from_db()
    assert (point.stopped_at is None) == (source == Consent.Source.STAFF)
    assert (point.consents.latest("at").source, point.consents.latest("at").note) == (source, "Said by Ana")


def test_editing_keeps_the_place_in_line_and_replaces_the_windows(world):
    made = enrol(world)
    other = service(world.clinic)
    wish = Wish((other.pk,), windows=((1, 600, 660),), note="only Mondays")
    assert roster.edit(made.entry.pk, wish, now=NOW + timedelta(days=1))
    made.entry.refresh_from_db()
    assert (made.entry.services, made.entry.note, made.entry.added_at) == ([other.pk], "only Mondays", NOW)
    assert list(made.entry.availabilities.values_list("days", flat=True)) == [1]


def test_editing_into_another_wish_of_the_same_person_is_refused(world):
    other = service(world.clinic)
    enrol(world)
    second = enrol(world, service_ids=(other.pk,))
    with pytest.raises(ValidationError) as refused:
        roster.edit(second.entry.pk, Wish((world.service.pk,)), now=NOW)
    assert list(refused.value.message_dict) == ["services"]


def test_removing_twice_and_editing_afterwards_are_lost_and_say_so(world):
    made = enrol(world)
    assert roster.remove(made.entry.pk, now=NOW)
    assert not roster.remove(made.entry.pk, now=NOW)
    assert not roster.edit(made.entry.pk, Wish((world.service.pk,)), now=NOW)
    assert not roster.pause(made.entry.pk, now=NOW)
    assert Entry.objects.filter(verb="entry.removed").count() == 1
    assert enrol(world).created  # a fresh wish, at the end of the line


def test_a_pause_ends_by_itself(world):
    made = enrol(world)
    assert roster.pause(made.entry.pk, NOW + timedelta(days=14), now=NOW)
    roster.refresh(world.clinic, now=NOW + timedelta(days=13))
    made.entry.refresh_from_db()
    assert made.entry.status == EntryStatus.PAUSED
    roster.refresh(world.clinic, now=NOW + timedelta(days=14))
    made.entry.refresh_from_db()
    assert (made.entry.status, made.entry.paused_until) == (EntryStatus.ACTIVE, None)


def test_editing_a_person_with_a_new_number_starts_it_without_consent(world):
    made = enrol(world)
    roster.edit_person(made.patient.pk, Person("Ana", "Pérez", phone="+14155550150"), now=NOW)
    assert [(p.value, p.granted) for p in made.patient.contact_points.all()] == [("+14155550150", [])]


def test_waiting_is_counted_in_whole_days_of_the_clinic(world):
    late = datetime(2026, 11, 23, 7, 59, tzinfo=UTC)  # still Sunday 23:59 in Los Angeles
    early = datetime(2026, 11, 23, 8, 1, tzinfo=UTC)  # Monday 00:01
    sunday, monday = world.entry(added_at=late), world.entry(added_at=early)
    world.entry(added_at=NOW - timedelta(days=400), status=EntryStatus.REMOVED)
    roster.refresh(world.clinic, now=datetime(2026, 11, 24, 8, 30, tzinfo=UTC))
    for row in (sunday, monday, world.clinic):
        row.refresh_from_db()
    assert (sunday.waited_days, monday.waited_days, world.clinic.max_waited_days) == (2, 1, 2)


def test_somebody_known_by_number_only_is_not_taken_for_another(world):
    mother = patient(world.clinic, phone="+14155550160", first_name="Mia", last_name="Hall")
    found = roster.add_patient(world.clinic, Person("mia", phone="415-555-0160"), [], now=NOW)
    other = roster.add_patient(world.clinic, Person("Ben", phone="415-555-0160"), [], now=NOW)
    assert found == mother
    assert other != mother
