"""The way in to a patient's own page: a number or an address, a code sent there, and a cookie for half an hour.

The cookie is signed, names one code and opens one clinic's page for the number or address that code was sent to. A link
in a message never opens it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from audit.actor import ActorKind, acting, current
from audit.middleware import remote_addr
from notifications import passcodes
from notifications.models import ContactPoint, Passcode
from waitlist import languages
from waitlist.access import row_id
from waitlist.forms.own import CodeForm, ReachForm
from waitlist.models import Clinic, Patient
from waitlist.views.answer import typed

ASKED, OPEN = "my-code", "my"  # the cookies, before and after the code
TOO_MANY = gettext_noop("Too many codes were asked for. Please try again in an hour, or call us.")
GUESSED = gettext_noop("Too many wrong codes were typed. Please try again tomorrow, or call us.")
OVER = gettext_noop("This code is over. Please ask for a new one.")


@dataclass(frozen=True)
class Here:
    """Whoever has opened their page: the code they did it by, their number or address, and who uses that."""

    clinic: Clinic
    code: Passcode
    point: ContactPoint
    people: list[Patient]
    who: Patient | None  # of a family, the one whose list is looked at

    def home(self, who: Patient | None = None) -> str:
        """The page, of the same person."""
        who = who or self.who
        return reverse("my", args=[self.clinic.slug]) + (f"?who={who.pk}" if who and len(self.people) > 1 else "")


OwnView = Callable[..., HttpResponse]


def of_own_page(*methods: str) -> Callable[[OwnView], OwnView]:
    """A view of whoever has opened this clinic's page by a code, acting as them; anybody else is led to the door."""

    def decorate(view: OwnView) -> OwnView:
        @never_cache
        @login_not_required
        @require_http_methods(["GET", "HEAD", "POST"])
        @wraps(view)
        def opened(request: HttpRequest, slug: str, **ids: Any) -> HttpResponse:
            here = whoever(request, get_object_or_404(Clinic, slug=slug), now=timezone.now())
            if here is None or request.method not in methods:
                return redirect("my", slug)
            return as_them(request, here, lambda: view(request, here, **ids))

        return opened

    return decorate


def as_them(request: HttpRequest, here: Here, view: Callable[[], HttpResponse]) -> HttpResponse:
    """In their language, and told by the trail as theirs."""
    spoken = {one.language for one in ([here.who] if here.who else here.people)}
    languages.speak(request, spoken.pop() if len(spoken) == 1 else "")
    ref = here.who.pk if here.who else None
    with acting(replace(current(), kind=ActorKind.PATIENT, ref=ref, user_id=None, user_email="")):
        return view()


def whoever(request: HttpRequest, clinic: Clinic, *, now: datetime) -> Here | None:
    """Who has opened this clinic's page here; None where nobody has, or it is over."""
    public_id = _kept(request, OPEN, clinic)
    code = passcodes.opened(clinic, public_id, now=now) if public_id else None
    if code is None or code.contact_point is None:
        return None
    people = list(Patient.objects.filter(contacts__contact_point=code.contact_point).order_by("pk"))
    chosen = row_id(request.POST.get("who") or request.GET.get("who", ""))
    mine = [one for one in people if one.pk == chosen or len(people) == 1]
    return Here(clinic, code, code.contact_point, people, mine[0] if mine else None)


def door(request: HttpRequest, clinic: Clinic) -> HttpResponse:
    """Asks for a number or an address; the answer to it is the same for everybody."""
    form, status = ReachForm(typed(request)), 200
    if request.method == "POST" and form.is_valid():
        kind, value = form.cleaned_data["reach"]
        where = remote_addr(request)
        with acting(replace(current(), kind=ActorKind.PATIENT, user_id=None, user_email="")):
            code = passcodes.ask(clinic, kind, value, remote_addr=where, now=timezone.now())
        if code is not None:
            answer = redirect("my-code", clinic.slug)
            _keep(answer, ASKED, clinic, code.public_id, passcodes.HOLDS_FOR)
            return answer
        form.add_error(None, gettext(TOO_MANY))
        status = 429
    return render(request, "notifications/own/door.html", {"clinic": clinic, "form": form}, status=status)


@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest, slug: str) -> HttpResponse:
    """The code, typed where it was asked for. Whether it was sent at all, the page does not know to say."""
    clinic, now = get_object_or_404(Clinic, slug=slug), timezone.now()
    public_id = _kept(request, ASKED, clinic)
    code = passcodes.asked(clinic, public_id) if public_id else None
    if code is None:
        return redirect("my", slug)
    form = CodeForm(typed(request))
    if request.method == "POST" and form.is_valid():
        with acting(replace(current(), kind=ActorKind.PATIENT, user_id=None, user_email="")):
            opened = passcodes.enter(clinic, code.public_id, form.cleaned_data["digits"], now=now)
        if opened is not None:
            answer = redirect("my", slug)
            _keep(answer, OPEN, clinic, opened.public_id, passcodes.OPEN_FOR)
            answer.delete_cookie(ASKED, path=_path(clinic), samesite="Lax")
            return answer
        code.refresh_from_db()
        form.add_error("digits", _why(code, now=now))
    context = {"clinic": clinic, "form": form, "holds": passcodes.holds(code, now=now)}
    return render(request, "notifications/own/code.html", context)


@of_own_page("POST")
def close(request: HttpRequest, here: Here) -> HttpResponse:
    """They are through."""
    passcodes.close(here.code, now=timezone.now())
    answer = redirect("my", here.clinic.slug)
    answer.delete_cookie(OPEN, path=_path(here.clinic), samesite="Lax")
    return answer


def _why(code: Passcode, *, now: datetime) -> str:
    """What keeps the page shut."""
    if passcodes.is_guessed(code, now=now):
        return gettext(GUESSED)
    if not passcodes.holds(code, now=now):
        return gettext(OVER)
    left = passcodes.MOST_TRIES - code.tries
    text = ngettext("That is not the code. {count} try is left.", "That is not the code. {count} tries are left.", left)
    return text.format(count=left)


def _path(clinic: Clinic) -> str:
    return reverse("my", args=[clinic.slug])


def _keep(answer: HttpResponse, name: str, clinic: Clinic, public_id: UUID, span: timedelta) -> None:
    answer.set_signed_cookie(
        name,
        str(public_id),
        salt=f"{name}:{clinic.pk}",
        max_age=span,
        path=_path(clinic),
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def _kept(request: HttpRequest, name: str, clinic: Clinic) -> UUID | None:
    """What that cookie holds, if we wrote it, for this clinic and not too long ago."""
    span = passcodes.HOLDS_FOR if name == ASKED else passcodes.OPEN_FOR
    kept = request.get_signed_cookie(name, default=None, salt=f"{name}:{clinic.pk}", max_age=span)
    return UUID(kept) if kept else None
