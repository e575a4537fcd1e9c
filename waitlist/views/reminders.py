"""Whether Standby reminds patients of their visits, as a manager sets it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from waitlist import access, tuning
from waitlist.forms.reminders import RemindersForm
from waitlist.states import Role
from waitlist.views.answer import typed


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """One switch: off until a clinic says that its own calendar does not do it."""
    clinic = access.get_clinic(request, Role.MANAGER)
    if access.sent_from_elsewhere(request, clinic):
        return redirect("reminders")
    form = RemindersForm(typed(request), initial={"sends_reminders": clinic.sends_reminders})
    if request.method == "POST" and form.is_valid():
        is_on = form.cleaned_data["sends_reminders"]
        tuning.set_reminders(clinic, is_on)
        messages.success(request, "Saved. Reminders go out." if is_on else "Saved. No reminders go out.")
        return redirect("reminders")
    return render(request, "waitlist/reminders.html", {"clinic": clinic, "form": form, "forms": [form]})
