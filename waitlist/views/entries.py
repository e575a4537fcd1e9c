"""The waitlist: who waits for what, and leaving it."""

from datetime import datetime

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import push_url

from waitlist import access, roster
from waitlist.forms.bulk import BulkForm
from waitlist.forms.listing import ListForm
from waitlist.models import Clinic
from waitlist.states import Role
from waitlist.views import listing, undoing
from waitlist.views.answer import is_update
from waitlist.views.listing import WHOLE
from waitlist.views.rows import Row, names_of, rows

PER_PAGE = 50


@never_cache
@require_safe
def entries(request: HttpRequest) -> HttpResponse:
    """Everybody who waits and is asked for; the whole question is in the address, and htmx fetches only the list."""
    mine = access.get_member(request)
    clinic, now = mine.clinic, timezone.now()
    form, page, shown = _asked_for(request, clinic, now=now)
    context = {
        "clinic": clinic,
        "now": now,
        "form": form,
        "asked": form.address(),
        "narrowing": form.narrowing(),
        "order": form.question().sort_label,
        "may_import": mine.role == Role.ADMIN,
        "may_export": mine.role in access.MAY_ACT_AS[Role.MANAGER],
        "bulk": BulkForm(clinic, now=now),
        "undo": undoing.offered(request, clinic, now=now),
        "page": page,
        "rows": shown,
    }
    if not is_update(request):
        return render(request, "waitlist/entries.html", context)
    response = render(request, "waitlist/_entries.html", context)
    return push_url(response, f"{request.path}?{form.address()}".rstrip("?"))


def _asked_for(request: HttpRequest, clinic: Clinic, *, now: datetime) -> tuple[ListForm, Page, list[Row]]:
    """The question in the address, and the page of the list that answers it."""
    names = names_of(clinic)
    form = ListForm(names.services, names.people, request.GET)
    page = Paginator(listing.find(clinic, form.question(), now=now), PER_PAGE).get_page(request.GET.get("page"))
    return form, page, rows(clinic, page.object_list, names)


@never_cache
@require_safe
def changed(request: HttpRequest) -> HttpResponse:
    """Whether the list an open page shows is still this one: it sends the stamps of its rows, and which are being
    edited. Nothing moves under anybody's hands: the page says so, with the way to the list as it is."""
    clinic, now = access.get_clinic(request), timezone.now()
    form, page, shown = _asked_for(request, clinic, now=now)
    edited = {f"{pk}:" for pk in request.GET.getlist("opened")}
    stamps = [row.stamp for row in shown]
    theirs, ours = (
        [one for one in every if not one.startswith(tuple(edited))] for every in (request.GET.getlist("stands"), stamps)
    )
    address = f"{reverse('waitlist')}?{form.address()}&page={page.number}"
    context = {"now": now, "is_changed": theirs != ours, "address": address}
    return render(request, "waitlist/_list_news.html", context)


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
