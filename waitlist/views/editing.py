"""The wish of one entry, changed on its page or in its row; whoever comes second sees both and chooses."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from matching.views import lesson_words
from waitlist import access, editing, joining, seen
from waitlist.editing import Edited
from waitlist.entries import Wish
from waitlist.forms import are_valid, point_out
from waitlist.forms.wishes import WindowFormSet, WishForm, initial_windows, windows_of
from waitlist.models import WaitlistEntry
from waitlist.seen import Said
from waitlist.states import WAITING_STATUSES
from waitlist.views import differences
from waitlist.views.answer import is_update, typed
from waitlist.views.listing import WHOLE
from waitlist.views.people import warn_of_those_in_vain
from waitlist.views.rows import rows

NOT_TYPED = ("csrfmiddlewaretoken", "saw")
THEIRS = "theirs"


@dataclass
class Typed:
    """The form as it was sent, or as it begins."""

    wish: WishForm
    windows: Any
    saw: Said  # empty where nobody knows: then every difference is asked about


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The wish of one entry."""
    entry = access.get_row(request, WHOLE.annotate(is_joining=joining.unconfirmed()), pk=pk)
    form = _typed(request, entry)
    if request.method == "POST" and are_valid(form.wish, form.windows):
        wish = _chosen(request, form, entry)
        try:
            result = editing.edit(entry.pk, wish, saw=form.saw, now=timezone.now())
        except ValidationError as error:
            point_out(error, form.wish)
        else:
            if result.how == Edited.CHANGED:
                return _both(request, entry, form, result.found, seen.of_wish(wish, entry.clinic))
            return _done(request, entry, result.how)
    return _page(request, entry, form)


@never_cache
@require_safe
def row(request: HttpRequest, pk: int) -> HttpResponse:
    """One row of the list as it stands in the database."""
    entry = access.get_row(request, WHOLE.annotate(is_joining=joining.unconfirmed()), pk=pk)
    return _row(request, entry) if is_update(request) else redirect("waitlist")


def _typed(request: HttpRequest, entry: WaitlistEntry) -> Typed:
    data = typed(request)
    saw = seen.of_entry(entry) if data is None else seen.load(data.get("saw", ""))  # before what the form shows
    ids = f"e{entry.pk}_%s" if is_update(request) else "id_%s"
    wish = WishForm(entry.clinic, data, prefix="w", initial=WishForm.of(entry), auto_id=ids)
    windows = WindowFormSet(data, prefix="t", initial=initial_windows(entry), auto_id=ids)
    return Typed(wish, windows, saw)


def _chosen(request: HttpRequest, form: Typed, entry: WaitlistEntry) -> Wish:
    """What they typed, but for what they would rather have as they found it."""
    wish = form.wish.wish(windows_of(form.windows))
    kept = {name: said for name, said in form.saw.items() if request.POST.get(f"pick-{name}") == THEIRS}
    return seen.as_wish({**seen.of_wish(wish, entry.clinic), **kept}) if kept else wish


def _done(request: HttpRequest, entry: WaitlistEntry, how: Edited) -> HttpResponse:
    if how == Edited.SAVED:
        messages.success(request, f"The wish of {entry.patient.name} is saved.")
        entry.refresh_from_db(fields=["practitioners", "services"])
        warn_of_those_in_vain(request, entry.clinic, entry)
    else:
        messages.warning(request, f"{entry.patient.name} waits no longer. Nothing was changed.")
    if not is_update(request):
        return redirect("waitlist")
    return _row(request, WHOLE.annotate(is_joining=joining.unconfirmed()).get(pk=entry.pk))


def _row(request: HttpRequest, entry: WaitlistEntry) -> HttpResponse:
    """The row alone, with the keyboard where it was."""
    shown = rows(entry.clinic, [entry])[0] if entry.status in WAITING_STATUSES else None
    context = {"row": shown, "clinic": entry.clinic, "is_focused": True}
    return render(request, "waitlist/_entry_row_alone.html", context)


def _both(request: HttpRequest, entry: WaitlistEntry, form: Typed, found: Said, wanted: Said) -> HttpResponse:
    """What is there now and what was typed, side by side; nothing is saved yet."""
    touched = editing.differing(form.saw, wanted)
    names = editing.differing(found, wanted)
    sent = [(name, values) for name, values in request.POST.lists() if not name.startswith("pick-")]
    both = {
        "differences": differences.in_words(entry.clinic, found, wanted, names, touched),
        "sent": [(name, value) for name, values in sent if name not in NOT_TYPED for value in values],
    }
    form.saw = found
    return _page(request, entry, form, **both)


def _page(request: HttpRequest, entry: WaitlistEntry, form: Typed, **both: object) -> HttpResponse:
    context = {
        "entry": entry,
        "patient": entry.patient,
        "clinic": entry.clinic,
        "row": rows(entry.clinic, [entry])[0],
        "is_waiting": entry.status in WAITING_STATUSES,
        "wish": form.wish,
        "windows": form.windows,
        "forms": [form.wish, *form.windows.forms],
        "saw": seen.dump(form.saw),
        "now": timezone.now(),
        **both,
    }
    if is_update(request):
        return render(request, "waitlist/_entry_edit_row.html", context)
    context["learned"] = lesson_words.of_entry(entry)
    return render(request, "waitlist/entry_edit.html", context)
