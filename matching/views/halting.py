"""Staff pause the asking of one slot, and let it go on."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from matching.views import going_on
from waitlist import access
from waitlist.models import Slot
from waitlist.views.answer import done


@require_POST
def pause(request: HttpRequest, pk: int) -> HttpResponse:
    """Nobody else is asked until they resume it."""
    going_on.pause(request, access.get_row(request, Slot.objects.all(), pk=pk))
    return done(request, reverse("slot", args=[pk]))


@require_POST
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    """It goes on where it was."""
    going_on.resume(request, access.get_row(request, Slot.objects.all(), pk=pk))
    return done(request, reverse("slot", args=[pk]))
