"""Who gives up what they won: cancellations of their own among bookings won through us, in the last 30 days."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, IntegerField, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from waitlist.models import Appointment, Writeback
from waitlist.states import AppointmentStatus, CancelledBy

WITHIN = timedelta(days=30)
OFTEN = 3  # more than two a month (seed S0)


def count_of(patient: OuterRef, *, now: datetime) -> Any:
    """How many, as a column beside each row that has a patient: in the free minutes and after."""
    theirs = _theirs(now).filter(patient=patient).order_by().values("patient")
    counted = theirs.annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), Value(0))


def counts(patient_ids: Collection[int], *, now: datetime) -> dict[int, int]:
    """Patient → how many, of these patients; who gave up nothing is left out."""
    rows = _theirs(now).filter(patient__in=patient_ids).order_by()
    return dict(rows.values(who=F("patient")).annotate(n=Count("pk")).values_list("who", "n"))


def flag(count: int) -> str:
    """“cancels often (3 in 30 days)”; nothing below that."""
    return f"cancels often ({count} in {WITHIN.days} days)" if count >= OFTEN else ""


def _theirs(now: datetime) -> Any:
    """Won through us: the calendar was owed word of the booking."""
    won = Writeback.objects.filter(appointment=OuterRef("pk"), kind=Writeback.Kind.BOOKED)
    return Appointment.objects.filter(
        Exists(won),
        status=AppointmentStatus.CANCELLED,
        cancelled_by=CancelledBy.PATIENT,
        cancelled_at__gt=now - WITHIN,
        cancelled_at__lte=now,
    )
