"""Rows of surge days: added and removed as objects, so that the trail writes itself; and whether a time is on one."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from waitlist.models import Clinic, Location, SurgeDay


@transaction.atomic
def add(clinic: Clinic, *, day: date, location: Location | None, reason: str) -> SurgeDay:
    """One day more. ValidationError, by field, where it cannot be."""
    row = SurgeDay(clinic=clinic, day=day, location=location, reason=reason.strip())
    row.full_clean()
    row.save()
    return row


@transaction.atomic
def remove(row: SurgeDay) -> None:
    """That day is like any other."""
    row.delete()


def is_surge(location: Location, starts_at: datetime) -> bool:
    """Whether a time that starts then, by the location's own calendar, is on a surge day."""
    here = SurgeDay.objects.filter(clinic=location.clinic_id, day=starts_at.astimezone(location.zone).date())
    return here.filter(Q(location=None) | Q(location=location)).exists()
