"""One wave of a slot: pick the next few, offer it to them, write down whom it asked and why not the others.

Whoever calls holds the slot's lock.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from audit import trail
from matching import offers, policies, ranking
from matching.models import SentWave
from matching.ranking import Candidate
from notifications import outbox
from waitlist.models import Patient, Slot, WaitlistEntry
from waitlist.nudge import nudge
from waitlist.states import EntryStatus, SlotState

LOOK_AGAIN = timedelta(minutes=15)  # nobody left to ask: somebody may join, come back from a pause or lose a cap
SPARE = 3  # ranked per place, as some will turn out not to be reachable now
EVERYBODY = 10_000
WIDER = 8  # times as many, where that was not enough


@dataclass(frozen=True)
class Picked:
    candidate: Candidate
    routes: list[outbox.Route]
    expires_at: datetime


def send(slot: Slot, *, now: datetime) -> int:
    """Send the first wave that finds somebody; write down whom it asked and why not the others."""
    policy = policies.load(slot.policy.document)
    plan = policy.waves(slot.starts_at - slot.opened_at)
    refused: dict[str, int] = {}
    for number in range(slot.wave + 1, max(slot.wave + 1, len(plan)) + 1):
        wave = plan[min(number, len(plan)) - 1]
        picked, refused = _pick(slot, wave, now=now)
        if picked:
            _offer(slot, picked, number, now=now)
            break
    else:
        number = slot.wave + 1
    excluded = ranking.excluded(slot, now=now) | refused
    SentWave.objects.update_or_create(
        slot=slot, number=number, defaults={"sent_at": now, "asked": len(picked), "excluded": excluded}
    )
    fields = {"wave": number if picked else slot.wave, "next_wave_at": _next_look(slot, plan, number, picked, now)}
    state = SlotState.OFFERING if picked else slot.state
    Slot.objects.filter(pk=slot.pk).update(state=state, **fields)
    slot.state = state
    changes = {"wave": number, "asked": len(picked)}
    trail.record("slot.wave", slot, now=now, clinic_id=slot.clinic_id, changes=changes)
    return len(picked)


def _pick(slot: Slot, wave: policies.Wave, *, now: datetime) -> tuple[list[Picked], dict[str, int]]:
    """The best people of this wave who can be told in time, and how many could not, by rule.

    Where too many of the best cannot be told, more are looked at; their locks are let go first, so that
    numbers are always locked in one go and in order.
    """
    size = wave.size or EVERYBODY
    limit = size * SPARE
    while True:
        before = transaction.savepoint()
        ranked = ranking.rank(slot, min_score=wave.min_score, limit=limit, now=now)
        picked, refused = _reachable(slot, ranked, size, now=now)
        if len(picked) == size or len(ranked) < limit:
            transaction.savepoint_commit(before)
            return picked, refused
        transaction.savepoint_rollback(before)
        limit *= WIDER


def _reachable(slot: Slot, ranked: list[Candidate], size: int, *, now: datetime) -> tuple[list[Picked], dict[str, int]]:
    """The first `size` of the ranked who can be told, their ways and deadlines; how many others could not."""
    patients = Patient.objects.in_bulk([candidate.patient_id for candidate in ranked])
    until = ranking.answers_end_at(slot)
    in_order = [patients[one.patient_id] for one in ranked if one.patient_id in patients]
    found = outbox.routes(slot, in_order, until=until, now=now)
    still = set(
        WaitlistEntry.objects.select_for_update(no_key=True)
        .filter(pk__in=[candidate.entry_id for candidate in ranked], status=EntryStatus.ACTIVE)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    window = policies.window(slot.starts_at - now, slot.service.window_minutes)
    picked: list[Picked] = []
    refused: dict[str, int] = {}
    for candidate in ranked:
        ways = found.get(candidate.patient_id, "gone")
        if isinstance(ways, str):
            refused[ways] = refused.get(ways, 0) + 1
        elif candidate.entry_id in still and len(picked) < size:
            ends = min(outbox.answer_by(slot, patients[candidate.patient_id], ways, window), until)
            picked.append(Picked(candidate, ways, ends))
    return picked, refused


def _offer(slot: Slot, picked: list[Picked], number: int, *, now: datetime) -> None:
    """Make the offers and put their messages in the outbox."""
    made = offers.make(slot, [(p.candidate, p.expires_at) for p in picked], wave=number, now=now)
    pairs = [(offer, p.routes) for offer, p in zip(made, picked, strict=True)]
    outbox.enqueue_offers(slot, pairs, now=now)
    nudge("notifications.tasks.deliver_slot", slot.pk)


def _next_look(
    slot: Slot, plan: tuple[policies.Wave, ...], number: int, picked: list[Picked], now: datetime
) -> datetime:
    """When to act next: at the next wave's minute or when everybody's time is over, whichever is sooner.

    A wave that waits for the morning has its minutes counted from then: the next must not overtake it.
    """
    latest = offers.pending(slot).order_by("-expires_at").values_list("expires_at", flat=True).first()
    moments = [ranking.answers_end_at(slot), latest or now + LOOK_AGAIN]
    if latest and number < len(plan):
        told_at = min((way.send_at for one in picked for way in one.routes), default=now)
        gap = plan[number].after_minutes - plan[number - 1].after_minutes
        moments.append(max(now, told_at) + timedelta(minutes=gap))
    return min(moments)
