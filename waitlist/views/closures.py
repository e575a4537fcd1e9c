"""Closures and public holidays: which are to come, one more, one less; and what is booked then all the same."""

from datetime import date, datetime

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from matching import calls, untold
from waitlist import access, closing, holidays, keeping
from waitlist.forms import point_out
from waitlist.forms.closures import ClosureForm, HolidaysForm
from waitlist.models import Appointment, Clinic, Closure, Location, Slot
from waitlist.states import Role
from waitlist.views.answer import typed


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def closures(request: HttpRequest) -> HttpResponse:
    """Those not over yet, and the form that adds one."""
    clinic = access.get_clinic(request)
    now = timezone.now()
    form = ClosureForm(clinic, typed(request), now=now)
    if access.sent_from_elsewhere(request, clinic, "changed"):
        return redirect("closures")
    if request.method == "POST" and form.is_valid():
        try:
            made, is_new = closing.close(clinic, now=now, **form.closure())
        except ValidationError as error:
            point_out(error, form)
        else:
            return _say_closed(request, made, is_new=is_new)
    is_manager = access.get_member(request).role in access.MAY_ACT_AS[Role.MANAGER]
    context = {"clinic": clinic, "rows": closing.coming(clinic, now=now), "form": form, "forms": [form]}
    return render(request, "waitlist/closures.html", {**context, "is_manager": is_manager})


def _say_closed(request: HttpRequest, made: Closure, *, is_new: bool) -> HttpResponse:
    if is_new:
        messages.success(request, "Closed. Free times then are offered to nobody any more.")
    else:
        messages.info(request, f"That was closed before: {made.reason}. Nothing was changed.")
    booked = closing.booked_under(made, now=timezone.now()).count()
    return redirect("closure", made.pk) if booked else redirect("closures")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def closure(request: HttpRequest, pk: int) -> HttpResponse:
    """What is booked then, and, on POST, all of it cancelled in one go."""
    row = access.get_row(request, _rows(), pk=pk)
    now = timezone.now()
    if request.method == "POST":
        count = closing.cancel_booked(row, now=now)
        messages.success(request, f"Cancelled: {count}. These times stay empty.")
        return redirect("closure", row.pk)
    booked, cancelled = closing.booked_under(row, now=now), closing.cancelled_under(row, now=now)
    context = {
        "closure": row,
        "booked": _to_be_told(row.clinic, booked, now=now),
        "cancelled": _to_be_told(row.clinic, cancelled, now=now),
        "now": now,
        "clinic": row.clinic,
    }
    return render(request, "waitlist/closure.html", context)


def _to_be_told(clinic: Clinic, visits: QuerySet[Appointment], *, now: datetime) -> list[Appointment]:
    """Each with its patient's `number`, and whether it `is_won`: they are told, less who is on the call list."""
    found = list(visits)
    numbers = calls.numbers_of(clinic, [one.patient_id for one in found])
    won = set(Slot.objects.filter(filled_by__in=found).values_list("filled_by", flat=True))
    won -= set(untold.of_clinic(clinic, now=now).values_list("slot__filled_by", flat=True))
    for one in found:
        one.number, one.is_won = numbers.get(one.patient_id or 0, ""), one.pk in won  # type: ignore[attr-defined]
    return found


@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Nothing is closed by it any more."""
    row = access.get_row(request, _rows(), pk=pk)
    closing.reopen(row, now=timezone.now())
    messages.success(request, f"Removed: {row.reason}. No time was opened by that: open again what you want filled.")
    return redirect("closures")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def public_holidays(request: HttpRequest) -> HttpResponse:
    """Those of the next twelve months, by location, and whether they close by themselves."""
    clinic = access.get_clinic(request, Role.MANAGER)
    now = timezone.now()
    start = {name: getattr(clinic, name) for name in keeping.SETTINGS}
    form = HolidaysForm(clinic, typed(request), initial=start)
    if access.sent_from_elsewhere(request, clinic, "changed"):
        return redirect("holidays")
    if request.method == "POST" and form.is_valid():
        try:
            count = keeping.keep_holidays(clinic, now=now, **form.cleaned_data)
        except ValidationError as error:
            point_out(error, form)
        else:
            messages.success(request, f"Saved. Closed by that: {count}." if count else "Saved.")
            return redirect("holidays")
    places = holidays.coming(clinic, now=now)
    context = {"clinic": clinic, "places": places, "form": form, "forms": [form]}
    return render(request, "waitlist/holidays.html", context)


@require_POST
def holiday(request: HttpRequest, pk: int) -> HttpResponse:
    """One public holiday of one location: closed, or a day they work."""
    place = access.get_row(request, Location.objects.select_related("clinic"), Role.MANAGER, pk=pk)
    day, is_closed = _day(request.POST.get("day", "")), request.POST.get("closed") == "1"
    if day is None or not keeping.keep_holiday(place, day, is_closed=is_closed, now=timezone.now()):
        messages.warning(request, "Nothing was changed: it was so already, or that is no public holiday there.")
        return redirect("holidays")
    words = f"{day:%A, %B} {day.day}"
    if is_closed:
        messages.success(request, f"{words}: {place.name} is closed.")
    else:
        messages.success(request, f"{words}: {place.name} works. No time was opened by that.")
    return redirect("holidays")


def _day(text: str) -> date | None:
    """A day as the page sent it."""
    try:
        return parse_date(text)
    except ValueError:
        return None


def _rows() -> QuerySet[Closure]:
    return Closure.objects.select_related("clinic", "location__clinic", "practitioner")
