"""The waitlist: who waits for what, and leaving it."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import push_url

from waitlist import access, roster
from waitlist.forms.bulk import BulkForm
from waitlist.forms.listing import ListForm
from waitlist.states import Role
from waitlist.views import listing, undoing
from waitlist.views.answer import is_update
from waitlist.views.listing import WHOLE
from waitlist.views.rows import names_of, rows

PER_PAGE = 50


@never_cache
@require_safe
def entries(request: HttpRequest) -> HttpResponse:
    """Everybody who waits and is asked for; the whole question is in the address, and htmx fetches only the list."""
    mine = access.get_member(request)
    clinic = mine.clinic
    now, names = timezone.now(), names_of(clinic)
    form = ListForm(names.services, names.people, request.GET)
    found = listing.find(clinic, form.question(), now=now)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "clinic": clinic,
        "now": now,
        "form": form,
        "asked": form.address(),
        "narrowing": form.narrowing(),
        "order": form.question().sort_label,
        "may_export": mine.role in access.MAY_ACT_AS[Role.MANAGER],
        "bulk": BulkForm(clinic, now=now),
        "undo": undoing.offered(request, clinic, now=now),
        "page": page,
        "rows": rows(clinic, page.object_list, names),
    }
    if not is_update(request):
        return render(request, "waitlist/entries.html", context)
    response = render(request, "waitlist/_entries.html", context)
    return push_url(response, f"{request.path}?{form.address()}".rstrip("?"))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask whether it is meant, then take the wish off the list."""
    entry = access.get_row(request, WHOLE.all(), pk=pk)
    if request.method == "POST":
        if roster.remove(entry.pk, now=timezone.now()):
            messages.success(request, f"{entry.patient.name} is off the waitlist.")
        else:
            messages.warning(request, f"{entry.patient.name} was off the waitlist before.")
        return redirect("waitlist")
    context = {"entry": entry, "patient": entry.patient, "row": rows(entry.clinic, [entry])[0]}
    return render(request, "waitlist/entry_remove.html", context)
