"""What a patient's link opens. The token is the whole key: no sign-in, no cookie, and only a POST changes anything.

Token pages are exempt from CSRF protection because there is no cookie a forged form could ride on: whoever can
write the form's address already holds the token (docs/adr/0002).
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import wraps
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_noop
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from audit.actor import Actor, ActorKind, acting, current
from matching import claims, offers, tokens
from matching.answering import late, lessons, unasked
from matching.answering.lessons import PAUSE
from matching.claims import Claim
from matching.models import Offer
from matching.views import offer_page
from notifications import consent
from notifications.models import Consent, ContactPoint
from notifications.rendering.invites import newest_sequence
from notifications.states import Purpose
from waitlist import ics, languages
from waitlist.live import hint

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
STOP = "stop"
NOTICES = {
    Claim.TAKEN: gettext_noop("Somebody was a moment faster with that one too."),
    Claim.BUSY: gettext_noop("Somebody is just booking that one. Try again in a moment."),
    Claim.CONFLICT: gettext_noop("That one overlaps another booking, of the clinic or of yours."),
}
NOT_UNDONE = gettext_noop(
    "Your wish has been changed since, so nothing was taken back. Call us, and we change it for you."
)
NOT_THAT_ONE = gettext_noop("That is not one of the times we can offer you here.")

TokenView = Callable[[HttpRequest, Offer], HttpResponseBase]


def of_token(*methods: str) -> Callable[[TokenView], Callable[[HttpRequest, str], HttpResponseBase]]:
    """A view of the offer its token opens, acting as its patient. Only POST acts: GET leads back to the page."""

    def decorate(view: TokenView) -> Callable[[HttpRequest, str], HttpResponseBase]:
        @login_not_required
        @csrf_exempt
        @require_http_methods(["GET", "HEAD", "POST"])
        @wraps(view)
        def opened(request: HttpRequest, token: str) -> HttpResponseBase:
            offer = claims.find(token)
            response: HttpResponseBase
            if offer is None:
                response = render(request, "matching/offer/unknown.html", status=404)
            elif request.method not in methods:
                response = HttpResponseRedirect(reverse("offer", args=[token]))
            else:
                languages.speak(request, offer.patient.language)
                with acting(_patient(offer)):
                    response = view(request, offer)
            for name, value in HEADERS.items():
                response.headers[name] = value
            return response

        return opened

    return decorate


def _patient(offer: Offer) -> Actor:
    return replace(current(), kind=ActorKind.PATIENT, ref=offer.patient_id, user_id=None, user_email="")


@of_token("GET", "HEAD")
def offer(request: HttpRequest, offer: Offer) -> HttpResponse:
    """The offer as it stands."""
    return offer_page.show(request, offer)


@of_token("GET", "HEAD")
def offer_outcome(request: HttpRequest, offer: Offer) -> JsonResponse:
    """One word for a page left open, which asks for the whole page again when it changes."""
    return JsonResponse({"outcome": claims.outcome(offer, now=timezone.now())})


@of_token("GET", "HEAD")
def offer_calendar(request: HttpRequest, offer: Offer) -> HttpResponse:
    """The booked time as a calendar file; without a booking, back to the page."""
    now = timezone.now()
    booked = offer.slot.filled_by
    if booked is None or claims.outcome(offer, now=now) != Claim.YOURS:
        return HttpResponseRedirect(reverse("offer", args=[tokens.make(offer.public_id)]))
    return HttpResponse(
        ics.publish(booked, sequence=newest_sequence(booked), now=now),
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="appointment.ics"'},
    )


@of_token("POST")
def offer_claim(request: HttpRequest, offer: Offer) -> HttpResponse:
    """Yes to this time, or with `slot` to one of the alternatives."""
    now = timezone.now()
    if "slot" not in request.POST:
        found = claims.claim(offer.pk, via="link", now=now)
        return offer_page.after(request, offer, late.note(offer, found, via="link", now=now))
    try:
        chosen = UUID(request.POST["slot"])
    except ValueError:
        return offer_page.show(request, offer, notice=NOT_THAT_ONE, status=400)
    outcome, other = unasked.claim_alternative(offer.pk, chosen, via="link", now=now)
    if other is not None:
        return offer_page.after(request, other, outcome)
    if outcome == Claim.TAKEN:
        return offer_page.after(request, offer, outcome, notice=NOTICES[outcome])
    return offer_page.after(request, offer, notice=NOTICES.get(outcome, NOT_THAT_ONE))  # this offer as it stands


@of_token("POST")
def offer_decline(request: HttpRequest, offer: Offer) -> HttpResponse:
    """No, with a reason in one tap or without; and if they say so, no more offers for two weeks or at all."""
    now, reason = timezone.now(), request.POST.get("reason", "")
    outcome = claims.decline(offer.pk, reason=reason, via="link", now=now)
    if reason == PAUSE:  # also where they had answered before
        lessons.learn_also(offer.pk, reason=PAUSE, now=now)
    if reason == STOP:
        _stop_offers(offer, now=now)
    return offer_page.after(request, offer, outcome, no_more=reason if reason in (PAUSE, STOP) else "")


@of_token("POST")
def offer_unlearn(request: HttpRequest, offer: Offer) -> HttpResponse:
    """What their reason changed about their wish is as it was before."""
    undone = lessons.take_back(offer.pk, now=timezone.now())
    return offer_page.after(request, offer, notice="" if undone else NOT_UNDONE)


@of_token("POST")
def offer_seen(request: HttpRequest, offer: Offer) -> HttpResponse:
    """The beacon of a page that was really on a screen: “seen, at least”."""
    if offers.seen(offer, now=timezone.now()):
        hint(offer.slot.clinic_id, "board")
    return HttpResponse(status=204)


@transaction.atomic(durable=True)
def _stop_offers(offer: Offer, *, now: datetime) -> None:
    """Withdraw openings, and nothing else, wherever this offer was sent to and wherever this patient is reached."""
    theirs = Q(messages__offer=offer) | Q(users__patient=offer.patient_id)
    for point in ContactPoint.objects.filter(theirs, clinic=offer.slot.clinic_id).distinct().order_by("pk"):
        for purpose, _, channel in (grant.partition(":") for grant in point.granted):
            if purpose == Purpose.OFFERS:
                consent.record(
                    point,
                    purpose=purpose,
                    channel=channel,
                    granted=False,
                    source=Consent.Source.FORM,
                    at=now,
                    now=now,
                    remote_addr=current().remote_addr,
                    note="offer page",
                )
