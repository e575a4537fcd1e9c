"""The page of a question “do you still want it?”, which its link opens: yes, a pause, or no, wish by wish.

The token is the whole key, as on the offers' pages, and only a POST changes anything.
"""

from dataclasses import replace
from datetime import datetime

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from audit.actor import ActorKind, acting, current
from matching import tokens
from matching.views.offers import HEADERS
from notifications.models import Message
from notifications.states import Kind
from notifications.views.own.page import Own, own
from waitlist import languages, still_wanted
from waitlist.access import row_id
from waitlist.models import WaitlistEntry
from waitlist.states import WAITING_STATUSES

ACTS = {"keep": still_wanted.keep, "pause": still_wanted.pause, "leave": still_wanted.leave}
SAID = {
    "keep": gettext_noop("Thank you. You keep your place, and we go on looking out for you."),
    "pause": gettext_noop("Paused for two weeks. You keep your place in line."),
    "leave": gettext_noop("You are off the list for it. Times we have offered you stay yours to answer."),
}
CHANGED = gettext_noop("That has changed meanwhile, so nothing was done. This is how it is now.")


@login_not_required
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def still(request: HttpRequest, token: str) -> HttpResponse:
    """What was asked about, as it stands now; POST answers for one wish of it."""
    now, pk = timezone.now(), tokens.read_still(token)
    asked = Message.objects.select_related("clinic", "patient").filter(kind=Kind.STILL, patient__isnull=False)
    message = asked.filter(pk=pk, created_at__gt=now - still_wanted.REMEMBERED).first() if pk is not None else None
    if message is None or message.patient is None:
        response = render(request, "matching/offer/unknown.html", status=404)
    else:
        languages.speak(request, message.patient.language)
        with acting(replace(current(), kind=ActorKind.PATIENT, ref=message.patient_id, user_id=None, user_email="")):
            response = _page(request, message, token, now=now)
    for name, value in HEADERS.items():
        response.headers[name] = value
    return response


def _page(request: HttpRequest, message: Message, token: str, *, now: datetime) -> HttpResponse:
    notice, is_done = _answer(request, message, now=now) if request.method == "POST" else ("", False)
    wishes = [own(entry, now=now) for entry in still_wanted.of_message(message)]
    context = {
        "clinic": message.clinic,
        "patient": message.patient,
        "token": token,
        "notice": notice and gettext(notice),
        "is_done": is_done,
        "waiting": [one for one in wishes if one.entry.status in WAITING_STATUSES],
        "over": [one for one in wishes if one.entry.status not in WAITING_STATUSES],
        "is_asked": any(_is_asked(one) for one in wishes),
    }
    return render(request, "notifications/still.html", context)


def _answer(request: HttpRequest, message: Message, *, now: datetime) -> tuple[str, bool]:
    """What to say, and whether anything was done."""
    what, wish = request.POST.get("what", ""), row_id(request.POST.get("wish", ""))
    mine: list[WaitlistEntry] = still_wanted.of_message(message)
    if what not in ACTS or wish not in {entry.pk for entry in mine} or not ACTS[what](wish, now=now):
        return CHANGED, False
    return SAID[what], True


def _is_asked(one: Own) -> bool:
    """Whether an answer is due for it, or was."""
    return one.entry.status in WAITING_STATUSES and one.entry.still_asked_at is not None
