"""Who of the ranked can be told in time, by which ways and until when; and whether that still holds.

Looked at before the slot is locked, and looked at again under its lock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from matching.choosing import ranking
from matching.choosing.ranking import Candidate
from matching.policy import plans
from matching.policy.policies import Wave
from notifications import outbox
from waitlist.models import Patient, Slot, WaitlistEntry
from waitlist.states import EntryStatus

GONE = "gone"


@dataclass(frozen=True)
class Picked:
    """Somebody to ask: by which ways, and until when they may answer."""

    candidate: Candidate
    routes: list[outbox.Route]
    expires_at: datetime
    window: timedelta


@dataclass(frozen=True)
class Reached:
    """The people to ask; of the others, by patient, the rule; and what the ways to all of them rest on."""

    picked: list[Picked]
    refused: dict[int, str]
    ways: outbox.Ways


NOBODY = Reached([], {}, outbox.Ways({}, {}, {}))


def reachable(
    slot: Slot, ranked: Sequence[Candidate], wave: Wave, *, size: int, is_surge: bool, now: datetime
) -> Reached:
    """The first `size` of the ranked who can be told by the wave's channels. Locks nothing."""
    patients = Patient.objects.in_bulk([candidate.patient_id for candidate in ranked])
    until = ranking.answers_end_at(slot)
    in_order = [patients[one.patient_id] for one in ranked if one.patient_id in patients]
    found = outbox.find_ways(slot, in_order, channels=wave.channels, until=until, now=now)
    window = plans.window(slot, wave, is_surge=is_surge, now=now)
    picked: list[Picked] = []
    refused: dict[int, str] = {}
    for candidate in ranked:
        ways = found.of.get(candidate.patient_id, GONE)
        if isinstance(ways, str):
            refused[candidate.patient_id] = ways
        elif len(picked) < size:
            ends = min(outbox.answer_by(slot, patients[candidate.patient_id], ways, window), until)
            picked.append(Picked(candidate, ways, ends, window))
    return Reached(picked, refused, found)


def still_so(slot: Slot, reached: Reached, *, now: datetime) -> bool:
    """Whether everybody picked may still be asked, by the same ways: their numbers and wishes are locked from then on.

    Whoever has been asked for another slot, has booked, been written to or gone since is found here, so what two slots
    may not both spend only one of them does.
    """
    picked = [one.candidate for one in reached.picked]
    if not outbox.still_hold(reached.ways, [one.patient_id for one in picked], now=now):
        return False
    wishes = [one.entry_id for one in picked]
    locked = WaitlistEntry.objects.select_for_update(no_key=True).filter(pk__in=wishes, status=EntryStatus.ACTIVE)
    if len(locked.order_by("pk").values_list("pk")) < len(wishes):
        return False
    return not wishes or len(ranking.among(slot, wishes, now=now)) == len(wishes)


def told_at(picked: Sequence[Picked], *, now: datetime) -> datetime:
    """When the first of them is told."""
    return min((way.send_at for one in picked for way in one.routes), default=now)
