"""Staff pause the asking of one slot, and let it go on."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from matching import halting
from waitlist import access
from waitlist.models import Slot
from waitlist.views.answer import done


@require_POST
def pause(request: HttpRequest, pk: int) -> HttpResponse:
    """Nobody else is asked until they resume it."""
    chosen = access.get_row(request, Slot.objects.all(), pk=pk)
    if not halting.pause(chosen.pk, now=timezone.now()):
        messages.warning(request, "Nobody else would be asked by itself now, so there was nothing to pause.")
    return done(request, reverse("slot", args=[pk]))


@require_POST
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    """It goes on where it was."""
    chosen = access.get_row(request, Slot.objects.all(), pk=pk)
    if not halting.resume(chosen.pk, now=timezone.now()):
        messages.warning(request, "It was not paused any more.")
    return done(request, reverse("slot", args=[pk]))
