"""Rows: under which id and version an appointment is known in the clinic's own calendar."""

from datetime import datetime

from django.db import IntegrityError, transaction

from audit import trail
from waitlist import fees
from waitlist.calendar import NOT_REMINDED, Time
from waitlist.models import Appointment, Connection
from waitlist.states import AppointmentStatus


def rename(appointment: Appointment, external_id: str, *, now: datetime) -> bool:
    """The calendar gave it another id; False where it is not booked under the old one any more."""
    known = Appointment.objects.filter(
        pk=appointment.pk, external_id=appointment.external_id, status=AppointmentStatus.BOOKED
    )
    if not known.update(external_id=external_id):
        return False
    changes = {"external_id": [appointment.external_id, external_id]}
    trail.record("appointment.renamed", appointment, now=now, clinic_id=appointment.clinic_id, changes=changes)
    return True


def adopt(appointment: Appointment, connection: Connection, external_id: str, version: int, *, now: datetime) -> bool:
    """A booking of ours has reached the calendar and is its own from now on; False where it was adopted before."""
    ours = Appointment.objects.filter(pk=appointment.pk, connection=None, status=AppointmentStatus.BOOKED)
    if not ours.update(connection=connection, external_id=external_id, version=version):
        return False
    changes = {"external_id": [appointment.external_id, external_id]}
    trail.record("appointment.adopted", appointment, now=now, clinic_id=appointment.clinic_id, changes=changes)
    return True


def rebook(external_id: str, time: Time, *, clinic_id: int, version: int, now: datetime) -> Appointment | None:
    """A cancelled booking is booked again in the calendar; None unless this is newer than its cancellation."""
    cancelled = Appointment.objects.filter(
        clinic_id=clinic_id,
        external_id=external_id,
        status=AppointmentStatus.CANCELLED,
        version__lt=version,
    )
    fields = {**time.fields(), "status": AppointmentStatus.BOOKED, "version": version}
    fields |= {"cancelled_at": None, "cancel_reason": "", "cancelled_by": "", **NOT_REMINDED}
    try:
        with transaction.atomic():
            moved = cancelled.update(is_exclusive=True, **fields)
    except IntegrityError:
        moved = cancelled.update(is_exclusive=False, **fields)
    if not moved:
        return None
    again = Appointment.objects.get(clinic_id=clinic_id, external_id=external_id)
    trail.record("appointment.rebooked", again, now=now, clinic_id=clinic_id)
    fees.take_back(again, now=now)
    return again
