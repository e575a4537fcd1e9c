"""Rows: what the clinic's own calendar has to hear of a booking or cancellation of ours."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from audit import trail
from waitlist import live
from waitlist.models import Appointment, Connection, Writeback
from waitlist.states import SETTLED_WRITEBACKS, WRITEBACK_MOVES, AppointmentStatus, WritebackStatus

TOPIC = "tasks"
GIVEN_BACK = "Cancelled before it was entered."
TAKEN_BACK = "Taken back before it was entered."
CHANGED = "The service was changed: change it in the calendar too."
NOT_CANCELLED = "The calendar refused this cancellation: look at the visit there."


def cancels_out(appointment: Appointment, *, now: datetime) -> bool:
    """A booking that staff have not entered yet is cancelled: its task goes, and there is nothing to take out."""
    task = Writeback.objects.filter(
        appointment=appointment, kind=Writeback.Kind.BOOKED, status=WritebackStatus.TASK, connection=None
    ).first()
    return task is not None and _move(task, WritebackStatus.DONE, GIVEN_BACK, now=now)


def unheard_cancellation(appointment: Appointment) -> Writeback | None:
    """Its cancellation, while the calendar may not have heard of it."""
    waits = Writeback.objects.filter(status__in=(WritebackStatus.TASK, WritebackStatus.QUEUED))
    return waits.filter(appointment=appointment, kind=Writeback.Kind.CANCELLED).first()


def take_back(writeback: Writeback, *, now: datetime) -> bool:
    """The cancellation was taken back before the calendar heard of it: it has the booking still."""
    is_task = writeback.status == WritebackStatus.TASK
    return _move(writeback, WritebackStatus.DONE if is_task else WritebackStatus.CONFIRMED, TAKEN_BACK, now=now)


def open_for(appointment: Appointment, kind: str, *, now: datetime) -> Writeback:
    """The one writeback of this kind: queued for the calendar of record, or a task for staff without one.

    Where an earlier one was settled (cancelled, booked again in the calendar, now cancelled again) it is open again.
    """
    calendar = (
        Connection.objects.filter(clinic_id=appointment.clinic_id, is_active=True).exclude(writeback_url="").first()
    )
    fields = {
        "connection": calendar,
        "status": WritebackStatus.QUEUED if calendar else WritebackStatus.TASK,
        "updated_at": now,
    }
    writeback, is_new = Writeback.objects.get_or_create(
        appointment=appointment,
        kind=kind,
        defaults={"clinic_id": appointment.clinic_id, "created_at": now, **fields},
    )
    if not is_new:
        settled = Writeback.objects.filter(pk=writeback.pk, status__in=SETTLED_WRITEBACKS)
        is_new = bool(settled.update(detail="", resolved_at=None, **fields))
        writeback.refresh_from_db()
    if is_new:
        trail.record("writeback.opened", writeback, now=now, clinic_id=writeback.clinic_id)
        live.hint(writeback.clinic_id, TOPIC)
    return writeback


def changed(appointment: Appointment, *, now: datetime) -> Writeback:
    """The calendar has to hear of a booking as it is now; `CHANGED` where it had heard of it as it was."""
    known = Writeback.objects.filter(appointment=appointment, kind=Writeback.Kind.BOOKED).first()
    had_it = known is not None and known.status in (WritebackStatus.CONFIRMED, WritebackStatus.DONE)
    owed = open_for(appointment, Writeback.Kind.BOOKED, now=now)
    if had_it or (known is None and appointment.connection_id is not None):
        Writeback.objects.filter(pk=owed.pk).update(detail=CHANGED)
    return owed


def confirm(writeback: Writeback, *, now: datetime) -> bool:
    """The calendar has it; False where it was settled otherwise."""
    return _move(writeback, WritebackStatus.CONFIRMED, now=now)


def conflict(writeback: Writeback, detail: str, *, now: datetime) -> bool:
    """The calendar had that time taken; the apology is still owed (`resolved_at` empty). Nobody is owed one for
    a cancellation: staff see to it."""
    if writeback.kind == Writeback.Kind.CANCELLED:
        hand_over(writeback, NOT_CANCELLED, now=now)
        return False
    if writeback.detail == CHANGED:  # it had the visit already, and keeps it
        hand_over(writeback, CHANGED, now=now)
        return False
    return _move(writeback, WritebackStatus.CONFLICT, detail, now=now)


def hand_over(writeback: Writeback, detail: str, *, now: datetime) -> bool:
    """The calendar cannot be told: staff enter it by hand."""
    return _move(writeback, WritebackStatus.TASK, detail, now=now)


def done(writeback: Writeback, *, now: datetime) -> bool:
    """Staff have entered it; False where somebody said so before."""
    return _move(writeback, WritebackStatus.DONE, writeback.detail, now=now)


@transaction.atomic
def not_done(writeback: Writeback, *, now: datetime) -> bool:
    """Staff have not done it after all: the task, or the conflict to be seen, is back. False where it is not theirs to
    do any more: it was settled otherwise, or the visit has changed since."""
    visit = Appointment.objects.select_for_update(no_key=True).get(pk=writeback.appointment_id)
    was_conflict = writeback.resolved_at is not None
    is_booking = writeback.kind == Writeback.Kind.BOOKED
    stands = visit.status == (AppointmentStatus.BOOKED if is_booking else AppointmentStatus.CANCELLED)
    if writeback.detail in (GIVEN_BACK, TAKEN_BACK) or not (stands or was_conflict):
        return False
    to = WritebackStatus.CONFLICT if was_conflict else WritebackStatus.TASK
    return _move(writeback, to, writeback.detail, since={WritebackStatus.DONE}, now=now)


@transaction.atomic
def _move(
    writeback: Writeback,
    to: WritebackStatus,
    detail: str = "",
    *,
    since: Collection[WritebackStatus] = (),
    now: datetime,
) -> bool:
    movable = Writeback.objects.filter(pk=writeback.pk, status__in=since or WRITEBACK_MOVES[to])
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
