"""The parts of a patient's page: how they are reached, what they wait for, their visits, the notes about them."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from notifications import proof
from notifications.models import Consent, ContactPoint
from notifications.states import Channel, Purpose
from waitlist.forms.people import WithdrawalForm
from waitlist.models import Appointment, Patient, PatientNote, WaitlistEntry
from waitlist.states import WAITING_STATUSES, AppointmentStatus
from waitlist.views.rows import Row, rows

SHOWN = 10


@dataclass(frozen=True)
class Said:
    """One line of the ledger, with the words they agreed to."""

    line: Consent
    words: str


@dataclass(frozen=True)
class Way:
    """One number or address: its ledger, the newest word first; what it allows now; who else uses it."""

    point: ContactPoint
    ledger: list[Said]
    no_more: list[tuple[str, str]]
    others: list[Patient]

    @property
    def allowed(self) -> list[str]:
        """Text: openings, reminders."""
        by_channel: dict[str, list[str]] = {}
        for grant in self.point.granted:
            purpose, _, channel = grant.partition(":")
            by_channel.setdefault(channel, []).append(str(Purpose(purpose).label).lower())
        return [f"{Channel(channel).label}: {', '.join(purposes)}" for channel, purposes in sorted(by_channel.items())]


@dataclass(frozen=True)
class Wishes:
    """What they wait for, and what they waited for before."""

    waiting: list[Row]
    over: list[Row]

    @property
    def paused(self) -> list[Row]:
        return [row for row in self.waiting if row.is_paused]

    @property
    def are_all_paused(self) -> bool:
        return bool(self.waiting) and len(self.paused) == len(self.waiting)


@dataclass(frozen=True)
class Visits:
    """Those to come by their start; those past or cancelled, the latest first."""

    coming: list[Appointment]
    past: list[Appointment]
    has_more: bool


def ways(patient: Patient) -> list[Way]:
    """In the order they are tried; in a fixed number of queries however many there are."""
    points = [use.contact_point for use in patient.contacts.all()]
    ledger = Consent.objects.filter(contact_point__in=points).select_related("recorded_by", "said_on")
    lines, as_shown = list(ledger.order_by("-at", "-pk")), proof.as_agreed(points)
    return [
        Way(
            point,
            [Said(line, proof.words_of(line, as_shown)) for line in lines if line.contact_point_id == point.pk],
            [(f"{point.pk}:{channel}", words) for channel, words in WithdrawalForm.allowed(point)],
            [use.patient for use in point.users.all() if use.patient_id != patient.pk],
        )
        for point in points
    ]


def wishes(patient: Patient) -> Wishes:
    """The longest wait first."""
    found = WaitlistEntry.objects.filter(patient=patient, clinic=patient.clinic_id)
    entries = list(found.select_related("later_visit__location__clinic").order_by("added_at", "pk"))
    for entry in entries:
        entry.patient = patient
    shown = rows(patient.clinic, entries)
    return Wishes(
        [row for row in shown if row.entry.status in WAITING_STATUSES],
        [row for row in reversed(shown) if row.entry.status not in WAITING_STATUSES],
    )


def visits(patient: Patient, *, everything: bool = False, now: datetime) -> Visits:
    """In two queries; what lies behind is cut after SHOWN."""
    theirs = Appointment.objects.filter(patient=patient, clinic=patient.clinic_id)
    whole = theirs.select_related("service", "practitioner", "location__clinic", "filled_slot")
    coming = whole.filter(status=AppointmentStatus.BOOKED, starts_at__gt=now).order_by("starts_at", "pk")
    past = whole.exclude(status=AppointmentStatus.BOOKED, starts_at__gt=now).order_by("-starts_at", "-pk")
    found = list(past[: None if everything else SHOWN + 1])
    shown = found if everything else found[:SHOWN]
    return Visits(list(coming), shown, len(found) > len(shown))


def notes(patient: Patient) -> QuerySet[PatientNote]:
    """The newest first, also those taken back."""
    mine = PatientNote.objects.filter(patient=patient, clinic=patient.clinic_id)
    return mine.select_related("written_by", "taken_back_by").order_by("-written_at", "-pk")


