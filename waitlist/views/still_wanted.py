"""Whether what people wait for is still wanted: staff who have heard it, and the clinic that asks."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from waitlist import access, still_wanted, tuning
from waitlist.forms import point_out
from waitlist.forms.still_wanted import StillWantedForm
from waitlist.models import WaitlistEntry
from waitlist.states import Role
from waitlist.views.answer import done, typed


@require_POST
def wanted(request: HttpRequest, pk: int) -> HttpResponse:
    """They have said so at the desk, or on the phone: a wish that rests is asked for times again."""
    entry = access.get_row(request, WaitlistEntry.objects.select_related("patient"), pk=pk)
    if still_wanted.keep(entry.pk, now=timezone.now()):
        messages.success(request, f"{entry.patient.name} goes on waiting.")
    else:
        messages.warning(request, f"{entry.patient.name} waits no longer. Nothing was changed.")
    return done(request, reverse("waitlist"))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Off until a manager turns it on: it writes to people who have not been written to for a while."""
    clinic = access.get_clinic(request, Role.MANAGER)
    if access.sent_from_elsewhere(request, clinic):
        return redirect("still-wanted")
    form = StillWantedForm(typed(request), initial={name: getattr(clinic, name) for name in tuning.STILL_WANTED})
    if request.method == "POST" and form.is_valid():
        try:
            tuning.set_still_wanted(clinic, now=timezone.now(), **form.cleaned_data)
        except ValidationError as error:
            point_out(error, form)
        else:
            is_on = form.cleaned_data["asks_still_wanted"]
            messages.success(request, "Saved. They are asked, some each hour." if is_on else "Saved. Nobody is asked.")
            return redirect("still-wanted")
    return render(request, "waitlist/still_wanted.html", {"clinic": clinic, "form": form, "forms": [form]})
