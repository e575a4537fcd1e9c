"""What one stored event changes: each kind of event becomes the act it stands for."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.db import transaction

from notifications import consent
from waitlist import mirrors, roster, schedule, writebacks
from waitlist.calendar import Time
from waitlist.events import names
from waitlist.events.told import Rejected, Told, What
from waitlist.models import Appointment, InboundEvent, Patient, Writeback
from waitlist.people import Person
from waitlist.states import AppointmentStatus, CancelledBy, EventStatus, WritebackStatus

FARTHEST = timedelta(days=731)
LONGEST = timedelta(hours=24)
Outcome = tuple[EventStatus, str]
APPLIED: Outcome = (EventStatus.APPLIED, "")


class NotYet(Exception):
    """The event speaks of a booking we have not heard of: it is kept, and applied when that arrives."""


def act(event: InboundEvent, told: Told, *, now: datetime) -> Outcome:
    """Do what the event says. Rejected, NotYet and schedule.Refused say why it could not be done."""
    if told.what == What.NOTHING:
        return EventStatus.IGNORED, f"“{event.kind}” changes nothing here."
    if told.what == What.CANCELLED:
        return _cancel(event, told, now=now)
    if told.replaces:
        return _reschedule(event, told, now=now)
    return _book_or_move(event, told, now=now)


def _book_or_move(event: InboundEvent, told: Told, *, now: datetime) -> Outcome:
    known = _known(event, told.external_id)
    if known is None:
        if told.what == What.MOVED and not _is_whole(told):
            raise NotYet
        return _mirror(event, told, now=now)
    if known.status == AppointmentStatus.CANCELLED:
        if event.version <= known.version:
            return EventStatus.IGNORED, "It was cancelled before."
        return _mirror(event, told, now=now)
    if known.status != AppointmentStatus.BOOKED:
        return EventStatus.IGNORED, f"It is {known.get_status_display().lower()} already."
    to = _time(event, told, known)
    if to == Time.of(known) and event.version <= known.version:
        return EventStatus.IGNORED, "It was known already."
    changed = schedule.move(known.pk, to=to, version=event.version or known.version, now=now)
    return _after(changed)


def _cancel(event: InboundEvent, told: Told, *, now: datetime) -> Outcome:
    known = _known(event, told.external_id)
    if known is None:
        if not _is_whole(told):
            raise NotYet
        _mirror(event, told, now=now)
        known = _known(event, told.external_id)
    assert known is not None
    reason = told.reason or f"in {event.connection.name}"
    return _after(schedule.cancel(known.pk, reason=reason, version=event.version or known.version, now=now))


def _reschedule(event: InboundEvent, told: Told, *, now: datetime) -> Outcome:
    """The booking goes on under a new id: ours keeps its row, takes the new id and moves; the old time is free."""
    names.resolve(event.connection, told)
    former = _former(event, told, now=now)
    if former is not None and _known(event, told.external_id) is None:
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
    known = _known(event, told.replaces)
    if known is not None or told.former_starts_at is None or told.former_starts_at <= now:
        return known
    before = replace(told, external_id=told.replaces, starts_at=told.former_starts_at, ends_at=told.former_ends_at)
    _mirror(event, before, now=now)
    return _known(event, told.replaces)


def _mirror(event: InboundEvent, told: Told, *, now: datetime) -> Outcome:
    """A booking we did not know: mirrored, or found to be one of our own that has reached the calendar."""
    time = _time(event, told, None)
    if time.starts_at <= now:
        raise Rejected("It starts in the past.")
    if time.starts_at - now > FARTHEST:
        raise Rejected("It starts more than two years ahead.")
    ours = _our_own(event, told, time)
    if ours is not None and _adopt(ours, event, told, now=now):
        return EventStatus.APPLIED, "Our own booking has reached the calendar."
    patient, remark = _patient(event, told, now=now)
    schedule.mirror(
        event.connection.clinic,
        connection=event.connection,
        external_id=told.external_id,
        version=event.version,
        time=time,
        patient=patient,
        now=now,
    )
    return EventStatus.APPLIED, remark


def _time(event: InboundEvent, told: Told, known: Appointment | None) -> Time:
    """The time meant; what the event does not say stays as it is `known`."""
    if known is None:
        found = names.resolve(event.connection, told)
        practitioner, service, location = found.practitioner, found.service, found.location
    else:
        practitioner, service, location = known.practitioner, known.service, known.location
        said = replace(
            told,
            practitioner=told.practitioner or (practitioner.name,),
            service=told.service or (service.name,),
        )
        if told.practitioner or told.service or told.location:
            found = names.resolve(event.connection, said)
            practitioner, service = found.practitioner, found.service
            location = found.location if told.location else location
    starts_at, length = told.starts_at, timedelta(minutes=service.minutes)
    if known is not None:
        starts_at, length = starts_at or known.starts_at, known.ends_at - known.starts_at
    if starts_at is None:
        raise Rejected("starts_at: not given.")
    ends_at = told.ends_at or starts_at + length
    if not timedelta(0) < ends_at - starts_at <= LONGEST:
        raise Rejected("ends_at: has to be after starts_at, by a day at most.")
    return Time(location, practitioner, service, starts_at, ends_at)


def _known(event: InboundEvent, external_id: str) -> Appointment | None:
    rows = Appointment.objects.select_related("location__clinic", "practitioner", "service")
    return rows.filter(clinic_id=event.connection.clinic_id, external_id=external_id).first()


def _is_whole(told: Told) -> bool:
    """Whether a booking can be mirrored from this event alone."""
    return bool(told.starts_at and told.practitioner and told.service)


def _after(changed: schedule.Changed) -> Outcome:
    if changed.outcome == "done":
        return APPLIED
    words = {"older": "A newer version was applied before.", "already": "It was cancelled before."}
    return EventStatus.IGNORED, words[changed.outcome]


def _our_own(event: InboundEvent, told: Told, time: Time) -> Appointment | None:
    """Our own booking of that time, for the same name if one is given: staff or a receiver entered it there."""
    person = told.patient
    rows = Appointment.objects.filter(
        clinic_id=event.connection.clinic_id,
        connection=None,
        practitioner=time.practitioner,
        starts_at=time.starts_at,
        status=AppointmentStatus.BOOKED,
    )
    if person is not None and person.first_name:
        rows = rows.filter(patient__first_name__iexact=person.first_name)
    if person is not None and person.last_name:
        rows = rows.filter(patient__last_name__iexact=person.last_name)
    return rows.first()


@transaction.atomic
def _adopt(ours: Appointment, event: InboundEvent, told: Told, *, now: datetime) -> bool:
    """Our booking is the calendar's from now on, and nobody has to enter it there any more."""
    if not mirrors.adopt(ours, event.connection, told.external_id, event.version, now=now):
        return False
    for owed in ours.writebacks.filter(kind=Writeback.Kind.BOOKED):
        settle = writebacks.done if owed.status == WritebackStatus.TASK else writebacks.confirm
        settle(owed, now=now)
    return True


