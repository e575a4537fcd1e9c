"""What somebody told staff about messages to them, noted on the patient's page."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from audit.middleware import remote_addr
from notifications.replies.letting import let_go
from waitlist import access, told
from waitlist.forms.told import AGAIN, OFFERS, ToldForm
from waitlist.models import Patient, User
from waitlist.templatetags.standby import all_errors, phone

WHOLE = Patient.objects.select_related("clinic").prefetch_related("contacts__contact_point__clinic")
STOPPED_SINCE = "They stopped it themselves after that. Only their own newer word counts: ask them to text START."


@require_POST
def note(request: HttpRequest, pk: int) -> HttpResponse:
    """No more openings, no more at all, or again after all: with whose word it is."""
    patient, now = access.get_row(request, WHOLE.all(), pk=pk), timezone.now()
    with timezone.override(patient.clinic.zone):
        form = ToldForm(patient, request.POST, now=now)
        if form.is_valid() and isinstance(request.user, User):
            _note(request, form, request.user, now=now)
        for _, _, error in all_errors(form):
            messages.error(request, error)
    return redirect("patient", patient.pk)


def _note(request: HttpRequest, form: ToldForm, by: User, *, now: datetime) -> None:
    point, said_by, where = form.point, form.cleaned_data["said_by"], remote_addr(request)
    if form.word == AGAIN:
        said_at, purposes = form.cleaned_data["said_at"], form.cleaned_data["purposes"]
        if told.renew(point, purposes, said_by=said_by, said_at=said_at, by=by, remote_addr=where, now=now):
            messages.success(request, f"{phone(point.value)} may be written to again, as {said_by} said.")
        else:
            messages.error(request, STOPPED_SINCE)
        return
    act, words = (told.stop_offers, "openings") if form.word == OFFERS else (told.stop, "messages at all")
    is_new = act(point, said_by=said_by, by=by, remote_addr=where, now=now)
    let_go(point, via="staff", now=now)
    if is_new:
        messages.success(request, f"No more {words} to {phone(point.value)}: noted, as {said_by} said.")
    else:
        messages.warning(request, f"There were no {words} to {phone(point.value)} any more.")
