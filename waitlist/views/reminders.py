"""Whether Standby reminds patients of their visits, as a manager sets it."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from notifications import rendering, wordings
from notifications.states import Channel, Kind
from waitlist import access, tuning
from waitlist.forms.reminders import RemindersForm
from waitlist.models import Clinic
from waitlist.states import Role
from waitlist.views.answer import typed

LINK = f"{settings.PUBLIC_URL.partition('://')[2]}/v/…"

@dataclass(frozen=True)
class Sample:
    """A reminder a day before with the line and without it, and how many texts more it takes; `is_own`: in the
    clinic's own words, which stay as they are."""

    asking: str
    usual: str
    more: int
    is_own: bool

    @property
    def is_said(self) -> bool:
        return not self.is_own and self.asking != self.usual


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Off until a clinic says that its own calendar does not do it; what a reminder says besides."""
    clinic = access.get_clinic(request, Role.MANAGER)
    if access.sent_from_elsewhere(request, clinic):
        return redirect("reminders")
    names = ("sends_reminders", "reminders_ask_earlier")
    form = RemindersForm(typed(request), initial={name: getattr(clinic, name) for name in names})
    if request.method == "POST" and form.is_valid():
        is_on = form.cleaned_data["sends_reminders"]
        tuning.set_reminders(clinic, is_on, asks_earlier=form.cleaned_data["reminders_ask_earlier"])
        messages.success(request, "Saved. Reminders go out." if is_on else "Saved. No reminders go out.")
        return redirect("reminders")
    context = {"clinic": clinic, "form": form, "forms": [form], "sample": _sample(clinic, now=timezone.now())}
    return render(request, "waitlist/reminders.html", context)


def _sample(clinic: Clinic, *, now: datetime) -> Sample:
    usual, asking = wordings.reminders(clinic, wordings.names(clinic), now=now)
    is_own = clinic.wordings.filter(kind=Kind.REMINDER, channel=Channel.SMS).exists()
    more = rendering.segments(asking) - rendering.segments(usual)
    return Sample(asking.replace("{link}", LINK), usual.replace("{link}", LINK), more, is_own)
