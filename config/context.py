"""What every template may use."""

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone


def site(request: HttpRequest) -> dict[str, object]:
    """Whether this is the demo, and the moment the page is made; nothing about a clinic or a person."""
    return {"demo": settings.DEMO, "now": timezone.now()}
