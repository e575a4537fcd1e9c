"""In the demo a patient's page may be shown inside the shelf of phones, and nowhere else."""

from collections.abc import Callable

from csp.constants import SELF
from django.http import HttpRequest, HttpResponse

FRAMED = ("/o/", "/v/", "/unsubscribe/", "/join/", "/my/", "/demo/")


class FramedByPhones:
    """Lets our own pages frame the patient's pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith(FRAMED):
            named = getattr(response, "_csp_replace", {}).get("frame-ancestors", [])  # by the clinic, of its join page
            if not named:
                response["X-Frame-Options"] = "SAMEORIGIN"
            response._csp_replace = {"frame-ancestors": [SELF, *named]}  # type: ignore[attr-defined]
        return response
