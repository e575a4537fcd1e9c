"""The page that brings a clinic's own data, from the files of the system it used before."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from waitlist import access, imports
from waitlist.forms.imports import LABELS, ImportForm
from waitlist.states import Role

SHOWN = 200
MOST_ROWS = 1000  # a browser waits for the answer


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """One file at a time: the result, or every problem by line and column with nothing written."""
    clinic = access.get_clinic(request, Role.ADMIN)
    form = ImportForm(request.POST or None, request.FILES or None)
    report = None
    if access.sent_from_elsewhere(request, clinic, "imported"):
        return redirect("imports")
    if request.method == "POST" and form.is_valid():
        raw = form.cleaned_data["file"].read(imports.MAX_BYTES + 1)
        kind = form.cleaned_data["kind"]
        report = imports.run(clinic, kind, raw, now=timezone.now(), most_rows=MOST_ROWS)
    context = {
        "clinic": clinic,
        "form": form,
        "forms": [form],
        "report": report,
        "problems": report.problems[:SHOWN] if report else [],
        "more": max(0, len(report.problems) - SHOWN) if report else 0,
        "kinds": [(kind, LABELS[kind], *imports.columns(kind)) for kind in imports.KINDS],
    }
    return render(request, "waitlist/imports.html", context, status=422 if report and report.problems else 200)


@require_safe
def sample(request: HttpRequest, kind: str) -> HttpResponse:
    """A file of that kind to begin from."""
    access.get_clinic(request, Role.ADMIN)
    if kind not in imports.KINDS:
        raise Http404("No such kind of file.")
    named = {"Content-Disposition": f'attachment; filename="{kind}-sample.csv"'}
    return HttpResponse(imports.sample(kind), content_type="text/csv; charset=utf-8", headers=named)
