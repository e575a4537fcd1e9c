"""When somebody is at the front desk. Reads only."""

from datetime import date, datetime, time, timedelta

from django.db.models import Q

from waitlist.models import Closure, Location

LOOK_AHEAD = timedelta(days=28)


def closes_at(location: Location, at: datetime) -> datetime | None:
    """When the desk that is open at this moment closes; None where it is closed then."""
    here = at.astimezone(location.zone)
    hours = location.hours_of(here.weekday())
    if hours is None or not hours[0] <= here.hour * 60 + here.minute < hours[1]:
        return None
    evening = _clock(location, here.date(), hours[1])
    closed = (
        Closure.objects.filter(clinic=location.clinic_id, practitioner=None, ends_at__gt=at, starts_at__lt=evening)
        .filter(Q(location=None) | Q(location=location))
        .order_by("starts_at")
        .values_list("starts_at", flat=True)
        .first()
    )
    if closed is None:
        return evening
    return closed if closed > at else None


def opens_at(location: Location, at: datetime) -> datetime | None:
    """From when on, now or later, somebody is at the desk; None where nobody is in the next weeks."""
    here = at.astimezone(location.zone).date()
    closures = Closure.objects.filter(Q(location=None) | Q(location=location), clinic=location.clinic_id)
    closures = closures.filter(practitioner=None, ends_at__gt=at, starts_at__lt=at + LOOK_AHEAD)
    closed = list(closures.order_by("starts_at").values_list("starts_at", "ends_at"))
    for day in (here + timedelta(days=ahead) for ahead in range(LOOK_AHEAD.days)):
        hours = location.hours_of(day.weekday())
        if hours is None:
            continue
        start, end = (_clock(location, day, minute) for minute in hours)
        start = max(at, start)
        for begins, ends in closed:
            if begins <= start < ends:
                start = ends
        if start < end:
            return start
    return None


def _clock(location: Location, day: date, minute: int) -> datetime:
    days, minutes = divmod(minute, 24 * 60)
    return datetime.combine(day + timedelta(days=days), time(minutes // 60, minutes % 60), tzinfo=location.zone)
