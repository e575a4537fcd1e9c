"""The step after a yes, letting go of a time that is held, and being in reserve."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from matching import claims
from matching.answering import late, reserves
from matching.models import Offer
from matching.states import IN_LINE, Reserve
from matching.views import offer_page
from matching.views.offers import of_token
from matching.views.steps import LONGEST

EMPTY = gettext_noop("Your answer: please write something, even if it is “nothing”.")
TOO_LONG = gettext_noop(
    "Your answer: please keep it under {longest} characters. We can talk about the rest when you are here."
)
LET_GO = gettext_noop("All right, it is not kept for you any more.")
GONE = gettext_noop("There is nothing to wait for any more: this page shows how it stands.")


@of_token("POST")
def offer_details(request: HttpRequest, offer: Offer) -> HttpResponse:
    """What the service asks, answered: that books."""
    now = timezone.now()
    details = request.POST.get("details", "").replace("\0", "").strip()
    wrong = EMPTY if not details and offer.slot.service.details_prompt else TOO_LONG if len(details) > LONGEST else ""
    if wrong:
        wrong = gettext(wrong).format(longest=LONGEST)
        return offer_page.show(request, offer, details=details, wrong=wrong, status=400)
    outcome = claims.finish(offer.pk, details=details, via="link", now=now)
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
