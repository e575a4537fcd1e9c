"""The receipt of a race: every yes to one slot in the order they arrived, and what each of them got."""

from dataclasses import dataclass
from datetime import datetime

from audit.models import Entry
from audit.trail import content_type_id
from matching.answering import late
from matching.answering.outcomes import Claim
from matching.models import ExpressBooking, Offer
from matching.states import OfferState
from matching.views.cards import Card
from matching.views.looks import Asked

GOT = {
    "offer.accepted": "has the time",
    "offer.given": "was given the time by staff",
    "offer.held": "may finish the booking",
    Claim.TAKEN: "somebody had it",
    Claim.BUSY: "somebody was finishing",
    Claim.CONFLICT: "booked then already",
    Claim.EXPIRED: "after the last moment",
    Claim.WITHDRAWN: "not on offer any more",
}
WON = ("offer.accepted", "offer.given")
VERBS = (*WON, "offer.held", late.VERB)
VIA = {"link": "link", "reply": "text", "call": "call", "staff": "staff", "reserve": "in reserve"}
LIMIT = 200


@dataclass(frozen=True)
class Yes:
    """One yes: when its offer went out and was seen, when it arrived, and how long after the first that won."""

    asked: Asked
    arrived_at: datetime
    via: str
    got: str
    after_seconds: float | None

    @property
    def told_at(self) -> datetime | None:
        return min((m.sent_at for m in self.asked.messages if m.sent_at), default=None)

    @property
    def has_it(self) -> bool:
        return self.asked.offer.state == OfferState.ACCEPTED

    @property
    def after(self) -> str:
        """“+0.215 s” after the one that won; empty for that one itself."""
        return f"{self.after_seconds:+.3f} s" if self.after_seconds else ""


def of_slot(card: Card) -> list[Yes]:
    """As their server heard them, to the millisecond; whoever was written first has the time."""
    by_offer = {asked.offer.pk: asked for asked in card.people}
    about = {"content_type_id": content_type_id(Offer), "object_id__in": list(by_offer), "verb__in": VERBS}
    rows = list(Entry.objects.filter(**about, clinic_id=card.slot.clinic_id).order_by("timestamp", "pk")[:LIMIT])
    won_at = next((row.timestamp for row in rows if row.verb in WON), None)
    return [_yes(row, by_offer[row.object_id], won_at) for row in rows if row.object_id in by_offer]


def accepted(card: Card) -> list[ExpressBooking]:
    """What was accepted with its booking links, word for word, the latest first."""
    by_link = [asked.offer.pk for asked in card.people if asked.offer.link_sent_at is not None]
    if not by_link:
        return []
    rows = ExpressBooking.objects.filter(offer__in=by_link, clinic=card.slot.clinic_id)
    return list(rows.select_related("offer__patient").order_by("-accepted_at", "-pk"))


def _yes(row: Entry, asked: Asked, won_at: datetime | None) -> Yes:
    facts = row.changes or {}
    got = GOT.get(facts.get("got", row.verb), "too late")
    after = (row.timestamp - won_at).total_seconds() if won_at is not None else None
    return Yes(asked, row.timestamp, VIA.get(facts.get("via", ""), ""), got, after)
