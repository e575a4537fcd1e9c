"""Rows: one wish on the waitlist. Compare-and-swap and trail, no consequences."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext

from audit import trail
from waitlist.models import Appointment, Availability, Clinic, Patient, WaitlistEntry
from waitlist.states import ENTRY_MOVES, WAITING_STATUSES, EntryStatus, Origin

Window = tuple[int, int, int]  # weekdays (bit 0 Monday), from, until in minutes after local midnight
ANY_TIME: tuple[Window, ...] = ((0b1111111, 0, 24 * 60),)
SAYS_NOTHING = {"still_asked_at": None, "silent_since": None}  # whether it is still wanted is no question, for now


@dataclass(frozen=True)
class Wish:
    """What somebody waits for. Empty `practitioner_ids` means anybody, no `notice_minutes` the clinic's default."""

    service_ids: tuple[int, ...]
    practitioner_ids: tuple[int, ...] = ()
    excluded_ids: tuple[int, ...] = ()
    windows: tuple[Window, ...] = ANY_TIME
    max_travel_minutes: int | None = None
    notice_minutes: int | None = None
    earliest_on: date | None = None
    latest_on: date | None = None
    priority: str = ""
    note: str = ""

    def fields(self, clinic: Clinic) -> dict[str, object]:
        """As the columns of an entry: ids sorted, each once."""
        said = self.notice_minutes
        return {
            "services": sorted(set(self.service_ids)),
            "practitioners": sorted(set(self.practitioner_ids)),
            "excluded_practitioners": sorted(set(self.excluded_ids)),
            "max_travel_minutes": self.max_travel_minutes,
            "notice_minutes": clinic.default_notice_minutes if said is None else said,
            "earliest_on": self.earliest_on,
            "latest_on": self.latest_on,
            "priority": self.priority,
            "note": self.note,
        }


def contradictions(wish: Wish) -> dict[str, str]:
    """By field, why nothing could ever meet this wish; empty if something can."""
    wrong: dict[str, str] = {}
    if not wish.service_ids:
        wrong["services"] = gettext("Choose at least one service.")
    if wish.practitioner_ids and set(wish.practitioner_ids) <= set(wish.excluded_ids):
        wrong["excluded_practitioners"] = "Nobody is left of the practitioners wanted."
    if not wish.windows:
        wrong["windows"] = gettext("Choose at least one day.")
    elif any(not 0 < days < 128 or not 0 <= start < end <= 24 * 60 for days, start, end in wish.windows):
        wrong["windows"] = gettext("Each window needs a day, and has to end after it starts.")
    if wish.earliest_on and wish.latest_on and wish.latest_on < wish.earliest_on:
        wrong["latest_on"] = "The latest date is before the earliest."
    return wrong


def join(
    patient: Patient, wish: Wish, *, origin: Origin = Origin.UNSAID, added_at: datetime | None = None, now: datetime
) -> tuple[WaitlistEntry, bool]:
    """The patient's one waiting entry for these services, and whether it is new; joining twice returns it as it is."""
    fields = wish.fields(patient.clinic)
    entry, is_new = WaitlistEntry.objects.get_or_create(
        patient=patient,
        services=fields.pop("services"),
        status__in=WAITING_STATUSES,
        defaults={"clinic_id": patient.clinic_id, "added_at": added_at or now, "origin": origin, **fields},
    )
    if is_new:
        _write_windows(entry, wish)
        trail.record("entry.joined", entry, now=now, clinic_id=entry.clinic_id, changes={"origin": str(origin)})
    return entry, is_new


def edit(entry: WaitlistEntry, wish: Wish, *, now: datetime) -> bool:
    """The wish is now this one, and wanted; False where the entry waits no longer. Place in line and answers stay."""
    fields = wish.fields(entry.clinic) | {"confirmed_at": now, "still_asked_at": None}
    waiting = WaitlistEntry.objects.filter(pk=entry.pk, status__in=WAITING_STATUSES)
    if not waiting.filter(silent_since=None).update(**fields):
        back = {"status": EntryStatus.ACTIVE, "silent_since": None}  # it rested, as nobody had said so
        if not waiting.exclude(silent_since=None).update(**fields, **back):
            return False
    entry.availabilities.all().delete()
    _write_windows(entry, wish)
    trail.record("entry.edited", entry, now=now, clinic_id=entry.clinic_id)
    return True


def remove(entry: WaitlistEntry, *, why: str = "", now: datetime) -> bool:
    """Off the list; False where it was off already."""
    return _move(entry, EntryStatus.REMOVED, "entry.removed", why=why, now=now)


def pause(entry: WaitlistEntry, until: datetime | None, *, why: str = "", now: datetime) -> bool:
    """Asked for nothing until then (None: until somebody resumes it); the place in line stays."""
    return _move(entry, EntryStatus.PAUSED, "entry.paused", why=why, now=now, paused_until=until)


