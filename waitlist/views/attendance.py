"""Visits that have begun: who came, and who did not."""

from datetime import timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from waitlist import access, attendance
from waitlist.models import Appointment
from waitlist.states import OVER_STATUSES, AppointmentStatus
from waitlist.views.answer import done, matching_words
from waitlist.views.appointments import PER_PAGE, SEARCHED

BACK = timedelta(days=14)
SAID = {"yes": AppointmentStatus.FULFILLED, "no": AppointmentStatus.NOSHOW}
DONE = {AppointmentStatus.FULFILLED: "{who} came.", AppointmentStatus.NOSHOW: "{who} did not come."}


@never_cache
@require_safe
def over(request: HttpRequest) -> HttpResponse:
    """The visits of the last two weeks, the latest first; those nobody has said it of yet are counted."""
    clinic = access.get_clinic(request)
    now, words = timezone.now(), request.GET.get("q", "").strip()
    begun = Appointment.objects.filter(
        clinic=clinic,
        status__in=(AppointmentStatus.BOOKED, *OVER_STATUSES),
        starts_at__lte=now,
        starts_at__gt=now - BACK,
    )
    rows = begun.filter(matching_words(words, *SEARCHED)).order_by("-starts_at", "-pk")
    rows = rows.select_related("patient", "practitioner", "service", "location__clinic")
    context = {
        "clinic": clinic,
        "now": now,
        "q": words,
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "unsaid": begun.filter(status=AppointmentStatus.BOOKED).count(),
    }
    return render(request, "waitlist/visits.html", context)


@require_POST
def came(request: HttpRequest, pk: int) -> HttpResponse:
    """They came, or they did not; their show rate and tier follow. The last word counts."""
    visit = access.get_row(request, Appointment.objects.select_related("patient"), pk=pk)
    to = SAID.get(request.POST.get("came", ""))
    who = visit.patient.name if visit.patient else "Somebody without a name"
    if to is None:
        messages.warning(request, "Say whether they came: nothing was changed.")
    elif attendance.mark(pk, to, now=timezone.now()):
        messages.success(request, DONE[to].format(who=who))
    else:
        messages.warning(request, f"Nothing was changed: {who} has not begun that visit, or it was said before.")
    return done(request, reverse("visits"))
