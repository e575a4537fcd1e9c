"""What a yes means, or meant, for a later visit of theirs: said on the page before and after."""

from dataclasses import dataclass
from datetime import datetime

from matching import regains
from matching.claims import Claim
from matching.models import Offer
from matching.views import facts
from matching.views.facts import Facts
from waitlist.states import AppointmentStatus

DONE = (Claim.BOOKED, Claim.YOURS)


@dataclass(frozen=True)
class Swap:
    """`held`: a later visit that stands; `gave_up`: one that went, and whether cancelling brings it back."""

    held: Facts | None = None
    gave_up: Facts | None = None
    comes_back: bool = False


def of(offer: Offer, outcome: Claim, *, now: datetime) -> Swap:
    """For the page of this outcome; empty for everybody else."""
    held = offer.entry.later_visit if offer.entry is not None else None
    if outcome in DONE and offer.gave_up is not None:
        comes_back = regains.is_free(offer.gave_up, now=now)
        return Swap(gave_up=facts.of(offer.gave_up, offer.patient), comes_back=comes_back)
    if outcome in DONE or held is None or held.status != AppointmentStatus.BOOKED or held.starts_at <= now:
        gone = offer.gave_up if outcome not in DONE else None
        return Swap(gave_up=facts.of(gone, offer.patient) if gone is not None else None)
    return Swap(held=facts.of(held, offer.patient))
