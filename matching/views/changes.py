"""What else a patient may say: keep another wish after a yes, have another service then, or be in another zone."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_noop

from matching.answering.outcomes import outcome
from matching.claims import Claim
from matching.models import Offer
from matching.views import offer_page, zones
from matching.views.offers import of_token
from waitlist import access, kept, service_change
from waitlist.vacancies import Refused

NO_ZONE = gettext_noop("That is no time zone we know. Please choose one from the list.")
NOT_YOURS = gettext_noop("There is no booking here any more, so nothing was changed.")
OFF_THE_LIST = gettext_noop("That one is off the list already. Please call us to join again.")


@of_token("POST")
def offer_keep(request: HttpRequest, offer: Offer) -> HttpResponse:
    """Another wish goes on in spite of this booking."""
    now, visit = timezone.now(), offer.slot.filled_by
    if visit is None or outcome(offer, now=now) != Claim.YOURS:
        return offer_page.after(request, offer, notice=NOT_YOURS)
    goes_on = kept.keep(access.row_id(request.POST.get("entry", "")), visit, now=now)
    return offer_page.after(request, offer, notice="" if goes_on else OFF_THE_LIST)


@of_token("POST")
def offer_service(request: HttpRequest, offer: Offer) -> HttpResponse:
    """Another service at the booked time, within a day of the yes."""
    now, visit = timezone.now(), offer.slot.filled_by
    if visit is None or outcome(offer, now=now) != Claim.YOURS:
        return offer_page.after(request, offer, notice=NOT_YOURS)
    ends_at = service_change.ends_at(offer.slot)
    if ends_at is None or now >= ends_at:
        return offer_page.after(request, offer, notice=service_change.TOO_LATE)
    try:
        service_change.change(visit.pk, access.row_id(request.POST.get("service", "")), now=now)
    except Refused as refused:
        return offer_page.after(request, offer, notice=str(refused))
    return offer_page.after(request, offer)


@of_token("POST")
def offer_zone(request: HttpRequest, offer: Offer) -> HttpResponse:
    """Where they are, by their own word: times are shown on that clock, and texts keep to its hours."""
    known = zones.choose(offer.patient, request.POST.get("zone", ""), now=timezone.now())
    return offer_page.after(request, offer, notice="" if known else NO_ZONE)
