"""Who of the ranked can be told in time, by which ways and until when; and the offers made to them.

Whoever calls holds the slot's lock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from matching import offers, plans, ranking
from matching.models import Offer
from matching.policies import Wave
from matching.ranking import Candidate
from notifications import outbox
from waitlist.models import Patient, Slot, WaitlistEntry
from waitlist.nudge import nudge
from waitlist.states import EntryStatus

GONE = "gone"


@dataclass(frozen=True)
class Picked:
    """Somebody to ask: by which ways, and until when they may answer."""

    candidate: Candidate
    routes: list[outbox.Route]
    expires_at: datetime


def reachable(
    slot: Slot, ranked: Sequence[Candidate], wave: Wave, *, size: int, is_surge: bool, now: datetime
) -> tuple[list[Picked], dict[int, str]]:
    """The first `size` of the ranked who can be told by the wave's channels; of the others, by patient, the rule."""
    patients = Patient.objects.in_bulk([candidate.patient_id for candidate in ranked])
    until = ranking.answers_end_at(slot)
    in_order = [patients[one.patient_id] for one in ranked if one.patient_id in patients]
    found = outbox.routes(slot, in_order, channels=wave.channels, until=until, now=now)
    still = set(
        WaitlistEntry.objects.select_for_update(no_key=True)
        .filter(pk__in=[candidate.entry_id for candidate in ranked], status=EntryStatus.ACTIVE)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    window = plans.window(slot, wave, is_surge=is_surge, now=now)
    picked: list[Picked] = []
    refused: dict[int, str] = {}
    for candidate in ranked:
        ways = found.get(candidate.patient_id, GONE) if candidate.entry_id in still else GONE
        if isinstance(ways, str):
            refused[candidate.patient_id] = ways
        elif len(picked) < size:
            ends = min(outbox.answer_by(slot, patients[candidate.patient_id], ways, window), until)
            picked.append(Picked(candidate, ways, ends))
    return picked, refused


def told_at(picked: Sequence[Picked], *, now: datetime) -> datetime:
    """When the first of them is told."""
    return min((way.send_at for one in picked for way in one.routes), default=now)


def make_offers(slot: Slot, picked: Sequence[Picked], number: int, *, now: datetime) -> list[Offer]:
    """Make the offers of this wave and put their messages in the outbox."""
    made = offers.make(slot, [(p.candidate, p.expires_at) for p in picked], wave=number, now=now)
    pairs = [(offer, p.routes) for offer, p in zip(made, picked, strict=True)]
    outbox.enqueue_offers(slot, pairs, now=now)
    nudge("notifications.tasks.deliver_slot", slot.pk)
    return made
