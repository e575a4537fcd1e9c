"""An opening added by hand."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from waitlist import access, vacancies
from waitlist.forms.openings import OpeningForm
from waitlist.models import Clinic, Slot
from waitlist.views.answer import typed

OF_A_GAP = ("practitioner", "location", "day", "starts")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The form; `?slot=` fills in the facts of a slot that ended, `?day=` and the like those of a gap."""
    clinic = access.get_clinic(request)
    form = OpeningForm(clinic, typed(request), initial=_initial(request, clinic))
    if request.method == "POST" and form.is_valid():
        try:
            slot = vacancies.open_by_hand(clinic, form.time(), look_first="look" in request.POST, now=timezone.now())
        except vacancies.Refused as refused:
            form.add_error("starts", str(refused))
        else:
            if "look" in request.POST:
                messages.success(request, "The opening is on the board. Nobody is asked until you say so.")
                return redirect("slot-dry-run", slot.pk)
            messages.success(request, "The opening is on the board.")
            return redirect("slot", slot.pk)
    return render(request, "waitlist/opening_new.html", {"clinic": clinic, "form": form})


def _initial(request: HttpRequest, clinic: Clinic) -> dict[str, object]:
    chosen = request.GET.get("slot", "")
    slot = (
        Slot.objects.select_related("location__clinic")
        .filter(clinic=clinic, pk=access.row_id(chosen))
        .first()
    )
    if slot is None:
        return {name: request.GET[name] for name in OF_A_GAP if name in request.GET}
    here = slot.starts_at.astimezone(slot.location.zone)
    return {
        "service": slot.service_id,
        "practitioner": slot.practitioner_id,
        "location": slot.location_id,
        "day": here.date(),
        "starts": here.time(),
    }
