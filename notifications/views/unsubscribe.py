"""Ending e-mails from the link in every one of them (RFC 8058): a page with choices, or one click by a program."""

from django.contrib.auth.decorators import login_not_required
from django.core.signing import BadSignature, Signer
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from audit.middleware import remote_addr
from notifications.models import ContactPoint
from notifications.rendering import UNSUBSCRIBE_SALT
from notifications.states import Channel, Purpose
from waitlist import languages, unsubscribing

ABOUT = {
    Purpose.OFFERS: gettext_noop("open times"),
    Purpose.REMINDERS: gettext_noop("your visits"),
    Purpose.MARKETING: gettext_noop("news"),
}


@csrf_exempt  # mail programs post here by themselves; the signed address is the proof
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks, POST ends it; a link we did not make is not found."""
    try:
        signed = Signer(salt=UNSUBSCRIBE_SALT).unsign(token)
    except BadSignature:
        raise Http404("No such link.") from None
    point_id, _, of = signed.partition(":")
    purpose = Purpose(of or Purpose.OFFERS)  # of the e-mail it came in
    address = get_object_or_404(ContactPoint.objects.select_related("clinic"), pk=point_id)
    languages.speak(request, _spoken(address))
    what = request.POST.get("what", "email")  # a mail program says only List-Unsubscribe=One-Click
    if request.method == "POST":
        _act(address, what, purpose, remote_addr(request))
        address.refresh_from_db()
    allowed = [grant for grant in address.granted if address.stopped_at is None]
    others = [ABOUT[other] for other in Purpose if other != purpose and f"{other}:email" in allowed]
    context = {
        "clinic": address.clinic,
        "is_stopped": address.stopped_at is not None,
        "has_ended_offers": request.method == "POST" and what == "offers",
        "gets_offers": f"{Purpose.OFFERS}:{Channel.EMAIL}" in allowed,
        "has_phone_stopped": request.method == "POST" and what == "all",
        "is_without": not [grant for grant in allowed if grant.startswith(f"{purpose}:")],
        "about": gettext(ABOUT[purpose]),
        "others": gettext(" and ").join(gettext(one) for one in others),
        "is_back": request.method == "POST" and what == "again",
    }
    response = render(request, "notifications/unsubscribe.html", context)
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _spoken(address: ContactPoint) -> str:
    """The language of everybody who uses this address; empty where they speak several."""
    spoken = set(address.users.values_list("patient__language", flat=True))
    return spoken.pop() if len(spoken) == 1 else ""


def _act(address: ContactPoint, what: str, purpose: Purpose, where: str | None) -> None:
    """Whatever was sent that we do not know ends the e-mails: somebody wanted them to end."""
    now = timezone.now()
    if what == "purpose":
        unsubscribing.one_purpose(address, purpose, remote_addr=where, now=now)
    elif what == "offers":
        unsubscribing.offers(address, remote_addr=where, now=now)
    elif what == "all":
        unsubscribing.everything(address, remote_addr=where, now=now)
    elif what == "again":
        unsubscribing.again(address, remote_addr=where, now=now)
    else:
        unsubscribing.e_mails(address, remote_addr=where, now=now)
