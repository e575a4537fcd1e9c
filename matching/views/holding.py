"""The step after a yes, completing a booking link, letting go of a time that is held, and being in reserve."""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_noop

from matching import claims
from matching.answering import late, reserves
from matching.models import Offer
from matching.states import IN_LINE, Reserve
from matching.views import completing, offer_page, steps
from matching.views.offers import of_token

LET_GO = gettext_noop("All right, it is not kept for you any more.")
GONE = gettext_noop("There is nothing to wait for any more: this page shows how it stands.")


@of_token("POST")
def offer_details(request: HttpRequest, offer: Offer) -> HttpResponse:
    """What the service asks, answered: that books."""
    if offer.link_sent_at is not None:
        return _complete(request, offer)
    now = timezone.now()
    details, wrong = steps.answer(request.POST, offer)
    if wrong:
        return offer_page.show(request, offer, details=details, wrong=wrong, status=400)
    outcome = claims.finish(offer.pk, details=details, via="link", now=now)
    return offer_page.after(request, offer, late.note(offer, outcome, via="link", now=now))


def _complete(request: HttpRequest, offer: Offer) -> HttpResponse:
    """A booking link: what is wrong stands beside its field, and nothing is booked that was not accepted as it is."""
    now, typed = timezone.now(), completing.read(request.POST, offer)
    if typed.wrong or typed.accepts is None:
        return offer_page.show(request, offer, typed=typed, status=400)
    device = request.headers.get("User-Agent", "").replace("\0", "")[: completing.LONGEST_DEVICE]
    accepts = replace(typed.accepts, device=device)
    outcome = claims.finish(offer.pk, details=typed.details, accepts=accepts, via="link", now=now)
    return offer_page.after(request, offer, late.note(offer, outcome, via="link", now=now))


@of_token("POST")
def offer_let_go(request: HttpRequest, offer: Offer) -> HttpResponse:
    """Not kept for them any more."""
    was_theirs = offer.slot.held_by_id == offer.patient_id
    claims.let_go(offer.pk, now=timezone.now())
    return offer_page.after(request, offer, notice=LET_GO if was_theirs else "")


@of_token("POST")
def offer_reserve(request: HttpRequest, offer: Offer) -> HttpResponse:
    """In reserve, to be asked or booked first; or not any more."""
    now, how = timezone.now(), request.POST.get("how", "")
    if how not in IN_LINE:
        reserves.leave(offer.pk, now=now)
        return offer_page.after(request, offer)
    kept = reserves.keep(offer.pk, Reserve(how), now=now)
    return offer_page.after(request, offer, notice="" if kept else GONE)
