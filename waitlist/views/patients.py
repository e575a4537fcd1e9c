"""Everybody the clinic knows, by name: found by words of it, or by digits of a number."""

from django.core.paginator import Paginator
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from notifications.models import PatientContact
from waitlist import access
from waitlist.models import Appointment, Patient, WaitlistEntry
from waitlist.states import WAITING_STATUSES, AppointmentStatus
from waitlist.views.answer import find_patients

PER_PAGE = 50


@never_cache
@require_safe
def patients(request: HttpRequest) -> HttpResponse:
    """By last name; `q` and `page` stand in the address."""
    clinic, now = access.get_clinic(request), timezone.now()
    words = request.GET.get("q", "").strip()
    page = Paginator(find_patients(clinic, words), PER_PAGE).get_page(request.GET.get("page"))
    people: list[Patient] = list(page.object_list)
    ids = [patient.pk for patient in people]
    waiting = WaitlistEntry.objects.filter(patient__in=ids, status__in=WAITING_STATUSES).order_by()
    coming = Appointment.objects.filter(patient__in=ids, status=AppointmentStatus.BOOKED, starts_at__gt=now).order_by()
    wishes = dict(waiting.values_list("patient").annotate(n=Count("pk")))
    visits = dict(coming.values_list("patient").annotate(at=Min("starts_at")))
    uses = PatientContact.objects.filter(patient__in=ids).select_related("contact_point").order_by("-position", "-pk")
    reached = {use.patient_id: use.contact_point for use in uses}
    context = {
        "clinic": clinic,
        "now": now,
        "q": words,
        "page": page,
        "rows": [(one, reached.get(one.pk), wishes.get(one.pk, 0), visits.get(one.pk)) for one in people],
    }
    return render(request, "waitlist/patients.html", context)
