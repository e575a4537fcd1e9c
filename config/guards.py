"""What stands between a request and every view: two answers no view should have to write."""

from collections.abc import Callable

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import render
from django.utils.translation import gettext
from psycopg.errors import DeadlockDetected, LockNotAvailable

HEADERS = {"Retry-After": "3", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


class Guards:
    """A NUL in an address is nobody's search word: 400. A row held too long by somebody else: 503, press again."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "%00" in request.META.get("QUERY_STRING", ""):
            return HttpResponseBadRequest(gettext("This address holds a character that means nothing."))
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Nothing was changed: the transaction that waited was rolled back whole."""
        held = isinstance(error, OperationalError) and isinstance(error.__cause__, LockNotAvailable | DeadlockDetected)
        if not held:
            return None
        response = render(request, "503.html", status=503)
        for name, value in HEADERS.items():
            response.headers[name] = value
        return response
