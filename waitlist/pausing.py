"""Rows: the other wishes of somebody just booked for the same service pause, and close unless kept (decision R16)."""

from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet

from audit import trail
from waitlist import wanted
from waitlist.entries import SAYS_NOTHING
from waitlist.models import Appointment, Clinic, WaitlistEntry
from waitlist.states import BY_CANCELLATION, ENTRY_MOVES, WAITING_STATUSES, AppointmentStatus, EntryStatus

CLOSES_AFTER = timedelta(hours=24)
CLOSING = Q(status=EntryStatus.PAUSED, closes_at__isnull=False)


def beside(visit: Appointment, entry_id: int | None, *, booked_at: datetime) -> QuerySet[WaitlistEntry]:
    """Wishes of the same patient for the same service that waited when this was booked, but for the one it met."""
    waiting = WaitlistEntry.objects.filter(patient=visit.patient_id, status__in=WAITING_STATUSES)
    same = waiting.filter(services__contains=[visit.service_id], added_at__lte=booked_at)
    return same.exclude(pk=entry_id or 0).order_by("pk")


def pause_others(visit: Appointment, entry_id: int | None, *, booked_at: datetime, now: datetime) -> list[int]:
    """They are asked for nothing from now on and close a day after the booking; all that are so paused for it."""
    active = beside(visit, entry_id, booked_at=booked_at).filter(status=EntryStatus.ACTIVE)
    others = active.filter(~Q(paused_for=visit) | Q(paused_for=None))  # who was kept on stays
    closes_at = booked_at + CLOSES_AFTER
    _move(others, EntryStatus.PAUSED, "entry.pauses_for_booking", now=now, paused_for=visit, closes_at=closes_at)
    return list(WaitlistEntry.objects.filter(CLOSING, paused_for=visit).values_list("pk", flat=True))


def keep(entry_id: int, visit: Appointment, *, now: datetime) -> bool:
    """They go on waiting in spite of this booking; False where the wish is off the list already."""
    rows = WaitlistEntry.objects.filter(pk=entry_id, patient=visit.patient_id, status__in=WAITING_STATUSES)
    waits = {"status": EntryStatus.ACTIVE, "closes_at": None, "paused_until": None, "confirmed_at": now}
    if not rows.update(paused_for=visit, **waits, **SAYS_NOTHING):
        return False
    entry = WaitlistEntry.objects.get(pk=entry_id)
    trail.record("entry.kept", entry, now=now, clinic_id=entry.clinic_id)
    return True


def ask_anew(entry: WaitlistEntry, *, now: datetime) -> bool:
    """They ask for a wish they have: one that was closing after a booking goes on like one that is kept, and one that
    rested wakes. False where it was neither, and is as it was."""
    return keep_asked(entry, now=now) or wake(entry, now=now)


def keep_asked(entry: WaitlistEntry, *, now: datetime) -> bool:
    """A wish that was closing after a booking is asked for anew: it goes on like one that is kept."""
    closing = WaitlistEntry.objects.filter(CLOSING, pk=entry.pk).select_related("paused_for").first()
    return closing is not None and closing.paused_for is not None and keep(entry.pk, closing.paused_for, now=now)


def wake(entry: WaitlistEntry, *, now: datetime) -> bool:
    """One that rested for want of an answer waits again; False where it did not."""
    return entry.silent_since is not None and wanted.confirm(entry, now=now)


def booking_ended(visits: QuerySet[Appointment], *, now: datetime) -> int:
    """What paused for a booking that was cancelled waits again; how many."""
    paused = WaitlistEntry.objects.filter(CLOSING, paused_for__in=visits.filter(status=AppointmentStatus.CANCELLED))
    back = {"paused_for": None, "closes_at": None}
    return _move(paused, EntryStatus.ACTIVE, "entry.waits_again", now=now, **back)


def on_after_all(visit: Appointment, given_up_at: datetime | None, *, now: datetime) -> int:
    """Its cancellation was taken back: what its patient waits for since then in its stead is off the list, unless
    another visit for the same, cancelled since and still to come, may be what they wait for; how many."""
    since = given_up_at or now
    others = Appointment.objects.filter(patient=visit.patient_id, service=visit.service_id, starts_at__gt=now)
    others = others.filter(status=AppointmentStatus.CANCELLED, cancelled_at__gte=since).exclude(pk=visit.pk)
    if others.exists():
        return 0
    mine = WaitlistEntry.objects.filter(patient=visit.patient_id, services=[visit.service_id])
    waits = mine.filter(status__in=WAITING_STATUSES, origin__in=BY_CANCELLATION, added_at__gte=since)
    return _move(waits, EntryStatus.REMOVED, "entry.removed", now=now)


def close_due(clinic: Clinic, *, now: datetime) -> int:
    """Whoever did not say keep in time is off the list for it, and so is whose later visit has come; how many."""
    silent = WaitlistEntry.objects.filter(CLOSING, clinic=clinic, closes_at__lte=now)
    came = WaitlistEntry.objects.filter(clinic=clinic, status__in=WAITING_STATUSES, later_visit__starts_at__lte=now)
    came = came.exclude(later_visit__status=AppointmentStatus.CANCELLED)
    return sum(
        _move(rows, EntryStatus.REMOVED, "entry.closed", now=now, closes_at=None, paused_for=F("paused_for"))
        for rows in (silent, came)
    )


def _move(rows: QuerySet[WaitlistEntry], to: EntryStatus, verb: str, *, now: datetime, **fields: object) -> int:
    """Lock them by id, change those that still are as they were, and record each."""
    found = list(rows.select_for_update(no_key=True, of=("self",)).order_by("pk"))
    for entry in found:
        rows_to_change = WaitlistEntry.objects.filter(pk=entry.pk, status__in=ENTRY_MOVES[to])
        wanted = {"confirmed_at": now} if to == EntryStatus.ACTIVE else {}
        rows_to_change.update(status=to, **SAYS_NOTHING, **wanted, **fields)
        changes = {"status": [entry.status, str(to)]}
        trail.record(verb, entry, now=now, clinic_id=entry.clinic_id, changes=changes)
    return len(found)
