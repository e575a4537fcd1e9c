"""What one stored event changes: each kind of event becomes the act it stands for."""

from dataclasses import replace
from datetime import datetime

from django.db import transaction

from waitlist import attendance, mirrors, schedule
from waitlist.calendar import Time
from waitlist.events import mirroring, names
from waitlist.events.told import Rejected, Told, What
from waitlist.models import Appointment, InboundEvent
from waitlist.states import OVER_STATUSES, AppointmentStatus, CancelledBy, EventStatus

Outcome = tuple[EventStatus, str]
ENDS = {What.CAME: AppointmentStatus.FULFILLED, What.NO_SHOW: AppointmentStatus.NOSHOW}
APPLIED: Outcome = (EventStatus.APPLIED, "")


class NotYet(Exception):
    """The event speaks of a booking we have not heard of: it is kept, and applied when that arrives."""


def act(event: InboundEvent, told: Told, *, now: datetime) -> Outcome:
    """Do what the event says. Rejected, NotYet and schedule.Refused say why it could not be done."""
    if told.what == What.NOTHING:
        return EventStatus.IGNORED, f"“{event.kind}” changes nothing here."
    if told.what == What.CANCELLED:
        return _cancel(event, told, now=now)
    if told.what in ENDS:
        return _end(event, told, now=now)
    if told.replaces:
        return _reschedule(event, told, now=now)
    return _book_or_move(event, told, now=now)


def _book_or_move(event: InboundEvent, told: Told, *, now: datetime) -> Outcome:
    known = mirroring.find(event, told.external_id)
    if known is None:
        if told.what == What.MOVED and not _is_whole(told):
            raise NotYet
        return EventStatus.APPLIED, mirroring.mirror(event, told, now=now)
    if known.status == AppointmentStatus.CANCELLED:
        if event.version <= known.version:
            return EventStatus.IGNORED, "It was cancelled before."
        return EventStatus.APPLIED, mirroring.mirror(event, told, now=now)
    if known.status != AppointmentStatus.BOOKED:
        return EventStatus.IGNORED, f"It is {known.get_status_display().lower()} already."
    to = mirroring.time_meant(event, told, known)
    if to == Time.of(known) and event.version <= known.version:
        return EventStatus.IGNORED, "It was known already."
    changed = schedule.move(known.pk, to=to, version=event.version or known.version, now=now)
    return _after(changed)


def _end(event: InboundEvent, told: Told, *, now: datetime) -> Outcome:
    """Whether they came: only of a booking we know, since it is too late to mirror one."""
    known = mirroring.find(event, told.external_id)
    if known is None:
        raise NotYet
    if known.starts_at > now:
        raise Rejected("It has not begun yet.")
    if attendance.mark(known.pk, ENDS[told.what], version=event.version or known.version, now=now):
        return APPLIED
    return EventStatus.IGNORED, "It was known already, or it is not booked any more."


def _cancel(event: InboundEvent, told: Told, *, now: datetime) -> Outcome:
    known = mirroring.find(event, told.external_id)
    if known is None:
        if not _is_whole(told):
            raise NotYet
        mirroring.mirror(event, told, now=now)
        known = mirroring.find(event, told.external_id)
    assert known is not None
    if known.status in OVER_STATUSES:
        return EventStatus.IGNORED, f"It is {known.get_status_display().lower()} already."
    reason = told.reason or f"in {event.connection.name}"
    version = event.version or known.version
    return _after(schedule.cancel(known.pk, reason=reason, by=told.cancelled_by, version=version, now=now))


def _reschedule(event: InboundEvent, told: Told, *, now: datetime) -> Outcome:
    """The booking goes on under a new id: ours keeps its row, takes the new id and moves; the old time is free."""
    names.resolve(event.connection, told)
    former = _former(event, told, now=now)
    if former is not None and mirroring.find(event, told.external_id) is None:
        with transaction.atomic():
            is_renamed = mirrors.rename(former, told.external_id, now=now)
        if is_renamed:
            return _book_or_move(event, told, now=now)
    outcome = _book_or_move(event, told, now=now)
    _free(former, event, now=now)
    return outcome


def free_former(event: InboundEvent, told: Told, *, now: datetime) -> None:
    """The new booking of this reschedule has gone on without it; the old one is cancelled all the same."""
    _free(_former(event, told, now=now), event, now=now)


def _free(former: Appointment | None, event: InboundEvent, *, now: datetime) -> None:
    if former is not None and former.status == AppointmentStatus.BOOKED:
        version = max(event.version, former.version)
        schedule.cancel(former.pk, reason="Rescheduled", by=CancelledBy.UNSAID, version=version, now=now)


def _former(event: InboundEvent, told: Told, *, now: datetime) -> Appointment | None:
    """The booking as it was before the reschedule, mirrored from what the event says of it if need be."""
    known = mirroring.find(event, told.replaces)
    if known is not None or told.former_starts_at is None or told.former_starts_at <= now:
        return known
    before = replace(told, external_id=told.replaces, starts_at=told.former_starts_at, ends_at=told.former_ends_at)
    mirroring.mirror(event, before, now=now)
    return mirroring.find(event, told.replaces)


def _is_whole(told: Told) -> bool:
    """Whether a booking can be mirrored from this event alone."""
    return bool(told.starts_at and told.practitioner and told.service)


def _after(changed: schedule.Changed) -> Outcome:
    if changed.outcome == "done":
        return APPLIED
    words = {"older": "A newer version was applied before.", "already": "It was cancelled before."}
    return EventStatus.IGNORED, words[changed.outcome]


