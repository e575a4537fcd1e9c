"""A patient whose offer came to nothing, and who waits for nothing like it, is put on the list from that page."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from matching import claims
from matching.models import Offer
from matching.views import offer_page, parting, prompts
from matching.views.offers import of_token
from waitlist import prompting
from waitlist.access import row_id
from waitlist.models import Appointment
from waitlist.states import Origin


@of_token("POST")
def offer_another(request: HttpRequest, offer: Offer) -> HttpResponse:
    """Another time for the same; with `visit`, an earlier one than that visit of theirs."""
    now, clinic = timezone.now(), offer.slot.clinic
    if claims.outcome(offer, now=now) not in offer_page.ENDED:
        return offer_page.after(request, offer)
    agreed, left = prompts.agreed(request, clinic), parting.parted(offer)
    if "visit" in request.POST:
        chosen = row_id(request.POST["visit"])
        held = Appointment.objects.filter(clinic=clinic, patient=offer.patient_id, pk=chosen).first()
        if held is None:
            return offer_page.after(request, offer, notice=prompts.NOT_YOURS)
        answer = prompting.earlier_than(held.pk, origin=Origin.TAKEN_PAGE, agreed=agreed, now=now)
    elif left is not None:
        answer = prompting.another(left.visit.pk, origin=Origin.CANCEL_PAGE, agreed=agreed, now=now)
    else:
        answer = prompting.like_offered(offer.pk, origin=Origin.TAKEN_PAGE, agreed=agreed, now=now)
    return offer_page.after(request, offer, notice=prompts.notice(answer))
