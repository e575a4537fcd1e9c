"""When somebody is at the front desk. Reads only."""

from datetime import datetime, time, timedelta

from django.db.models import Q

from waitlist.models import Closure, Location


def closes_at(location: Location, at: datetime) -> datetime | None:
    """When the desk that is open at this moment closes; None where it is closed then."""
    here = at.astimezone(location.zone)
    if not location.open_days >> here.weekday() & 1:
        return None
    if not location.opens_minute <= here.hour * 60 + here.minute < location.closes_minute:
        return None
    days, minutes = divmod(location.closes_minute, 24 * 60)
    closing = time(minutes // 60, minutes % 60, tzinfo=location.zone)
    evening = datetime.combine(here.date() + timedelta(days=days), closing)
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
