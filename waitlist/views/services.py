"""Settings of the services: what they ask after a yes, how long the time is kept meanwhile, how long to answer."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from waitlist import access
from waitlist.forms.services import ServiceForm
from waitlist.models import Service
from waitlist.states import Role
from waitlist.views.answer import typed


@never_cache
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every service in use, with what it is and asks; those given up last."""
    clinic = access.get_clinic(request, Role.MANAGER)
    every = list(clinic.services.order_by("name"))
    rows, gone = [row for row in every if not row.retired_at], [row for row in every if row.retired_at]
    return render(request, "waitlist/services.html", {"clinic": clinic, "rows": rows, "gone": gone})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def service(request: HttpRequest, pk: int) -> HttpResponse:
    """One of them; saved as an object, so that the trail writes itself."""
    row = access.get_row(request, Service.objects.all(), Role.MANAGER, pk=pk)
    name = row.name
    form = ServiceForm(typed(request), instance=row)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic(durable=True):
            row.save(update_fields=form.Meta.fields)
        messages.success(request, f"{name}: saved. It goes for every yes from now on.")
        return redirect("services")
    return render(request, "waitlist/service.html", {"service": row, "form": form, "forms": [form]})
