"""A message that did not arrive, sent again by staff."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from notifications import outbox
from notifications.models import Message
from waitlist import access
from waitlist.views.answer import done


@require_POST
def send_again(request: HttpRequest, pk: int, message: int) -> HttpResponse:
    """Under every rule once more: what forbids it stands beside it then."""
    clinic = access.get_clinic(request)
    chosen = get_object_or_404(Message.objects.filter(clinic=clinic, slot=pk), pk=message)
    if outbox.send_again(chosen, now=timezone.now()) is None:
        messages.warning(request, "It has been sent again before, or it is too late for that.")
    else:
        messages.success(request, "On its way again, if no rule forbids it.")
    return done(request, f"{reverse('slot', args=[pk])}?tab=messages")
