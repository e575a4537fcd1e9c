"""Acts: whoever holds a later visit waits for an earlier time, if they agreed to be asked (decision R20)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from notifications.models import PatientContact
from notifications.states import Capability, Channel, ContactKind, Purpose
from waitlist import entries, live, pausing
from waitlist.entries import Wish
from waitlist.models import Appointment, Clinic, WaitlistEntry
from waitlist.states import WAITING_STATUSES, AppointmentStatus
from waitlist.vacancies import Refused

TOPIC = "waitlist"
BY_TEXT, BY_MAIL = (f"{Purpose.OFFERS}:{channel}" for channel in (Channel.SMS, Channel.EMAIL))
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
    if not _with_consent().filter(patient=visit.patient).exists():
        raise Refused(f"{visit.patient.name} has not agreed to be asked about openings: record their consent first.")
    made = _join(visit, said_by=said_by, only_with=only_with, notice_minutes=notice_minutes, now=now)
    pausing.keep_asked(made[0], now=now)
    live.hint(visit.clinic_id, TOPIC)
    return made


@dataclass(frozen=True)
class Standing:
    """Whether a patient waits for a visit's service, for a time before it, and whether they may be asked at all."""

    is_waiting: bool
    waits_for_earlier: bool
    may_be_asked: bool


def standing(visit: Appointment) -> Standing:
    """How a patient stands on the list, beside this visit of theirs."""
    theirs = WaitlistEntry.objects.filter(patient=visit.patient_id, status__in=WAITING_STATUSES)
    waits = theirs.filter(services__contains=[visit.service_id])
    may_be_asked = _with_consent().filter(patient=visit.patient_id)
    return Standing(waits.exists(), waits.filter(later_visit=visit).exists(), may_be_asked.exists())


@transaction.atomic(durable=True)
def wait_for_another(appointment_id: int, *, now: datetime) -> WaitlistEntry | None:
    """Their wish for another time for the same, as they are about to give this one up; None: nobody may ask them."""
    visit = Appointment.objects.select_related("clinic", "patient", "service").get(pk=appointment_id)
    if visit.patient is None or not standing(visit).may_be_asked or visit.service.retired_at is not None:
        return None
    wish = Wish((visit.service_id,), note="Another time: said by the patient, by link")
    entry, _ = entries.join(visit.patient, wish, now=now)
    live.hint(visit.clinic_id, TOPIC)
    return entry


def enrol_due(clinic: Clinic, *, now: datetime) -> int:
    """By the clinic's own rule, inside the transaction of whoever refreshes: each visit once, only with consent."""
    if clinic.earlier_from_days is None:
        return 0
    known = WaitlistEntry.objects.filter(later_visit=OuterRef("pk"))
    waits = WaitlistEntry.objects.filter(patient=OuterRef("patient"), status__in=WAITING_STATUSES)
    far = now + timedelta(days=clinic.earlier_from_days)
    visits = (
        Appointment.objects.filter(clinic=clinic, status=AppointmentStatus.BOOKED, starts_at__gte=far)
        .filter(Exists(_with_consent().filter(patient=OuterRef("patient"))), service__retired_at=None)
        .filter(~Exists(known), ~Exists(waits.filter(services__contains=[OuterRef("service")])))
        .select_related("clinic", "patient", "service")
        .order_by("starts_at", "pk")[:AT_ONCE]
    )
    return sum(_join(visit, is_automatic=True, now=now)[1] for visit in visits)


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
    entry, is_new = entries.join(visit.patient, wish, now=now)
    entries.hold(entry, visit, is_automatic=is_automatic and is_new, now=now)
    return entry, is_new


def _with_consent() -> QuerySet[PatientContact]:
    """Who uses a number or address that may be asked about openings."""
    uses = PatientContact.objects.filter(contact_point__stopped_at=None)
    takes_texts = ~Q(contact_point__sms_capability=Capability.NO)
    texts = Q(contact_point__kind=ContactKind.PHONE, contact_point__granted__contains=[BY_TEXT])
    mails = Q(contact_point__kind=ContactKind.EMAIL, contact_point__granted__contains=[BY_MAIL])
    return uses.filter(takes_texts & texts | mails)
