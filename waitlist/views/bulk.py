"""Everybody ticked on the waitlist: paused, resumed, taken off; said of whom it could not be done, and taken back."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from waitlist import access, bulk
from waitlist.bulk import Outcome
from waitlist.forms.bulk import BulkForm
from waitlist.states import Bulk
from waitlist.templatetags.standby import all_errors
from waitlist.views import undoing
from waitlist.views.listing import WHOLE
from waitlist.views.rows import rows


@require_POST
def change(request: HttpRequest) -> HttpResponse:
    """Done at once, but for leaving the list: that is asked once more."""
    clinic = access.get_clinic(request)
    if access.sent_from_elsewhere(request, clinic, "changed"):
        return redirect("waitlist")
    now = timezone.now()
    form = BulkForm(clinic, request.POST, now=now)
    if not form.is_valid():
        for _, label, error in all_errors(form):
            where = f"{label}: " if label else ""
            messages.error(request, f"{where}{error} Nothing was changed.")
        return _back(request)
    order, ids = form.order(), form.cleaned_data["entry"]
    if order.what == Bulk.REMOVE and "sure" not in request.POST:
        found = WHOLE.filter(clinic=clinic, pk__in=ids).order_by("patient__last_name", "patient__first_name", "pk")
        context = {"clinic": clinic, "rows": rows(clinic, found), "form": form, "asked": request.GET.urlencode()}
        return render(request, "waitlist/entries_remove.html", context)
    outcomes = bulk.change(clinic, ids, order, now=now)
    is_offered = undoing.remember(request, clinic, order, outcomes, now=now)
    _report(request, outcomes, "" if is_offered else undoing.in_words(outcomes, undoing.DONE[order.what]))
    return _back(request)


@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """The last pause or resume of many, taken back."""
    clinic = access.get_clinic(request)
    now = timezone.now()
    last = undoing.offered(request, clinic, now=now)
    if last is None:
        messages.warning(request, "There is nothing to undo any more.")
        return _back(request)
    outcomes = bulk.undo(clinic, last.changed, last.order, now=now)
    undoing.forget(request)
    _report(request, outcomes, undoing.in_words(outcomes, "as before"))
    return _back(request)


def _report(request: HttpRequest, outcomes: Sequence[Outcome], said: str) -> None:
    """What was done, unless the list says it beside its undo; and by name to whom it was not."""
    if said:
        messages.success(request, said)
    refused = [f"{outcome.name} {outcome.refused}" for outcome in outcomes if outcome.refused]
    if refused:
        messages.warning(request, f"Not done: {'; '.join(refused)}.")
    if not outcomes:
        messages.warning(request, "Nobody of this list was ticked.")


def _back(request: HttpRequest) -> HttpResponse:
    """The list as it was asked for."""
    return redirect(f"{reverse('waitlist')}?{request.GET.urlencode()}".rstrip("?"))
