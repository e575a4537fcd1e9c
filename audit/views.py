"""The trail as compliance reads it: asked by who, what, which row and when; exported; one entry in full."""

import csv
import json
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from audit import selectors, trail, words
from audit.actor import ActorKind
from audit.models import Entry
from audit.selectors import Question
from waitlist import access
from waitlist.models import Clinic
from waitlist.states import Role

PER_PAGE = 50
EXPORT_LIMIT = 100_000
COLUMNS = (
    "id", "time_utc", "verb", "what", "row_type", "row_id", "actor_kind", "actor", "actor_id", "remote_addr",
    "correlation_id", "changes",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
LAST_YEAR = 2200


class TrailForm(forms.Form):
    """What to look for; every field may stay empty."""

    verb = forms.ChoiceField(label="What happened", required=False)
    actor_kind = forms.ChoiceField(label="Who", required=False, choices=[("", "Anybody"), *ActorKind.choices])
    staff = forms.EmailField(label="Staff address", required=False)
    actor_ref = forms.IntegerField(label="Patient or calendar no.", required=False, min_value=1)
    row_type = forms.ChoiceField(label="Kind of row", required=False)
    row_id = forms.IntegerField(label="Row no.", required=False, min_value=1)
    since = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="To", required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, clinic: Clinic, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clinic = clinic
        verbs = sorted((words.happened(verb), verb) for verb in selectors.verbs(clinic.pk))
        kinds = sorted((words.noun(kind), kind) for kind in selectors.row_types(clinic.pk))
        self.fields["verb"].choices = [("", "Anything"), *[(verb, word) for word, verb in verbs]]  # type: ignore[attr-defined]
        self.fields["row_type"].choices = [("", "Any"), *[(kind, word) for word, kind in kinds]]  # type: ignore[attr-defined]

    def clean_until(self) -> date | None:
        """A last day that has a day after it."""
        until: date | None = self.cleaned_data["until"]
        if until is not None and until.year >= LAST_YEAR:
            raise forms.ValidationError("Choose an earlier date.")
        return until

    def question(self) -> Question:
        """The dates are whole days of the clinic's own clock."""
        fields = dict(self.cleaned_data)
        since, until = fields.pop("since"), fields.pop("until")
        return Question(
            **fields,
            since=since and datetime.combine(since, time(), self.clinic.zone),
            before=until and datetime.combine(until + timedelta(days=1), time(), self.clinic.zone),
        )


@never_cache
@require_safe
def entries(request: HttpRequest) -> HttpResponse:
    """The newest that answer the question, PER_PAGE at a time."""
    clinic = access.get_clinic(request, Role.COMPLIANCE)
    form = TrailForm(clinic, request.GET)
    found = selectors.entries(clinic.pk, form.question() if form.is_valid() else Question())
    after = request.GET.get("after", "")
    if after:
        found = selectors.older_than(found, get_object_or_404(Entry, pk=access.row_id(after), clinic_id=clinic.pk))
    rows = list(found[: PER_PAGE + 1])
    asked = request.GET.copy()
    asked.pop("after", None)
    context = {
        "clinic": clinic,
        "form": form,
        "lines": [_line(row) for row in rows[:PER_PAGE]],
        "after": rows[PER_PAGE - 1].pk if len(rows) > PER_PAGE else None,
        "is_first": not after,
        "asked": asked.urlencode(),
        "seal": selectors.newest_seal(),
    }
    return render(request, "audit/trail.html", context)


@never_cache
@require_safe
def entry(request: HttpRequest, pk: int) -> HttpResponse:
    """One entry in full, with what else happened in the same breath."""
    clinic = access.get_clinic(request, Role.COMPLIANCE)
    one = get_object_or_404(Entry.objects.select_related("content_type"), pk=pk, clinic_id=clinic.pk)
    context = {
        "clinic": clinic,
        "line": _line(one),
        "together": [_line(row) for row in selectors.together_with(one)[:PER_PAGE]],
        "seal": selectors.seal_of(one),
        "may_open_patient": access.get_membership(request).role in access.MAY_ACT_AS[Role.FRONT_DESK],
    }
    return render(request, "audit/entry.html", context)


@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """The same question as a CSV file. Taking the trail out is itself recorded."""
    clinic = access.get_clinic(request, Role.COMPLIANCE)
    form = TrailForm(clinic, request.POST)
    if not form.is_valid():
        return HttpResponse(form.errors.as_text(), status=400, content_type="text/plain; charset=utf-8")
    found = selectors.entries(clinic.pk, form.question())
    if found[EXPORT_LIMIT:].exists():
        refusal = f"More than {EXPORT_LIMIT:,} lines: choose a shorter time in “From” and “To”."
        return HttpResponse(refusal, status=400, content_type="text/plain; charset=utf-8")
    now = timezone.now()
    asked = {name: str(value) for name, value in asdict(form.question()).items() if value not in (None, "")}
    trail.record("trail.exported", clinic, now=now, clinic_id=clinic.pk, changes=asked)
    name = f"trail-{clinic.slug}-{now.astimezone(clinic.zone):%Y-%m-%d}.csv"
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    sheet = csv.writer(response)
    sheet.writerow(COLUMNS)
    for row in found.iterator(chunk_size=2_000):
        sheet.writerow([safe(cell) for cell in _cells(row)])
    return response


def safe(cell: object) -> str:
    """A cell no spreadsheet takes for a formula."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(FORMULA) else text


def _cells(row: Entry) -> list[object]:
    changes = json.dumps(row.changes, ensure_ascii=False, sort_keys=True) if row.changes else ""
    return [
        row.pk, row.timestamp.astimezone(UTC).isoformat(), row.verb, words.happened(row.verb),
        row.content_type.model, row.object_pk, row.actor_kind, words.actor(row), row.actor_ref or row.actor_id,
        row.remote_addr, row.cid, changes,
    ]  # fmt: skip


def _line(row: Entry) -> dict[str, Any]:
    """An entry and its plain words."""
    return {
        "entry": row,
        "what": words.happened(row.verb),
        "row": words.row(row),
        "who": words.actor(row),
        "changes": words.changes(row.changes),
    }
