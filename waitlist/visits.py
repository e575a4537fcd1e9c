"""Rows: what a patient says before a visit, and whether they came. Compare-and-swap and trail, no consequences."""

from datetime import datetime
from typing import Any

from audit import trail
from waitlist.models import Appointment
from waitlist.states import APPOINTMENT_MOVES, AppointmentStatus, ConfirmedVia


def confirm(appointment: Appointment, starts_at: datetime, *, via: ConfirmedVia, now: datetime) -> bool:
    """The patient will be there, at this time; False if it is not booked then, has begun or was confirmed before."""
    still = Appointment.objects.filter(pk=appointment.pk, status=AppointmentStatus.BOOKED, confirmed_at=None)
    if not still.filter(starts_at=starts_at, starts_at__gt=now).update(confirmed_at=now, confirmed_via=via):
        return False
    changes = {"via": str(via)}
    trail.record("appointment.confirmed", appointment, now=now, clinic_id=appointment.clinic_id, changes=changes)
    return True


def settle(appointment: Appointment, to: AppointmentStatus, *, version: int | None, now: datetime) -> bool:
    """The patient came, or did not; False if that was known, it is not booked, or a newer version was seen."""
    still = Appointment.objects.filter(pk=appointment.pk, status__in=APPOINTMENT_MOVES[to], starts_at__lte=now)
    fields: dict[str, Any] = {"status": to}
    if version is not None:
        still, fields = still.filter(version__lte=version), fields | {"version": version}
    if not still.update(**fields):
        return False
    trail.record(f"appointment.{to}", appointment, now=now, clinic_id=appointment.clinic_id)
    return True
