"""Acts: people come onto the waitlist, change their wish, pause and leave. One act is one transaction."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from notifications import consent
from notifications.models import Consent, ContactPoint
from waitlist import earlier, entries, figures, live, pausing, people, tiering
from waitlist.entries import Wish
from waitlist.models import Clinic, Patient, User, WaitlistEntry
from waitlist.people import ConsentGiven, Person
from waitlist.states import WAITING_STATUSES, Origin

TOPIC = "waitlist"
MOST_WISHES = 10  # of one patient, by themselves


@dataclass(frozen=True)
class Enrolment:
    """Somebody's place on the list; `created` False: they had it already."""

    patient: Patient
    entry: WaitlistEntry
    created: bool


@dataclass(frozen=True)
class Request:
    """One person's wish, as enrol_many takes it."""

    person: Person
    wish: Wish
    consents: Sequence[ConsentGiven] = ()
    added_at: datetime | None = None  # when they began to wait, if not now
    origin: Origin = Origin.DESK


def enrol(clinic: Clinic, *, person: Person, wish: Wish, consents: Sequence[ConsentGiven], now: datetime) -> Enrolment:
    """The person, how they are reached, what they allowed and their wish; joining twice changes nothing."""
    return enrol_many(clinic, [Request(person, wish, consents)], now=now)[0]


@transaction.atomic(durable=True)
def enrol_many(clinic: Clinic, requests: Iterable[Request], *, now: datetime) -> list[Enrolment]:
    """All of them or none; ValidationError names the field of the first that cannot be."""
    made = []
    for request in requests:
        check_wish(clinic, request.wish)
        made.append(enrol_inside(clinic, request, now=now))
        pausing.wake(made[-1].entry, now=now)
    live.hint(clinic.pk, TOPIC)
    return made


def enrol_inside(clinic: Clinic, request: Request, *, now: datetime) -> Enrolment:
    """One enrolment of a wish that was checked, inside the transaction of whoever enrols many."""
    patient = people.meet(clinic, request.person, request.consents, now=now)
    began = request.added_at or now
    entry, is_new = entries.join(patient, request.wish, origin=request.origin, added_at=began, now=now)
    return Enrolment(patient, entry, is_new)


@transaction.atomic(durable=True)
def add_wish(patient: Patient, wish: Wish, *, now: datetime) -> Enrolment | None:
    """One wish more of somebody who is known, from their own page, with what they allowed as it is; one that rested is
    as good as new. None where they wait for so many that the desk has to look."""
    check_wish(patient.clinic, wish)
    if patient.entries.filter(status__in=WAITING_STATUSES).count() >= MOST_WISHES:
        return None
    entry, is_new = entries.join(patient, wish, origin=Origin.OWN_PAGE, now=now)
    is_anew = not is_new and pausing.ask_anew(entry, now=now)
    live.hint(patient.clinic_id, TOPIC)
    return Enrolment(patient, entry, is_new or is_anew)


def add_patient(clinic: Clinic, person: Person, consents: Sequence[ConsentGiven], *, now: datetime) -> Patient:
    """A person of the clinic without a wish; somebody known is found, not made again."""
    return add_patients(clinic, [(person, consents)], now=now)[0]


@transaction.atomic(durable=True)
def add_patients(
    clinic: Clinic, known: Iterable[tuple[Person, Sequence[ConsentGiven]]], *, now: datetime
) -> list[Patient]:
    """All of them or none."""
    met = [people.meet(clinic, person, consents, now=now) for person, consents in known]
    live.hint(clinic.pk, TOPIC)
    return met


@transaction.atomic(durable=True)
def edit_person(patient_id: int, person: Person, consents: Sequence[ConsentGiven] = (), *, now: datetime) -> Patient:
    """The person is now this one. A new number replaces the old one and starts without consent."""
    clinic = Clinic.objects.get(patients=patient_id)
    live.hint(clinic.pk, TOPIC)
    return people.replace(clinic, patient_id, person, consents, now=now)


