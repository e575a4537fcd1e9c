"""Acts: whoever holds a later visit waits for an earlier time, if they agreed to be asked (decision R20)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from notifications import askable
from waitlist import entries, live, pausing
from waitlist.entries import Wish
from waitlist.models import Appointment, Clinic, WaitlistEntry
from waitlist.states import WAITING_STATUSES, AppointmentStatus, Origin
from waitlist.vacancies import Refused

TOPIC = "waitlist"
USUAL_DAYS = 14
AT_ONCE = 200  # a clinic that turns the rule on has its whole calendar joined in a few hours


@transaction.atomic(durable=True)
def wait(
    appointment_id: int, *, said_by: str, only_with: bool, notice_minutes: int | None, now: datetime
) -> tuple[WaitlistEntry, bool]:
    """Their wish for an earlier time than this visit, and whether it is new. Refused where nobody could be asked."""
    visit = Appointment.objects.select_related("clinic", "patient", "service").get(pk=appointment_id)
    if visit.status != AppointmentStatus.BOOKED or visit.starts_at <= now:
        raise Refused("This visit is not booked any more.")
    if visit.patient is None:
        raise Refused("The calendar names no patient for this visit, so nobody can be asked.")
    if not askable.may_be_asked(visit.patient):
        raise Refused(f"{visit.patient.name} has not agreed to be asked about openings: record their consent first.")
    made = _join(visit, said_by=said_by, only_with=only_with, notice_minutes=notice_minutes, now=now)
    pausing.ask_anew(made[0], now=now)
    live.hint(visit.clinic_id, TOPIC)
    return made


def enrol_due(clinic: Clinic, *, now: datetime) -> int:
    """By the clinic's own rule, inside the transaction of whoever refreshes: each visit once, only with consent."""
    if clinic.earlier_from_days is None:
        return 0
    visits = due(clinic, clinic.earlier_from_days, now=now).select_related("clinic", "patient", "service")
    return sum(_join(visit, is_automatic=True, now=now)[1] for visit in visits.order_by("starts_at", "pk")[:AT_ONCE])


def due(clinic: Clinic, from_days: int, *, now: datetime) -> QuerySet[Appointment]:
    """Visits so far ahead whose patients agreed to be asked, wait for nothing like it and never did for this one."""
    known = WaitlistEntry.objects.filter(later_visit=OuterRef("pk"))
    waits = WaitlistEntry.objects.filter(patient=OuterRef("patient"), status__in=WAITING_STATUSES)
    agreed = askable.ways().filter(patient=OuterRef("patient"))
    visits = far_ahead(clinic, from_days, now=now).filter(Exists(agreed), service__retired_at=None)
    return visits.filter(~Exists(known), ~Exists(waits.filter(services__contains=[OuterRef("service")])))


def far_ahead(clinic: Clinic, from_days: int, *, now: datetime) -> QuerySet[Appointment]:
    """Visits of somebody, booked at least so many days from now."""
    far = now + timedelta(days=from_days)
    booked = Appointment.objects.filter(clinic=clinic, status=AppointmentStatus.BOOKED, patient__isnull=False)
    return booked.filter(starts_at__gte=far)


@dataclass(frozen=True)
class Outlook:
    """What the rule does, or would do from 14 days on: visits so far ahead, whose patients wait by it now, will within
    the hour, or have not agreed to be asked."""

    from_days: int
    visits: int
    waiting: int
    due: int
    silent: int


def outlook(clinic: Clinic, *, now: datetime) -> Outlook:
    """As of now, in counts."""
    from_days = clinic.earlier_from_days or USUAL_DAYS
    far = far_ahead(clinic, from_days, now=now)
    by_rule = WaitlistEntry.objects.filter(clinic=clinic, is_automatic=True, status__in=WAITING_STATUSES)
    agreed = askable.ways().filter(patient=OuterRef("patient"))
    coming = due(clinic, from_days, now=now).count()
    return Outlook(from_days, far.count(), by_rule.count(), coming, far.filter(~Exists(agreed)).count())


@transaction.atomic(durable=True)
def set_rule(clinic: Clinic, from_days: int | None, *, now: datetime) -> None:
    """From how many days away a visit is joined by itself; None: only whom staff add. django-auditlog writes it."""
    row = Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    row.earlier_from_days = from_days
    row.full_clean(exclude={f.name for f in Clinic._meta.get_fields()} - {"earlier_from_days"}, validate_unique=False)
    row.save(update_fields=["earlier_from_days"])


def _join(
    visit: Appointment,
    *,
    said_by: str = "",
    only_with: bool = True,
    notice_minutes: int | None = None,
    is_automatic: bool = False,
    now: datetime,
) -> tuple[WaitlistEntry, bool]:
    """A wish there is for exactly this service becomes one for an earlier time."""
    assert visit.patient is not None
    with_whom = (visit.practitioner_id,) if only_with else ()
    note = f"An earlier time: said by {said_by}"[:300] if said_by else ""
    wish = Wish((visit.service_id,), practitioner_ids=with_whom, notice_minutes=notice_minutes, note=note)
    origin = Origin.RULE if is_automatic else Origin.DESK
    entry, is_new = entries.join(visit.patient, wish, origin=origin, now=now)
    entries.hold(entry, visit, is_automatic=is_automatic and is_new, now=now)
    return entry, is_new
