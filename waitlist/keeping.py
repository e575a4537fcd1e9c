"""Acts: a clinic says which public holidays close it. One that closes is a closure of one location's own day."""

from datetime import date, datetime
from typing import Any

from django.db import transaction

from waitlist import calendar, closing, holidays
from waitlist.models import Clinic, Closure, Location, WorkedHoliday

SETTINGS = ("country", "closes_on_holidays", "mass_cancellation_count")


@transaction.atomic(durable=True)
def keep_holidays(clinic: Clinic, *, now: datetime, **fields: Any) -> int:
    """Whose public holidays there are, and whether each closes by itself; how many days closed by that.

    Days staff closed or worked one by one stay as they said; what is no holiday in another country opens again.
    """
    clinic = closing.lock(clinic)
    for name in SETTINGS:
        setattr(clinic, name, fields[name])
    others = {field.name for field in Clinic._meta.get_fields()} - set(SETTINGS)
    clinic.full_clean(exclude=others, validate_unique=False)
    clinic.save(update_fields=SETTINGS)
    for place in clinic.locations.select_related("clinic"):
        days = holidays.ahead(place, now=now)
        for row in clinic.closures.filter(location=place, holiday__gte=now.astimezone(place.zone).date()):
            if row.holiday not in days:
                row.delete()
    return _close_holidays(clinic, now=now)


@transaction.atomic(durable=True)
def keep_holiday(location: Location, day: date, *, is_closed: bool, now: datetime) -> bool:
    """One public holiday: closed, or a day they work. False if it is none, or was so already."""
    closing.lock(location.clinic)
    name = holidays.ahead(location, now=now).get(day)
    found = Closure.objects.filter(location=location, holiday=day).first()
    if name is None or is_closed == (found is not None):
        return False
    if found is not None:
        found.delete()
        WorkedHoliday.objects.get_or_create(clinic=location.clinic, location=location, day=day)
        return True
    for row in WorkedHoliday.objects.filter(location=location, day=day):
        row.delete()
    _close_holiday(location, day, name, now=now)
    return True


@transaction.atomic(durable=True)
def refresh_holidays(clinic: Clinic, *, now: datetime) -> int:
    """Where they close by themselves, those of the next twelve months are closed; how many are new."""
    return _close_holidays(closing.lock(clinic), now=now)


def _close_holidays(clinic: Clinic, *, now: datetime) -> int:
    """Those nobody said otherwise of."""
    if not clinic.closes_on_holidays:
        return 0
    worked = WorkedHoliday.objects.filter(clinic=clinic).values_list("location_id", "day")
    closed = clinic.closures.filter(holiday__isnull=False).values_list("location_id", "holiday")
    said = {*worked, *closed}
    count = 0
    for place in clinic.locations.filter(retired_at=None).select_related("clinic").order_by("pk"):
        for day, name in holidays.ahead(place, now=now).items():
            if (place.pk, day) not in said:
                _close_holiday(place, day, name, now=now)
                count += 1
    return count


def _close_holiday(location: Location, day: date, name: str, *, now: datetime) -> None:
    starts_at, ends_at = calendar.day_span(location.zone, day)
    span = {"starts_at": starts_at, "ends_at": ends_at, "holiday": day}
    closing.put(location.clinic, location=location, reason=name[:100], now=now, **span)