@transaction.atomic(durable=True)
def withdraw(
    patient_id: int,
    contact_id: int,
    channel: str,
    *,
    only: str = "",
    said_by: str,
    by: User,
    remote_addr: str | None,
    now: datetime,
) -> bool:
    """At their word nothing more goes to this contact on this channel, or nothing of `only` this purpose, from any
    clinic behind the sender; False where nothing was allowed there."""
    point = ContactPoint.objects.select_related("clinic").get(pk=contact_id, users__patient=patient_id)
    allowed = [(one, grant.split(":")) for one in consent.lock_line(point) for grant in one.granted]
    withdrawn = [(one, purpose) for one, (purpose, way) in allowed if way == channel and only in ("", purpose)]
    for one, purpose in withdrawn:
        consent.record(
            one,
            purpose=purpose,
            channel=channel,
            granted=False,
            source=Consent.Source.STAFF,
            at=now,
            now=now,
            recorded_by=by,
            remote_addr=remote_addr,
            note=f"Said by {said_by}",
        )
    live.hint(point.clinic_id, TOPIC)
    return bool(withdrawn)


@transaction.atomic(durable=True)
def edit(entry_id: int, wish: Wish, *, now: datetime) -> bool:
    """The wish is now this one; False where the entry waits no longer."""
    return edit_locked(locked(entry_id), wish, now=now)


def edit_locked(entry: WaitlistEntry, wish: Wish, *, now: datetime) -> bool:
    """The same inside the transaction that locked it."""
    check_wish(entry.clinic, wish)
    try:
        with transaction.atomic():
            edited = entries.edit(entry, wish, now=now)
    except IntegrityError as error:
        if "entry_one_active_wish" not in str(error):
            raise
        raise ValidationError({"services": "This patient already waits for exactly these services."}) from error
    live.hint(entry.clinic_id, TOPIC)
    return edited


def remove(entry_id: int, *, now: datetime) -> bool:
    """Off the list; offers already out stay good until their printed time. False: was off already, or is booked."""
    return _change(entry_id, lambda entry: entry.status in WAITING_STATUSES and entries.remove(entry, now=now))


def pause(entry_id: int, until: datetime | None = None, *, now: datetime) -> bool:
    """Asked for nothing until then; the place in line stays."""
    return _change(entry_id, lambda entry: entries.pause(entry, until, now=now))


def resume(entry_id: int, *, now: datetime) -> bool:
    """Waiting again."""
    return _change(entry_id, lambda entry: entries.resume(entry, now=now))


def lock_clinic(clinic: Clinic) -> None:
    """Before the entries of all of it: whoever weighs its score anew locks it first, and then them."""
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)


@transaction.atomic(durable=True)
def refresh(clinic: Clinic, *, now: datetime) -> int:
    """Pauses end, wishes close or join as they are due, waits are counted and tiers computed anew; how many changed."""
    lock_clinic(clinic)
    changed = pausing.booking_ended(clinic.appointments.all(), now=now) + pausing.close_due(clinic, now=now)
    changed += entries.resume_due(clinic, now=now) + earlier.enrol_due(clinic, now=now)
    changed += entries.refresh_waiting(clinic, now=now)
    changed += figures.refresh(clinic.pk, now=now)
    changed += entries.reweigh(clinic) + tiering.refresh(clinic.pk, now=now)
    if changed:
        live.hint(clinic.pk, TOPIC)
    return changed


@transaction.atomic(durable=True)
def _change(entry_id: int, change: Callable[[WaitlistEntry], bool]) -> bool:
    entry = locked(entry_id)
    live.hint(entry.clinic_id, TOPIC)
    return change(entry)


def locked(entry_id: int) -> WaitlistEntry:
    """The entry, which nobody else changes until this transaction is over."""
    return WaitlistEntry.objects.select_related("clinic").select_for_update(no_key=True, of=("self",)).get(pk=entry_id)


def check_wish(clinic: Clinic, wish: Wish) -> None:
    """ValidationError by field where the wish names what the clinic has not, or cannot be met at all."""
    wrong = entries.contradictions(wish)
    services = set(clinic.services.filter(retired_at=None).values_list("pk", flat=True))
    practitioners = set(clinic.practitioners.values_list("pk", flat=True))  # a wish may still name who has left
    if set(wish.service_ids) - services:
        wrong["services"] = gettext("One of these services is not offered here.")
    if set(wish.practitioner_ids) - practitioners:
        wrong["practitioners"] = "One of these practitioners does not work here."
    if wrong:
        raise ValidationError(wrong)
