"""What cancelling costs at this clinic, as a manager sets it."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from waitlist import access, tuning
from waitlist.forms import point_out
from waitlist.forms.cancelling import CancellingForm
from waitlist.states import Role
from waitlist.views.answer import typed


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """The clinic's figures, and each service's own notice where it has one."""
    clinic = access.get_clinic(request, Role.MANAGER)
    if access.sent_from_elsewhere(request, clinic):
        return redirect("cancelling")
    form = CancellingForm(clinic, typed(request), initial=CancellingForm.of(clinic))
    if request.method == "POST" and form.is_valid():
        try:
            tuning.set_cancelling(clinic, form.notices, **form.figures)
        except ValidationError as error:
            point_out(error, form)
        else:
            messages.success(request, "Saved. Patients see it before they cancel; what is owed already stays.")
            return redirect("cancelling")
    return render(request, "waitlist/cancelling.html", {"clinic": clinic, "form": form, "forms": [form]})
