"""Three weeks of appointments around now, a day at a time: a day that has been written is never written again."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from ops.demo.plans import ClinicPlan, Doctor
from waitlist.models import (
    Appointment,
    Clinic,
    Closure,
    Connection,
    Location,
    Patient,
    Practitioner,
    Service,
    Slot,
    WaitlistEntry,
)
from waitlist.states import LIVE_SLOT_STATES, WAITING_STATUSES, AppointmentStatus

DAYS_BACK, DAYS_AHEAD = 9, 12
SHIFT = timedelta(hours=8)
QUARTER = timedelta(minutes=15)
LUNCH = (time(12, 30), time(13, 15))
USUALLY_BOOKED = 0.8
Span = tuple[datetime, datetime]


class Busy:
    """Who is taken when: practitioners and patients, by bookings, openings and closures."""

    def __init__(self) -> None:
        self.spans: dict[tuple[str, int], list[Span]] = defaultdict(list)

    def add(self, kind: str, pk: int | None, span: Span) -> None:
        if pk is not None:
            self.spans[kind, pk].append(span)

    def is_free(self, kind: str, pk: int, span: Span) -> bool:
        return all(span[1] <= start or end <= span[0] for start, end in self.spans[kind, pk])

    def is_in(self, patient_id: int, day: date, clinic: Clinic) -> bool:
        """Whether the patient comes that day anyway."""
        return any(start.astimezone(clinic.zone).date() == day for start, _ in self.spans["patient", patient_id])


class Diary:
    """Writes the days of one clinic."""

    def __init__(self, plan: ClinicPlan, clinic: Clinic, *, now: datetime) -> None:
        self.plan, self.clinic, self.now = plan, clinic, now
        self.places = list(Location.objects.filter(clinic=clinic).order_by("pk"))
        self.people = list(Practitioner.objects.filter(clinic=clinic, retired_at=None).order_by("pk"))
        self.services = list(Service.objects.filter(clinic=clinic, retired_at=None).order_by("pk"))
        self.patients = list(Patient.objects.filter(clinic=clinic).order_by("pk"))
        self.connection = Connection.objects.filter(clinic=clinic, source="standard").order_by("pk").first()
        self.doctors = {doctor.name: doctor for doctor in plan.doctors}
        self.visits: dict[int, int] = defaultdict(int)
        self.wishes: dict[int, set[int]] = defaultdict(set)
        self.closures = list(Closure.objects.filter(clinic=clinic))
        self.busy = self._busy()

    def _busy(self) -> Busy:
        busy = Busy()
        for entry in WaitlistEntry.objects.filter(clinic=self.clinic, status__in=WAITING_STATUSES):
            self.wishes[entry.patient_id].update(entry.services)
        for booked in Appointment.objects.filter(clinic=self.clinic).exclude(status="cancelled"):
            span = booked.starts_at, booked.ends_at
            busy.add("practitioner", booked.practitioner_id, span)
            busy.add("patient", booked.patient_id, span)
            if booked.patient_id is not None:
                self.visits[booked.patient_id] += 1
        for slot in Slot.objects.filter(clinic=self.clinic, state__in=LIVE_SLOT_STATES):
            busy.add("practitioner", slot.practitioner_id, (slot.starts_at, slot.ends_at))
        return busy

    def write(self, seed: int) -> list[Appointment]:
        """Every missing day of the three weeks; what users did is left alone."""
        today = self.now.astimezone(self.clinic.zone).date()
        days = [today + timedelta(days=n) for n in range(-DAYS_BACK, DAYS_AHEAD + 1)]
        ids = Appointment.objects.filter(clinic=self.clinic).values_list("external_id", flat=True)
        written = {name.rpartition("-")[0].rpartition("-")[0] for name in ids}
        fresh = [
            appointment
            for day in days
            if self._name(day) not in written
            for appointment in self.day(day, Random(f"{seed} {self._name(day)}"))
        ]
        return Appointment.objects.bulk_create(fresh)

    def _name(self, day: date) -> str:
        return f"{self.plan.slug}-{day:%Y%m%d}"

    def day(self, day: date, random: Random) -> Iterator[Appointment]:
        """One day's bookings; nobody works on a day their place is closed, and everybody has a day off."""
        for number, who in enumerate(self.people):
            place = self.places[(day.toordinal() + number) % len(self.places)]
            day_off = day.weekday() == (2 * number + 1) % 6
            doctor = self.doctors.get(who.name)
            if doctor is not None and place.open_days >> day.weekday() & 1 and not day_off:
                yield from self.shift(day, number, who, doctor, place, random)

    def shift(
        self, day: date, number: int, who: Practitioner, doctor: Doctor, place: Location, random: Random
    ) -> Iterator[Appointment]:
        """One practitioner's eight hours: bookings on the quarter hour with a gap here and there."""
        at, closes = (self._at(day, minute) for minute in (doctor.starts_minute, place.closes_minute))
        ends, given = min(at + SHIFT, closes), [s for s in self.services if s.category == who.specialty]
        while given and at < ends:
            service = random.choice(given)
            span = at, at + timedelta(minutes=service.minutes)
            gap = random.random() > USUALLY_BOOKED
            patient = None if gap or span[1] > ends else self.visitor(day, service, span, random)
            if patient is None or not self._is_open(who, place, span):
                at += QUARTER * random.randint(1, 2)
                continue
            yield self.booking(day, number, who, place, service, patient, span, random)
            at = span[1]

    def _at(self, day: date, minute: int) -> datetime:
        return datetime.combine(day, time(minute // 60, minute % 60), self.clinic.zone).astimezone(UTC)

    def _is_open(self, who: Practitioner, place: Location, span: Span) -> bool:
        """No lunch, no closure and nothing else of theirs at that time."""
        local = [moment.astimezone(self.clinic.zone).time() for moment in span]
        if local[0] < LUNCH[1] and LUNCH[0] < local[1]:
            return False
        closed = any(
            span[0] < closure.ends_at
            and closure.starts_at < span[1]
            and closure.practitioner_id in (None, who.pk)
            and closure.location_id in (None, place.pk)
            for closure in self.closures
        )
        return not closed and self.busy.is_free("practitioner", who.pk, span)

    def visitor(self, day: date, service: Service, span: Span, random: Random) -> Patient | None:
        """Somebody who does not wait for this very service, and does not come that day anyway."""
        for _ in range(40):
            patient = random.choice(self.patients)
            often = random.random() < 0.6 ** self.visits[patient.pk]
            waits = service.pk in self.wishes[patient.pk]
            if often and not waits and not self.busy.is_in(patient.pk, day, self.clinic):
                return patient
        return None

    def booking(
        self,
        day: date,
        number: int,
        who: Practitioner,
        place: Location,
        service: Service,
        patient: Patient,
        span: Span,
        random: Random,
    ) -> Appointment:
        """One booking, as the practice's own calendar told us of it."""
        self.busy.add("practitioner", who.pk, span)
        self.busy.add("patient", patient.pk, span)
        self.visits[patient.pk] += 1
        return Appointment(
            clinic=self.clinic,
            location=place,
            practitioner=who,
            service=service,
            patient=patient,
            starts_at=span[0],
            ends_at=span[1],
            price_cents=service.price_cents,
            connection=self.connection,
            external_id=f"{self._name(day)}-{number + 1}-{span[0].astimezone(self.clinic.zone):%H%M}",
            created_at=span[0] - timedelta(days=random.randint(13, 40), minutes=random.randrange(600)),
        )


def settle(clinic: Clinic, seed: int, *, now: datetime) -> None:
    """Visits that are over were kept, or missed as often as that patient does."""
    over = Appointment.objects.filter(clinic=clinic, status=AppointmentStatus.BOOKED, ends_at__lte=now)
    missed = [
        visit.pk
        for visit in over.select_related("patient")
        if visit.patient is not None
        and Random(f"{seed} {visit.patient.external_id} {visit.starts_at}").randrange(100) >= visit.patient.show_rate
    ]
    over.filter(pk__in=missed).update(status=AppointmentStatus.NOSHOW)
    over.update(status=AppointmentStatus.FULFILLED)
