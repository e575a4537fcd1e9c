"""Whom to ring up, since nothing else reaches them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from matching import calls, claims, untold, unwritten
from matching.claims import Claim
from matching.models import Offer
from matching.states import DeclineReason
from notifications import outages, outbox
from waitlist import access
from waitlist.models import Appointment, User
from waitlist.views.answer import is_update


@never_cache
@vary_on_headers("HX-Request")
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The soonest time first, with what to say."""
    clinic, now = access.get_clinic(request), timezone.now()
    found = calls.of_clinic(clinic, now=now)
    losers = calls.of_losers(clinic, now=now)
    blank = calls.of_unwritten(clinic, now=now)
    news = calls.News(outages.of_now(), len(found), len(losers), len(blank))
    context = {"clinic": clinic, "now": now, "calls": found, "losers": losers, "unwritten": blank, "news": news}
    context["reasons"] = DeclineReason.choices
    return render(request, "matching/_calls.html" if is_update(request) else "matching/calls.html", context)


@require_POST
def said_no(request: HttpRequest, pk: int) -> HttpResponse:
    """They said no on the phone, perhaps why."""
    clinic = access.get_clinic(request)
    offer = get_object_or_404(Offer.objects.select_related("patient"), slot__clinic=clinic, pk=pk)
    now = timezone.now()
    outbox.reached(offer, now=now)
    if claims.decline(offer.pk, reason=request.POST.get("reason", ""), via="staff", now=now) == Claim.DECLINED:
        messages.success(request, f"{offer.patient.name} said no.")
    else:
        messages.warning(request, "They had answered before. Nothing was changed.")
    return redirect("calls")


@require_POST
def no_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """They did not pick up: they stay on the list, last, as unreachable."""
    clinic = access.get_clinic(request)
    offer = get_object_or_404(Offer.objects.select_related("patient"), slot__clinic=clinic, pk=pk)
    if outbox.no_answer(offer, now=timezone.now()):
        messages.success(request, f"{offer.patient.name} did not answer.")
    else:
        messages.warning(request, "That was done before, or it was not to be called any more.")
    return redirect("calls")


@require_POST
def told(request: HttpRequest, pk: int) -> HttpResponse:
    """They know that their visit is cancelled."""
    clinic = access.get_clinic(request)
    offer = get_object_or_404(Offer.objects.select_related("patient", "slot__clinic"), slot__clinic=clinic, pk=pk)
    if untold.called(offer, now=timezone.now()):
        messages.success(request, f"{offer.patient.name} has been told.")
    else:
        messages.warning(request, "That was done before.")
    return redirect("calls")


@require_POST
def visit_told(request: HttpRequest, pk: int) -> HttpResponse:
    """They know what the list said of their visit, of which nothing in writing had reached them."""
    visit, now = access.get_row(request, Appointment.objects.select_related("patient"), pk=pk), timezone.now()
    named = request.POST.get("word", "")
    if isinstance(request.user, User) and unwritten.told(visit.pk, named, by=request.user, now=now):
        messages.success(request, f"{visit.patient.name if visit.patient else 'The patient'} has been told.")
    else:
        messages.warning(request, "That was done before, or the visit has changed meanwhile: look at it again.")
    return redirect("calls")
