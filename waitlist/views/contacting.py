"""When, how often and for how much patients are contacted, as a manager sets it."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from notifications import rules
from waitlist import access, tuning
from waitlist.forms import point_out
from waitlist.forms.contacting import PRESETS, ContactingForm
from waitlist.states import Role
from waitlist.views.answer import typed


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Each figure with its legal bound; a preset only fills the form."""
    clinic = access.get_clinic(request, Role.MANAGER)
    if access.sent_from_elsewhere(request, clinic):
        return redirect("contacting")
    preset = PRESETS[request.GET["preset"]][1] if request.GET.get("preset") in PRESETS else {}
    form = ContactingForm(typed(request), initial=ContactingForm.of(clinic) | preset)
    if request.method == "POST" and form.is_valid():
        try:
            tuning.set_contacting(clinic, **form.figures)
        except ValidationError as error:
            point_out(error, form)
        else:
            messages.success(request, "Saved. It holds for everything that has not gone out yet.")
            return redirect("contacting")
    context = {
        "clinic": clinic,
        "form": form,
        "forms": [form],
        "presets": [(name, words) for name, (words, _) in PRESETS.items()],
        "spent_cents": rules.spent_mills(clinic, now=timezone.now()) // 10,
        "is_spent": rules.is_money_spent(clinic, now=timezone.now()),
    }
    return render(request, "waitlist/contacting.html", context)
