"""The cascade of one slot: let lapse what is due, ask the next few, know when to look again.

One call is one transaction under the slot's lock, and may be repeated at any time by anybody: what it does
follows from rows alone.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from audit import trail
from matching import offers, policies, ranking
from matching.models import Offer, SentWave
from matching.ranking import Candidate
from matching.states import OfferState
from notifications import outbox
from notifications.models import Message
from notifications.states import REACHED_CARRIER, Kind, MessageStatus
from waitlist import calendar
from waitlist.live import hint
from waitlist.models import Patient, Slot, WaitlistEntry
from waitlist.nudge import nudge
from waitlist.states import LIVE_SLOT_STATES, ClosedBecause, EntryStatus, SlotState

LOOK_AGAIN = timedelta(minutes=15)  # nobody left to ask: somebody may join, come back from a pause or lose a cap
SPARE = 3  # ranked per place, as some will turn out not to be reachable now
ON_ITS_WAY = (MessageStatus.PENDING, *REACHED_CARRIER)


@dataclass(frozen=True)
class Picked:
    candidate: Candidate
    routes: list[outbox.Route]
    expires_at: datetime


@transaction.atomic(durable=True)
def advance(slot_id: int, *, now: datetime) -> int:
    """Do for this slot what is due now; how many people were asked."""
    slot = calendar.lock_slot(slot_id)
    if slot is None or not slot.is_live or _is_held(slot, now):
        return 0
    if now >= ranking.answers_end_at(slot):
        run_out(slot, now=now)
        return 0
    _let_lapse(slot, now=now)
    waiting = offers.pending(slot).count()
    asked = _ask_next(slot, now=now) if _is_due(slot, waiting, now) else 0
    if not asked and not waiting and slot.state != SlotState.OPEN:
        calendar.move_slot(slot, SlotState.OPEN, now=now, verb="slot.nobody_asked")
    hint(slot.clinic_id, "board")
    return asked


def due(*, now: datetime, limit: int) -> list[int]:
    """Live slots whose cascade has something to do, whatever nudge was lost: the sweep's list, oldest first."""
    waiting = Offer.objects.filter(slot=OuterRef("pk"), state=OfferState.PENDING)
    return list(
        Slot.objects.filter(state__in=LIVE_SLOT_STATES)
        .filter(
            Q(next_wave_at__lte=now)
            | Q(next_wave_at=None, starts_at__lte=now)
            | Q(held_until__lte=now)
            | Exists(waiting.filter(expires_at__lte=now))
            | Exists(_undeliverable(waiting))
            | (Q(state=SlotState.OFFERING) & ~Exists(waiting))
        )
        .order_by(F("next_wave_at").asc(nulls_last=True), "pk")
        .values_list("pk", flat=True)[:limit]
    )


def run_out(slot: Slot, *, now: datetime) -> None:
    """The time for a yes is over and nobody took it."""
    offers.lapse(slot, offers.pending(slot), now=now)
    calendar.close_slot(slot, SlotState.EXPIRED, because=ClosedBecause.PAST, now=now)
    hint(slot.clinic_id, "board")


def _is_held(slot: Slot, now: datetime) -> bool:
    """Whether somebody is finishing their booking; a hold that is over is lifted."""
    if slot.state != SlotState.HELD:
        return False
    if slot.held_until is not None and slot.held_until > now:
        return True
    calendar.move_slot(slot, SlotState.OFFERING, now=now, verb="slot.hold_lapsed", held_by=None, held_until=None)
    return False


def _let_lapse(slot: Slot, *, now: datetime) -> None:
    """Expire what is due, and what could not be delivered: that one was never really asked."""
    offers.lapse(slot, offers.pending(slot).filter(expires_at__lte=now), now=now)
    offers.lapse(slot, _undeliverable(offers.pending(slot)), now=now, answered=False)


def _undeliverable(waiting: QuerySet[Offer]) -> QuerySet[Offer]:
    """Those of which no message went out, or is still to go."""
    told = Message.objects.filter(offer=OuterRef("pk"), kind=Kind.OFFER)
    return waiting.filter(Exists(told), ~Exists(told.filter(status__in=ON_ITS_WAY)))


def _is_due(slot: Slot, waiting: int, now: datetime) -> bool:
    """At its minute, or early when the wave before is used up; never before the first wave's own time."""
    if slot.next_wave_at is None:
        return False
    return slot.next_wave_at <= now or (slot.wave > 0 and not waiting)


def _ask_next(slot: Slot, *, now: datetime) -> int:
    """Send the first wave that finds somebody; write down whom it asked and why not the others."""
    policy = policies.load(slot.policy.document)
    waves = policy.waves(slot.starts_at - slot.opened_at)
    refused: dict[str, int] = {}
    for number in range(slot.wave + 1, max(slot.wave + 1, len(waves)) + 1):
        wave = waves[min(number, len(waves)) - 1]
        picked, refused = _pick(slot, policy, wave, now=now)
        if picked:
            _offer(slot, picked, number, now=now)
            break
    else:
        number = slot.wave + 1
    excluded = ranking.excluded(slot, policy, now=now) | refused
    SentWave.objects.update_or_create(
        slot=slot, number=number, defaults={"sent_at": now, "asked": len(picked), "excluded": excluded}
    )
    fields = {"wave": number if picked else slot.wave, "next_wave_at": _next_look(slot, waves, number, now)}
    state = SlotState.OFFERING if picked else slot.state
    Slot.objects.filter(pk=slot.pk).update(state=state, **fields)
    slot.state = state
    changes = {"wave": number, "asked": len(picked)}
    trail.record("slot.wave", slot, now=now, clinic_id=slot.clinic_id, changes=changes)
    return len(picked)


def _pick(
    slot: Slot, policy: policies.Policy, wave: policies.Wave, *, now: datetime
) -> tuple[list[Picked], dict[str, int]]:
    """The best people of this wave who can be told in time, and how many could not, by rule."""
    ranked = ranking.rank(slot, policy, min_score=wave.min_score, limit=wave.size * SPARE, now=now)
    patients = Patient.objects.in_bulk([candidate.patient_id for candidate in ranked])
    until = ranking.answers_end_at(slot)
    found = outbox.routes(slot, list(patients.values()), until=until, now=now)
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
        elif candidate.entry_id in still and len(picked) < wave.size:
            ends = min(min(way.send_at for way in ways) + window, until)
            picked.append(Picked(candidate, ways, ends))
    return picked, refused


def _offer(slot: Slot, picked: list[Picked], number: int, *, now: datetime) -> None:
    """Make the offers and put their messages in the outbox."""
    made = offers.make(slot, [(p.candidate, p.expires_at) for p in picked], wave=number, now=now)
    pairs = [(offer, p.routes) for offer, p in zip(made, picked, strict=True)]
    outbox.enqueue_offers(slot, pairs, now=now)
    nudge("notifications.tasks.deliver_slot", slot.pk)


def _next_look(slot: Slot, waves: tuple[policies.Wave, ...], number: int, now: datetime) -> datetime:
    """When to act next: at the next wave's minute or when everybody's time is over, whichever is sooner."""
    latest = offers.pending(slot).order_by("-expires_at").values_list("expires_at", flat=True).first()
    moments = [ranking.answers_end_at(slot), latest or now + LOOK_AGAIN]
    if latest and number < len(waves):
        gap = waves[number].after_minutes - waves[number - 1].after_minutes
        moments.append(now + timedelta(minutes=gap))
    return min(moments)
