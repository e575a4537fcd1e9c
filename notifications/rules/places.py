"""Where somebody is, as far as we can know: the zones and the states whose law their phone may be under."""

from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
import pytz
from phonenumbers import timezone as phone_zones

from waitlist.models import Clinic, Patient

_PACIFIC, _MOUNTAIN = "America/Los_Angeles", "America/Denver"
_CENTRAL, _EASTERN = "America/Chicago", "America/New_York"
_BY_ZONES = {
    (_EASTERN,): "CT DC DE GA MA MD ME NC NH NJ NY OH PA RI SC VA VT WV",
    (_CENTRAL,): "AL AR IA IL LA MN MO MS OK WI",
    (_MOUNTAIN,): "CO MT NM UT WY",
    (_PACIFIC,): "CA WA",
    (_EASTERN, _CENTRAL): "FL KY TN",
    (_CENTRAL, _MOUNTAIN): "KS ND NE SD TX",
    (_PACIFIC, "America/Boise"): "ID OR",
    (_PACIFIC, _MOUNTAIN): "NV",
    ("America/Indiana/Indianapolis", _CENTRAL): "IN",
    ("America/Detroit", _CENTRAL): "MI",
    ("America/Phoenix", _MOUNTAIN): "AZ",  # the Navajo Nation has summer time
    ("America/Anchorage", "America/Adak"): "AK",
    ("Pacific/Honolulu",): "HI",
    ("America/Puerto_Rico",): "PR VI",
    ("Pacific/Guam",): "GU MP",
    ("Pacific/Pago_Pago",): "AS",
}
STATE_ZONES = {state: zones for zones, states in _BY_ZONES.items() for state in states.split()}

# The area codes of the states whose hours or counts are stricter than the federal ones.
_STRICT_AREAS = {
    "FL": "239 305 321 324 352 386 407 448 561 645 656 689 727 728 754 772 786 813 850 863 904 941 954",
    "OK": "405 539 572 580 918",
    "TX": "210 214 254 281 325 346 361 409 430 432 469 512 621 682 713 726 737 806 817 830 832 903 915 936 "
    "940 945 956 972 979",
    "WA": "206 253 360 425 509 564",
}
AREA_STATES = {area: state for state, areas in _STRICT_AREAS.items() for area in areas.split()}

# Area codes on both sides of a border of zones, for which the tables of phone numbers name one side only.
_BORDER_AREAS = {
    (_EASTERN, _CENTRAL): "219 270 364 423 448 574 606 812 850 906 930",
    (_CENTRAL, _MOUNTAIN): "308 620 785",
    (_PACIFIC, "America/Boise"): "458 541",
    ("America/Phoenix", _MOUNTAIN): "928",
}
AREA_ZONES = {area: zones for zones, areas in _BORDER_AREAS.items() for area in areas.split()}
_WINTER, _SUMMER = datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 7, 15, tzinfo=UTC)


def zones(clinic: Clinic, patient: Patient | None, number: str) -> tuple[ZoneInfo, ...]:
    """Every zone they may be in: the one they told us, else their state's, else the clinic's if the number allows
    it, else the number's."""
    if patient is not None and patient.timezone:
        return (ZoneInfo(patient.timezone),)
    if patient is not None and patient.state in STATE_ZONES:
        return tuple(ZoneInfo(name) for name in STATE_ZONES[patient.state])
    possible = number_zones(number)
    if not possible or _clock(clinic.timezone) in {_clock(name) for name in possible}:
        return (clinic.zone,)
    return tuple(ZoneInfo(name) for name in possible)


def states(patient: Patient | None, number: str, place_state: str) -> frozenset[str]:
    """Every state whose law may hold: the one they told us, else the number's and the clinic's own."""
    if patient is not None and patient.state:
        return frozenset({patient.state})
    area_state = AREA_STATES.get(number[2:5], "") if number.startswith("+1") else ""
    return frozenset({area_state, place_state} - {""})


@cache
def _clock(name: str) -> tuple[timedelta | None, ...]:
    """Zones of different names that keep the same time, as Detroit and New York, are one to whoever reads a clock."""
    return tuple(at.astimezone(ZoneInfo(name)).utcoffset() for at in (_WINTER, _SUMMER))


@cache
def _zones_there_are() -> frozenset[str]:
    """Read once: looking through the files takes 40 ms."""
    return frozenset(available_timezones())


@lru_cache(maxsize=10_000)
def number_zones(number: str) -> tuple[str, ...]:
    """The zones a number may be used in; none where even its country is unknown."""
    if number.startswith("+1") and number[2:5] in AREA_ZONES:
        return AREA_ZONES[number[2:5]]
    parsed = phonenumbers.parse(number)
    found = set(phone_zones.time_zones_for_number(parsed))
    if not found & _zones_there_are():
        found = set(pytz.country_timezones.get(phonenumbers.region_code_for_number(parsed) or "", []))
    return tuple(sorted(found & _zones_there_are()))
