"""A patient's page speaks the patient's language, its errors too; a choice is kept for the visit in a cookie."""

from collections.abc import Callable
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

from waitlist import languages


class PatientsLanguage:
    """Starts from the choice or the browser; a view that knows the patient goes on from there. No row is touched."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not languages.is_patients(request.path_info):
            return self.get_response(request)
        start = languages.chosen(request) or translation.get_language_from_request(request)
        with translation.override(start):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language())
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        if asked := languages.asked(request):
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                asked,
                path=quote(languages.home(request.path_info)),
                secure=settings.HTTPS,
                httponly=True,
                samesite="Lax",
            )
        return response
