"""What a patient chooses on their own page about messages: language, consent, and an end to all of it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext

from audit.middleware import remote_addr
from notifications.states import ContactKind
from notifications.views.own.door import Here, of_own_page
from waitlist import languages, own_word, unsubscribing


@of_own_page("POST")
def language(request: HttpRequest, here: Here) -> HttpResponse:
    """The page and every message speak it from now on."""
    asked = languages.known(request.POST.get("language", ""))
    if here.who is None or not asked:
        return redirect(here.home())
    own_word.choose_language(here.who.pk, asked, now=timezone.now())
    home = here.home()
    return redirect(f"{home}{'&' if '?' in home else '?'}{languages.ASKED}={asked}")


@of_own_page("POST")
def allow(request: HttpRequest, here: Here) -> HttpResponse:
    """One purpose by one channel, given by its sentence or taken back."""
    grant, now, where = request.POST.get("grant", ""), timezone.now(), remote_addr(request)
    spoken = languages.known(get_language() or "")
    if request.POST.get("what") == "give":
        done = own_word.allow(here.point, grant, language=spoken, remote_addr=where, now=now)
        said = gettext("Thank you, noted.")
    else:
        done = own_word.withdraw(here.point, grant, remote_addr=where, now=now)
        said = gettext("That has ended.")
    if done:
        messages.success(request, said)
    else:
        messages.warning(request, gettext("Nothing was changed."))
    return redirect(here.home())


@of_own_page("GET", "HEAD", "POST")
def stop(request: HttpRequest, here: Here) -> HttpResponse:
    """Only openings, or everything, in one tap; then what that means, and the way back."""
    what, now, where = request.POST.get("what", ""), timezone.now(), remote_addr(request)
    if what == "offers":
        own_word.stop_offers(here.point, remote_addr=where, now=now)
    elif what == "again" and here.point.kind == ContactKind.EMAIL:
        unsubscribing.again(here.point, remote_addr=where, now=now)
    elif request.method == "POST" and what != "again":  # whatever else was sent: somebody wanted them to end
        own_word.stop(here.point, remote_addr=where, now=now)
    here.point.refresh_from_db()
    context = {
        "clinic": here.clinic,
        "here": here,
        "back": here.home(),
        "what": what,
        "is_stopped": here.point.stopped_at is not None,
        "is_phone": here.point.kind == ContactKind.PHONE,
        "hears": any(grant.startswith("offers:") for grant in here.point.granted),
    }
    return render(request, "notifications/own/stop.html", context)
