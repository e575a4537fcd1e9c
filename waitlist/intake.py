"""The edge where other systems tell us things: verified on the raw bytes, stored, answered; a task applies it."""

from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from waitlist import events
from waitlist.models import Connection

MAX_BYTES = 256 * 1024


@csrf_exempt
@login_not_required
def receive(request: HttpRequest, source: str, connection_id: UUID) -> JsonResponse:
    """POST one event: 202 once it is safe in the database, and again for every repetition of it."""
    if request.method != "POST":
        return _refuse(405, "Send events with POST.", Allow="POST")
    connection = (
        Connection.objects.select_related("clinic")
        .filter(public_id=connection_id, source=source, is_active=True)
        .first()
    )
    if connection is None:
        return _refuse(404, "There is no such connection.")
    raw = request.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        return _refuse(413, f"An event may have {MAX_BYTES} bytes at most.")
    form = events.FORMATS[Connection.Source(connection.source)]
    if not form.is_signed(connection, request.headers, raw):
        return _refuse(401, "The signature is missing, wrong or too old.")
    try:
        body = events.parse(raw)
        envelope = form.envelope(request.headers, body)
    except events.Malformed as wrong:
        return _refuse(400, str(wrong))
    event = events.store(connection, envelope, body, now=timezone.now())
    return JsonResponse({"event": event.pk, "status": event.status}, status=202)


def _refuse(status: int, sentence: str, **headers: str) -> JsonResponse:
    return JsonResponse({"error": sentence}, status=status, headers=headers)
