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
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from audit.actor import Actor, ActorKind, acting, current
from matching import claims, offers, ranking, returns, tokens
from matching.claims import Claim
from matching.models import Offer
from matching.states import DeclineReason, OfferState
from matching.views import facts
from waitlist import ics
from waitlist.live import hint

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
PAGES = {Claim.YOURS: "booked"}  # every other outcome has a page of its own name
WITH_ALTERNATIVES = (Claim.TAKEN, Claim.EXPIRED, Claim.WITHDRAWN, Claim.CONFLICT)
NEWS_COMES_FOR = (Claim.OPEN, Claim.BUSY, Claim.HELD, Claim.YOURS)  # an open page of these looks again
OVER = "The time to cancel here is over. Please call us and we will sort it out together."
NOT_THAT_ONE = "That is not one of the times we can offer you here."

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
def offer_page(request: HttpRequest, offer: Offer) -> HttpResponse:
    """The offer as it stands."""
    return _page(request, offer, claims.outcome(offer, now=timezone.now()))


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
        ics.write(booked, now=now),
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="appointment.ics"'},
    )


@of_token("POST")
def offer_claim(request: HttpRequest, offer: Offer) -> HttpResponse:
    """Yes to this time, or with `slot` to one of the alternatives."""
    now = timezone.now()
    if "slot" not in request.POST:
        return _page(request, offer, claims.claim(offer.pk, via="link", now=now))
    try:
        chosen = UUID(request.POST["slot"])
    except ValueError:
        return _page(request, offer, claims.outcome(offer, now=now), notice=NOT_THAT_ONE, status=400)
    outcome, other = claims.claim_alternative(offer.pk, chosen, via="link", now=now)
    if other is not None:
        return _page(request, other, outcome)
    notice = "Somebody was a moment faster with that one too." if outcome == Claim.TAKEN else NOT_THAT_ONE
    return _page(request, offer, outcome, notice=notice)


@of_token("POST")
def offer_decline(request: HttpRequest, offer: Offer) -> HttpResponse:
    """No, with a reason in one tap or without."""
    reason = request.POST.get("reason", "")
    return _page(request, offer, claims.decline(offer.pk, reason=reason, via="link", now=timezone.now()))


@of_token("POST")
def offer_cancel(request: HttpRequest, offer: Offer) -> HttpResponse:
    """Give a booked time back while that is free; afterwards the page says whom to call."""
    now = timezone.now()
    given_back = returns.cancel_in_grace(offer.pk, now=now)
    notice = OVER if not given_back and offer.state == OfferState.ACCEPTED else ""
    return _page(request, offer, None, notice=notice)


@of_token("POST")
def offer_seen(request: HttpRequest, offer: Offer) -> HttpResponse:
    """The beacon of a page that was really on a screen: “seen, at least”."""
    if offers.seen(offer, now=timezone.now()):
        hint(offer.slot.clinic_id, "board")
    return HttpResponse(status=204)


def _page(
    request: HttpRequest, of: Offer, outcome: Claim | None, *, notice: str = "", status: int = 200
) -> HttpResponse:
    """The page of this outcome, from the database as it is now."""
    now = timezone.now()
    token = tokens.make(of.public_id)
    offer = claims.find(token) or of
    stands = claims.outcome(offer, now=now)
    outcome = outcome or stands
    clinic = offer.slot.clinic
    ends_at = returns.grace_ends_at(offer)
    context = {
        "outcome": outcome,
        "stands": stands if stands in NEWS_COMES_FOR else "",
        "token": token,
        "now": now,
        "home": reverse("offer", args=[token]),
        "notice": notice,
        "offer": offer,
        "clinic": clinic,
        "facts": facts.of(offer.slot, offer.patient),
        "deadline": facts.moment(offer.expires_at, clinic.zone, now=now),
        "is_late": offer.expires_at <= now,
        "held_until": offer.slot.held_until and facts.moment(offer.slot.held_until, clinic.zone, now=now),
        "grace_ends": ends_at and facts.moment(ends_at, clinic.zone, now=now),
        "grace_ends_at": ends_at,
        "in_grace": ends_at is not None and now < ends_at,
        "reasons": DeclineReason.choices,
        "was_returned": offer.state == OfferState.RETURNED,
        "others": _others(offer, now=now) if outcome in WITH_ALTERNATIVES else [],
    }
    return render(request, f"matching/offer/{PAGES.get(outcome, outcome)}.html", context, status=status)


def _others(offer: Offer, *, now: datetime) -> list[facts.Facts]:
    """Up to three other times this person could have now."""
    if offer.entry is None:
        return []
    slots = ranking.slots_for(offer.entry, now=now, limit=3)
    return [facts.of(slot, offer.patient) for slot in slots if slot != offer.slot]
