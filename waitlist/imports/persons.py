"""Patients, and the waitlist, from a file. Nobody can be contacted whose consent the file does not prove."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError

from notifications.models import Consent
from notifications.states import Channel, Purpose
from waitlist import entries, people, roster
from waitlist.entries import Wish
from waitlist.imports.cells import Cells, by_name
from waitlist.imports.report import Report
from waitlist.imports.table import Problem, Row
from waitlist.models import Clinic
from waitlist.people import ConsentGiven, Person
from waitlist.states import Origin, Tier

PERSON = ("last_name", "phone", "email", "external_id", "language", "timezone", "state")
FIGURES = ("visits", "past_visits", "spend", "show_rate", "latitude", "longitude")
CONSENT = (
    *("consent_sms_at", "consent_email_at", "consent_voice_at", "consent_source"),
    *("consent_detail_sms_at", "consent_detail_email_at"),
)
WISH = (
    *("practitioners", "excluded_practitioners", "days", "times", "max_travel_minutes", "notice_minutes"),
    *("earliest_on", "latest_on", "priority", "note", "added_at"),
)
PATIENT_COLUMNS = (("first_name",), (*PERSON, *FIGURES, *CONSENT))
WAITLIST_COLUMNS = (("first_name", "services"), (*PERSON, *FIGURES, *CONSENT, *WISH))
Met = tuple[Person, list[ConsentGiven]]


def person(clinic: Clinic, cells: Cells, before: str = "") -> Person:
    """Who the row is about."""
    found = Person(
        first_name=cells.text(f"{before}first_name", longest=60),
        last_name=cells.text(f"{before}last_name", longest=60),
        phone=cells.text(f"{before}phone", longest=40),
        email=cells.text(f"{before}email", longest=people.LONGEST_EMAIL),
        external_id=cells.text(f"{before}external_id", longest=100),
        language=cells.text("language", longest=5).lower(),
        timezone=cells.text("timezone", longest=50),
        state=cells.text("state", longest=2).upper(),
        visits=cells.number("visits"),
        past_visits=cells.number("past_visits"),
        spend_cents=cells.cents("spend"),
        show_rate=cells.number("show_rate", most=100),
        latitude=cells.decimal("latitude", most=90),
        longitude=cells.decimal("longitude", most=180),
    )
    try:
        people.check(found)
    except ValidationError as error:
        named = {f"{before}{name}": texts for name, texts in error.message_dict.items()}
        cells.note(ValidationError(named) if before else error)
    return found


def consents(clinic: Clinic, cells: Cells, who: Person, *, now: datetime) -> list[ConsentGiven]:
    """What they allowed, when, and where that is written down."""
    given = []
    source = cells.text("consent_source", longest=150)
    for column, purpose, channel, value in (
        ("consent_sms_at", Purpose.OFFERS, Channel.SMS, who.phone),
        ("consent_email_at", Purpose.OFFERS, Channel.EMAIL, who.email),
        ("consent_voice_at", Purpose.OFFERS, Channel.VOICE, who.phone),
        ("consent_detail_sms_at", Purpose.DETAIL, Channel.SMS, who.phone),
        ("consent_detail_email_at", Purpose.DETAIL, Channel.EMAIL, who.email),
    ):
        at = cells.moment(column, clinic.zone)
        if at is None:
            continue
        if at > now:
            cells.wrong(column, "A consent cannot lie in the future.")
        if not value:
            cells.wrong(column, f"There is no {'email' if channel == Channel.EMAIL else 'phone'} it could be for.")
        if not source:
            cells.wrong("consent_source", "A consent needs its source, such as “intake form 2026”.")
        allowed = ConsentGiven(purpose=purpose, channel=channel, at=at, source=Consent.Source.IMPORT, note=source)
        given.append(allowed)
    return given


def check_patients(clinic: Clinic, rows: list[Row], problems: list[Problem], *, now: datetime) -> list[Met]:
    """Every row as a person and their consents."""
    seen: dict[Any, int] = {}
    found = []
    for row in rows:
        cells = Cells(row, problems)
        who = person(clinic, cells)
        found.append((who, consents(clinic, cells, who, now=now)))
        _once(cells, seen, _identity(who))
    return found


def write_patients(clinic: Clinic, found: list[Met], report: Report, *, now: datetime) -> None:
    """Known people are brought up to date, others added."""
    met = [_meet(clinic, who, given, report, now=now) for who, given in found]
    report.not_contactable = _without_consent(clinic, met)


def check_waitlist(clinic: Clinic, rows: list[Row], problems: list[Problem], *, now: datetime) -> list[tuple]:
    """Every row as a person, their consents, their wish and since when they wait."""
    seen: dict[Any, int] = {}
    services = by_name(clinic.services.filter(retired_at=None))
    doctors = by_name(clinic.practitioners.filter(retired_at=None))
    found = []
    for row in rows:
        cells, before = Cells(row, problems), len(problems)
        who = person(clinic, cells)
        given = consents(clinic, cells, who, now=now)
        wish = _wish(cells, services, doctors)
        added_at = cells.moment("added_at", clinic.zone) or now
        if added_at > now:
            cells.wrong("added_at", "Nobody can wait since the future.")
        if len(problems) == before and (wrong := entries.contradictions(wish)):
            cells.note(ValidationError(wrong))
        _once(cells, seen, (_identity(who), tuple(sorted(wish.service_ids))))
        found.append((who, given, wish, added_at))
    return found


def write_waitlist(clinic: Clinic, found: list[tuple], report: Report, *, now: datetime) -> None:
    """Who waits for the same already keeps their place."""
    roster.lock_clinic(clinic)
    met = []
    for who, given, wish, added_at in found:
        request = roster.Request(who, wish, given, added_at, Origin.IMPORT)
        enrolment = roster.enrol_inside(clinic, request, now=now)
        met.append(enrolment.patient.pk)
        report.added += enrolment.created
        report.same += not enrolment.created
    entries.refresh_waiting(clinic, now=now)
    report.not_contactable = _without_consent(clinic, met)


def _wish(cells: Cells, services: dict[str, Any], doctors: dict[str, Any]) -> Wish:
    tiers = {str(label).casefold(): value for value, label in Tier.choices}
    if not cells.text("services"):
        cells.wrong("services", "This cannot be empty.")
    return Wish(
        service_ids=tuple(row.pk for row in cells.names("services", services, "service")),
        practitioner_ids=tuple(row.pk for row in cells.names("practitioners", doctors, "practitioner")),
        excluded_ids=tuple(row.pk for row in cells.names("excluded_practitioners", doctors, "practitioner")),
        windows=cells.windows("days", "times"),
        max_travel_minutes=cells.number("max_travel_minutes", least=1),
        notice_minutes=cells.number("notice_minutes", most=43_200),
        earliest_on=cells.day("earliest_on"),
        latest_on=cells.day("latest_on"),
        priority=cells.name("priority", tiers, "priority") or "",
        note=cells.text("note", longest=300),
    )


def _meet(clinic: Clinic, who: Person, given: Sequence[ConsentGiven], report: Report, *, now: datetime) -> int:
    patient = people.meet(clinic, who, given, now=now)
    is_new = patient.created_at == now
    report.added += is_new
    report.same += not is_new
    return patient.pk


def _identity(who: Person) -> tuple[str, ...]:
    """By what two rows are the same person."""
    if who.external_id:
        return ("id", who.external_id)
    digits = "".join(letter for letter in who.phone if letter.isdigit())[-10:]
    return ("name", who.first_name.casefold(), who.last_name.casefold(), digits, who.email.casefold())


def _once(cells: Cells, seen: dict[Any, int], key: Any) -> None:
    if key in seen:
        cells.wrong("", f"The same as line {seen[key]}.")
    seen.setdefault(key, cells.row.line)


def _without_consent(clinic: Clinic, met: list[int]) -> int:
    """How many of these nobody may tell of an opening, on any number or address of theirs."""
    offers = [f"offers:{channel}" for channel in Channel.values]
    reachable = clinic.contact_points.filter(granted__overlap=offers, stopped_at=None, patients__in=met)
    return len(set(met)) - reachable.values("patients").filter(patients__in=met).distinct().count()
