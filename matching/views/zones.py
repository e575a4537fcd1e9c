"""In which zone a patient says they are: a choice on their pages, one tap to keep."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from matching.views import facts
from waitlist import whereabouts
from waitlist.models import Appointment, Patient, Slot
from waitlist.zones import HOME

ABROAD = (
    ("America/Halifax", "Atlantic Canada"),
    ("America/Mexico_City", "Mexico City"),
    ("America/Bogota", "Bogotá, Lima"),
    ("America/Sao_Paulo", "São Paulo"),
    ("Europe/London", "London"),
    ("Europe/Berlin", "Berlin, Madrid, Paris"),
    ("Africa/Johannesburg", "Johannesburg"),
    ("Asia/Dubai", "Dubai"),
    ("Asia/Kolkata", "India"),
    ("Asia/Ho_Chi_Minh", "Hanoi, Bangkok"),
    ("Asia/Shanghai", "China, Singapore"),
    ("Asia/Manila", "Manila"),
    ("Asia/Tokyo", "Tokyo, Seoul"),
    ("Australia/Sydney", "Sydney"),
)
NAMES = dict(HOME + ABROAD)


@dataclass(frozen=True)
class Choice:
    """One zone to choose: its IANA name, what it is called, and what this time is there."""

    name: str
    label: str
    time: str
    is_chosen: bool


@dataclass(frozen=True)
class Zones:
    """The zone a patient told us, in words, and all they may choose from; empty: they told us none."""

    told: str
    groups: list[tuple[str, list[Choice]]]


def of(about: Slot | Appointment, patient: Patient) -> Zones:
    """What the page of this time offers this patient; where they told us none, the clinic's stands first."""
    place = about.location.zone.key
    chosen = patient.timezone or place
    known = NAMES | {name: _plain(name) for name in (place, chosen) if name not in NAMES}
    further = tuple((name, label) for name, label in known.items() if name not in NAMES)
    told = known[patient.timezone] if patient.timezone else ""
    groups = (("United States", HOME), ("Elsewhere", ABROAD + further))
    return Zones(told, [(name, [_choice(one, about.starts_at, chosen) for one in rows]) for name, rows in groups])


def choose(patient: Patient, name: str, *, now: datetime) -> bool:
    """They are there, by their own word; False for what none of the choices was."""
    if name not in {*NAMES, *_places(patient), patient.timezone} - {""}:
        return False
    whereabouts.choose_zone(patient.pk, name, now=now)
    return True


def _places(patient: Patient) -> set[str]:
    """The zones of the clinic itself, which its patients' pages offer."""
    clinic = patient.clinic
    return {clinic.timezone, *clinic.locations.exclude(timezone="").values_list("timezone", flat=True)}


def _choice(one: tuple[str, str], at: datetime, chosen: str) -> Choice:
    name, label = one
    return Choice(name, label, facts.clock(at, ZoneInfo(name)), name == chosen)


def _plain(name: str) -> str:
    """“Indiana, Knox” for America/Indiana/Knox."""
    return ", ".join(name.split("/")[1:]).replace("_", " ") or name
