"""Surge days: which are to come, one more, one less."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from waitlist import access, surges
from waitlist.forms import point_out
from waitlist.forms.surges import SurgeDayForm
from waitlist.models import SurgeDay
from waitlist.states import Role
from waitlist.views.answer import typed


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def surge_days(request: HttpRequest) -> HttpResponse:
    """Those from today on, and the form that adds one."""
    clinic = access.get_clinic(request, Role.MANAGER)
    today = timezone.now().astimezone(clinic.zone).date()
    form = SurgeDayForm(clinic, typed(request), today=today)
    if access.sent_from_elsewhere(request, clinic, "added"):
        return redirect("surge-days")
    if request.method == "POST" and form.is_valid():
        try:
            made = surges.add(clinic, **form.cleaned_data)
        except ValidationError as error:
            point_out(error, form)
        else:
            messages.success(request, f"{made.day:%A, %B} {made.day.day} is a surge day.")
            return redirect("surge-days")
    rows = clinic.surge_days.filter(day__gte=today).select_related("location").order_by("day", "location__name", "pk")
    return render(request, "waitlist/surges.html", {"clinic": clinic, "rows": rows, "form": form, "forms": [form]})


@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """That day is like any other again."""
    row = access.get_row(request, SurgeDay.objects.all(), Role.MANAGER, pk=pk)
    surges.remove(row)
    messages.success(request, f"{row.day:%A, %B} {row.day.day} is no surge day any more.")
    return redirect("surge-days")
