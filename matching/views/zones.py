"""In which zone a patient says they are: a choice on their pages, one tap to keep."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext, gettext_noop

from matching.views import facts
from waitlist import whereabouts
from waitlist.models import Appointment, Patient, Slot
from waitlist.zones import HOME

ABROAD = (
    ("America/Halifax", gettext_noop("Atlantic Canada")),
    ("America/Mexico_City", gettext_noop("Mexico City")),
    ("America/Bogota", gettext_noop("Bogotá, Lima")),
    ("America/Sao_Paulo", gettext_noop("São Paulo")),
    ("Europe/London", gettext_noop("London")),
    ("Europe/Berlin", gettext_noop("Berlin, Madrid, Paris")),
    ("Africa/Johannesburg", gettext_noop("Johannesburg")),
    ("Asia/Dubai", gettext_noop("Dubai")),
    ("Asia/Kolkata", gettext_noop("India")),
    ("Asia/Ho_Chi_Minh", gettext_noop("Hanoi, Bangkok")),
    ("Asia/Shanghai", gettext_noop("China, Singapore")),
    ("Asia/Manila", gettext_noop("Manila")),
    ("Asia/Tokyo", gettext_noop("Tokyo, Seoul")),
    ("Australia/Sydney", gettext_noop("Sydney")),
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
    told = gettext(known[patient.timezone]) if patient.timezone else ""
    groups = ((gettext("United States"), HOME), (gettext("Elsewhere"), ABROAD + further))
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
    return Choice(name, gettext(label), facts.clock(at, ZoneInfo(name)), name == chosen)


def _plain(name: str) -> str:
    """“Indiana, Knox” for America/Indiana/Knox."""
    return ", ".join(name.split("/")[1:]).replace("_", " ") or name
