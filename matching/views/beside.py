"""The other wishes of somebody just booked for the same service, as their page says it."""

from dataclasses import dataclass
from datetime import datetime

from matching.models import Offer
from matching.views import facts
from waitlist import pausing
from waitlist.models import Service
from waitlist.states import EntryStatus


@dataclass(frozen=True)
class Beside:
    """One of them: what it is for, until when it pauses, and whether they asked for it to go on."""

    entry_id: int
    services: str
    closes: str
    is_kept: bool


def of(offer: Offer, *, now: datetime) -> list[Beside]:
    """Those that close unless kept, and those kept."""
    visit, booked_at = offer.slot.filled_by, offer.slot.filled_at
    if visit is None or booked_at is None:
        return []
    found = list(pausing.beside(visit, offer.entry_id, booked_at=booked_at))
    names = dict(Service.objects.filter(pk__in={pk for one in found for pk in one.services}).values_list("pk", "name"))
    closes_at = booked_at + pausing.CLOSES_AFTER
    closes = facts.moment(closes_at, offer.slot.clinic.zone, now=now)
    made = []
    for one in found:
        is_kept = one.closes_at is None and one.paused_for_id == visit.pk
        about_to = one.closes_at is not None or (one.status == EntryStatus.ACTIVE and now < closes_at)
        if is_kept or about_to:
            wanted = ", ".join(names[pk] for pk in one.services if pk in names)
            made.append(Beside(one.pk, wanted, closes, is_kept))
    return made
