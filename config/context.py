"""What every template may use."""

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, object]:
    """Whether this is the demo; nothing about a clinic or a person."""
    return {"demo": settings.DEMO}
