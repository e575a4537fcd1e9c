"""Public holidays by country and region, as the `holidays` package knows them; which of them a location keeps."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

import holidays as package

from waitlist.models import Clinic, Closure, Location

AHEAD = timedelta(days=365)


@dataclass(frozen=True)
class Holiday:
    """One to come at a location; closed: nobody is to be booked then."""

    location: Location
    day: date
    name: str
    is_closed: bool


@lru_cache(maxsize=1)
def countries() -> list[tuple[str, str]]:
    """Every country whose holidays are known, by name: its code and what it is called."""
    known = package.registry.COUNTRIES
    codes = package.list_supported_countries(include_aliases=False)
    rows = ((row[1], name.replace("_", " ").title()) for name, row in known.items())
    return sorted((row for row in rows if row[0] in codes), key=lambda row: row[1])


def knows_region(country: str, state: str) -> bool:
    """Whether the region has holidays of its own; of any other only those of the whole country are known."""
    return state in package.list_supported_countries(include_aliases=True).get(country, [])


def between(country: str, state: str, first: date, last: date) -> dict[date, str]:
    """The public holidays from the first to the last of these days; none for a country nobody knows."""
    if country not in package.list_supported_countries(include_aliases=True):
        return {}
    region = state if knows_region(country, state) else None
    years = range(first.year, last.year + 1)
    found = package.country_holidays(country, subdiv=region, years=years, expand=False)
    return {day: name for day, name in sorted(found.items()) if first <= day <= last}


def ahead(location: Location, *, now: datetime) -> dict[date, str]:
    """Those of the next twelve months, by the location's own calendar."""
    today = now.astimezone(location.zone).date()
    return between(location.clinic.country, location.state, today, today + AHEAD)


def coming(clinic: Clinic, *, now: datetime) -> list[tuple[Location, list[Holiday]]]:
    """Every location with its holidays of the next twelve months."""
    closed = set(Closure.objects.filter(clinic=clinic, holiday__isnull=False).values_list("location_id", "holiday"))
    places = clinic.locations.filter(retired_at=None).select_related("clinic").order_by("name", "pk")
    return [
        (place, [Holiday(place, day, name, (place.pk, day) in closed) for day, name in ahead(place, now=now).items()])
        for place in places
    ]
