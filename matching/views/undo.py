"""Taking a cancellation back, from the slot it freed."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from matching.views.card import Card
from matching.views.slots import get_card
from waitlist import schedule, vacancies
from waitlist.views.answer import done, is_update


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Say who would be told, then book the appointment again; at once where nobody would be."""
    card = get_card(request, pk)
    is_sure = "sure" in request.POST or not (card.may_undo and card.waiting)
    if request.method == "POST" and not is_sure and is_update(request):
        return HttpResponseClientRedirect(request.path)
    if request.method == "POST" and is_sure:
        _undo(request, card)
        return done(request, reverse("slot", args=[pk]))
    context = {"card": card, "slot": card.slot, "zone": card.slot.location.zone, "now": card.now}
    return render(request, "matching/slot_undo.html", context)


def _undo(request: HttpRequest, card: Card) -> None:
    visit = card.slot.freed_by
    if visit is None or not card.may_undo:
        messages.warning(request, "There is no cancellation to take back any more. Nothing was changed.")
        return
    try:
        changed = schedule.uncancel(visit.pk, now=timezone.now())
    except vacancies.Refused as refused:
        messages.error(request, f"{refused} Nothing was changed.")
        return
    if changed.outcome != "done":
        messages.warning(request, "It was taken back before. Nothing was changed.")
    elif card.waiting:
        messages.success(request, "Booked again as it was. Those who were asked are told.")
    else:
        messages.success(request, "Booked again as it was. Nobody was told anything.")
