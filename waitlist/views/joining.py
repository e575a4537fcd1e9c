"""Whether patients may put themselves on the list, where, and which sites may show the form."""

from datetime import timedelta
from io import BytesIO

import segno
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from matching import kpis
from waitlist import access, joining, tuning
from waitlist.forms.joining import SwitchForm
from waitlist.models import Clinic, WaitlistEntry
from waitlist.states import Role
from waitlist.templatetags.standby import address
from waitlist.views.answer import typed

LATELY = timedelta(days=90)
FRAME, FRAME_PER_SERVICE = 2100, 48


@require_POST
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Whoever joined on the web waits, at the word of staff who have spoken to them."""
    entry = access.get_row(request, WaitlistEntry.objects.select_related("patient"), pk=pk)
    if joining.accept(entry.pk, now=timezone.now()):
        messages.success(request, f"{entry.patient.name} waits from now on. Note their consent, or call them yourself.")
    else:
        messages.warning(request, f"{entry.patient.name} was not waiting for that. Nothing was changed.")
    return redirect("waitlist")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """The switch, and the address to put on the clinic's own site."""
    clinic = access.get_clinic(request, Role.MANAGER)
    if access.sent_from_elsewhere(request, clinic):
        return redirect("join-page")
    initial = {"takes_joins": clinic.takes_joins, "origins": "\n".join(clinic.join_origins.split())}
    form = SwitchForm(typed(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        tuning.set_join_page(clinic, form.cleaned_data["takes_joins"], form.cleaned_data["origins"])
        messages.success(request, "Saved.")
        return redirect("join-page")
    context = {
        "clinic": clinic,
        "form": form,
        "forms": [form],
        "url": _url(clinic),
        "own_url": _url(clinic, "my"),
        "sites": clinic.join_origins.split(),
        "came_by": kpis.came_by(clinic, since=timezone.now() - LATELY),
        "height": frame_height(clinic),
    }
    return render(request, "waitlist/join_page.html", context)


@require_safe
def qr(request: HttpRequest) -> HttpResponse:
    """The address of the join page as a picture for a poster; 404 while there is no such page."""
    clinic = access.get_clinic(request, Role.MANAGER)
    if not clinic.takes_joins:
        raise Http404("There is no join page.")
    drawn = BytesIO()
    segno.make(_url(clinic), error="m").save(drawn, kind="svg", scale=8, border=4, light="#fff")
    return HttpResponse(drawn.getvalue(), content_type="image/svg+xml")


def frame_height(clinic: Clinic) -> int:
    """Pixels the form needs in a frame of 375 and more, in whichever language is longer; narrower, or with something to
    put right, it scrolls. A frame cannot tell the site around it without a script there, so it was measured
    (tests/patient/test_join_browser.py)."""
    return FRAME + FRAME_PER_SERVICE * clinic.services.filter(retired_at=None).count()


def _url(clinic: Clinic, name: str = "join") -> str:
    return settings.PUBLIC_URL + (address(name, clinic.slug) or "")
