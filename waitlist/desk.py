"""When somebody is at the front desk. Reads only."""

from datetime import date, datetime, time, timedelta

from django.db.models import Q

from waitlist.models import Closure, Location

LOOK_AHEAD = timedelta(days=28)


def closes_at(location: Location, at: datetime) -> datetime | None:
    """When the desk that is open at this moment closes; None where it is closed then."""
    here = at.astimezone(location.zone)
    if not location.open_days >> here.weekday() & 1:
        return None
    if not location.opens_minute <= here.hour * 60 + here.minute < location.closes_minute:
        return None
    evening = _clock(location, here.date(), location.closes_minute)
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
        if not location.open_days >> day.weekday() & 1:
            continue
        start, end = (_clock(location, day, minute) for minute in (location.opens_minute, location.closes_minute))
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
