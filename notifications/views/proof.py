"""Proof of one patient's consents, on a page and to take along; for whoever answers for the clinic."""

import csv
import json
from dataclasses import asdict, fields
from datetime import UTC

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from audit import trail
from audit.views import safe
from notifications import proof as proofs
from notifications.proof import Line
from waitlist import access
from waitlist.models import Patient
from waitlist.states import Role

COLUMNS = tuple(field.name for field in fields(Line))


@never_cache
@require_safe
def proof(request: HttpRequest, pk: int) -> HttpResponse:
    """Every line, the first one first."""
    clinic = access.get_overseer(request).clinic
    patient = get_object_or_404(Patient, clinic=clinic, pk=pk)
    context = {
        "clinic": clinic,
        "patient": patient,
        "points": proofs.points_of(patient),
        "lines": proofs.of(patient),
        "may_edit": access.get_membership(request).role in access.MAY_ACT_AS[Role.FRONT_DESK],
    }
    return render(request, "notifications/proof.html", context)


@require_POST
def export(request: HttpRequest, pk: int) -> HttpResponse:
    """The same as a file. Taking it out is itself recorded."""
    clinic = access.get_overseer(request).clinic
    patient = get_object_or_404(Patient, clinic=clinic, pk=pk)
    lines, now = proofs.of(patient), timezone.now()
    form = "json" if request.POST.get("format") == "json" else "csv"
    changes = {"format": form, "lines": len(lines)}
    trail.record("patient.proof_exported", patient, now=now, clinic_id=clinic.pk, changes=changes)
    rows = [{**asdict(line), "at": line.at.astimezone(UTC).isoformat()} for line in lines]
    kind = "application/json" if form == "json" else "text/csv; charset=utf-8"
    response = HttpResponse(content_type=kind)
    name = f"consent-{clinic.slug}-patient-{patient.pk}-{now.astimezone(clinic.zone):%Y-%m-%d}.{form}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    if form == "json":
        about = {"clinic": clinic.name, "patient": patient.pk, "exported_at": now.isoformat(), "lines": rows}
        response.write(json.dumps(about, ensure_ascii=False, indent=1))
        return response
    sheet = csv.writer(response)
    sheet.writerow(COLUMNS)
    sheet.writerows([safe(row[column]) for column in COLUMNS] for row in rows)
    return response
