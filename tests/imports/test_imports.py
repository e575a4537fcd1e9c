"""CSV files of every kind: what they bring, what is refused where, and that a refused file leaves nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from audit.models import Entry
from notifications.models import Consent, ContactPoint
from tests.factories import NOW, World, location, practitioner, service
from waitlist import imports
from waitlist.imports import Report
from waitlist.models import Appointment, Patient, Practitioner, Service, WaitlistEntry
from waitlist.states import Tier

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    made = World()
    made.practitioner.name, made.service.name, made.location.name = "Dr Chen", "Botox, forehead", "Downtown"
    for row in (made.practitioner, made.service, made.location):
        row.save()
    return made


def bring(world: World, kind: str, text: str | bytes, now=NOW) -> Report:
    raw = text.encode() if isinstance(text, str) else text
    return imports.run(world.clinic, kind, raw, now=now)


def problems(world: World, kind: str, text: str | bytes) -> list[tuple[int, str]]:
    report = bring(world, kind, text)
    assert all(problem.text.endswith(".") for problem in report.problems), report.problems
    assert report.problems
    assert report.added == report.changed == 0
    return [(problem.line, problem.column) for problem in report.problems]


def test_practitioners_are_added_changed_and_left(world):
    report = bring(world, "practitioners", "name,specialty\nDr Chen,Injector\nM. Ruiz,Skin\n\n")
    assert (report.rows, report.added, report.changed, report.same) == (2, 1, 1, 0)
    assert bring(world, "practitioners", "Name\nDR CHEN\nM. Ruiz\n").same == 1  # the name's letters changed
    assert set(Practitioner.objects.values_list("name", "specialty")) == {("DR CHEN", "Injector"), ("M. Ruiz", "Skin")}
    assert Entry.objects.filter(verb="practitioner.created").count() == 2  # the one who was here, and M. Ruiz


def test_services_bring_prices_in_dollars_and_each_other(world):
    text = (
        "name;minutes;price;category;compatible;notice_minutes\r\n"
        'Peel;30;"$1,200.50";Skin;Facial|Botox, forehead;90\r\nFacial;45;95;Skin;;\r\n'
    )
    report = bring(world, "services", "\ufeff" + text)
    assert report.lines() == ["2 rows read: 2 added."]
    peel = Service.objects.get(name="Peel")
    assert (peel.minutes, peel.price_cents, peel.category, peel.notice_minutes) == (30, 120_050, "Skin", 90)
    assert {row.name for row in peel.compatible.all()} == {"Facial", "Botox, forehead"}
    assert Service.objects.get(name="Facial").notice_minutes == 60
    assert bring(world, "services", text).same == 2


def test_services_bring_what_they_ask_after_the_yes(world):
    text = "name,minutes,details_prompt,hold_seconds\nPeel,30,Any allergies?,120\nWax,30,,\n"
    assert bring(world, "services", text).added == 2
    rows = Service.objects.filter(name__in=("Peel", "Wax")).order_by("name")
    assert list(rows.values_list("details_prompt", "hold_seconds")) == [("Any allergies?", 120), ("", 60)]
    wrong = f"name,minutes,details_prompt,hold_seconds\nPeel,30,{'x' * 201},9\n"
    assert problems(world, "services", wrong) == [(2, "details_prompt"), (2, "hold_seconds")]


PEOPLE = (
    "first_name,last_name,phone,email,external_id,visits,past_visits,spend,show_rate,consent_sms_at,consent_source\n"
    'Ana,Pérez,(415) 555-0123,ana@example.com,P-1,12,20,"$5,100",95%,2026-01-31,intake form\n'
    "Luis,Pérez,4155550123,,P-2,,,,,,\n"
    "Mia,Hall,,mia@example.com,P-3,4,4,,80,,\n"
)


def test_patients_come_with_their_figures_and_only_those_with_consent_are_contactable(world):
    report = bring(world, "patients", PEOPLE)
    assert report.lines() == [
        "3 rows read: 3 added.",
        "1 person cannot be contacted about openings, for lack of a recorded consent.",  # Luis shares Ana's phone
    ]
    ana = Patient.objects.get(external_id="P-1")
    assert (ana.tier, ana.spend_cents, ana.show_rate) == (Tier.PLATINUM, 510_000, 95)
    line = Consent.objects.get()
    assert (line.contact_point.value, line.source, line.note) == ("+14155550123", "import", "intake form")
    assert line.at == datetime(2026, 1, 31, 8, 0, tzinfo=UTC)  # midnight in Los Angeles
    again = bring(world, "patients", PEOPLE, now=NOW + timedelta(days=1))
    assert (again.added, again.same, Patient.objects.count(), Consent.objects.count()) == (0, 3, 3, 1)


def test_a_consent_to_calls_comes_with_the_file(world):
    text = "first_name,phone,consent_voice_at,consent_source\nAna,4155550123,2026-01-31,intake form\n"
    assert bring(world, "patients", text).not_contactable == 0
    assert Consent.objects.get().contact_point.granted == ["offers:voice"]


def test_a_consent_to_be_named_allows_no_message_by_itself(world):
    text = (
        "first_name,phone,email,consent_source,consent_sms_at,consent_detail_sms_at,consent_detail_email_at\n"
        "Ana,+14155550123,ana@example.com,form,2026-01-31 14:00,2026-01-31 14:00,\n"
        "Ben,,ben@example.com,form,,,2026-01-31 14:00\n"
    )
    report = bring(world, "patients", text)
    assert report.not_contactable == 1
    allowed = {point.value: point.granted for point in world.clinic.contact_points.exclude(granted=[])}
    assert allowed == {"+14155550123": ["detail:sms", "offers:sms"], "ben@example.com": ["detail:email"]}
    assert problems(world, "patients", text.replace("Ben,,", "Cy,,").replace("ben@example.com", "")) == [
        (3, "consent_detail_email_at")
    ]


def test_a_waitlist_keeps_who_waits_since_when_and_for_what(world):
    other = service(world.clinic, name="Peel")
    practitioner(world.clinic, name="M. Ruiz")
    text = (
        "first_name,phone,services,practitioners,days,times,notice_minutes,priority,earliest_on,added_at,"
        "consent_sms_at,consent_source\n"
        'Ana,+14155550123,"Botox, forehead|Peel",Dr Chen; M. Ruiz,"mon,tue,Fri",09:00-12:00|2 PM-5:30 PM,30,'
        "gold,2026-12-01,2026-11-01,2026-01-31 14:00,form\n"
        "Ben,+14155550124,peel,,weekdays,,,,,,,\n"
        "Ben,+14155550124,peel|botox,,,,,,,,,\n"
    )
    assert problems(world, "waitlist", text) == [(4, "services")]
    report = bring(world, "waitlist", text.replace("peel|botox", '"peel|Botox, forehead"'))
    assert (report.added, report.not_contactable) == (3, 1)
    entry = WaitlistEntry.objects.get(patient__first_name="Ana")
    assert entry.services == sorted([world.service.pk, other.pk])
    assert len(entry.practitioners) == 2
    assert (entry.notice_minutes, entry.priority, str(entry.earliest_on)) == (30, Tier.GOLD, "2026-12-01")
    assert sorted(entry.availabilities.values_list("days", "from_minute", "until_minute")) == [
        (0b0010011, 540, 720),
        (0b0010011, 840, 1050),
    ]
    assert entry.added_at == datetime(2026, 11, 1, 7, 0, tzinfo=UTC)  # midnight, before the clocks go back
    assert entry.waited_days == 22
    ben = WaitlistEntry.objects.filter(patient__first_name="Ben").order_by("pk").first()
    assert list(ben.availabilities.values_list("days", "from_minute", "until_minute")) == [(0b0011111, 0, 1440)]
    again = bring(world, "waitlist", text.replace("peel|botox", '"peel|Botox, forehead"'), now=NOW + timedelta(days=1))
    assert (again.added, again.same) == (0, 3)


def test_appointments_are_mirrored_in_the_locations_own_time(world):
    text = (
        "external_id,starts_at,ends_at,practitioner,service,patient_first_name,patient_phone\n"
        'A-1,2026-12-01 14:00,,Dr Chen,"Botox, forehead",Ana,415-555-0123\n'
        'A-2,2026-12-01T15:00:00-08:00,2026-12-01T15:30:00-08:00,Dr Chen,"Botox, forehead",,\n'
        'A-3,12/1/2026 2:30 PM,,Dr Chen,"Botox, forehead",,\n'
        'A-0,2026-11-01 9:00,,Dr Chen,"Botox, forehead",,\n'
    )
    report = bring(world, "appointments", text)
    assert report.lines() == [
        "4 rows read: 3 added.",
        "1 left out: over already, or known exactly so.",
        "1 overlap another booking of the same practitioner or patient.",
    ]
    first = Appointment.objects.get(external_id="A-1")
    assert (first.starts_at, first.price_cents) == (datetime(2026, 12, 1, 22, 0, tzinfo=UTC), 32_000)
    assert (first.patient.first_name, first.is_exclusive, first.location) == ("Ana", True, world.location)
    assert not Appointment.objects.get(external_id="A-3").is_exclusive
    assert bring(world, "appointments", text).remarks == ["4 left out: over already, or known exactly so."]


def test_an_appointment_over_an_open_slot_or_that_differs_is_refused(world):
    slot = world.slot()
    world.appointment(NOW + timedelta(days=9), external_id="A-2")
    text = (
        "external_id,starts_at,practitioner,service\n"
        f'A-1,{slot.starts_at.isoformat()},Dr Chen,"Botox, forehead"\n'
        f'A-2,{(NOW + timedelta(days=8)).isoformat()},Dr Chen,"Botox, forehead"\n'
    )
    assert problems(world, "appointments", text) == [(2, "starts_at"), (3, "external_id")]


def test_two_locations_have_to_be_told_apart(world):
    location(world.clinic, name="Uptown", timezone="America/Denver")
    text = 'external_id,starts_at,practitioner,service,location\nA-1,2026-12-01 14:00,Dr Chen,"Botox, forehead",{}\n'
    assert problems(world, "appointments", text.format("")) == [(2, "location")]
    bring(world, "appointments", text.format("uptown"))
    assert Appointment.objects.get().starts_at == datetime(2026, 12, 1, 21, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("practitioners", "", [(1, "")]),
        ("practitioners", "\n , \n", [(1, "")]),
        ("practitioners", "specialty\nSkin\n", [(1, "name")]),
        ("practitioners", "name,name\nA,B\n", [(1, "name")]),
        ("practitioners", "name,fone\nA,1\n", [(1, "fone")]),
        ("practitioners", "name,\nA,B\n", [(2, "")]),
        ("practitioners", "name\nDr A\n\ndr a\n", [(4, "name")]),
        ("practitioners", f"name\n{'x' * 61}\n", [(2, "name")]),
        ("practitioners", "name,specialty\n,Skin\n", [(2, "name")]),
        ("practitioners", 'name,specialty\n"A,Skin\n', [(2, "")]),
        ("practitioners", b"name\nJos\xe9\n", [(2, "")]),
        ("practitioners", b"name\nA\x00\n", [(1, "")]),
        ("services", "name,minutes,price\nPeel,ten,free\n", [(2, "minutes"), (2, "price")]),
        ("services", "name,minutes\nPeel,\nFacial,3\n", [(2, "minutes"), (3, "minutes")]),
        ("services", 'name,minutes,price\nPeel,30,"1,20"\n', [(2, "price")]),
        ("services", "name,minutes,compatible\nPeel,30,Nothing\n", [(2, "compatible")]),
        ("patients", "first_name,phone\nAna,18005550123\nBen,12\n", [(2, "phone"), (3, "phone")]),
        ("patients", "first_name,email,timezone\nAna,nobody,Mars/North\n", [(2, "email"), (2, "timezone")]),
        ("patients", "first_name,show_rate,visits\nAna,101,-1\n", [(2, "show_rate"), (2, "visits")]),
        ("patients", "first_name,external_id\nAna,P-1\nBen,P-1\n", [(3, "")]),
        ("patients", "first_name,phone\nAna,4155550123\nana,(415) 555-0123\n", [(3, "")]),
        ("patients", "first_name,latitude\nAna,91\n", [(2, "latitude")]),
        ("patients", "first_name,latitude,longitude\nAna,34.05,\nBen,,-118\n", [(2, "longitude"), (3, "latitude")]),
        (
            "patients",
            "first_name,phone,consent_sms_at,consent_source\nAna,,2026-01-01,form\nBen,4155550123,2026-01-01,\n"
            "Cy,4155550124,2027-01-01,form\nDi,4155550125,soon,form\n",
            [(2, "consent_sms_at"), (3, "consent_source"), (4, "consent_sms_at"), (5, "consent_sms_at")],
        ),
        (
            "patients",
            "first_name,email,consent_voice_at,consent_source\nAna,ana@example.com,2026-01-01,form\n",
            [(2, "consent_voice_at")],
        ),
        ("waitlist", "first_name,services\nAna,Peel\n", [(2, "services")]),
        ("waitlist", "first_name,services,practitioners\nAna,,Dr Who\n", [(2, "practitioners"), (2, "services")]),
        (
            "waitlist",
            'first_name,services,days,times\nAna,"Botox, forehead",someday,9-25\n'
            'Ben,"Botox, forehead",mon,15:00-09:00\n',
            [(2, "days"), (2, "times"), (3, "times")],
        ),
        (
            "waitlist",
            'first_name,services,practitioners,excluded_practitioners\nAna,"Botox, forehead",Dr Chen,Dr Chen\n',
            [(2, "excluded_practitioners")],
        ),
        (
            "waitlist",
            'first_name,services,earliest_on,latest_on\nAna,"Botox, forehead",2026-12-02,2026-12-01\n',
            [(2, "latest_on")],
        ),
        ("waitlist", 'first_name,services\n"Ana\n\n","Botox, forehead"\nBen,Peel\n', [(5, "services")]),
        (
            "appointments",
            "external_id,starts_at,practitioner,service\nA,2027-03-14 02:30,Dr Chen,Peel\n,,,\nA,,Dr Who,\n",
            [
                (2, "service"),
                (2, "starts_at"),
                (4, "external_id"),
                (4, "practitioner"),
                (4, "service"),
                (4, "starts_at"),
            ],
        ),
    ],
)
def test_what_is_wrong_is_said_by_line_and_column_and_nothing_is_written(world, kind, text, expected):
    assert problems(world, kind, text) == expected
    assert not Patient.objects.exists()
    assert not Appointment.objects.exists()
    assert not ContactPoint.objects.exists()
    assert Practitioner.objects.count() == Service.objects.count() == 1


def test_one_bad_row_keeps_a_thousand_good_ones_out(world):
    rows = "".join(f"P{n},+1415555{n:04d}\n" for n in range(100, 200))
    assert problems(world, "patients", f"first_name,phone\n{rows}Bad,12\n") == [(102, "phone")]
    assert not Patient.objects.exists()


def test_other_programs_files_are_read_too(world):
    for text in (
        "\ufeffName\tSpecialty\r\nDr A\tSkin\r\n".encode(),
        "Name;Specialty\r\nDr A;Skin\r\n".encode("utf-16"),
        b"name , specialty\rDr A , Skin\r",
    ):
        assert not bring(world, "practitioners", text).problems
    assert Practitioner.objects.get(name="Dr A").specialty == "Skin"


def test_too_much_at_once_is_refused(world):
    raw = ("name\n" + "\n".join(f"Dr {n}" for n in range(1_001))).encode()
    report = imports.run(world.clinic, "practitioners", raw, now=NOW, most_rows=1_000)
    assert [str(problem) for problem in report.problems] == [
        "line 1002: More than 1,000 rows: import it in parts, or with manage.py import_csv."
    ]
    assert problems(world, "practitioners", b"name\n" + b"x" * 5 * 1024 * 1024) == [(1, "")]


def test_another_clinics_names_do_not_count(world):
    service(World().clinic, name="Peel")
    assert problems(world, "waitlist", "first_name,services\nAna,Peel\n") == [(2, "services")]
