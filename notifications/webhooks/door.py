"""The door for what Twilio tells us: signed POSTs only, whatever they are about."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from twilio.request_validator import RequestValidator

View = Callable[..., HttpResponse]


def of_twilio(view: View) -> View:
    """403 where Twilio did not sign it, 405 for anything but a POST; its signature is all the proof there is."""

    @csrf_exempt
    @login_not_required
    @require_POST
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **names: Any) -> HttpResponse:
        if not from_twilio(request):
            return HttpResponse("Wrong signature.\n", status=403, content_type="text/plain")
        return view(request, *args, **names)

    return guarded


def is_signed(url: str, params: object, signature: str) -> bool:
    """Whether Twilio signed this, with our token or the one before it."""
    tokens = (settings.TWILIO_AUTH_TOKEN, settings.TWILIO_AUTH_TOKEN_PREVIOUS)
    return any(RequestValidator(token).validate(url, params, signature) for token in tokens if token)


def from_twilio(request: HttpRequest) -> bool:
    """Signed for the address the world knows us by, whatever the proxies in front made of it."""
    url = settings.PUBLIC_URL + request.get_full_path()
    return is_signed(url, request.POST, request.headers.get("X-Twilio-Signature", ""))
