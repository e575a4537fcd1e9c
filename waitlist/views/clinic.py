"""The clinic itself: name, numbers, zone; and how much its messages may say."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from notifications.forms.wordings import LEVELS
from waitlist import access, clinics
from waitlist.forms import point_out
from waitlist.forms.clinic import ClinicForm
from waitlist.states import Role
from waitlist.views.answer import typed


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Who the clinic is; what stands here patients read."""
    clinic = access.get_clinic(request, Role.ADMIN)
    if access.sent_from_elsewhere(request, clinic):
        return redirect("clinic")
    form = ClinicForm(typed(request), instance=clinic)
    if request.method == "POST" and form.is_valid():
        try:
            clinics.set_identity(clinic, **form.cleaned_data)
        except ValidationError as error:
            point_out(error, form)
        else:
            messages.success(request, "Saved. It holds for whatever goes out from now on.")
            return redirect("clinic")
    levels = [(*said, level == clinic.content_level) for level, said in LEVELS.items()]
    context = {"clinic": clinic, "form": form, "forms": [form], "levels": levels}
    return render(request, "waitlist/clinic.html", context)
