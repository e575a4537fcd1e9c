"""A patient's page of one visit, which a reminder's link opens: I will be there, I cannot, or an earlier time.

The token is the whole key, as on the offers' pages, and only a POST changes anything. What was won through an offer is
given up on that offer's own page, which shows what is owed; about any other visit the clinic's usual terms hold.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial, wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from audit.actor import ActorKind, acting, current
from matching import tokens
from matching.models import Offer
from matching.states import OfferState
from matching.views import facts, prompts, zones
from matching.views.changes import NO_ZONE
from matching.views.hearing import hears_of_openings
from matching.views.offers import HEADERS
from notifications.rendering.invites import newest_sequence
from waitlist import attendance, ics, languages, prompting, schedule
from waitlist.models import Appointment
from waitlist.prompting import Answer
from waitlist.states import AppointmentStatus, CancelledBy, ConfirmedVia, Origin

ROWS = Appointment.objects.select_related("clinic", "location__clinic", "practitioner", "service", "patient")
OTHER_TIME = gettext_noop("The time of your visit has changed since you opened this page. Please look at it again.")
BEGUN = gettext_noop("Your visit has begun, so it cannot be cancelled here any more. Please call us.")
EARLIER = gettext_noop("Noted. We write to you if an earlier time opens.")
VisitView = Callable[[HttpRequest, Appointment], HttpResponseBase]


def of_token(*methods: str) -> Callable[[VisitView], Callable[[HttpRequest, str], HttpResponseBase]]:
    """A view of the visit its token opens, acting as its patient. Only POST acts: GET leads back to the page."""

    def decorate(view: VisitView) -> Callable[[HttpRequest, str], HttpResponseBase]:
        @login_not_required
        @csrf_exempt
        @require_http_methods(["GET", "HEAD", "POST"])
        @wraps(view)
        def opened(request: HttpRequest, token: str) -> HttpResponseBase:
            pk = tokens.read_visit(token)
            visit = ROWS.filter(pk=pk, patient__isnull=False).first() if pk is not None else None
            response: HttpResponseBase
            if visit is None:
                response = render(request, "matching/offer/unknown.html", status=404)
            elif request.method not in methods:
                response = HttpResponseRedirect(reverse("visit", args=[token]))
            else:
                languages.speak(request, visit.patient.language if visit.patient else "")
                actor = replace(
                    current(), kind=ActorKind.PATIENT, ref=visit.patient_id, user_id=None, user_email=""
                )
                with acting(actor):
                    response = view(request, visit)
            for name, value in HEADERS.items():
                response.headers[name] = value
            return response

        return opened

    return decorate


@of_token("GET", "HEAD")
def visit(request: HttpRequest, visit: Appointment) -> HttpResponse:
    """When, where and with whom, as it stands."""
    return show(request, visit)


@of_token("POST")
def visit_confirm(request: HttpRequest, visit: Appointment) -> HttpResponse:
    """They will be there, at the time the page showed."""
    now, shown = timezone.now(), _moment(request.POST.get("at", ""))
    if shown is not None and shown != visit.starts_at:
        return show(request, visit, notice=OTHER_TIME)
    attendance.confirm(visit, visit.starts_at, via=ConfirmedVia.LINK, now=now)
    return after(request, visit)


@of_token("GET", "HEAD", "POST")
def visit_cancel(request: HttpRequest, visit: Appointment) -> HttpResponseBase:
    """What cancelling means; POST cancels."""
    won = won_by(visit)
    if won is not None and is_ahead(visit, now=timezone.now()):
        page = reverse("offer-leave", args=[tokens.make(won.public_id)])
        return HttpResponseRedirect(languages.carried(request, page))
    if request.method != "POST":
        return show(request, visit, page="leaving")
    return _cancel(request, visit)


@of_token("POST")
def visit_earlier(request: HttpRequest, visit: Appointment) -> HttpResponse:
    """They would come sooner, and keep this visit until they say yes to another time."""
    origin, agreed = prompts.led_by(visit), prompts.agreed(request, visit.clinic)
    answer = prompting.earlier_than(visit.pk, origin=origin, agreed=agreed, now=timezone.now())
    is_good = answer == Answer.WAITS
    return after(request, visit, notice=EARLIER if is_good else prompts.notice(answer), is_good=is_good)


@of_token("POST")
def visit_another(request: HttpRequest, visit: Appointment) -> HttpResponse:
    """They want another time for what this visit was for, which is off."""
    agreed, now = prompts.agreed(request, visit.clinic), timezone.now()
    if visit.status != AppointmentStatus.CANCELLED:
        return after(request, visit)
    answer = prompting.another(visit.pk, origin=Origin.CANCEL_PAGE, agreed=agreed, now=now)
    return after(request, visit, notice=prompts.notice(answer))


@of_token("POST")
def visit_zone(request: HttpRequest, visit: Appointment) -> HttpResponse:
    """Where they are, by their own word."""
    assert visit.patient is not None
    known = zones.choose(visit.patient, request.POST.get("zone", ""), now=timezone.now())
    return after(request, visit, notice="" if known else NO_ZONE)


@of_token("GET", "HEAD")
def visit_calendar(request: HttpRequest, visit: Appointment) -> HttpResponse:
    """The visit as a calendar file; back to the page where it is off."""
    if visit.status != AppointmentStatus.BOOKED:
        return HttpResponseRedirect(reverse("visit", args=[tokens.make_visit(visit.pk)]))
    return HttpResponse(
        ics.publish(visit, sequence=newest_sequence(visit), now=timezone.now()),
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="appointment.ics"'},
    )


def won_by(visit: Appointment) -> Offer | None:
    """The offer that won this visit and still has it."""
    theirs = Offer.objects.filter(slot__filled_by=visit, patient=visit.patient_id)
    return theirs.filter(state=OfferState.ACCEPTED).first()


def is_ahead(visit: Appointment, *, now: datetime) -> bool:
    return visit.status == AppointmentStatus.BOOKED and visit.starts_at > now


def after(request: HttpRequest, visit: Appointment, *, notice: str = "", is_good: bool = False) -> HttpResponse:
    """The page after an answer: the visit is read again first."""
    return show(request, ROWS.get(pk=visit.pk), notice=notice, is_good=is_good)


def show(
    request: HttpRequest, visit: Appointment, *, page: str = "booked", notice: str = "", is_good: bool = False
) -> HttpResponse:
    """The page of what the visit is now; `page` is what a visit to come is asked for, `is_good` of the notice."""
    now, token, patient = timezone.now(), tokens.make_visit(visit.pk), visit.patient
    assert patient is not None
    if visit.status == AppointmentStatus.CANCELLED:
        page = "cancelled"
    elif not is_ahead(visit, now=now):
        page = "over"
    context: dict[str, Any] = {
        "notice": notice and gettext(notice),
        "is_good": is_good,
        "outcome": page,
        "quiet": True,
        "token": token,
        "home": reverse("visit", args=[token]),
        "now": now,
        "visit": visit,
        "patient": patient,
        "clinic": visit.clinic,
        "facts": facts.of(visit, patient),
        "zones": zones.of(visit, patient) if page == "booked" else None,
        "zone_url": reverse("visit-zone", args=[token]),
        "is_by_patient": visit.cancelled_by == CancelledBy.PATIENT,
        "prompt": prompts.of(patient, visit.service, visit, now=now, clinic=visit.clinic),
        "hears": partial(hears_of_openings, patient),
    }
    return render(request, f"matching/visit/{page}.html", context)


def _cancel(request: HttpRequest, visit: Appointment) -> HttpResponse:
    now = timezone.now()
    if not is_ahead(visit, now=now):
        return show(request, visit, notice=BEGUN if visit.status == AppointmentStatus.BOOKED else "")
    schedule.cancel(visit.pk, reason="by the patient", by=CancelledBy.PATIENT, now=now)
    if "wait" in request.POST:  # afterwards: whatever becomes of it, the visit is off
        prompting.another(visit.pk, origin=Origin.CANCEL_PAGE, agreed=None, now=now)
    return after(request, visit)


def _moment(text: str) -> datetime | None:
    try:
        return parse_datetime(text)
    except ValueError:
        return None
