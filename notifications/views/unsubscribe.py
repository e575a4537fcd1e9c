"""Ending e-mails from the link in every one of them (RFC 8058): a page with a button, or one click by a program."""

from django.contrib.auth.decorators import login_not_required
from django.core.signing import BadSignature, Signer
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from notifications import consent
from notifications.models import Consent, ContactPoint
from notifications.rendering import UNSUBSCRIBE_SALT


@csrf_exempt  # mail programs post here by themselves; the signed address is the proof
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks, POST ends it; a link we did not make is not found."""
    try:
        point_id = Signer(salt=UNSUBSCRIBE_SALT).unsign(token)
    except BadSignature:
        raise Http404("No such link.") from None
    point = get_object_or_404(ContactPoint.objects.select_related("clinic"), pk=point_id)
    if request.method == "POST":
        consent.stop(point, source=Consent.Source.FORM, now=timezone.now(), note="unsubscribe link")
        point.refresh_from_db()
    context = {"clinic": point.clinic, "is_stopped": point.stopped_at is not None}
    response = render(request, "notifications/unsubscribe.html", context)
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response
