"""Locations with their opening hours, practitioners, and what services are: added, edited, retired, brought back."""

from typing import Any, TypeVar

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from waitlist import access, places
from waitlist.forms import point_out
from waitlist.forms.places import DAYS, LocationForm, PractitionerForm
from waitlist.forms.service_basics import ServiceBasicsForm
from waitlist.models import Clinic, Location, Practitioner, Service
from waitlist.states import Role
from waitlist.templatetags.standby import minute_of_day
from waitlist.views.answer import typed

Form = TypeVar("Form", LocationForm, PractitionerForm, ServiceBasicsForm)
LOCATIONS = Location.objects.select_related("clinic")
PRACTITIONERS = Practitioner.objects.select_related("clinic")
SERVICES = Service.objects.select_related("clinic")


@never_cache
@require_safe
def locations(request: HttpRequest) -> HttpResponse:
    """Every place with its hours in a line; those given up last."""
    clinic = access.get_clinic(request, Role.MANAGER)
    rows = [(row, in_words(row)) for row in clinic.locations.order_by("retired_at", "name")]
    here, gone = _apart(rows)
    return render(request, "waitlist/locations.html", {"clinic": clinic, "rows": here, "gone": gone})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def location_new(request: HttpRequest) -> HttpResponse:
    """One more place."""
    clinic = access.get_clinic(request, Role.MANAGER)
    return _edit(request, clinic, LocationForm, Location(clinic=clinic), "location")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def location(request: HttpRequest, pk: int) -> HttpResponse:
    """One of them."""
    row = access.get_row(request, LOCATIONS, Role.MANAGER, pk=pk)
    return _edit(request, row.clinic, LocationForm, row, "location")


@require_POST
def location_retire(request: HttpRequest, pk: int) -> HttpResponse:
    """Given up, or back."""
    row = access.get_row(request, LOCATIONS, Role.MANAGER, pk=pk)
    return _retire(request, row, "location")


@never_cache
@require_safe
def practitioners(request: HttpRequest) -> HttpResponse:
    """Everybody who gives services; those who have left last."""
    clinic = access.get_clinic(request, Role.MANAGER)
    rows = clinic.practitioners.prefetch_related("gives").order_by("retired_at", "name")
    here, gone = _apart([(row, _about(row)) for row in rows])
    return render(request, "waitlist/practitioners.html", {"clinic": clinic, "rows": here, "gone": gone})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def practitioner_new(request: HttpRequest) -> HttpResponse:
    """One more."""
    clinic = access.get_clinic(request, Role.MANAGER)
    return _edit(request, clinic, PractitionerForm, Practitioner(clinic=clinic), "practitioner")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def practitioner(request: HttpRequest, pk: int) -> HttpResponse:
    """One of them."""
    row = access.get_row(request, PRACTITIONERS, Role.MANAGER, pk=pk)
    return _edit(request, row.clinic, PractitionerForm, row, "practitioner")


@require_POST
def practitioner_retire(request: HttpRequest, pk: int) -> HttpResponse:
    """Left, or back."""
    row = access.get_row(request, PRACTITIONERS, Role.MANAGER, pk=pk)
    return _retire(request, row, "practitioner")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def service_new(request: HttpRequest) -> HttpResponse:
    """One more."""
    clinic = access.get_clinic(request, Role.MANAGER)
    return _edit(request, clinic, ServiceBasicsForm, Service(clinic=clinic), "service", "service_basics")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def service_basics(request: HttpRequest, pk: int) -> HttpResponse:
    """What one of them is."""
    row = access.get_row(request, SERVICES, Role.MANAGER, pk=pk)
    return _edit(request, row.clinic, ServiceBasicsForm, row, "service", "service_basics")


@require_POST
def service_retire(request: HttpRequest, pk: int) -> HttpResponse:
    """Given no more, or again."""
    row = access.get_row(request, SERVICES, Role.MANAGER, pk=pk)
    return _retire(request, row, "service")


def _about(row: Practitioner) -> str:
    """Skin · gives Botox, Filler."""
    given = ", ".join(sorted(one.name for one in row.gives.all()))
    return " · ".join(part for part in (row.specialty, f"gives {given}" if given else "gives every service") if part)


def in_words(row: Location) -> str:
    """Mon–Fri 8:00 AM – 6:00 PM · Sat 10:00 AM – 2:00 PM; days with the same hours together, closed ones left out."""
    spans: list[tuple[int, int, tuple[int, int]]] = []
    for day in range(7):
        hours = row.hours_of(day)
        if hours is None:
            continue
        if spans and spans[-1][1] == day - 1 and spans[-1][2] == hours:
            spans[-1] = (spans[-1][0], day, hours)
        else:
            spans.append((day, day, hours))
    return " · ".join(f"{_days(first, last)} {' – '.join(map(minute_of_day, hours))}" for first, last, hours in spans)


def _days(first: int, last: int) -> str:
    return DAYS[first][:3] if first == last else f"{DAYS[first][:3]}–{DAYS[last][:3]}"


def _apart(rows: list[tuple[Any, str]]) -> tuple[list[tuple[Any, str]], list[tuple[Any, str]]]:
    return [one for one in rows if one[0].retired_at is None], [one for one in rows if one[0].retired_at is not None]


def _edit(
    request: HttpRequest, clinic: Clinic, form_of: type[Form], row: places.Row, name: str, page: str = ""
) -> HttpResponse:
    if access.sent_from_elsewhere(request, clinic):
        return redirect(f"{name}s")
    called = row.name
    form = form_of(typed(request), instance=row)
    if request.method == "POST" and form.is_valid():
        try:
            places.save(form.instance, others=form.cleaned_data.get(form.OTHERS, ()))
        except ValidationError as error:
            point_out(error, form)
        else:
            messages.success(request, f"{form.instance.name} is saved.")
            return redirect(f"{name}s")
    context = {"clinic": clinic, "form": form, "forms": [form], "row": row, "called": called}
    return render(request, f"waitlist/{page or name}.html", context)


def _retire(request: HttpRequest, row: places.Row, name: str) -> HttpResponse:
    if row.retired_at is not None:
        places.bring_back(row)
        messages.success(request, f"{row.name} is back.")
        return redirect(f"{name}s")
    try:
        places.retire(row, now=timezone.now())
    except ValidationError as error:
        messages.warning(request, " ".join(error.messages))
        return redirect(name, row.pk)
    messages.success(request, f"{row.name} is retired. What was there stays in the books, and it can come back.")
    return redirect(f"{name}s")
