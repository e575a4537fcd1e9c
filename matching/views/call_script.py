"""What to say to whom on the phone: nothing to anybody else, no more on a voicemail than they agreed to."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count

from matching.terms import Terms
from notifications import whom
from notifications.models import ContactPoint
from notifications.states import Channel, ContactKind
from waitlist.forms.people import LANGUAGES
from waitlist.models import Appointment, Clinic, Patient, Slot
from waitlist.templatetags.standby import money, when

NAMES_PEOPLE, NAMES_SERVICES = 1, 2  # content levels


@dataclass(frozen=True)
class Line:
    """A number as whoever rings it has to know it: how much a voicemail may name, and who else may pick up."""

    level: int = 0
    users: int = 1
    has_stopped: bool = False


@dataclass(frozen=True)
class Script:
    """To read aloud, in this order. `details`: once it is them, where they ask; `voicemail`: all that it may hear."""

    first: str
    then: str
    details: str
    voicemail: str
    minds: list[str] = field(default_factory=list)


def lines(clinic: Clinic, numbers: Iterable[str]) -> dict[str, Line]:
    """By number, in a fixed number of queries."""
    rows = ContactPoint.objects.filter(clinic=clinic, kind=ContactKind.PHONE, value__in={n for n in numbers if n})
    points = list(rows.annotate(people=Count("users")))
    levels = whom.levels(clinic, [(point.pk, Channel.VOICE) for point in points])
    return {
        point.value: Line(levels[point.pk, Channel.VOICE], point.people, point.stopped_at is not None)
        for point in points
    }


def of(
    clinic: Clinic, patient: Patient | None, about: Slot | Appointment, then: str, line: Line, *, now: datetime
) -> Script:
    """Of a free time, or of a visit."""
    at = when(about.starts_at, about.location.zone, now)
    what = f"{about.service.name} with {about.practitioner.name}"
    minutes = round((about.ends_at - about.starts_at).total_seconds() / 60)
    worth = f", {money(about.price_cents)}" if about.price_cents else ""
    return Script(
        first=f"May I speak to {patient.name if patient else 'the patient'}?",
        then=f"{clinic.name} here. {then}",
        details=f"{what}, {minutes} minutes{worth}, at {about.location.name}.",
        voicemail=_voicemail(clinic, patient, about, at, line.level),
        minds=[*_minds(patient, line), *(_costs(clinic, about, now=now) if isinstance(about, Slot) else [])],
    )


def _voicemail(clinic: Clinic, patient: Patient | None, about: Slot | Appointment, at: str, level: int) -> str:
    """Whoever plays it may not be whom it is for."""
    ring_back = f"Please ring us back{f' at {clinic.phone}' if clinic.phone else ''}."
    if level < NAMES_PEOPLE or patient is None:
        return f"{clinic.name} here. {ring_back}"
    whose = f"{about.service.name} with {about.practitioner.name}" if level >= NAMES_SERVICES else (
        f"{about.practitioner.name}"
    )
    return f"This is for {patient.first_name}, from {clinic.name}, about {whose}, {at}. {ring_back}"


def _minds(patient: Patient | None, line: Line) -> list[str]:
    """What to know before dialling."""
    minds = []
    if patient is not None and patient.language != "en":
        minds.append(f"They speak {dict(LANGUAGES).get(patient.language, patient.language)}.")
    if line.users > 1:
        minds.append(f"{line.users} people use this number: ask who it is.")
    if line.has_stopped:
        minds.append("They want no messages there: say only this, and ask nothing else of them.")
    return minds


def _costs(clinic: Clinic, slot: Slot, *, now: datetime) -> list[str]:
    """What a cancellation will cost them once the free minutes are over, to be said before the yes (decision R18)."""
    terms = Terms.of(clinic, slot.service)
    percent = terms.early_percent if now <= terms.early_until(slot.starts_at) else terms.late_percent
    if not percent or not slot.price_cents:
        return []
    return [
        f"Say before they agree: free to cancel for {terms.grace_minutes} minutes, then it costs {percent} % of "
        f"{money(slot.price_cents)}."
    ]
