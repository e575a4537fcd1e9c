"""Whom to ring up, since nothing else reaches them."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from audit.middleware import remote_addr
from matching import calls, claims, rung, untold, unwritten
from matching.claims import Claim
from matching.models import Offer
from matching.states import CallResult, DeclineReason
from matching.views import call_rows
from notifications import outages, outbox
from notifications.models import ContactPoint
from notifications.states import ContactKind
from waitlist import access, wrong_numbers
from waitlist.models import Appointment, Membership, Patient, User
from waitlist.views.answer import is_update

LATE = "That was done before, or a colleague has rung them up since: look at the list again."
NOTED = {
    CallResult.NO_ANSWER: "did not answer.",
    CallResult.VOICEMAIL: "has your voicemail: they stand under “Later” for two hours.",
    CallResult.AGAIN: "is to be rung up again in 30 minutes.",
    CallResult.WRONG: "is not at that number: it is taken off them, and nothing goes to it any more.",
}


@never_cache
@vary_on_headers("HX-Request")
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Whom to ring up first before the others, with what to say and what was tried."""
    clinic, now = access.get_clinic(request), timezone.now()
    found = calls.of_clinic(clinic, now=now)
    losers = calls.of_losers(clinic, now=now)
    blank = calls.of_unwritten(clinic, now=now)
    news = calls.News(outages.of_now(), len(found), len(losers), len(blank))
    rows = call_rows.of_clinic(clinic, found, losers, blank, now=now)
    context = {"clinic": clinic, "now": now, "rows": rows, "news": news, "reasons": DeclineReason.choices}
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
def noted(request: HttpRequest, pk: int) -> HttpResponse:
    """Rung up about an offer, or about a visit they had won, and not settled yet."""
    clinic = access.get_clinic(request)
    offer = get_object_or_404(Offer.objects.select_related("patient", "slot__clinic"), slot__clinic=clinic, pk=pk)
    return _note(request, offer, offer.patient)


@require_POST
def visit_noted(request: HttpRequest, pk: int) -> HttpResponse:
    """Rung up about a visit, and not settled yet."""
    visits = Appointment.objects.select_related("patient", "clinic").filter(patient__isnull=False)
    visit = access.get_row(request, visits, pk=pk)
    assert visit.patient is not None
    return _note(request, visit, visit.patient)


def _note(request: HttpRequest, about: Offer | Appointment, patient: Patient) -> HttpResponse:
    """What came of the call, once: whoever has an older list before them only reads that it was noted."""
    now, said, member = timezone.now(), request.POST.get("result", ""), access.get_member(request)
    if said not in CallResult.values:
        messages.error(request, "Say what came of the call. Nothing was noted.")
        return redirect("calls")
    result, after = CallResult(said), access.row_id(request.POST.get("after", ""))
    attempt = rung.note(about, result, after=after, by=member.user, now=now)
    if attempt is None:
        messages.warning(request, LATE)
        return redirect("calls")
    if result == CallResult.NO_ANSWER and isinstance(about, Offer):
        outbox.no_answer(about, now=now)
    if result == CallResult.WRONG and not _forget(request, member, patient, now=now):
        messages.warning(request, f"{patient.name}: that number was not theirs any more.")
    else:
        messages.success(request, f"{patient.name} {NOTED[result]}")
    return redirect("calls")


def _forget(request: HttpRequest, member: Membership, patient: Patient, *, now: datetime) -> bool:
    """The number that was rung, as it stood on their list, is not this patient's."""
    of_theirs = ContactPoint.objects.filter(clinic=member.clinic, kind=ContactKind.PHONE, users__patient=patient)
    point, where = of_theirs.filter(value=request.POST.get("number", "")).first(), remote_addr(request)
    return point is not None and wrong_numbers.forget(patient, point, by=member.user, remote_addr=where, now=now)


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
