"""A booking of a connected calendar as one of ours: its patient, its time, and the row that mirrors it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.db import transaction

from notifications import consent
from waitlist import entered, mirrors, roster, writebacks
from waitlist.calendar import Time
from waitlist.events import names
from waitlist.events.told import Rejected, Told
from waitlist.models import Appointment, InboundEvent, Patient, Writeback
from waitlist.people import Person
from waitlist.states import AppointmentStatus, WritebackStatus

FARTHEST = timedelta(days=731)
LONGEST = timedelta(hours=24)


def mirror(event: InboundEvent, told: Told, *, now: datetime) -> str:
    """A booking we did not know: mirrored, or found to be one of our own that has reached the calendar."""
    time = time_meant(event, told, None)
    if time.starts_at <= now:
        raise Rejected("It starts in the past.")
    if time.starts_at - now > FARTHEST:
        raise Rejected("It starts more than two years ahead.")
    ours = _our_own(event, told, time)
    if ours is not None and _adopt(ours, event, told, now=now):
        return "Our own booking has reached the calendar."
    patient, remark = _patient(event, told, now=now)
    entered.mirror(
        event.connection.clinic,
        connection=event.connection,
        external_id=told.external_id,
        version=event.version,
        time=time,
        patient=patient,
        now=now,
    )
    return remark


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


def time_meant(event: InboundEvent, told: Told, known: Appointment | None) -> Time:
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


def find(event: InboundEvent, external_id: str) -> Appointment | None:
    rows = Appointment.objects.select_related("location__clinic", "practitioner", "service")
    return rows.filter(clinic_id=event.connection.clinic_id, external_id=external_id).first()
