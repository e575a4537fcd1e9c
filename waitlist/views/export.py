"""The waitlist as a file: exactly what is filtered, a few hundred rows at a time."""

import csv
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from audit import trail
from audit.views import safe
from waitlist import access, still_wanted
from waitlist.forms.listing import ListForm
from waitlist.models import Clinic, WaitlistEntry
from waitlist.states import Role, Tier
from waitlist.templatetags.standby import phone
from waitlist.views import listing
from waitlist.views.rows import Names, Row, names_of, rows

AT_ONCE = 500
PERSON = ("first_name", "last_name", "phone", "email", "external_id", "language")
WISH = (
    *("services", "practitioners", "excluded_practitioners", "when", "max_travel_minutes", "notice_minutes"),
    *("earliest_on", "latest_on", "priority", "note", "added_at"),
)
STANDING = (
    *("status", "paused_until", "tier", "reach", "offers_received", "offers_answered", "offers_accepted"),
    *("last_confirmed", "asked_on", "resting_since"),
)
COLUMNS = (*PERSON, *WISH, *STANDING)


class Line:
    """What csv writes to; it hands the line back."""

    def write(self, text: str) -> str:
        return text


@require_POST
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Whoever the address asks for. Taking the list out is itself recorded, without names."""
    clinic = access.get_clinic(request, Role.MANAGER)
    now, names = timezone.now(), names_of(clinic)
    asked = ListForm(names.services, names.people, request.GET).question()
    entry_ids = list(listing.find(clinic, asked, now=now).values_list("pk", flat=True))
    said = {name: value for name, value in asked.filters().items() if value not in ("", None, False)}
    changes = {**said, "is_searched": bool(asked.words), "entries": len(entry_ids)}
    trail.record("waitlist.exported", clinic, now=now, clinic_id=clinic.pk, changes=changes)
    lines = _lines(clinic, names, entry_ids)
    name = f"waitlist-{clinic.slug}-{now.astimezone(clinic.zone):%Y-%m-%d}.csv"
    return StreamingHttpResponse(
        _one_by_one(lines) if isinstance(request, ASGIRequest) else lines,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store, private"},
    )


def _lines(clinic: Clinic, names: Names, entry_ids: list[int]) -> Iterator[str]:
    """The file in pieces; whoever has left meanwhile is left out."""
    sheet = csv.writer(Line())
    yield "\ufeff" + sheet.writerow(COLUMNS)
    for start in range(0, len(entry_ids), AT_ONCE):
        ids = entry_ids[start : start + AT_ONCE]
        found = listing.WHOLE.filter(clinic=clinic).annotate(heard_at=still_wanted.heard()).in_bulk(ids)
        for row in rows(clinic, [found[pk] for pk in ids if pk in found], names):
            yield sheet.writerow([safe(cell) for cell in cells(clinic, row)])


async def _one_by_one(lines: Iterator[str]) -> AsyncIterator[str]:
    """The same for a server that must not wait for the database."""

    def more() -> str | None:
        return next(lines, None)

    while (line := await sync_to_async(more)()) is not None:
        yield line


def cells(clinic: Clinic, row: Row) -> list[Any]:
    """One entry in the order of COLUMNS; what the import reads is written as it reads it."""
    entry, patient = row.entry, row.entry.patient
    points = {use.contact_point.kind: use.contact_point.value for use in reversed(patient.contacts.all())}
    until = entry.paused_until.astimezone(clinic.zone).date() if entry.paused_until else None
    return [
        patient.first_name, patient.last_name, phone(points.get("phone", "")), points.get("email", ""),
        patient.external_id, patient.language,
        "|".join(row.services), "|".join(row.practitioners), "|".join(row.excluded), "; ".join(row.when),
        entry.max_travel_minutes, entry.notice_minutes, entry.earliest_on, entry.latest_on,
        Tier(entry.priority).label.lower() if entry.priority else "", entry.note,
        f"{entry.added_at.astimezone(clinic.zone):%Y-%m-%d %H:%M}",
        entry.get_status_display(), until, row.tier, ", ".join(one.words for one in row.reach),
        entry.offers_received, entry.offers_answered, entry.offers_accepted,
        *(at and at.astimezone(clinic.zone).date() for at in (_confirmed_at(entry), *_asked(entry))),
    ]  # fmt: skip


def _confirmed_at(entry: WaitlistEntry) -> datetime | None:
    """When they last said or showed that they want it, if since they came onto the list."""
    heard_at: datetime = getattr(entry, "heard_at")  # noqa: B009 - of the query
    return heard_at if heard_at > entry.added_at else None


def _asked(entry: WaitlistEntry) -> tuple[datetime | None, datetime | None]:
    """Since when an answer is due, and since when it rests without one."""
    return entry.still_asked_at, entry.silent_since
