"""The waitlist: who waits for what, joining it, changing a wish, leaving."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from matching.views import lesson_words
from waitlist import access, joining, roster
from waitlist.forms import are_valid, point_out
from waitlist.forms.wishes import WindowFormSet, WishForm, initial_windows, windows_of
from waitlist.models import WaitlistEntry
from waitlist.states import WAITING_STATUSES
from waitlist.views.answer import find_patients, matching_words, typed
from waitlist.views.rows import rows

PER_PAGE = 50
WHOLE = WaitlistEntry.objects.select_related("clinic", "patient", "later_visit__location__clinic")


@never_cache
@require_safe
def entries(request: HttpRequest) -> HttpResponse:
    """Everybody who waits, the longest first; `q` finds names, numbers and services."""
    clinic = access.get_clinic(request)
    words = request.GET.get("q", "").strip()
    waiting = WHOLE.filter(clinic=clinic, status__in=WAITING_STATUSES).annotate(is_joining=joining.unconfirmed())
    if words:
        wanted = clinic.services.filter(matching_words(words, "name")).values_list("pk", flat=True)
        people = find_patients(clinic, words).order_by().values("pk")
        waiting = waiting.filter(Q(patient__in=people) | Q(services__overlap=list(wanted)))
    page = Paginator(waiting.order_by("added_at", "pk"), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "clinic": clinic,
        "now": timezone.now(),
        "q": words,
        "page": page,
        "rows": rows(clinic, page.object_list),
    }
    return render(request, "waitlist/entries.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The wish of one entry."""
    entry = access.get_row(request, WHOLE.all(), pk=pk)
    data = typed(request)
    wish = WishForm(entry.clinic, data, prefix="w", initial=WishForm.of(entry))
    windows = WindowFormSet(data, prefix="t", initial=initial_windows(entry))
    if request.method == "POST" and are_valid(wish, windows):
        try:
            edited = roster.edit(entry.pk, wish.wish(windows_of(windows)), now=timezone.now())
        except ValidationError as error:
            point_out(error, wish)
        else:
            if edited:
                messages.success(request, f"The wish of {entry.patient.name} is saved.")
            else:
                messages.warning(request, f"{entry.patient.name} waits no longer. Nothing was changed.")
            return redirect("waitlist")
    context = {
        "entry": entry,
        "patient": entry.patient,
        "row": rows(entry.clinic, [entry])[0],
        "learned": lesson_words.of_entry(entry),
        "is_waiting": entry.status in WAITING_STATUSES,
        "wish": wish,
        "windows": windows,
        "forms": [wish, *windows.forms],
        "now": timezone.now(),
    }
    return render(request, "waitlist/entry_edit.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask whether it is meant, then take the wish off the list."""
    entry = access.get_row(request, WHOLE.all(), pk=pk)
    if request.method == "POST":
        if roster.remove(entry.pk, now=timezone.now()):
            messages.success(request, f"{entry.patient.name} is off the waitlist.")
        else:
            messages.warning(request, f"{entry.patient.name} was off the waitlist before.")
        return redirect("waitlist")
    context = {"entry": entry, "patient": entry.patient, "row": rows(entry.clinic, [entry])[0]}
    return render(request, "waitlist/entry_remove.html", context)
