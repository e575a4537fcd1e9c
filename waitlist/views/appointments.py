"""The booked appointments of the next two weeks, and cancelling one."""

from datetime import timedelta
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from matching import calls, untold, unwritten
from matching.states import IN_LINE, OfferState
from waitlist import access, fees, freeing, schedule
from waitlist.calendar import Time
from waitlist.forms.another import AnotherForm
from waitlist.forms.openings import CancelForm
from waitlist.models import Appointment, Slot
from waitlist.states import AppointmentStatus, CancelledBy, SlotState
from waitlist.templatetags.standby import money
from waitlist.views import another, toasts
from waitlist.views.answer import is_update, matching_words, stamp, typed

AHEAD = timedelta(days=14)
PER_PAGE = 60
NOT_DONE = {
    "already": "It was cancelled before.",
    "over": "The visit has begun, so no fee is noted.",
    "dearer": "More is owed now than the page you came from said: please look again.",
}
BECAME = {
    SlotState.FILLED: "Whoever was first in reserve is booked.",
    SlotState.WITHDRAWN: "The time stays empty.",
}
SEARCHED = ("patient__folded_name", "practitioner__name__folded", "service__name__folded")


@never_cache
@vary_on_headers("HX-Request")
@require_safe
def appointments(request: HttpRequest) -> HttpResponse:
    """What is booked in the next two weeks, by time; `q` finds patients, practitioners and services ever after. An open
    page asks only whether that has changed."""
    clinic = access.get_clinic(request)
    now = timezone.now()
    words = request.GET.get("q", "").strip()
    until = {} if words else {"starts_at__lt": now + AHEAD}
    rows = (
        Appointment.objects.filter(clinic=clinic, status=AppointmentStatus.BOOKED)
        .filter(matching_words(words, *SEARCHED), starts_at__gt=now, **until)
        .select_related("patient", "practitioner", "service", "location__clinic")
        .order_by("starts_at", "pk")
    )
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    blank = unwritten.of_clinic(clinic, now=now).filter(pk__in=[one.pk for one in page.object_list])
    unwritten_pks = {one.pk for one in blank}
    stands = stamp([_shown(one) for one in page.object_list], sorted(unwritten_pks), page.paginator.count)
    if is_update(request):
        address = f"{request.path}?{urlencode({'q': words, 'page': page.number})}"
        context = {"now": now, "is_changed": request.GET.get("stands") != stands, "address": address}
        return render(request, "waitlist/_list_news.html", context)
    context = {"clinic": clinic, "now": now, "q": words, "page": page, "unwritten": unwritten_pks, "stands": stands}
    return render(request, "waitlist/appointments.html", context)


def _shown(one: Appointment) -> tuple[object, ...]:
    """What the list says of it."""
    who = (one.pk, str(one.patient or ""), one.service.name, one.practitioner.name, one.location.name)
    return (*who, one.starts_at, one.price_cents, one.confirmed_at, one.details, one.is_exclusive)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask why, then cancel it; the freed time goes to the board."""
    rows = Appointment.objects.select_related(
        *("clinic__policy", "patient", "practitioner", "service__policy", "location__clinic")
    )
    appointment = access.get_row(request, rows, pk=pk)
    now = timezone.now()
    form, another_time = CancelForm(typed(request)), AnotherForm(appointment, typed(request))
    if request.method == "POST" and form.is_valid():
        changed = schedule.cancel(
            pk,
            reason=form.cleaned_data["reason"],
            by=form.by,
            charge=form.charge,
            keeps_place=form.by != CancelledBy.PATIENT or form.cleaned_data["keeps_place"],
            keep_empty=form.stays_empty,
            look_first="look" in request.POST,
            now=now,
        )
        is_off = changed.outcome in ("done", "already")
        wish = another.put_down(request, appointment, another_time, now=now) if is_off else ""
        unheard = untold.of_clinic(appointment.clinic, now=now).filter(slot__filled_by=appointment)
        was_won = Slot.objects.filter(filled_by=appointment).exists()
        _say(request, changed, wish, is_told=not unheard.exists(), may_undo=not was_won)
        return _onwards(pk, changed, looks="look" in request.POST)
    theirs = Slot.objects.filter(filled_by=appointment, offers__state=OfferState.ACCEPTED)
    won = theirs.select_related("clinic", "service").first()
    context = {
        "appointment": appointment,
        "zone": appointment.location.zone,
        "form": form,
        "now": now,
        "won": won,
        "number": calls.numbers_of(appointment.clinic, [appointment.patient_id]).get(appointment.patient_id or 0, ""),
        "due": fees.due(appointment, won, now=now) if won is not None else None,
        "keeps": theirs.filter(offers__state=OfferState.ACCEPTED, offers__entry__isnull=False).exists(),
        "another": another_time,
        "asked": another.asked_of(appointment, now=now),
        "asks_by_itself": freeing.goes_at(appointment.clinic, Time.of(appointment), now=now) is not None,
    }
    return render(request, "waitlist/appointment_cancel.html", context)


def _onwards(pk: int, changed: schedule.Changed, *, looks: bool) -> HttpResponse:
    if changed.outcome == "dearer":
        return redirect("appointment-cancel", pk)
    if looks and changed.slot is not None and changed.slot.is_live:
        return redirect("slot-dry-run", changed.slot.pk)
    return redirect("board")


def _became(slot: Slot) -> str:
    """What became of the time."""
    if slot.is_live and slot.halted_at is not None:
        in_line = slot.offers.filter(reserve__in=IN_LINE).exists()
        first = "Whoever is in reserve comes first; nobody else" if in_line else "Nobody"
        return f"{first} is asked for the time until you say so."
    return BECAME.get(SlotState(slot.state), "The time is open now.")


def _say(request: HttpRequest, changed: schedule.Changed, wish: str, *, is_told: bool, may_undo: bool) -> None:
    """What became of the visit and of their wish for another time, as one result. `may_undo`: nobody was told of it."""
    if changed.outcome != "done":
        messages.warning(request, format_html("{} {}", NOT_DONE[changed.outcome], wish or "Nothing was changed."))
    elif changed.slot is None:
        messages.success(request, format_html("Cancelled. The time is past or taken, so nobody is asked. {}", wish))
    else:
        words = format_html("Cancelled. {} {}", _became(changed.slot), wish)
        if may_undo and changed.slot.state != SlotState.FILLED:
            toasts.undoable(request, words, reverse("slot-undo", args=[changed.slot.pk]))
        else:
            messages.success(request, words)
    if changed.fee is not None:
        messages.success(request, f"{money(changed.fee.cents)} is noted as owed.")
    if changed.outcome == "done" and not is_told:
        messages.warning(request, "We have no way to tell the patient: please call.")
