"""A time that a dry run had asked for is opened anew once offers go out, so that the same people may really be asked.

Its slot ends as rehearsed: nobody was told of it, so nobody is told of its end, and no figure counts it.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from audit import trail
from matching import offers
from matching.models import Offer
from matching.policy import ends, policies
from matching.states import OfferState
from notifications.models import Message
from notifications.states import Channel, Kind, MessageStatus, Rule
from waitlist import calendar, slots
from waitlist.autopilot import first_wave_at
from waitlist.calendar import Time
from waitlist.live import hint
from waitlist.models import Clinic, Slot
from waitlist.nudge import nudge
from waitlist.states import Autopilot, ClosedBecause, Launch, OpenedBecause, SlotState

# Of a slot `s`, for statements that count in SQL: a dry run held back what it had to say, and nobody was told.
REHEARSED = """(s.closed_because = 'rehearsed' OR (
    EXISTS (SELECT FROM notifications_message h
            WHERE h.slot_id = s.id AND h.kind = 'offer' AND h.refused_by = 'rehearsal')
    AND NOT EXISTS (SELECT FROM notifications_message t
            WHERE t.slot_id = s.id AND t.kind = 'offer' AND t.channel <> 'staff' AND t.sent_at IS NOT NULL)))"""
ASKING = (SlotState.OPEN, SlotState.OFFERING)
TOLD = Q(sent_at__isnull=False) | Q(status__in=(MessageStatus.SENDING, MessageStatus.UNKNOWN))
# Whom no wave of the new one asks either.
KEPT = Q(wave=0, state=OfferState.RETRACTED) | Q(state__in=(OfferState.DECLINED, OfferState.RETURNED))


def waiting() -> Q:
    """For a query of slots: those a dry run that is over had asked for, and of which nobody was told."""
    told = Message.objects.filter(slot=OuterRef("pk"), kind=Kind.OFFER).exclude(channel=Channel.STAFF)
    older = Q(status=MessageStatus.PENDING, created_at__lt=OuterRef("clinic__live_since"))
    held_back = told.filter(Q(refused_by=Rule.REHEARSAL) | older)
    was_there = Q(clinic__live_since__gt=F("opened_at"), state__in=ASKING) & ~Q(clinic__launch=Launch.REHEARSAL)
    return was_there & Exists(held_back) & ~Exists(told.filter(TOLD))


def of(clinic: Clinic) -> QuerySet[Slot]:
    """Those of one clinic."""
    return Slot.objects.filter(waiting(), clinic=clinic).order_by("pk")


def is_waiting(slot: Slot) -> bool:
    """The same of a slot as it was read, at no cost where no dry run has ended since it opened."""
    clinic = slot.clinic
    if clinic.launch == Launch.REHEARSAL or clinic.live_since is None or slot.opened_at >= clinic.live_since:
        return False
    return Slot.objects.filter(waiting(), pk=slot.pk).exists()


@transaction.atomic(durable=True)
def begin(slot_id: int, *, now: datetime) -> Slot | None:
    """Open it anew; None where that was done before, somebody was told of it, or it is too late to ask anybody.

    The practitioner is locked first, as wherever a time becomes free: nobody books it between end and beginning.
    """
    slot = slots.read_slot(slot_id)
    if slot is None:
        return None
    time = Time.of(slot)
    calendar.lock_live_over(time)
    slot = slots.lock_slot(slot_id)
    if slot is None or not is_waiting(slot) or now >= ends.offers_end_at(slot):
        return None
    if calendar.is_booked(time) or calendar.closure_over(slot.clinic, time):
        return None
    kept = list(Offer.objects.filter(KEPT, slot=slot).order_by("pk"))
    offers.retract(slot, offers.pending(slot), now=now)
    offers.uncount(Offer.objects.filter(slot=slot, wave__gt=0).exclude(KEPT))
    slots.close_slot(slot, SlotState.WITHDRAWN, because=ClosedBecause.REHEARSED, now=now)
    fresh = _open(slot, time, now=now)
    _carry_over(kept, fresh, now=now)
    if fresh.next_wave_at is not None and fresh.next_wave_at <= now:
        nudge("matching.tasks.advance", fresh.pk)
    hint(slot.clinic_id, "board")
    return fresh


def _open(slot: Slot, time: Time, *, now: datetime) -> Slot:
    """The same time and price, by the policy as it is now; where that goes by itself, at once: its waits are over. What
    staff paused stays paused."""
    policy = policies.load(slots.policy_of(slot.clinic, time.service).document)
    first = first_wave_at(policy, time, now=now)
    if first is not None and policy.autopilot == Autopilot.AUTOMATIC:
        first = now
    fresh = slots.open_slot(
        slot.clinic,
        time,
        because=OpenedBecause.ANEW,
        freed_by=slot.freed_by,
        price_cents=slot.price_cents,
        next_wave_at=None if slot.halted_at else first,
        now=now,
    )
    if fresh is None:
        raise ValueError(f"slot {slot.pk}: its time is not free, locked as it is")
    if slot.halted_at is not None:
        Slot.objects.filter(pk=fresh.pk).update(halted_at=slot.halted_at)
    trail.record("slot.anew", [slot, fresh], now=now, clinic_id=slot.clinic_id, changes={"slot": fresh.pk})
    return fresh


def _carry_over(kept: list[Offer], fresh: Slot, *, now: datetime) -> None:
    """Whom staff left out, whose time it was, and who said no to them on the phone is not asked for it anew either."""
    if not kept:
        return
    same = ("patient_id", "entry_id", "state", "answered_by", "answered_at", "decline_reason")
    rows = [
        Offer(slot=fresh, wave=0, offered_at=now, expires_at=now, **{name: getattr(one, name) for name in same})
        for one in kept
    ]
    trail.record("offer.carried_over", Offer.objects.bulk_create(rows), now=now, clinic_id=fresh.clinic_id)
