"""One slot for staff: its page, and asking, stopping and booking by hand."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from matching import calls
from matching.answering import softlock
from matching.states import Override
from matching.views import chances, going_on, receipt, timeline
from matching.views.card import Card
from matching.views.cards import cards, with_past
from notifications import outbox
from notifications.models import Message
from waitlist import access, vacancies
from waitlist.models import Patient, Slot
from waitlist.views.answer import done, find_patients, is_update

TABS = {
    "people": "People asked",
    "others": "Not asked, and why",
    "messages": "Messages",
    "timeline": "Timeline",
}
FOUND = 20


@never_cache
@vary_on_headers("HX-Request")
@require_safe
def slot(request: HttpRequest, pk: int) -> HttpResponse:
    """The facts and one of four tabs."""
    (card,) = with_past([get_card(request, pk)], now=timezone.now())
    tab = request.GET.get("tab", "people")
    tab = tab if tab in TABS else "people"
    words = request.GET.get("q", "").strip()
    context = facts_of(card) | {"tab": tab, "tabs": TABS, "q": words, "accepted": receipt.accepted(card)}
    if tab == "others":
        context |= chances.of(card, words)
    elif tab == "messages":
        context["told"] = _messages(card.slot)
    elif tab == "timeline":
        context |= {"moments": timeline.of_slot(card), "yeses": receipt.of_slot(card)}
    return render(request, "matching/_slot.html" if is_update(request) else "matching/slot.html", context)


@require_POST
def start(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask the first, or the next few, now."""
    going_on.begin(request, access.get_row(request, Slot.objects.all(), pk=pk))
    return done(request, reverse("slot", args=[pk]))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask whether it is meant, then end the asking."""
    card = get_card(request, pk)
    if request.method == "POST":
        keep_empty = request.POST.get("keep_empty") == "1"
        if vacancies.stop(pk, keep_empty=keep_empty, now=timezone.now()):
            messages.success(request, "Nobody is asked any more. The time stays empty.")
        else:
            messages.warning(request, "The asking had ended before. Nothing was changed.")
        return redirect("slot", pk)
    return render(request, "matching/slot_stop.html", facts_of(card))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def book(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose a patient, with the number to ring up; where offers are out, say who is disappointed before it is done."""
    card = get_card(request, pk)
    if request.method == "POST":
        return _book(request, card)
    words, clinic = request.GET.get("q", "").strip(), card.slot.clinic
    found = list(find_patients(clinic, words)[:FOUND]) if words else []
    best = [] if words or not card.slot.is_live else chances.best_fits(card)
    shown = [*found, *(line.patient for line in best), *(asked.offer.patient for asked in card.waiting)]
    numbers = calls.numbers_of(clinic, [patient.pk for patient in shown])
    for patient in shown:
        patient.number = numbers.get(patient.pk, "")  # type: ignore[attr-defined]
    return render(request, "matching/slot_book.html", facts_of(card) | {"q": words, "found": found, "best": best})


def _book(request: HttpRequest, card: Card) -> HttpResponse:
    chosen = request.POST.get("patient", "")
    theirs = Patient.objects.filter(clinic=card.slot.clinic)
    patient = get_object_or_404(theirs, pk=access.row_id(chosen))
    override = request.POST.get("override", "")
    try:
        vacancies.book_by_hand(card.slot.pk, patient=patient, override=override, now=timezone.now())
    except vacancies.OffersOut as out:
        others = softlock.over(card.slot, patient.pk, now=card.now)
        unsaid = str(out) if "override" in request.POST else ""
        context = facts_of(card) | {"patient": patient, "others": others, "reasons": Override.choices, "unsaid": unsaid}
        return render(request, "matching/slot_book_confirm.html", context)
    except vacancies.Refused as refused:
        messages.error(request, str(refused))
        return redirect("slot-book", card.slot.pk)
    messages.success(request, f"Booked for {patient.name}.")
    return redirect("slot", card.slot.pk)


def get_card(request: HttpRequest, pk: int) -> Card:
    """A slot of the clinic in use, with all that is shown of it."""
    found = access.get_row(request, Slot.objects.all(), pk=pk)
    (card,) = cards(Slot.objects.filter(pk=found.pk), now=timezone.now())
    return card


def facts_of(card: Card) -> dict[str, object]:
    """What every page of a slot shows of it."""
    return {"card": card, "slot": card.slot, "zone": card.slot.location.zone, "now": card.now}


def _messages(slot: Slot) -> list[tuple[Message, bool]]:
    """Everything said about this slot, in order, each with whether it may be sent again."""
    rows = Message.objects.filter(slot=slot) | Message.objects.filter(offer__slot=slot)
    told = rows.select_related("patient").prefetch_related("followed_by").order_by("created_at", "pk")[:200]
    return [(message, outbox.may_go_again(message, now=timezone.now())) for message in told]
