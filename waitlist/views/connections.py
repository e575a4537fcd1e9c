"""Which systems may tell us things: set up, secret, what their words mean, and what came of their events."""

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from waitlist import access, connections, events
from waitlist.forms.connections import ConnectionForm, MatchForm
from waitlist.models import Connection, InboundEvent
from waitlist.states import EventStatus, Role

SHOWN = 30
REFUSED_SHOWN = 100
ROWS = Connection.objects.select_related("clinic", "default_location")
LOOKS = {
    EventStatus.RECEIVED: ("wait", "clock"),
    EventStatus.APPLIED: ("good", "check"),
    EventStatus.IGNORED: ("", "square"),
    EventStatus.REJECTED: ("bad", "warning"),
}


@never_cache
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every connection of the clinic, and how many of its events need attention."""
    clinic = access.get_clinic(request, Role.ADMIN)
    rows = [
        (one, _refused(one).count(), one.events.order_by("-pk").first()) for one in clinic.connections.order_by("pk")
    ]
    return render(request, "waitlist/connections.html", {"clinic": clinic, "rows": rows})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A connection is added; its page then shows what to paste where."""
    clinic = access.get_clinic(request, Role.ADMIN)
    form = ConnectionForm(clinic, request.POST or None)
    if access.sent_from_elsewhere(request, clinic, "added"):
        return redirect("connection-new")
    if request.method == "POST" and form.is_valid():
        made = connections.add(clinic, now=timezone.now(), **form.cleaned_data)
        messages.success(request, f"{made.name} is set up here. Now tell it where to send its events.")
        return redirect("connection", made.pk)
    return render(request, "waitlist/connection_new.html", {"clinic": clinic, "form": form, "forms": [form]})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def connection(request: HttpRequest, pk: int) -> HttpResponse:
    """One connection: its settings, its events, and the words nobody has matched yet."""
    row = access.get_row(request, ROWS, Role.ADMIN, pk=pk)
    form = ConnectionForm(row.clinic, request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        connections.edit(row, **form.cleaned_data)
        messages.success(request, "Saved.")
        return redirect("connection", row.pk)
    return _page(request, row, form=form)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def secret(request: HttpRequest, pk: int) -> HttpResponse:
    """The secret on this one answer; with “rotate” a fresh one. Looked at again it is hidden."""
    row = access.get_row(request, ROWS, Role.ADMIN, pk=pk)
    if request.method != "POST":
        return redirect("connection", row.pk)
    shown = connections.rotate(row) if request.POST.get("rotate") else connections.show_secret(row, now=timezone.now())
    return _page(request, row, shown=shown)


@require_POST
def match(request: HttpRequest, pk: int) -> HttpResponse:
    """Words get their meaning, and what was refused for them is applied again."""
    row = access.get_row(request, ROWS, Role.ADMIN, pk=pk)
    form = MatchForm(row, _unknown(row), request.POST)
    if not form.is_valid():
        return _page(request, row, matching=form)
    for kind, word, row_id in form.chosen():
        connections.match(row, kind, word, row_id)
    return _again(request, row)


@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything that was refused is applied once more."""
    return _again(request, access.get_row(request, ROWS, Role.ADMIN, pk=pk))


@require_POST
def forget(request: HttpRequest, pk: int, mapping: int) -> HttpResponse:
    """A word loses its meaning."""
    row = access.get_row(request, ROWS, Role.ADMIN, pk=pk)
    connections.forget(get_object_or_404(row.mappings, pk=mapping))
    return redirect("connection", row.pk)


def _again(request: HttpRequest, row: Connection) -> HttpResponse:
    count = events.again(row, now=timezone.now())
    messages.success(request, f"{count} event{'' if count == 1 else 's'} applied again; see below what came of it.")
    return redirect("connection", row.pk)


def _refused(row: Connection) -> QuerySet[InboundEvent]:
    return row.events.filter(status=EventStatus.REJECTED).order_by("-pk")


def _unknown(row: Connection) -> list[tuple[str, str]]:
    return events.unknown_words(row, list(_refused(row)[:REFUSED_SHOWN]))


def _page(
    request: HttpRequest,
    row: Connection,
    *,
    form: ConnectionForm | None = None,
    matching: MatchForm | None = None,
    shown: str = "",
) -> HttpResponse:
    form = form or ConnectionForm(row.clinic, instance=row)
    recent = [(event, *LOOKS[EventStatus(event.status)]) for event in row.events.order_by("-pk")[:SHOWN]]
    context = {
        "clinic": row.clinic,
        "row": row,
        "form": form,
        "forms": [form],
        "matching": matching or MatchForm(row, _unknown(row)),
        "shown": shown,
        "address": settings.PUBLIC_URL + reverse("intake", args=[row.source, row.public_id]),
        "recent": recent,
        "refused": _refused(row).count(),
        "mappings": row.mappings.select_related("practitioner", "service", "location").order_by("kind", "external"),
    }
    return render(request, "waitlist/connection.html", context)