def resume(entry: WaitlistEntry, *, why: str = "", now: datetime) -> bool:
    """Waiting again after a pause; False where there is none: a booked wish waits again with the end of its booking."""
    if not WaitlistEntry.objects.select_for_update(no_key=True).filter(pk=entry.pk, status=EntryStatus.PAUSED).first():
        return False
    return _move(entry, EntryStatus.ACTIVE, "entry.resumed", why=why, now=now, paused_until=None, closes_at=None)


def wait_again(entry: WaitlistEntry, *, now: datetime) -> bool:
    """Back on the list after a booking that came to nothing, in the old place.

    False if they joined anew meanwhile: then this wish is off the list, and the new one stands for it.
    """
    try:
        with transaction.atomic():
            return _move(entry, EntryStatus.ACTIVE, "entry.waits_again", now=now, paused_until=None, closes_at=None)
    except IntegrityError:  # entry_one_active_wish
        remove(entry, now=now)
        return False


def book_again(entry: WaitlistEntry, *, now: datetime) -> bool:
    """Its visit is on again; False where it waits no longer."""
    return _move(entry, EntryStatus.BOOKED, "entry.booked", now=now, paused_until=None, closes_at=None)


def hold(entry: WaitlistEntry, visit: Appointment, *, is_automatic: bool = False, now: datetime) -> None:
    """From now on only times before this visit fit, which a yes gives up."""
    WaitlistEntry.objects.filter(pk=entry.pk).update(later_visit=visit, is_automatic=is_automatic)
    changes = {"later_visit": visit.pk, "is_automatic": is_automatic}
    trail.record("entry.holds_visit", entry, now=now, clinic_id=entry.clinic_id, changes=changes)


def resume_due(clinic: Clinic, *, now: datetime) -> int:
    """Every pause of the clinic that has run out ends; how many did."""
    paused = WaitlistEntry.objects.filter(clinic=clinic, status=EntryStatus.PAUSED, paused_until__lte=now)
    return sum(resume(entry, now=now) for entry in paused.order_by("pk"))


def _move(
    entry: WaitlistEntry, to: EntryStatus, verb: str, *, why: str = "", now: datetime, **fields: object
) -> bool:
    movable = WaitlistEntry.objects.filter(pk=entry.pk, status__in=ENTRY_MOVES[to])
    wanted = {"confirmed_at": now} if to == EntryStatus.ACTIVE else {}
    if not movable.update(status=to, **{**SAYS_NOTHING, **wanted, **fields}):
        return False
    changes = {"status": [entry.status, to]} | ({"why": why} if why else {})
    trail.record(verb, entry, now=now, clinic_id=entry.clinic_id, changes=changes)
    return True


def _write_windows(entry: WaitlistEntry, wish: Wish) -> None:
    Availability.objects.bulk_create(
        Availability(entry=entry, days=days, from_minute=start, until_minute=end)
        for days, start, end in sorted(set(wish.windows))
    )


def reweigh(clinic: Clinic) -> int:
    """Entries written while their clinic's weights were being changed stand by the old ones: put right, how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE waitlist_waitlistentry e SET standing = standing FROM waitlist_clinic c
               WHERE c.id = %s AND e.clinic_id = c.id AND e.status = ANY(%s)
                 AND e.standing <> waitlist_standing(c, e.offers_answered, e.offers_accepted, e.waited_days)""",
            [clinic.pk, [str(status) for status in WAITING_STATUSES]],
        )
        return cursor.rowcount


def refresh_waiting(clinic: Clinic, *, now: datetime) -> int:
    """Every wait of the clinic in whole days of its own calendar, and the longest of them (decision R8).

    The clinic is locked by whoever calls, before any of its entries.
    """
    today = now.astimezone(clinic.zone).date()
    mine = WaitlistEntry.objects.filter(clinic=clinic, status__in=WAITING_STATUSES)
    list(mine.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE waitlist_waitlistentry
               SET waited_days = greatest(0, %(today)s::date - (added_at AT TIME ZONE %(zone)s)::date)
               WHERE clinic_id = %(clinic)s AND status = ANY(%(waiting)s)
                 AND waited_days <> greatest(0, %(today)s::date - (added_at AT TIME ZONE %(zone)s)::date)""",
            {
                "today": today,
                "zone": clinic.timezone,
                "clinic": clinic.pk,
                "waiting": [str(status) for status in WAITING_STATUSES],
            },
        )
        changed = cursor.rowcount
        cursor.execute(
            """UPDATE waitlist_clinic SET max_waited_days = coalesce(
                 (SELECT max(waited_days) FROM waitlist_waitlistentry
                  WHERE clinic_id = %(clinic)s AND status = ANY(%(active)s)), 0)
               WHERE id = %(clinic)s""",
            {"clinic": clinic.pk, "active": [str(EntryStatus.ACTIVE)]},
        )
    return changed
