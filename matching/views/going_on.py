"""What a click on the asking of one slot sets going: done at once, and said with the answer."""

from django.contrib import messages
from django.db.models import Sum
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateformat import format as write

from matching import cascade, halting
from matching.models import Offer, SentWave
from matching.states import OfferState, Reserve
from waitlist import vacancies
from waitlist.models import Slot
from waitlist.states import Launch


def begin(request: HttpRequest, slot: Slot) -> None:
    """Ask the next few, or say why not."""
    try:
        if not vacancies.start(slot.pk, now=timezone.now()):
            messages.warning(request, "That time is not open any more.")
        elif waits := vacancies.waits_for(slot):
            messages.warning(request, f"{waits} The next few are asked as soon as they do, and you can book by hand.")
        else:
            _ask_due(request, slot)
    except vacancies.Refused as refused:
        messages.warning(request, str(refused))


def pause(request: HttpRequest, slot: Slot) -> None:
    """Nobody else is asked until they resume it."""
    if not halting.pause(slot.pk, now=timezone.now()):
        messages.warning(request, "Nobody else would be asked by itself now, so there was nothing to pause.")
    elif slot.wave:
        messages.success(request, "Paused. Nobody else is asked until you resume; who was asked may still say yes.")
    else:
        messages.success(request, "Paused. Nobody is asked until you say so.")


def resume(request: HttpRequest, slot: Slot) -> None:
    """It goes on where it was."""
    now = timezone.now()
    if not halting.resume(slot.pk, now=now):
        messages.warning(request, "It was not paused any more.")
        return
    next_at = Slot.objects.values_list("next_wave_at", flat=True).get(pk=slot.pk)
    if next_at is not None and next_at <= now:
        _ask_due(request, slot)
    else:
        when = f" The next wave goes at {write(next_at.astimezone(slot.location.zone), 'g:i A')}." if next_at else ""
        messages.success(request, f"Resumed.{when}")


def _ask_due(request: HttpRequest, slot: Slot) -> None:
    """The wave that is due, before the answer rather than after it, so that the page shows whom it asked."""
    cascade.advance(slot.pk, now=timezone.now())
    sent = SentWave.objects.filter(slot=slot, number__gt=slot.wave)  # by us, or by a worker who was faster
    asked = sent.aggregate(people=Sum("asked"))["people"] or 0
    people = f"{asked} person" if asked == 1 else f"{asked} people"
    if asked and slot.clinic.launch == Launch.REHEARSAL:
        messages.success(request, f"Dry run: {people} would be asked now.")
    elif asked:
        messages.success(request, f"Asked {people}.")
    elif Offer.objects.filter(slot=slot, reserve=Reserve.ASKED, state=OfferState.PENDING).exists():
        messages.success(request, "Asked the reserve, who comes first.")
    else:
        messages.warning(request, "Nobody was found who can be told in time. “Not asked, and why” says why.")
