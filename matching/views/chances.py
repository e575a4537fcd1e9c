"""Who may still be asked for a slot and who may not, in words: the tab “Not asked, and why”."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef

from matching.choosing import ranking, reasons
from matching.choosing.ranking import Candidate
from matching.choosing.reasons import WhatIf
from matching.policy import policies
from matching.states import Order
from matching.views.card import Card
from matching.views.looks import PARTS, reason, why_not
from waitlist import cancellers
from waitlist.models import Patient, WaitlistEntry
from waitlist.states import WAITING_STATUSES, Tier
from waitlist.views.answer import matching_words

BEST = 10
FOUND = 8
WHAT_IF = {
    "another_time": "{then_hours} hours around the hours they want, instead of {now_hours}",
    "short_notice": "notice of {then} instead of {now} min",
    "too_far": "{then} more minutes on the way than they said",
    "over_cap": "{then} offers a day instead of {now}, and one more a week and a month",
    "enough_offers": "{then} open offers at once instead of {now}",
}


@dataclass(frozen=True)
class Line:
    """One person with the parts of their score in words, 0 to 100 each."""

    patient: Patient
    tier: str
    points: str
    parts: list[tuple[str, int]]
    reason: str = ""
    flag: str = ""


def of(card: Card, words: str) -> dict[str, object]:
    """The next in line, how many are left out by reason, what would let more in, and whoever is searched for."""
    found = reasons.why_not(card.slot, now=card.now)
    return {
        "eligible": found.counts.get("eligible", 0),
        "is_by_wave": card.plan.goes_by_itself and not card.plan.is_over,
        "next_in_line": next_in_line(card) if card.slot.is_live else [],
        "part_names": list(PARTS.values()),
        "others": why_not(found.counts),
        "what_ifs": [(what_if(one), one.more) for one in found.what_if] if card.slot.is_live else [],
        "found": search(card, words) if words else [],
    }


def next_in_line(card: Card) -> list[Line]:
    """Those the slot's next wave would ask first: of its waves to come the first that finds somebody."""
    for step in card.plan.steps if not card.plan.is_over else ():
        wave = card.plan.waves[step - 1]
        order = Order(wave.order)
        if found := ranking.rank(
            card.slot, min_score=wave.min_score, tiers=wave.tiers, order=order, limit=BEST, now=card.now
        ):
            return _lines(found, now=card.now)
    return best_fits(card)


def best_fits(card: Card) -> list[Line]:
    """The best by their score who were not asked yet, whatever the policy."""
    return _lines(ranking.rank(card.slot, limit=BEST, now=card.now), now=card.now)


def _lines(ranked: list[Candidate], *, now: datetime) -> list[Line]:
    lately = cancellers.count_of(OuterRef("patient"), now=now)
    rows = WaitlistEntry.objects.select_related("patient").annotate(cancelled_lately=lately)
    entries = rows.in_bulk([one.entry_id for one in ranked])
    return [_line(entries[one.entry_id], one.score, one.parts) for one in ranked if one.entry_id in entries]


def search(card: Card, words: str) -> list[Line]:
    """The verdict on everybody waiting of this name."""
    rows = WaitlistEntry.objects.filter(clinic=card.slot.clinic, status__in=WAITING_STATUSES)
    named = rows.filter(matching_words(words, "patient__folded_name"))
    left_out = {asked.offer.patient_id for asked in card.people if asked.offer.is_left_out}
    lines = []
    for entry in named.select_related("patient").order_by("patient__last_name", "pk")[:FOUND]:
        verdict = ranking.why(card.slot, entry, now=card.now)
        why = "left_out" if entry.patient_id in left_out else verdict.filter
        lines.append(_line(entry, verdict.score, verdict.parts, reason(why) if why else ""))
    return lines


def what_if(one: WhatIf) -> str:
    """The looser limit in words."""
    return WHAT_IF[one.filter].format(
        now=one.now, then=one.then, now_hours=_hours(one.now), then_hours=_hours(one.then)
    )


def _hours(minutes: int) -> str:
    return f"{minutes / 60:g}"


def _line(entry: WaitlistEntry, score: int, parts: dict[str, int], why: str = "") -> Line:
    tier = str(Tier(entry.priority or entry.patient.tier).label)
    in_words = [(PARTS[name], round(value / 100)) for name, value in parts.items()]
    flag = cancellers.flag(getattr(entry, "cancelled_lately", 0))
    return Line(entry.patient, tier, f"{score / policies.POINT:.0f}", in_words, why, flag)
