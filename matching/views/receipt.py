"""The receipt of a race: every yes to one slot in the order they arrived, and what became of each of them."""

from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from django.db.models import Q
from django.utils.dateformat import format as write

from audit.models import Entry
from audit.trail import content_type_id
from matching.answering import late
from matching.answering.outcomes import Claim
from matching.models import ExpressBooking, Offer
from matching.views.card import Card
from matching.views.looks import Asked
from waitlist.models import Slot

GOT = {
    "offer.accepted": "has the time",
    "offer.given": "was given the time by staff",
    "offer.held": "it was kept for them to finish",
    Claim.TAKEN: "somebody had it",
    Claim.BUSY: "somebody was finishing",
    Claim.CONFLICT: "booked then already",
    Claim.EXPIRED: "after the last moment",
    Claim.WITHDRAWN: "not on offer any more",
}
WON = ("offer.accepted", "offer.given")
HELD = "offer.held"
YESES = (*WON, HELD, late.VERB)
LOST, REGAINED, REOPENED = "offer.returned", "offer.on_again", "slot.reopened"
VIA = {"link": "link", "reply": "text", "call": "call", "staff": "staff", "reserve": "in reserve"}
LIMIT = 200


@dataclass(frozen=True)
class Yes:
    """One yes: when its offer went out and was seen, when it arrived, what became of it, and how long after the first
    that won."""

    asked: Asked
    arrived_at: datetime
    via: str
    got: str
    has_it: bool
    after_seconds: float | None

    @property
    def told_at(self) -> datetime | None:
        """By the last message before this yes: who is asked again as reserve answers that one."""
        sent = (message.sent_at for message in self.asked.messages if message.sent_at)
        return max((at for at in sent if at <= self.arrived_at), default=None)

    @property
    def after(self) -> str:
        """“+0.215 s” after the one that won; empty for that one itself."""
        return f"{self.after_seconds:+.3f} s" if self.after_seconds else ""


def of_slot(card: Card) -> list[Yes]:
    """As their server heard them, to the millisecond. Each time it was open, whoever was written first had it."""
    by_offer = {asked.offer.pk: asked for asked in card.people}
    told = Q(verb__in=(*YESES, LOST, REGAINED), content_type_id=content_type_id(Offer), object_id__in=list(by_offer))
    told |= Q(verb=REOPENED, content_type_id=content_type_id(Slot), object_id=card.slot.pk)
    lines = list(Entry.objects.filter(told, clinic_id=card.slot.clinic_id).order_by("timestamp", "pk")[:LIMIT])
    found = []
    for opening in _openings(lines):
        won_at = next((line.timestamp for line in opening if line.verb in WON), None)
        for line in opening:
            if line.verb in YESES and (asked := by_offer.get(line.object_id)):
                found.append(_yes(line, asked, won_at, _became(card, asked, line, lines)))
    return found


def accepted(card: Card) -> list[ExpressBooking]:
    """What was accepted with its booking links, word for word, the latest first."""
    by_link = [asked.offer.pk for asked in card.people if asked.offer.link_sent_at is not None]
    if not by_link:
        return []
    rows = ExpressBooking.objects.filter(offer__in=by_link, clinic=card.slot.clinic_id)
    return list(rows.select_related("offer__patient").order_by("-accepted_at", "-pk"))


def _openings(lines: list[Entry]) -> list[list[Entry]]:
    """The lines since it opened, since it was first given back, and so on."""
    openings: list[list[Entry]] = [[]]
    for line in lines:
        if line.verb == REOPENED:
            openings.append([])
        openings[-1].append(line)
    return openings


def _became(card: Card, asked: Asked, won: Entry, lines: list[Entry]) -> str:
    """How somebody who had the time lost it, or that it is kept for them now; empty where the line says it all."""
    if won.verb not in WON:
        holds_it = won.verb == HELD and card.slot.held_by_id == asked.offer.patient_id
        return "is finishing the booking" if holds_it else ""
    theirs = [line for line in lines[lines.index(won) + 1 :] if line.object_id == won.object_id]
    since = list(takewhile(lambda line: line.verb not in WON, theirs))
    turns = [line for line in since if line.verb in (LOST, REGAINED)]
    zone = card.slot.location.zone
    if turns and turns[-1].verb == LOST:
        lost_at = turns[-1].timestamp
        in_grace = any(line.verb == REOPENED and line.timestamp == lost_at for line in lines)
        return f"had it, {'gave it back' if in_grace else 'until'} {write(lost_at.astimezone(zone), 'g:i:s A')}"
    visit = card.slot.filled_by
    if card.slot.is_lost and visit is not None and visit.cancelled_at is not None:
        return f"had it, cancelled {write(visit.cancelled_at.astimezone(zone), 'D, M j, g:i:s A')}"
    return ""


def _yes(line: Entry, asked: Asked, won_at: datetime | None, became: str) -> Yes:
    facts = line.changes or {}
    got = became or GOT.get(facts.get("got", line.verb), "too late")
    after = (line.timestamp - won_at).total_seconds() if won_at is not None else None
    has_it = line.verb in WON and not became
    return Yes(asked, line.timestamp, VIA.get(facts.get("via", ""), ""), got, has_it, after)
