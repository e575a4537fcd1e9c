"""What is over at a slot: offers that lapse, time kept for nobody any more, and the end of the slot itself."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from audit import trail
from matching import anew, offers
from matching.answering import holds
from matching.asking import clocks, refills
from matching.models import Offer
from matching.policy import ends, plans
from matching.states import OfferState
from matching.work import undeliverable
from notifications import asked, outbox
from notifications.models import Message
from notifications.states import REACHED_CARRIER, Kind, Rule
from waitlist import calendar, slots
from waitlist.calendar import Time
from waitlist.live import hint
from waitlist.models import Slot
from waitlist.nudge import nudge
from waitlist.states import ClosedBecause, EntryStatus, Launch, SlotState


def clear_up(slot: Slot | None, *, now: datetime) -> Slot | None:
    """Expire what is over at a slot as it was just read; the slot, where somebody may still be asked for it.

    It was read without its lock: a claim waits for that, and mostly nothing is over.
    """
    if slot is None or not slot.is_live:
        return None
    if anew.is_waiting(slot) and anew.begin(slot.pk, now=now) is not None:
        return None
    if _is_anything_over(slot, now=now):
        return slots.read_slot(slot.pk) if _clear_up(slot.pk, now=now) else None
    return slot if slot.state != SlotState.HELD else None


def _is_anything_over(slot: Slot, *, now: datetime) -> bool:
    """Whether clearing up would change anything."""
    time, waiting = Time.of(slot), offers.pending(slot)
    is_hold_over = slot.held_until is not None and slot.held_until <= now
    if is_hold_over or now >= ends.answers_end_at(slot) or _is_too_late_to_ask(slot, now=now):
        return True
    if calendar.is_booked(time) or calendar.closure_over(slot.clinic, time) or clocks.is_to_thaw(slot):
        return True
    if waiting.exists() and (
        waiting.filter(expires_at__lte=now).exists()
        or clocks.have_news(slot, now=now)
        or undeliverable(waiting).exists()
    ):
        return True
    return _is_kept_for_nobody(slot, now=now)


@transaction.atomic(durable=True)
def _clear_up(slot_id: int, *, now: datetime) -> bool:
    slot = slots.lock_slot(slot_id)
    if slot is None or not slot.is_live or holds.is_on(slot, now=now):
        return False
    if now >= ends.answers_end_at(slot):
        run_out(slot, now=now)
        return False
    time = Time.of(slot)
    if calendar.is_booked(time):
        withdraw(slot, ClosedBecause.REBOOKED, Kind.RETRACTED, now=now)
        return False
    if calendar.closure_over(slot.clinic, time):
        withdraw(slot, ClosedBecause.CLOSURE, Kind.WITHDRAWN, now=now)
        return False
    _let_lapse(slot, now=now)
    open_to_others_early(slot, now=now)
    if _is_too_late_to_ask(slot, now=now):
        _ask_no_more(slot, now=now)
    return True


def run_out(slot: Slot, *, now: datetime) -> None:
    """The time for a yes is over and nobody took it; whom a dry run would have told has not answered by silence."""
    if slot.clinic.launch == Launch.REHEARSAL or slot.clinic.live_since is not None:
        held_back = asked.of_each().filter(refused_by=Rule.REHEARSAL)
        offers.lapse(slot, offers.pending(slot).filter(Exists(held_back)), now=now, heard=False)
    offers.lapse(slot, offers.pending(slot), now=now)
    was_asked = Offer.objects.filter(slot=slot, wave__gt=0).exists()
    because = ClosedBecause.PAST if was_asked else ClosedBecause.TOO_NEAR
    slots.close_slot(slot, SlotState.EXPIRED, because=because, now=now)
    hint(slot.clinic_id, "board")


def withdraw(slot: Slot, because: ClosedBecause, news: Kind, *, now: datetime) -> None:
    """End a live slot that is not to be filled any more, and tell those who could still have said yes."""
    kept_for = holds.late_holder(slot, now=now)
    slots.close_slot(slot, SlotState.WITHDRAWN, because=because, now=now)
    outbox.enqueue_news(news, [*offers.retract(slot, offers.pending(slot), now=now), *kept_for], now=now)
    nudge("notifications.tasks.deliver_slot", slot.pk)
    hint(slot.clinic_id, "board")


def _let_lapse(slot: Slot, *, now: datetime) -> None:
    """Expire what could not be delivered, and what is due by clocks that take in when people heard and what stopped
    them; who was never told has not answered by silence."""
    stand_still = clocks.take_in(slot, now=now)
    refills.note(slot, offers.lapse(slot, undeliverable(offers.pending(slot)), now=now, heard=False), now=now)
    over = offers.pending(slot).filter(expires_at__lte=now).exclude(pk__in=stand_still)
    told = asked.of_each().filter(status__in=REACHED_CARRIER)
    offers.lapse(slot, over.filter(~Exists(told)), now=now, heard=False)
    offers.lapse(slot, over, now=now)


def open_to_others_early(slot: Slot, *, now: datetime) -> None:
    """Exclusive access ends with the last it is kept for."""
    if not _is_kept_for_nobody(slot, now=now):
        return
    next_wave_at = slot.next_wave_at if plans.of(slot).is_over else now
    slot.exclusive_until, slot.next_wave_at = now, next_wave_at
    Slot.objects.filter(pk=slot.pk).update(exclusive_until=now, next_wave_at=next_wave_at)
    trail.record("slot.exclusive_ended", slot, now=now, clinic_id=slot.clinic_id)


def _is_kept_for_nobody(slot: Slot, *, now: datetime) -> bool:
    """Whether nobody could still answer or take the place of one who could not be told, while the time is kept for
    those asked; a late yes of those who were told counts."""
    if not slot.is_exclusive(now) or refills.are_due(plans.of(slot)):
        return False
    told = Message.objects.filter(offer=OuterRef("pk"), kind=Kind.OFFER, status__in=REACHED_CARRIER)
    theirs = Offer.objects.filter(slot=slot).exclude(entry__status=EntryStatus.BOOKED)
    return not theirs.filter(Q(state=OfferState.PENDING) | Q(Exists(told), state=OfferState.EXPIRED)).exists()


def _is_too_late_to_ask(slot: Slot, *, now: datetime) -> bool:
    return slot.next_wave_at is not None and max(slot.next_wave_at, ends.offers_end_at(slot)) <= now


def _ask_no_more(slot: Slot, *, now: datetime) -> None:
    """It is too late to ask anybody new: only to end the slot it is looked at again."""
    slot.next_wave_at = ends.answers_end_at(slot)
    Slot.objects.filter(pk=slot.pk).update(next_wave_at=slot.next_wave_at)
    trail.record("slot.offers_over", slot, now=now, clinic_id=slot.clinic_id)
