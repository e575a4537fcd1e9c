"""What a page that cannot be shown says: to patients in their words and language, to staff in theirs."""

from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views import defaults
from django.views.csrf import csrf_failure as staffs_csrf_failure

from waitlist.languages import is_patients


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A link that leads nowhere."""
    if is_patients(request.path_info):
        return render(request, "matching/offer/unknown.html", status=404)
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Something broke: the page asks the database nothing."""
    if is_patients(request.path_info):
        return HttpResponseServerError(render_to_string("patient_500.html"))
    return defaults.server_error(request)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without the token its page carried."""
    if is_patients(request.path_info):
        return render(request, "patient_403.html", status=403)
    return staffs_csrf_failure(request, reason=reason)
