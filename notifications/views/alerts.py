"""What each of the staff is told of by e-mail: their own choice, at the clinic in use."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from notifications.alerts import notices
from notifications.alerts.forms import NoticesForm
from waitlist import access


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def my_notices(request: HttpRequest) -> HttpResponse:
    """One choice for each kind of event, for whoever is signed in."""
    member = access.get_membership(request)
    if access.sent_from_elsewhere(request, member.clinic):
        return redirect("my-notices")
    form = NoticesForm(request.POST if request.method == "POST" else None, initial=notices.chosen([member])[member.pk])
    if request.method == "POST" and form.is_valid():
        if notices.choose(member, form.cleaned_data, now=timezone.now()):
            messages.success(request, "Saved. What happens from now on comes this way.")
        else:
            messages.success(request, "It was like this before. Nothing was changed.")
        return redirect("my-notices")
    context = {"member": member, "clinic": member.clinic, "form": form, "forms": [form]}
    return render(request, "notifications/my_notices.html", context)
