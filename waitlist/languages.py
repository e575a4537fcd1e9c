"""In which language a patient's page speaks: as chosen on it, else the patient's own, else as their browser asks.

The staff's pages stay English (docs/adr/0024).
"""

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation

ASKED = "lang"
PAGES = ("/o/", "/v/", "/join/", "/unsubscribe/", "/my/")


def is_patients(path: str) -> bool:
    """Whether a patient reads what stands at this address."""
    return path.startswith(PAGES)


def known(code: str) -> str:
    """“es” for es-MX; empty where our pages do not speak it."""
    language = code.replace("_", "-").partition("-")[0].lower()
    return language if language in dict(settings.LANGUAGES) else ""


def asked(request: HttpRequest) -> str:
    """The language this very address asks for."""
    return known(request.GET.get(ASKED, ""))


def chosen(request: HttpRequest) -> str:
    """The language somebody chose on this page, now or earlier in this visit; empty where nobody did."""
    return asked(request) or known(request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, ""))


def speak(request: HttpRequest, own: str) -> None:
    """Speak the patient's own language from here on, unless they chose another on the page."""
    if not chosen(request) and known(own):
        translation.activate(known(own))


def carried(request: HttpRequest, path: str) -> str:
    """The address of another of their links, in the language they chose on this one."""
    return f"{path}?{ASKED}={language}" if (language := chosen(request)) else path


def home(path: str) -> str:
    """The page an address belongs to: a choice is kept for this link alone, since a family shares a phone."""
    return "/".join(path.split("/")[:3])
