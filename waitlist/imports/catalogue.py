"""Practitioners and services from a file."""

from datetime import datetime
from typing import Any

from waitlist.imports.cells import Cells, by_name
from waitlist.imports.report import Report
from waitlist.imports.table import Problem, Row
from waitlist.models import Clinic, Practitioner, Service

PRACTITIONER_COLUMNS = (("name",), ("specialty",))
SERVICE_COLUMNS = (
    ("name", "minutes"),
    ("price", "category", "window_minutes", "notice_minutes", "compatible", "details_prompt", "hold_seconds"),
)


def _once(cells: Cells, seen: dict[Any, int], key: Any, column: str) -> None:
    """A key may stand in one row only."""
    if key in seen:
        cells.wrong(column, f"This is on line {seen[key]} already.")
    seen.setdefault(key, cells.row.line)


def check_practitioners(clinic: Clinic, rows: list[Row], problems: list[Problem], *, now: datetime) -> list[dict]:
    """Every row as fields."""
    seen: dict[Any, int] = {}
    found = []
    for row in rows:
        cells = Cells(row, problems)
        name = cells.text("name", longest=60, required=True)
        _once(cells, seen, name.casefold(), "name")
        specialty = cells.text("specialty", longest=60)
        found.append({"name": name} | ({"specialty": specialty} if specialty else {}))
    return found


def write_practitioners(clinic: Clinic, found: list[dict], report: Report, *, now: datetime) -> None:
    """By name: there already, changed or new. Somebody retired works here again."""
    known = by_name(clinic.practitioners.all())
    for fields in found:
        _write(clinic, Practitioner, known.get(fields["name"].casefold()), fields, report)


def check_services(clinic: Clinic, rows: list[Row], problems: list[Problem], *, now: datetime) -> list[dict]:
    """Every row as fields; `compatible` may name services of the same file."""
    seen: dict[Any, int] = {}
    here = by_name(clinic.services.filter(retired_at=None))
    names = dict.fromkeys(here) | {row.cells["name"].casefold(): None for row in rows}
    choices = {name: name for name in names}
    found = []
    for row in rows:
        cells = Cells(row, problems)
        name = cells.text("name", longest=60, required=True)
        _once(cells, seen, name.casefold(), "name")
        if not cells.text("minutes"):
            cells.wrong("minutes", "This cannot be empty.")
        fields = {
            "name": name,
            "minutes": cells.number("minutes", least=5, most=720),
            "price_cents": cells.cents("price"),
            "category": cells.text("category", longest=60) or None,
            "window_minutes": cells.number("window_minutes", least=1, most=1440),
            "notice_minutes": cells.number("notice_minutes", most=10_080),
            "details_prompt": cells.text("details_prompt", longest=200) or None,
            "hold_seconds": cells.number("hold_seconds", least=10, most=3600),
            "compatible": cells.names("compatible", choices, "service"),
        }
        found.append({key: value for key, value in fields.items() if value is not None})
    return found


def write_services(clinic: Clinic, found: list[dict], report: Report, *, now: datetime) -> None:
    """By name; what a file does not say stays as it is."""
    known = by_name(clinic.services.all())
    links = {fields["name"].casefold(): fields.pop("compatible") for fields in found}
    for fields in found:
        name = fields["name"].casefold()
        known[name] = _write(clinic, Service, known.get(name), fields, report)
    for name, others in links.items():
        known[name].compatible.add(*(known[other] for other in others if other != name))


def _write(
    clinic: Clinic,
    model: type[Practitioner] | type[Service],
    row: Any,
    fields: dict[str, Any],
    report: Report,
) -> Any:
    if row is None:
        row = model.objects.create(clinic=clinic, **fields)
        report.added += 1
        return row
    fields = fields | {"retired_at": None}
    changed = {name: value for name, value in fields.items() if getattr(row, name) != value}
    if not changed:
        report.same += 1
        return row
    for name, value in changed.items():
        setattr(row, name, value)
    row.save(update_fields=list(changed))
    report.changed += 1
    return row
