"""Rows: who a person is and how they are reached. Families share numbers, so a name belongs to a match."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext

from audit import trail
from notifications import consent
from notifications.models import ContactPoint, PatientContact
from notifications.states import ContactKind
from waitlist import figures, tiering
from waitlist.allowing import ConsentGiven, allow
from waitlist.models import Clinic, Patient

LONGEST_EMAIL = 254


@dataclass(frozen=True)
class Person:
    """What is known of somebody; empty and None mean “not said” and never overwrite what is known."""

    first_name: str
    last_name: str = ""
    phone: str = ""
    email: str = ""
    language: str = ""
    timezone: str = ""
    state: str = ""
    external_id: str = ""
    latitude: float | None = None
    longitude: float | None = None
    visits: int | None = None
    past_visits: int | None = None
    spend_cents: int | None = None
    show_rate: int | None = None
    preferred_channel: str = ""

    def said(self) -> dict[str, object]:
        """The columns of a patient this says something about."""
        columns = {name: value for name, value in vars(self).items() if name not in ("phone", "email") and value}
        numbers = ("latitude", "longitude", "visits", "past_visits", "spend_cents", "show_rate")
        return columns | {name: vars(self)[name] for name in numbers if vars(self)[name] is not None}


def meet(clinic: Clinic, person: Person, consents: Sequence[ConsentGiven] = (), *, now: datetime) -> Patient:
    """The person as a patient: found by their id, or by number or address and name; else made."""
    points = _points(clinic, person, now=now)
    patient = find(clinic, person, points)
    if patient is None:
        patient = Patient(clinic=clinic, created_at=now)
        _write(patient, person, now=now)
        trail.record("patient.added", patient, now=now, clinic_id=clinic.pk)
    elif _differs(patient, person):
        patient = lock(clinic, patient)
        _write(patient, person, now=now)
        trail.record("patient.edited", patient, now=now, clinic_id=clinic.pk)
    theirs = set(patient.contacts.values_list("contact_point_id", flat=True))
    for position, point in enumerate((point for point in points if point.pk not in theirs), len(theirs)):
        consent.attach(patient, point, position, now=now)
    allow(points, consents, now=now)
    return patient


def greet(clinic: Clinic, person: Person, *, now: datetime) -> tuple[ContactPoint, Patient, ContactPoint | None]:
    """Somebody from the open web, by a number and a name: their number, who they are, and an address nobody else uses.

    Whoever is known stays as they are: what a stranger typed changes nobody. An address that is new is not theirs yet
    (`belongs`): until the number has said that it was them, it may be that of somebody who typed another's number.
    """
    [phone] = _points(clinic, dataclasses.replace(person, email=""), now=now)
    patient = find(clinic, person, [phone])
    if patient is not None:
        known = patient.contacts.filter(contact_point__kind=ContactKind.EMAIL, contact_point__value=person.email)
        use = known.select_related("contact_point").first() if person.email else None
        return phone, patient, _theirs_alone(use.contact_point) if use is not None else None
    patient = Patient(clinic=clinic, created_at=now)
    _write(patient, person, now=now)
    trail.record("patient.added", patient, now=now, clinic_id=clinic.pk)
    consent.attach(patient, phone, 0, now=now)
    if not person.email:
        return phone, patient, None
    email = consent.contact(clinic, ContactKind.EMAIL, person.email, now=now)
    return phone, patient, None if email.users.exists() else email


def belongs(patient: Patient, email: ContactPoint, *, now: datetime) -> bool:
    """The address is theirs from now on, unless somebody else uses it meanwhile. Inside the caller's transaction, that
    has locked it."""
    users = set(email.users.values_list("patient_id", flat=True))
    if not users:
        consent.attach(patient, email, patient.contacts.count(), now=now)
    return users <= {patient.pk}


def check(person: Person) -> None:
    """ValidationError by field where this cannot be a patient; touches no row."""
    wrong: dict[str, list[str]] = {}
    for value, validate in ((person.phone, consent.phone), (person.email, consent.email)):
        try:
            if value:
                validate(value)
        except ValidationError as error:
            wrong |= error.message_dict
    try:
        Patient(**person.said()).full_clean(
            exclude=["clinic", "created_at"], validate_unique=False, validate_constraints=False
        )
    except ValidationError as error:
        wrong |= error.message_dict
    if wrong:
        raise ValidationError(wrong)


def replace(
    clinic: Clinic, patient_id: int, person: Person, consents: Sequence[ConsentGiven] = (), *, now: datetime
) -> Patient:
    """The patient is this person now: the first number and address become these, further ones stay."""
    points = _points(clinic, person, now=now)
    patient = clinic.patients.select_for_update(no_key=True).get(pk=patient_id)
    others = clinic.patients.exclude(pk=patient_id)
    if person.external_id and others.filter(external_id=person.external_id).exists():
        raise ValidationError({"external_id": f"“{person.external_id}” is another patient’s id."})
    _write(patient, person, last_name=person.last_name, now=now)
    trail.record("patient.edited", patient, now=now, clinic_id=patient.clinic_id)
    uses = list(PatientContact.objects.filter(patient=patient).select_related("contact_point"))
    for kind in ContactKind:
        use = next((use for use in uses if use.contact_point.kind == kind), None)
        if use is None or use.contact_point in points:
            continue
        changes = {"patient": patient.pk}
        trail.record("contact.detached", use.contact_point, now=now, clinic_id=patient.clinic_id, changes=changes)
        use.delete()
    for position, point in enumerate(points):
        consent.attach(patient, point, position, now=now)
    allow(points, consents, now=now)
    return patient


def find(clinic: Clinic, person: Person, points: Sequence[ContactPoint]) -> Patient | None:
    """By external id; else whoever uses one of these contact points and has this name; else nobody."""
    if person.external_id:
        known = clinic.patients.filter(external_id=person.external_id).first()
        if known is not None:
            return known
    users: QuerySet[Patient] = clinic.patients.filter(contacts__contact_point__in=points)
    if person.external_id:
        users = users.filter(external_id="")
    users = users.filter(first_name__iexact=person.first_name).order_by("pk").distinct()
    last_name = person.last_name.casefold()
    for user in users:
        if not last_name or not user.last_name or user.last_name.casefold() == last_name:
            return user
    return None


def lock(clinic: Clinic, patient: Patient) -> Patient:
    """The same patient as the row is now, and stays until this transaction ends."""
    return clinic.patients.select_for_update(no_key=True).get(pk=patient.pk)


def _points(clinic: Clinic, person: Person, *, now: datetime) -> list[ContactPoint]:
    """Their contact points, phone first, locked: whoever enrols the same number waits here."""
    values = ((ContactKind.PHONE, person.phone), (ContactKind.EMAIL, person.email))
    if len(person.email) > LONGEST_EMAIL:
        words = gettext("An e-mail address has {n} characters at most.")
        raise ValidationError({"email": words.format(n=LONGEST_EMAIL)})
    found = [consent.contact(clinic, kind, value, now=now) for kind, value in values if value]
    _lock(found)
    return found


def _theirs_alone(point: ContactPoint) -> ContactPoint | None:
    return point if point.users.count() == 1 else None


def _lock(points: Sequence[ContactPoint]) -> None:
    ids = [point.pk for point in points]
    list(ContactPoint.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk"))


def _differs(patient: Patient, person: Person) -> bool:
    return any(getattr(patient, name) != value for name, value in person.said().items())


def _write(patient: Patient, person: Person, *, now: datetime, **fields: object) -> None:
    for name, value in (person.said() | fields).items():
        setattr(patient, name, value)
    if person.visits is not None and person.past_visits is None:
        patient.past_visits = max(patient.past_visits, person.visits)
    if not {person.visits, person.past_visits, person.show_rate} <= {None}:
        figures.tell(patient, now=now)
    if not patient.is_tier_by_hand:
        patient.tier = tiering.earned(patient)
    _validate(patient)
    patient.save()


def _validate(patient: Patient) -> None:
    """Its columns; what the database alone can judge is left to it."""
    patient.full_clean(exclude=["clinic", "created_at"], validate_unique=False, validate_constraints=False)
