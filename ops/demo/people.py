"""Patients with their visits and tiers, their numbers and addresses, and what they allowed, line by line."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import product
from random import Random

from notifications.consent import texts
from notifications.models import Consent, ContactPoint, PatientContact
from notifications.states import Capability, Channel, ContactKind, Purpose
from ops.demo.plans import FIRST_NAMES, LAST_NAMES, ClinicPlan
from waitlist.models import Clinic, Patient, User
from waitlist.tiers import STANDARD, tier

FAMILY = 3  # the first patients are a family with one phone
ELSEWHERE = ("America/Denver", "America/Phoenix", "America/Chicago", "Pacific/Honolulu")
LANGUAGES = ("en",) * 15 + ("es",) * 3 + ("zh", "vi")
TEXT_VERSION = texts.READ_ALOUD
# (visits in 12 months, spend in dollars, show rate) from–to, and how many of a hundred patients are so
HABITS = {
    "regular": ((12, 22), (4_000, 9_500), (91, 100)),
    "returning": ((4, 11), (900, 3_800), (74, 100)),
    "occasional": ((1, 3), (120, 950), (70, 100)),
    "forgetful": ((4, 14), (600, 5_600), (40, 68)),
    "new": ((0, 1), (0, 300), (100, 100)),
}
SHARES = (14, 34, 32, 10, 10)
LEADS = {"e-mail only": Channel.EMAIL, "landline": Channel.VOICE}
REACH = {"both": 62, "phone only": 14, "e-mail only": 8, "never asked": 8, "stopped": 4, "landline": 4}


def make_patients(plan: ClinicPlan, clinic: Clinic, random: Random, *, now: datetime) -> list[Patient]:
    """The patients of one clinic, saved, with contacts and a consent ledger that says the same."""
    names = random.sample(list(product(FIRST_NAMES, LAST_NAMES)), plan.patients)
    surname = names[0][1]
    names[:FAMILY] = [(first, surname) for first, _ in names[:FAMILY]]
    patients = Patient.objects.bulk_create(
        make_patient(plan, clinic, random, number, name, now=now) for number, name in enumerate(names)
    )
    make_contacts(plan, clinic, patients, random, now=now)
    return patients


def make_patient(
    plan: ClinicPlan, clinic: Clinic, random: Random, number: int, name: tuple[str, str], *, now: datetime
) -> Patient:
    """One person living some kilometres from the clinic, whose tier follows from their visits."""
    place = random.choice(plan.places)
    (habit,) = random.choices(list(HABITS), SHARES)
    visits, dollars, rate = (random.randint(*span) for span in HABITS[habit])
    past = visits if habit == "new" else visits + random.randint(2, 14)
    history = {"visits": visits, "spend_cents": dollars * 100, "past_visits": past, "show_rate": rate}
    told = {"told_visits": visits, "told_past_visits": past, "told_show_rate": rate, "told_at": now}
    return Patient(
        clinic=clinic,
        external_id=f"P-{1001 + number}",
        first_name=name[0],
        last_name=name[1],
        language=random.choice(LANGUAGES),
        timezone=random.choice(ELSEWHERE) if random.random() < 0.06 else plan.timezone,
        state=plan.state,
        latitude=round(place.latitude + random.gauss(0, 0.045), 5),
        longitude=round(place.longitude + random.gauss(0, 0.05), 5),
        tier=tier(**history, rules=STANDARD),
        created_at=now - timedelta(days=random.randint(61, 900), minutes=random.randrange(600)),
        **history,
        **told,
    )


def make_contacts(plan: ClinicPlan, clinic: Clinic, patients: list[Patient], random: Random, *, now: datetime) -> None:
    """Phones and addresses; the family shares the first phone, and some people cannot be reached at all."""
    numbers = (f"+1{code}555{last:04d}" for last in range(101, 199) for code in plan.area_codes)
    points: list[ContactPoint] = []
    users: list[tuple[Patient, ContactPoint, int]] = []
    ledger: list[Consent] = []
    recorder = User.objects.filter(memberships__clinic=clinic).order_by("pk").first()
    for number, patient in enumerate(patients):
        if number in range(1, FAMILY):
            users.append((patient, points[0], 0))
            continue
        (reach,) = random.choices(list(REACH), list(REACH.values())) if number else ("phone only",)
        for position, point in enumerate(contact_points(clinic, patient, reach, numbers)):
            ledger += consents(point, reach, random, recorder, now=now)
            points.append(point)
            users.append((patient, point, position))
        if reach in LEADS:
            patient.preferred_channel = LEADS[reach]
    ContactPoint.objects.bulk_create(points)
    Consent.objects.bulk_create(ledger)
    PatientContact.objects.bulk_create(
        PatientContact(patient=patient, contact_point=point, position=position) for patient, point, position in users
    )
    Patient.objects.bulk_update(
        [patient for patient in patients if patient.preferred_channel != Channel.SMS], ["preferred_channel"]
    )


def contact_points(clinic: Clinic, patient: Patient, reach: str, numbers: Iterator[str]) -> Iterator[ContactPoint]:
    """What this person gave us, the phone first."""
    if reach != "e-mail only":
        known = {"landline": Capability.NO, "never asked": Capability.UNKNOWN}.get(reach, Capability.OK)
        yield ContactPoint(
            clinic=clinic,
            kind=ContactKind.PHONE,
            value=next(numbers),
            sms_capability=known,
            created_at=patient.created_at,
        )
    if reach in {"both", "e-mail only", "landline"}:
        address = f"{patient.first_name}.{patient.last_name}@example.com".lower()
        yield ContactPoint(clinic=clinic, kind=ContactKind.EMAIL, value=address, created_at=patient.created_at)


def consents(point: ContactPoint, reach: str, random: Random, recorder: User | None, *, now: datetime) -> list[Consent]:
    """The ledger of one number or address; sets what it comes to on the contact point."""
    if reach == "never asked":
        return []
    channel = Channel.SMS if point.kind == ContactKind.PHONE else Channel.EMAIL
    purposes = [Purpose.OFFERS, Purpose.REMINDERS]
    if random.random() < 0.3:
        purposes.append(Purpose.MARKETING)
    told_staff = random.random() < 0.4
    said_at = point.created_at + (now - point.created_at) * random.uniform(0.05, 0.8)
    stopped_at = said_at + (now - said_at) * random.uniform(0.2, 0.9)

    def line(purpose: Purpose, granted: bool, at: datetime, source: Consent.Source) -> Consent:
        return Consent(
            contact_point=point,
            purpose=purpose,
            channel=channel,
            granted=granted,
            at=at,
            source=source,
            text_version=TEXT_VERSION if granted else "",
            recorded_by=recorder if source == Consent.Source.STAFF else None,
            recorded_at=at,
        )

    first = Consent.Source.STAFF if told_staff else Consent.Source.FORM
    lines = [line(purpose, True, said_at, first) for purpose in purposes]
    if reach == "stopped":
        point.stopped_at = stopped_at
        return lines + [line(purpose, False, stopped_at, Consent.Source.KEYWORD) for purpose in purposes]
    if reach == "landline" and channel == Channel.SMS:  # it takes no texts, and may be called
        lines.append(line(Purpose.OFFERS, True, said_at, first))
        lines[-1].channel = Channel.VOICE
    point.granted = sorted(f"{one.purpose}:{one.channel}" for one in lines)
    return lines