def _patient(event: InboundEvent, told: Told, *, now: datetime) -> tuple[Patient | None, str]:
    """The patient as one of ours, without any consent; a number that cannot be one is left out and said so."""
    if told.patient is None:
        return None, ""
    if not told.patient.first_name:
        by_id = event.connection.clinic.patients.filter(external_id=told.patient.external_id).first()
        return by_id, "" if by_id else "The patient’s id is not known here, and no name was given."
    person, remarks = _usable(told.patient)
    try:
        return roster.add_patient(event.connection.clinic, person, [], now=now), " ".join(remarks)
    except ValidationError as error:
        raise Rejected("patient: " + " ".join(error.messages)) from None


def _usable(person: Person) -> tuple[Person, list[str]]:
    """The person without what cannot be kept: the booking counts, not a mistyped number."""
    remarks = []
    if person.phone and not _is_usable(consent.phone, person.phone):
        person = replace(person, phone="")
        remarks.append("The patient’s phone number cannot be one and was left out.")
    if person.email and not _is_usable(consent.email, person.email):
        person = replace(person, email="")
        remarks.append("The patient’s e-mail address cannot be one and was left out.")
    if person.timezone not in available_timezones():
        person = replace(person, timezone="")
    return person, remarks


def _is_usable(check: Callable[[str], str], value: str) -> bool:
    try:
        check(value)
    except ValidationError:
        return False
    return True
