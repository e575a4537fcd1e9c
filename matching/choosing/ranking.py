"""Whom to ask: hard filters and seed S3's score in one SQL statement, in integers, with a total order.

Every part is 0 to 10,000 and every weight a number of points, so a score is 0 to 1,000,000 and a score of
55 points is 550,000. Ties go by who was offered least, then who waits longest, then by id. The same fragments decide
for `rank` (who may be asked) and for `excluded` and `why` (who may not, and the first reason).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import Exists, OuterRef, Q

from matching.choosing import ranking_facts
from matching.choosing.ranking_sql import COUNTS, SLOTS, WHY, best, everybody
from matching.models import Offer, SentWave
from matching.policy.ends import answers_end_at
from matching.prepared import fetch
from matching.states import LEFT_OUT, OfferState, Order
from waitlist import masses
from waitlist.models import Slot, WaitlistEntry
from waitlist.states import LIVE_SLOT_STATES, WAITING_STATUSES

LOOKED_AT = 30  # live slots, for alternatives
STEP, MANY = 4, 256  # entries looked for at once, in steps, and from where on a look at everybody costs less


@dataclass(frozen=True)
class Candidate:
    """Somebody who may be asked. `parts` are the seven parts of the score, 0 to 10,000 each."""

    entry_id: int
    patient_id: int
    score: int
    parts: dict[str, int]


@dataclass(frozen=True)
class Verdict:
    """Whether one entry may be asked; if not, the first filter that held."""

    filter: str
    score: int
    parts: dict[str, int]

    @property
    def eligible(self) -> bool:
        return not self.filter


def rank(
    slot: Slot,
    *,
    min_score: int = 0,
    tiers: Sequence[str] = (),
    order: Order = Order.SCORE,
    limit: int,
    now: datetime,
) -> list[Candidate]:
    """The first `limit` people for the slot in this order, one entry each.

    Only those with at least `min_score` points and, unless `tiers` is empty, of one of these tiers: the staff's word
    on the entry where there is one, else the patient's own.
    """
    facts = ranking_facts.of(slot, now=now) | ranking_facts.wanted(min_score=min_score, tiers=tiers)
    entries = entries_for(limit) if order == Order.SCORE else MANY + 1
    while entries <= MANY:
        rows = fetch(best(entries), facts)
        people = each_once(rows)
        if len(people) >= limit or len(rows) < entries:
            return people[:limit]
        entries *= 2  # few patients have several wishes that fit
    return each_once(fetch(everybody(order), facts | {"limit": limit}))


def entries_for(people: int) -> int:
    """How many entries to look for, so that this many people are nearly always among them."""
    return (people // STEP + 1) * STEP


def among(
    slot: Slot, entry_ids: Sequence[int], *, min_score: int = 0, tiers: Sequence[str] = (), now: datetime
) -> list[Candidate]:
    """Those of these wishes who may be asked for the slot, best first, each patient once."""
    facts = ranking_facts.of(slot, now=now) | ranking_facts.wanted(min_score=min_score, tiers=tiers)
    named = {"among": list(entry_ids), "limit": len(entry_ids)}
    return each_once(fetch(everybody(Order.SCORE, among=True), facts | named))


def each_once(rows: Iterable[dict[str, Any]]) -> list[Candidate]:
    """Ranked rows as people, each by their first."""
    of_patient: dict[int, Candidate] = {}
    for row in rows:
        if row["patient_id"] not in of_patient:
            found = Candidate(row["entry_id"], row["patient_id"], row["score"], _parts(row))
            of_patient[row["patient_id"]] = found
    return list(of_patient.values())


def excluded(slot: Slot, *, asked: Sequence[int] = (), now: datetime) -> dict[str, int]:
    """How many entries the first filter that held kept out, by its name; those who fit count as "eligible".

    `asked` are patients about to be asked: counted as if they had been.
    """
    rows = fetch(COUNTS, ranking_facts.of(slot, now=now) | {"asked": list(asked)})
    return {row["filter"] or "eligible": row["entries"] for row in rows}


def why(slot: Slot, entry: WaitlistEntry, *, now: datetime) -> Verdict:
    """The verdict on anybody, with the parts of their score whether they may be asked or not."""
    (row,) = fetch(WHY, ranking_facts.of(slot, now=now) | {"entry_id": entry.pk})
    return Verdict(row["filter"], row["score"], _parts(row))


def slots_for(entry: WaitlistEntry, *, now: datetime, limit: int = 3) -> list[Slot]:
    """Live slots this person could have at once, soonest first: alternatives to one they did not get.

    Only slots whose cascade has begun and does not wait for staff's word: they may still want it otherwise. Whether
    they have been texted often enough does not matter here: they are looking at the page.
    """
    if entry.status not in WAITING_STATUSES:
        return []
    theirs = Offer.objects.filter(slot=OuterRef("pk"), patient=entry.patient_id)
    said_no = theirs.filter(Q(state__in=(OfferState.DECLINED, OfferState.RETURNED)) | Q(**LEFT_OUT))
    asked = SentWave.objects.filter(slot=OuterRef("pk"))
    live = (
        Slot.objects.filter(~Exists(said_no), Exists(asked), clinic_id=entry.clinic_id, state__in=LIVE_SLOT_STATES)
        .filter(~masses.pausing(), held_by=None, starts_at__gt=now)
        .select_related("clinic", "location__clinic", "practitioner__clinic", "service", "policy")
        .prefetch_related("service__compatible", "practitioner__clinic__practitioners")
        .order_by("starts_at", "pk")[:LOOKED_AT]
    )
    return list(islice((slot for slot in live if could_have(entry, slot, now=now)), limit))


def could_have(entry: WaitlistEntry, slot: Slot, *, now: datetime) -> bool:
    """Whether the slot fits the wish and a yes would still come in time."""
    facts = ranking_facts.of(slot, now=now) | {"entry_id": entry.pk}
    return slot_is_answerable(slot, now=now) and bool(fetch(SLOTS, facts))


def slot_is_answerable(slot: Slot, *, now: datetime) -> bool:
    """Whether a yes could still come in time."""
    return now < answers_end_at(slot)


def _parts(row: Mapping[str, Any]) -> dict[str, int]:
    return {name[2:]: value for name, value in row.items() if name.startswith("p_")}
