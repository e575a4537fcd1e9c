"""Rows of surge days: added and removed as objects, so that the trail writes itself; and whether a time is on one."""

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q

from waitlist.models import Clinic, Location, SurgeDay

ONCE = "Day: it is a surge day there already."


def add(clinic: Clinic, *, day: date, location: Location | None, reason: str) -> SurgeDay:
    """One day more. ValidationError, by field, where it cannot be."""
    row = SurgeDay(clinic=clinic, day=day, location=location, reason=reason.strip())
    row.full_clean()
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:  # somebody added it a moment ago
        raise ValidationError(ONCE) from None
    return row


@transaction.atomic
def remove(row: SurgeDay) -> None:
    """That day is like any other."""
    row.delete()


def is_surge(location: Location, starts_at: datetime) -> bool:
    """Whether a time that starts then, by the location's own calendar, is on a surge day."""
    here = SurgeDay.objects.filter(clinic=location.clinic_id, day=starts_at.astimezone(location.zone).date())
    return here.filter(Q(location=None) | Q(location=location)).exists()
