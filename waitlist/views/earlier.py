"""An earlier time for somebody who holds a later visit: one by one, or by the clinic's rule."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from waitlist import access, earlier, kept
from waitlist.forms.earlier import EarlierForm, RuleForm
from waitlist.models import Appointment, WaitlistEntry
from waitlist.states import Role
from waitlist.vacancies import Refused
from waitlist.views.answer import typed


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def wait(request: HttpRequest, pk: int) -> HttpResponse:
    """This patient would take an earlier time than this visit."""
    rows = Appointment.objects.select_related("patient", "practitioner", "service", "location__clinic", "clinic")
    visit = access.get_row(request, rows, pk=pk)
    now = timezone.now()
    form = EarlierForm(visit.clinic, visit.practitioner.name, typed(request))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        only_with, notice = said["with_whom"] == "same", said["notice_minutes"]
        try:
            entry, is_new = earlier.wait(
                pk, said_by=said["said_by"], only_with=only_with, notice_minutes=notice, now=now
            )
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            name = entry.patient.name
            messages.success(
                request,
                f"{name} is on the waitlist for an earlier time."
                if is_new
                else f"{name} was on the waitlist for this. From now on only earlier times are offered.",
            )
            return redirect("waitlist")
    context = {"visit": visit, "zone": visit.location.zone, "form": form, "now": now}
    return render(request, "waitlist/appointment_earlier.html", context)


@require_POST
def keep(request: HttpRequest, pk: int) -> HttpResponse:
    """A wish that would close after a booking goes on."""
    entry = access.get_row(request, WaitlistEntry.objects.select_related("paused_for", "patient"), pk=pk)
    if kept.keep_on(entry, now=timezone.now()):
        messages.success(request, f"{entry.patient.name} goes on waiting.")
    else:
        messages.warning(request, f"{entry.patient.name} was not about to leave the list. Nothing was changed.")
    return redirect("waitlist")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def rule(request: HttpRequest) -> HttpResponse:
    """Whether whoever holds a visit far ahead joins by itself."""
    clinic = access.get_clinic(request, Role.MANAGER)
    if access.sent_from_elsewhere(request, clinic):
        return redirect("earlier-times")
    form = RuleForm(typed(request), initial={"from_days": clinic.earlier_from_days})
    if request.method == "POST" and form.is_valid():
        earlier.set_rule(clinic, form.cleaned_data["from_days"], now=timezone.now())
        messages.success(request, "Saved. The list follows within the hour.")
        return redirect("earlier-times")
    context = {"clinic": clinic, "form": form, "forms": [form], "look": earlier.outlook(clinic, now=timezone.now())}
    return render(request, "waitlist/earlier.html", context)
