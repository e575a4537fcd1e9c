"""Staff change what a filled time is booked for."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from waitlist import access, service_change
from waitlist.models import Slot
from waitlist.states import AppointmentStatus
from waitlist.vacancies import Refused

WHOLE = Slot.objects.select_related(
    "location__clinic", "service", "filled_by__patient", "filled_by__service", "filled_by__practitioner"
)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose another service for the same time, with what it costs more or less."""
    slot = access.get_row(request, WHOLE.all(), pk=pk)
    now, visit = timezone.now(), slot.filled_by
    if visit is not None and (visit.status != AppointmentStatus.BOOKED or visit.starts_at <= now):
        visit = None
    if request.method == "POST" and visit is not None:
        try:
            booked = service_change.change(visit.pk, access.row_id(request.POST.get("service", "")), now=now)
        except Refused as refused:
            messages.error(request, str(refused))
            return redirect("slot-service", pk)
        messages.success(request, f"Booked for {booked.service.name} now. The patient and the calendar are told.")
        return redirect("slot", pk)
    choices = service_change.choices(visit) if visit is not None else []
    context = {
        "slot": slot,
        "visit": visit,
        "zone": slot.location.zone,
        "now": now,
        "fitting": [one for one in choices if not one.refused],
        "too_long": [one for one in choices if one.refused],
    }
    return render(request, "matching/slot_service.html", context)
