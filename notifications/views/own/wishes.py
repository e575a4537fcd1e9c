"""One wish on its patient's own page: changed, paused, taken up again, left. Each by the act staff have for it."""

from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms.formsets import BaseFormSet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext

from notifications.states import Purpose
from notifications.views.own import page
from notifications.views.own.door import Here, of_own_page
from waitlist import joining, kept, roster, still_wanted
from waitlist.forms import are_valid, point_out
from waitlist.forms.own import NewWishForm, OwnWishForm, PauseForm, taken
from waitlist.forms.wishes import WindowFormSet, initial_windows, opening_hours, windows_of
from waitlist.models import Patient, WaitlistEntry
from waitlist.states import WAITING_STATUSES
from waitlist.views.answer import typed

TWO_WEEKS = timedelta(days=14)


@of_own_page("GET", "HEAD", "POST")
def wish(request: HttpRequest, here: Here, pk: int) -> HttpResponse:
    """What for, when, and how long before they must know."""
    entry, data = _theirs(here, pk), typed(request)
    form = OwnWishForm(entry, data)
    windows = WindowFormSet(data, prefix="t", initial=initial_windows(entry))
    if request.method == "POST" and are_valid(form, windows):
        if taken(entry, form.cleaned_data["services"]):
            form.add_error("services", gettext("You wait for exactly that already."))
        elif _saved(request, form, entry, windows):
            return redirect(here.home(entry.patient))
    context = {
        "clinic": here.clinic,
        "back": here.home(entry.patient),
        "own": page.own(entry, now=timezone.now()),
        "form": form,
        "windows": windows,
        "forms": [form, *windows.forms],
    }
    return render(request, "notifications/own/wish.html", context)


@of_own_page("GET", "HEAD", "POST")
def new(request: HttpRequest, here: Here) -> HttpResponse:
    """Something else to wait for. Whoever came in by a code is known: nothing of them is asked, nor to agree anew."""
    if here.who is None or not here.clinic.takes_joins:
        return redirect(here.home())
    data = typed(request)
    form = NewWishForm(here.clinic, data)
    windows = WindowFormSet(data, prefix="t", initial=[opening_hours(here.clinic)])
    if request.method == "POST" and are_valid(form, windows) and _added(request, form, here, here.who, windows):
        return redirect(here.home())
    context = {
        "clinic": here.clinic,
        "who": here.who,
        "is_shared": len(here.people) > 1,
        "back": here.home(),
        "form": form,
        "windows": windows,
        "forms": [form, *windows.forms],
    }
    return render(request, "notifications/own/wish.html", context)


@of_own_page("POST")
def pause(request: HttpRequest, here: Here, pk: int) -> HttpResponse:
    """For two weeks, until a day, or no longer; or no pause at all: they still want it."""
    entry, now, what = _theirs(here, pk), timezone.now(), request.POST.get("what")
    is_joining = bool(getattr(entry, "is_joining", False))  # it waits for their START, and for nothing else
    if what == "resume":
        done = not is_joining and (kept.keep_on(entry, now=now) or roster.resume(entry.pk, now=now))
        said = gettext("You are asked again from now on.")
    elif what == "keep":
        done = not is_joining and still_wanted.keep(entry.pk, now=now)
        said = gettext("Thank you. You keep your place, and we go on looking out for you.")
    elif what == "until":
        form = PauseForm(here.clinic, request.POST, now=now)
        if not form.is_valid():
            return page.show(request, here, pause=form, of=entry.pk)
        done = roster.pause(entry.pk, form.cleaned_data["until"], now=now)
        said = gettext("Paused. You keep your place in line.")
    else:
        done = roster.pause(entry.pk, now + TWO_WEEKS, now=now)
        said = gettext("Paused. You keep your place in line.")
    _say(request, bool(done), said)
    return redirect(here.home(entry.patient))


@of_own_page("GET", "HEAD", "POST")
def leave(request: HttpRequest, here: Here, pk: int) -> HttpResponse:
    """Ask whether it is meant, then take the wish off the list."""
    entry = _theirs(here, pk)
    if request.method == "POST":
        left = roster.remove(entry.pk, now=timezone.now())
        _say(request, left, gettext("You are off the list for it. Times we have offered you stay yours to answer."))
        return redirect(here.home(entry.patient))
    own = page.own(entry, now=timezone.now())
    return render(
        request,
        "notifications/own/leave.html",
        {"clinic": here.clinic, "own": own, "who": entry.patient, "back": here.home(entry.patient)},
    )


def _theirs(here: Here, pk: int) -> WaitlistEntry:
    """A waiting wish of somebody who uses this number or address; 404 for any other."""
    rows = WaitlistEntry.objects.filter(clinic=here.clinic, patient__in=here.people, status__in=WAITING_STATUSES)
    rows = rows.select_related("clinic", "patient", "paused_for", "later_visit__location__clinic")
    return get_object_or_404(rows.annotate(is_joining=joining.unconfirmed()), pk=pk)


def _saved(request: HttpRequest, form: OwnWishForm, entry: WaitlistEntry, windows: BaseFormSet) -> bool:
    try:
        edited = roster.edit(entry.pk, form.wish(windows_of(windows)), now=timezone.now())
    except ValidationError as error:
        point_out(error, form)
        return False
    _say(request, edited, gettext("Saved."))
    return True


def _added(request: HttpRequest, form: NewWishForm, here: Here, who: Patient, windows: BaseFormSet) -> bool:
    try:
        added = roster.add_wish(who, form.wish(windows_of(windows)), now=timezone.now())
    except ValidationError as error:
        point_out(error, form)
        return False
    if added is None:
        form.add_error(None, gettext("You wait for a lot already. Please call us, and we put you down for this, too."))
    elif not added.created:
        form.add_error("services", gettext("You wait for exactly that already."))
    elif any(grant.startswith(f"{Purpose.OFFERS}:") for grant in here.point.granted):
        messages.success(request, gettext("You are on the list for it."))
    else:
        said = gettext("You are on the list for it. Say below how we may write to you, or we can only call.")
        messages.success(request, said)
    return added is not None and added.created


def _say(request: HttpRequest, done: bool, said: str) -> None:
    if done:
        messages.success(request, said)
    else:
        messages.warning(request, gettext("That has changed meanwhile, so nothing was done. This is how it is now."))
