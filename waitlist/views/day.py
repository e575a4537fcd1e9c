"""One day at one place: who is booked when, what is open, and where there are gaps."""

from datetime import date, datetime, timedelta

from django.db.models import Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from waitlist import access, dayplan
from waitlist.forms.openings import LAST_YEAR
from waitlist.models import Location
from waitlist.views.answer import is_update

FIRST_YEAR = 2000


@never_cache
@vary_on_headers("HX-Request")
@require_safe
def day(request: HttpRequest) -> HttpResponse:
    """`?date=` is the day, else today; `?location=` the place, else the first. A gap some service fits in leads to the
    form for openings."""
    clinic = access.get_clinic(request)
    places = list(Location.objects.filter(clinic=clinic, retired_at=None).select_related("clinic").order_by("name"))
    chosen = access.row_id(request.GET.get("location", ""))
    place = next((one for one in places if one.pk == chosen), places[0] if places else None)
    now = timezone.now()
    here = now.astimezone(place.zone if place else clinic.zone)
    shown = asked_day(request.GET.get("date", "")) or here.date()
    found = dayplan.columns(place, shown) if place else {}
    is_today, next_start = shown == here.date(), _next_start(now)
    if is_today:
        found = dayplan.as_of(found, next_start)
    shortest = clinic.services.filter(retired_at=None).aggregate(minutes=Min("minutes"))["minutes"]
    context = {
        "clinic": clinic,
        "places": places,
        "place": place,
        "zone": here.tzinfo,
        "now": now,
        "shown": shown,
        "before": shown - timedelta(days=1),
        "after": shown + timedelta(days=1),
        "is_today": is_today,
        "practitioners": list(found),
        "rows": dayplan.rows(found, next_start if is_today else None),
        "next_start": next_start,
        "shortest": timedelta(minutes=shortest) if shortest is not None else timedelta.max,
    }
    return render(request, "waitlist/_day.html" if is_update(request) else "waitlist/day.html", context)


def asked_day(text: str) -> date | None:
    """A day in an address; None for what is none, or none one could book."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if FIRST_YEAR <= found.year < LAST_YEAR else None


def _next_start(now: datetime) -> datetime:
    """The next full five minutes: where a gap has begun, it can be opened from then on."""
    whole = now.replace(second=0, microsecond=0)
    return whole + timedelta(minutes=5 - whole.minute % 5)
