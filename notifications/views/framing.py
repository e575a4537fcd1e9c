"""A form that the clinic's own site shows inside its pages: who may frame it, and that it was sent from itself."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware

from waitlist.models import Clinic


def may_be_framed(response: HttpResponse, clinic: Clinic) -> HttpResponse:
    """The sites the clinic names may show this page inside theirs, and nobody else."""
    if clinic.join_origins:
        response._csp_replace = {"frame-ancestors": clinic.join_origins.split()}  # type: ignore[attr-defined]
        response.xframe_options_exempt = True  # it cannot name a site
    return response


def refused(request: HttpRequest) -> HttpResponse | None:
    """The answer to a form of another site. Inside a frame browsers keep no cookie of ours, so there the origin they
    name, which no page can choose, stands for the token."""
    ours = (f"{request.scheme}://{request.get_host()}", settings.PUBLIC_URL)
    if request.headers.get("Origin") in ours:
        return None
    answer = CsrfViewMiddleware(_any_page).process_view(request, _any_page, (), {})
    return answer if isinstance(answer, HttpResponse) else None


def _any_page(request: HttpRequest) -> HttpResponse:
    """What is protected like any other page."""
    return HttpResponse()
