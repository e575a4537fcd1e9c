"""CSV files: everything is checked first, and then everything is written in one transaction, or nothing."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from waitlist import live
from waitlist.imports import appointments, catalogue, persons, samples
from waitlist.imports.report import Report
from waitlist.imports.table import MAX_BYTES, Problem, Unreadable, read
from waitlist.models import Clinic

MAX_ROWS = 20_000
Columns = tuple[tuple[str, ...], tuple[str, ...]]
KINDS: dict[str, tuple[Columns, Callable[..., Any], Callable[..., None]]] = {
    "practitioners": (
        catalogue.PRACTITIONER_COLUMNS,
        catalogue.check_practitioners,
        catalogue.write_practitioners,
    ),
    "services": (catalogue.SERVICE_COLUMNS, catalogue.check_services, catalogue.write_services),
    "appointments": (appointments.COLUMNS, appointments.check, appointments.write),
    "patients": (persons.PATIENT_COLUMNS, persons.check_patients, persons.write_patients),
    "waitlist": (persons.WAITLIST_COLUMNS, persons.check_waitlist, persons.write_waitlist),
}


def run(clinic: Clinic, kind: str, raw: bytes, *, now: datetime, most_rows: int = MAX_ROWS) -> Report:
    """Import one file. A report with problems means that nothing was written."""
    (required, optional), check, write = KINDS[kind]
    report = Report(kind)
    try:
        rows = read(raw, required=required, optional=optional, most_rows=most_rows)
    except Unreadable as unreadable:
        report.problems = unreadable.problems
        return report
    report.rows = len(rows)
    found = check(clinic, rows, report.problems, now=now)
    report.problems.sort()
    if not report.problems:
        try:
            with transaction.atomic(durable=True):
                write(clinic, found, report, now=now)
                live.hint(clinic.pk, "waitlist")
        except ValidationError as error:  # somebody changed the clinic meanwhile
            report.problems = [Problem(1, "", text) for text in error.messages]
    return report


def columns(kind: str) -> Columns:
    """The required and the optional columns of a kind of file."""
    return KINDS[kind][0]


def sample(kind: str) -> str:
    """A file of that kind with every column and one line."""
    required, optional = columns(kind)
    return samples.write(kind, (*required, *optional))


__all__ = ["KINDS", "MAX_BYTES", "Problem", "Report", "columns", "run", "sample"]
