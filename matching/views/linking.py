"""Staff send a booking link for a slot: whom to, over whose offers, and taking it back."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from matching import express
from matching.answering import softlock
from matching.states import Override
from matching.views import chances
from matching.views.card import Card
from matching.views.looks import reason
from matching.views.slots import FOUND, facts_of, get_card
from notifications.rendering import clock
from waitlist import access
from waitlist.models import Patient, Slot
from waitlist.states import Launch
from waitlist.vacancies import OffersOut, Refused
from waitlist.views.answer import done, find_patients


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose a patient; the time is kept for them while they complete it."""
    card = get_card(request, pk)
    if request.method == "POST":
        return _send(request, card)
    words = request.GET.get("q", "").strip()
    may_send = card.slot.is_live and not card.is_held
    context = facts_of(card) | {
        "q": words,
        "is_rehearsal": card.slot.clinic.launch == Launch.REHEARSAL,
        "found": find_patients(card.slot.clinic, words)[:FOUND] if words else [],
        "best": chances.best_fits(card) if may_send and not words else [],
    }
    return render(request, "matching/slot_link.html", context)


def _send(request: HttpRequest, card: Card) -> HttpResponse:
    theirs = Patient.objects.filter(clinic=card.slot.clinic)
    patient = get_object_or_404(theirs, pk=access.row_id(request.POST.get("patient", "")))
    try:
        until = express.send(
            card.slot.pk, patient, override=request.POST.get("override", ""), now=timezone.now()
        )
    except OffersOut as out:
        others = softlock.over(card.slot, patient.pk, now=card.now)
        unsaid = str(out) if "override" in request.POST else ""
        context = facts_of(card) | {"patient": patient, "others": others, "reasons": Override.choices, "unsaid": unsaid}
        return render(request, "matching/slot_link_confirm.html", context)
    except express.NotTold as rule:
        why = reason(str(rule))
        messages.error(request, f"{patient.name} gets no link: they {why}. The time is not kept for them.")
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        words = clock(until.astimezone(card.slot.location.zone))
        messages.success(request, f"Booking link sent to {patient.name}. The time is kept for them until {words}.")
    return redirect("slot", card.slot.pk)


@require_POST
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    """The time is kept for them no more, and they are told."""
    chosen = access.get_row(request, Slot.objects.all(), pk=pk)
    offer = express.take_back(chosen.pk, now=timezone.now())
    if offer is None:
        messages.warning(request, "The link was completed, or over, before. Nothing was changed.")
    else:
        messages.success(request, f"The time is not kept for {offer.patient.name} any more.")
    return done(request, reverse("slot", args=[pk]))
