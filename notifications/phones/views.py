"""The shelf of phones as a page, as its changing part, as data; and the way back for replies."""

import uuid
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from notifications import replies
from notifications.models import ContactPoint, SimulatedCall
from notifications.phones import ringing
from notifications.phones.shelf import NEVER, TYPED_HERE, collect, mails_sent, stamp, texts_kept, typed

SHOWN_PHONES = 24
SHOWN_TEXTS = 300
SHOWN_CALLS = 100


@login_not_required
@never_cache
@require_GET
def phones(request: HttpRequest) -> HttpResponse:
    """The shelf, with the patient's own page beside it."""
    return render(request, "demo/phones.html", _shelf(request))


@login_not_required
@never_cache
@require_GET
def shelf(request: HttpRequest) -> HttpResponse:
    """Only the shelf, and nothing at all while nothing has changed."""
    if request.GET.get("seen") == stamp():
        return HttpResponse(status=204)
    return render(request, "demo/_shelf.html", _shelf(request))


@login_not_required
@require_POST
def reply(request: HttpRequest, pk: int) -> HttpResponse:
    """What was tapped or typed on the phone, as the carrier would bring it."""
    point = get_object_or_404(ContactPoint.objects.select_related("clinic"), pk=pk)
    text = request.POST.get("text", "").strip()[:300]
    if text:
        replies.receive(
            point.clinic,
            sender=point.value,
            text=text,
            provider_id=f"{TYPED_HERE}{uuid.uuid4().hex}",
            now=timezone.now(),
        )
    return render(request, "demo/_shelf.html", _shelf(request)) if request.htmx else redirect("demo-phones")  # type: ignore[attr-defined]


@login_not_required
@require_POST
def call(request: HttpRequest, pk: int) -> HttpResponse:
    """Picked up, a key pressed or none, or left to ring, as the carrier would tell it."""
    one = get_object_or_404(SimulatedCall.objects.select_related("message"), pk=pk)
    ringing.act(one, request.POST.get("key", ""), now=timezone.now())
    return render(request, "demo/_shelf.html", _shelf(request)) if request.htmx else redirect("demo-phones")  # type: ignore[attr-defined]


@login_not_required
@require_GET
def blank(request: HttpRequest) -> HttpResponse:
    """What the big phone shows until a link is tapped."""
    return render(request, "demo/blank.html")


@login_not_required
@never_cache
@require_GET
def phones_json(request: HttpRequest) -> JsonResponse:
    """Every phone and its texts for programs, oldest text first."""
    return JsonResponse(
        {
            "phones": [
                {
                    "number": phone.number,
                    "patient": phone.patient,
                    "messages": [
                        {
                            "id": bubble.id,
                            "at": bubble.at.isoformat(),
                            "direction": bubble.direction,
                            "text": bubble.text,
                            "link": bubble.link,
                        }
                        for bubble in phone.bubbles
                    ],
                }
                for phone in collect(texts_kept(), typed())
            ]
        }
    )


def _shelf(request: HttpRequest) -> dict[str, Any]:
    seen_now = stamp()  # first: what comes while we look is shown next time
    seen_out, seen_in, _ = (int(part) if part.isdigit() else NEVER for part in _parts(request.GET.get("seen", "")))
    now = timezone.now()
    latest = texts_kept().order_by("-pk")[:SHOWN_TEXTS]
    calls = [(one, ringing.shown(one, now=now)) for one in ringing.made().order_by("-pk")[:SHOWN_CALLS]]
    found = collect(reversed(latest), typed(), seen_out=seen_out, seen_in=seen_in, mails=mails_sent(), calls=calls)
    return {"phones": found[:SHOWN_PHONES], "seen": seen_now}


def _parts(seen: str) -> list[str]:
    parts = seen.split("-")
    return parts if len(parts) == 3 else ["", "", ""]
