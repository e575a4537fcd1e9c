"""A patient gives their visit up after the free minutes: what is owed is shown first, and never more is charged."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from matching import claims, returns, tokens
from matching.claims import Claim
from matching.models import Offer
from matching.states import OfferState
from matching.views import facts, offer_page, parting
from matching.views.offers import of_token
from waitlist import schedule
from waitlist.access import row_id
from waitlist.models import Appointment
from waitlist.schedule import Charge
from waitlist.states import CancelledBy

GRACE_OVER = gettext_noop("The free minutes are over. Nothing is cancelled yet: please look at what applies now.")
DEARER = gettext_noop(
    "Time has passed since you opened this page, so what is owed has changed. Nothing is cancelled yet."
)
OLD_GONE = gettext_noop("Nothing was cancelled: your earlier visit cannot come back any more. Please look again below.")
BEGUN = gettext_noop("Your visit has begun, so it cannot be cancelled here any more. Please call us.")
SAYS = {"dearer": DEARER, "over": BEGUN}


@of_token("POST")
def offer_cancel(request: HttpRequest, offer: Offer) -> HttpResponse:
    """Give a booked time back while that is free; afterwards the page shows what applies, and asks."""
    now, with_old = timezone.now(), request.POST.get("old") == "1"
    if returns.cancel_in_grace(offer.pk, only_with_old=with_old, now=now) or offer.state != OfferState.ACCEPTED:
        return offer_page.after(request, offer)
    ends_at = returns.grace_ends_at(offer)
    if with_old and ends_at is not None and now < ends_at:
        return offer_page.after(request, offer, notice=OLD_GONE)
    return ask(request, claims.find(tokens.make(offer.public_id)) or offer, notice=GRACE_OVER)


@of_token("GET", "HEAD", "POST")
def offer_leave(request: HttpRequest, offer: Offer) -> HttpResponse:
    """What cancelling would cost now; POST cancels if it costs no more than the page they saw said."""
    if request.method == "POST":
        return _leave(request, offer)
    return ask(request, offer)


def ask(request: HttpRequest, offer: Offer, *, notice: str = "") -> HttpResponse:
    """The page that shows what is owed, and asks; without a visit to give up, the offer's own page."""
    now, visit = timezone.now(), visit_of(offer)
    token = tokens.make(offer.public_id)
    if visit is None or claims.outcome(offer, now=now) != Claim.YOURS or visit.starts_at <= now:
        return HttpResponseRedirect(reverse("offer", args=[token]))
    context = {
        "notice": notice and gettext(notice),
        "outcome": "leaving",
        "token": token,
        "home": reverse("offer", args=[token]),
        "now": now,
        "offer": offer,
        "clinic": offer.slot.clinic,
        "facts": facts.of(visit, offer.patient),
        "price": parting.price(offer, visit, now=now),
    }
    return render(request, "matching/offer/leaving.html", context)


def visit_of(offer: Offer) -> Appointment | None:
    """The visit this offer won, with all its terms are read from."""
    rows = Appointment.objects.select_related("clinic", "location__clinic", "practitioner", "service")
    return rows.filter(filled_slot=offer.slot_id, patient=offer.patient_id).first()


def _leave(request: HttpRequest, offer: Offer) -> HttpResponse:
    """Free while it is free, whatever page they came from; then for no more than they saw."""
    now, visit = timezone.now(), visit_of(offer)
    if visit is None or returns.cancel_in_grace(offer.pk, now=now):
        return offer_page.after(request, offer)
    done = schedule.cancel(
        visit.pk,
        reason="by the patient",
        by=CancelledBy.PATIENT,
        charge=Charge(row_id(request.POST.get("cents", ""))),
        keeps_place="keep" in request.POST,
        now=now,
    )
    offer = claims.find(tokens.make(offer.public_id)) or offer
    if done.outcome == "dearer":
        return ask(request, offer, notice=DEARER)
    return offer_page.show(request, offer, notice=SAYS.get(done.outcome, ""))
