"""Many slots due at once: whom the next wave of each asks first, ranked in one pass, looked at again under its lock.

What a slot asks for changes what the next one finds, so a foresight only says where to look: with it a wave finds
exactly whom it would have found without, or is told that it has to look for itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from matching.choosing import burst, ranking
from matching.choosing.burst import Asked
from matching.choosing.ranking import Candidate
from matching.models import SentWave
from matching.policy import plans
from matching.policy.plans import SURGE_SIZE
from matching.policy.policies import Wave
from matching.states import Order
from waitlist.models import Slot

AHEAD = 6  # times as many as a wave asks: it ranks some to spare, and some will be asked by others meanwhile


@dataclass(frozen=True)
class Foresight:
    """Whom this wave ranked first a moment ago; `is_whole`: nobody else fitted."""

    wave: Wave
    people: list[Candidate]
    is_whole: bool

    def still(self, slot: Slot, *, limit: int, now: datetime) -> list[Candidate] | None:
        """What `ranking.rank` would find now for this wave; None where only a look at everybody can tell."""
        wave = self.wave
        fresh = ranking.among(
            slot, [one.entry_id for one in self.people], min_score=wave.min_score, tiers=wave.tiers, now=now
        )
        if self.is_whole:
            return fresh[:limit]
        sure = [one for one in fresh if one.score > self.people[-1].score]
        return sure[:limit] if len(sure) >= limit else None


def foresee(slots: Sequence[Slot], *, now: datetime) -> dict[int, Foresight]:
    """By slot, for those of one clinic whose next wave asks a few people by their score."""
    sent: dict[int, list[SentWave]] = {}
    for row in SentWave.objects.filter(slot__in=slots).order_by("number"):
        sent.setdefault(row.slot_id, []).append(row)
    next_waves = {slot: _next_wave(slot, sent.get(slot.pk, [])) for slot in slots}
    few = {slot: wave for slot, wave in next_waves.items() if wave is not None}
    limit = AHEAD * max((max(wave.size or 0, SURGE_SIZE) for wave in few.values()), default=0)
    ranked = burst.rank(
        [Asked(slot, min_score=wave.min_score, tiers=wave.tiers) for slot, wave in few.items()], limit=limit, now=now
    )
    return {
        slot.pk: Foresight(wave, ranked[slot.pk], is_whole=len(ranked[slot.pk]) < limit) for slot, wave in few.items()
    }


def _next_wave(slot: Slot, sent: list[SentWave]) -> Wave | None:
    """The first it would try, if that asks a few people by their score."""
    plan = plans.of(slot, sent)
    if not plan.waves:
        return None
    wave = plan.waves[plan.steps[0] - 1]
    return wave if wave.size is not None and wave.order == Order.SCORE else None
