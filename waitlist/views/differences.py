"""Two versions of one wish beside each other, in words."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.dateformat import format as write

from waitlist.forms.wishes import NOTICE
from waitlist.models import Availability, Clinic
from waitlist.seen import Said
from waitlist.states import Tier
from waitlist.views.rows import Names, names_of
from waitlist.views.rows import in_words as window_in_words

LABELS = {
    "services": "Services",
    "practitioners": "Only with",
    "excluded_practitioners": "Never with",
    "windows": "When they can come",
    "notice_minutes": "Notice they need",
    "max_travel_minutes": "Longest trip",
    "earliest_on": "Not before",
    "latest_on": "Not after",
    "priority": "Priority",
    "note": "Note",
}


@dataclass(frozen=True)
class Difference:
    name: str
    label: str
    theirs: str
    mine: str
    is_mine: bool  # they changed it themselves: theirs is the wish of somebody else


def in_words(
    clinic: Clinic, found: Said, wanted: Said, columns: Sequence[str], touched: Collection[str]
) -> list[Difference]:
    """The columns that differ; what only somebody else has changed is theirs unless chosen otherwise."""
    names = names_of(clinic)
    return [
        Difference(one, LABELS[one], _words(names, one, found[one]), _words(names, one, wanted[one]), one in touched)
        for one in columns
    ]


def _words(names: Names, column: str, said: Any) -> str:
    if column in ("services", "practitioners", "excluded_practitioners"):
        known = names.services if column == "services" else names.people
        return ", ".join(known.get(pk, "–") for pk in said) or ("nobody" if column.startswith("ex") else "anybody")
    if column == "windows":
        rows = [Availability(days=days, from_minute=start, until_minute=end) for days, start, end in said]
        return "; ".join(map(window_in_words, rows))
    if column == "notice_minutes":
        return dict(NOTICE).get(said, f"{said} minutes")
    if column == "max_travel_minutes":
        return "any distance" if said is None else f"{said} minutes"
    if column in ("earliest_on", "latest_on"):
        return write(date.fromisoformat(said), "D, M j, Y") if said else "no date"
    if column == "priority":
        return str(Tier(said).label) if said else "by their tier"
    return said or "nothing"
