"""Rows: what the clinic's own calendar has to hear of a booking or cancellation of ours."""

from datetime import datetime

from django.db import transaction

from audit import trail
from waitlist import live
from waitlist.models import Appointment, Connection, Writeback
from waitlist.states import WRITEBACK_MOVES, WritebackStatus

TOPIC = "tasks"


def open_for(appointment: Appointment, kind: str, *, now: datetime) -> Writeback:
    """The one writeback of this kind: queued for the calendar of record, or a task for staff without one."""
    calendar = (
        Connection.objects.filter(clinic_id=appointment.clinic_id, is_active=True).exclude(writeback_url="").first()
    )
    writeback, is_new = Writeback.objects.get_or_create(
        appointment=appointment,
        kind=kind,
        defaults={
            "clinic_id": appointment.clinic_id,
            "connection": calendar,
            "status": WritebackStatus.QUEUED if calendar else WritebackStatus.TASK,
            "created_at": now,
            "updated_at": now,
        },
    )
    if is_new:
        trail.record("writeback.opened", writeback, now=now, clinic_id=writeback.clinic_id)
        live.hint(writeback.clinic_id, TOPIC)
    return writeback


def confirm(writeback: Writeback, *, now: datetime) -> bool:
    """The calendar has it; False where it was settled otherwise."""
    return _move(writeback, WritebackStatus.CONFIRMED, now=now)


def conflict(writeback: Writeback, detail: str, *, now: datetime) -> bool:
    """The calendar had that time taken; the apology is still owed (`resolved_at` empty)."""
    return _move(writeback, WritebackStatus.CONFLICT, detail, now=now)


def hand_over(writeback: Writeback, detail: str, *, now: datetime) -> bool:
    """The calendar cannot be told: staff enter it by hand."""
    return _move(writeback, WritebackStatus.TASK, detail, now=now)


def done(writeback: Writeback, *, now: datetime) -> bool:
    """Staff have entered it; False where somebody said so before."""
    return _move(writeback, WritebackStatus.DONE, now=now)


@transaction.atomic
def _move(writeback: Writeback, to: WritebackStatus, detail: str = "", *, now: datetime) -> bool:
    movable = Writeback.objects.filter(pk=writeback.pk, status__in=WRITEBACK_MOVES[to])
    if not movable.update(status=to, detail=detail[:300], updated_at=now):
        return False
    trail.record(
        f"writeback.{to}",
        writeback,
        now=now,
        clinic_id=writeback.clinic_id,
        changes={"status": [writeback.status, str(to)]},
    )
    live.hint(writeback.clinic_id, TOPIC)
    return True
