"""Names the actor of every request to the trail."""

import re
from collections.abc import Callable
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from audit.models import ActorKind
from audit.trail import Actor, acting

WITH_PORT = re.compile(r"(?:\[(?P<six>[^\]]+)\]|(?P<four>[\d.]+))(?::\d+)?")


def remote_addr(request: HttpRequest) -> str | None:
    """The caller's address: the last one of X-Forwarded-For that a proxy of ours wrote, else the socket's.

    None where that is no address, which a column of addresses could not hold."""
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if settings.TRUSTED_PROXIES and len(forwarded) >= settings.TRUSTED_PROXIES:
        return _address(forwarded[-settings.TRUSTED_PROXIES])
    return _address(request.META.get("REMOTE_ADDR", ""))


def _address(said: str) -> str | None:
    """Without a port (“1.2.3.4:5678”, “[2001:db8::1]:443”) and without an interface (“fe80::1%eth0”)."""
    found = WITH_PORT.fullmatch(said)
    plain = (found["six"] or found["four"]) if found else said
    try:
        return str(ip_address(plain.partition("%")[0]))
    except ValueError:
        return None


class ActorMiddleware:
    """Staff where somebody is signed in; else the system, until a view names a patient or a connection."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = getattr(request, "user", None)
        actor = Actor(remote_addr=remote_addr(request))
        if user is not None and user.is_authenticated:
            actor = Actor(
                kind=ActorKind.STAFF, user_id=user.pk, user_email=user.email, remote_addr=remote_addr(request)
            )
        with acting(actor):
            return self.get_response(request)
