"""Booked appointments from a file: the mirror of a calendar on the day a clinic begins."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from waitlist import calendar, live, people
from waitlist.calendar import Time
from waitlist.imports.cells import Cells, by_name
from waitlist.imports.persons import person
from waitlist.imports.report import Report
from waitlist.imports.table import Problem, Row
from waitlist.models import Appointment, Clinic, Slot
from waitlist.people import Person
from waitlist.states import LIVE_SLOT_STATES, AppointmentStatus

PATIENT = tuple(f"patient_{name}" for name in ("first_name", "last_name", "phone", "email", "external_id"))
COLUMNS = (
    ("external_id", "starts_at", "practitioner", "service"),
    ("ends_at", "location", "price", *PATIENT),
)
LONGEST = timedelta(hours=24)


@dataclass(frozen=True)
class Booking:
    """One row that is to be booked."""

    external_id: str
    time: Time
    price_cents: int
    patient: Person | None


@dataclass(frozen=True)
class Names:
    """What the cells of a file can name."""

    practitioners: dict[str, Any]
    services: dict[str, Any]
    locations: dict[str, Any]


def check(clinic: Clinic, rows: list[Row], problems: list[Problem], *, now: datetime) -> list[Booking | None]:
    """Every row as a booking; None where its time is over, or it is known exactly so."""
    names = Names(
        by_name(clinic.practitioners.filter(retired_at=None)),
        by_name(clinic.services.filter(retired_at=None)),
        by_name(clinic.locations.filter(retired_at=None).select_related("clinic")),
    )
    seen: dict[str, int] = {}
    ids = [row.cells["external_id"] for row in rows]
    known = {row.external_id: row for row in clinic.appointments.filter(external_id__in=ids)}
    found = []
    for row in rows:
        cells = Cells(row, problems)
        external_id = cells.text("external_id", required=True)
        if external_id in seen:
            cells.wrong("external_id", f"This is on line {seen[external_id]} already.")
        seen.setdefault(external_id, row.line)
        booking = _booking(clinic, cells, names, external_id)
        if booking is not None and (booking.time.starts_at <= now or _is_known(known, booking, cells)):
            booking = None
        found.append(booking)
    return found


def _booking(clinic: Clinic, cells: Cells, names: Names, external_id: str) -> Booking | None:
    for column in ("starts_at", "practitioner", "service"):
        cells.text(column, required=True)
    practitioner = cells.name("practitioner", names.practitioners, "practitioner")
    service = cells.name("service", names.services, "service")
    location = cells.name("location", names.locations, "location")
    if location is None and not cells.text("location"):
        if len(names.locations) == 1:
            location = next(iter(names.locations.values()))
        else:
            cells.wrong("location", "This clinic has more than one location: say which.")
    zone = location.zone if location else clinic.zone
    starts_at, ends_at = cells.moment("starts_at", zone), cells.moment("ends_at", zone)
    price_cents = cells.cents("price")
    who = person(clinic, cells, "patient_") if any(cells.text(column) for column in PATIENT) else None
    if practitioner is None or service is None or location is None or starts_at is None:
        return None
    ends_at = ends_at or starts_at + timedelta(minutes=service.minutes)
    if not timedelta(0) < ends_at - starts_at <= LONGEST:
        cells.wrong("ends_at", "The end has to be after the start, by a day at most.")
    price_cents = service.price_cents if price_cents is None else price_cents
    time = Time(location, practitioner, service, starts_at, ends_at)
    if _is_asked_about(time):
        cells.wrong("starts_at", "People are being asked about this time: stop that slot first.")
    return Booking(external_id, time, price_cents, who)


def _is_asked_about(time: Time) -> bool:
    live_slots = Slot.objects.filter(practitioner=time.practitioner, state__in=LIVE_SLOT_STATES)
    return live_slots.filter(starts_at__lt=time.ends_at, ends_at__gt=time.starts_at).exists()


def _is_known(known: dict[str, Appointment], booking: Booking, cells: Cells) -> bool:
    row = known.get(booking.external_id)
    if row is None:
        return False
    same = row.status == AppointmentStatus.BOOKED and row.starts_at == booking.time.starts_at
    if not same or row.practitioner_id != booking.time.practitioner.pk:
        cells.wrong("external_id", "This appointment is here already, but differs: change it in the calendar or here.")
    return True


def write(clinic: Clinic, found: list[Booking | None], report: Report, *, now: datetime) -> None:
    """Each is booked; two at one time with one practitioner stay, marked as the calendar's own double booking."""
    doubled = 0
    for booking in found:
        if booking is None:
            continue
        patient = people.meet(clinic, booking.patient, now=now) if booking.patient else None
        book = partial(calendar.book, clinic, booking.time, patient, price_cents=booking.price_cents, now=now)
        if book(external_id=booking.external_id) is None:
            book(external_id=booking.external_id, is_exclusive=False)
            doubled += 1
        report.added += 1
    left_out = len(found) - report.added
    if left_out:
        report.remarks.append(f"{left_out} left out: over already, or known exactly so.")
    if doubled:
        report.remarks.append(f"{doubled} overlap another booking of the same practitioner or patient.")
    live.hint(clinic.pk, "board")
