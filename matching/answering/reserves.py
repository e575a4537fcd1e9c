"""The reserve of a time: who was too late, and is booked or asked first when it comes free again.

`keep` and `leave` are acts of their own; whoever calls the others holds the slot's lock.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, F, Q

from audit import trail
from audit.actor import ActorKind
from matching import terms
from matching.answering import booking, wanting
from matching.answering.booking import lock_slot_of
from matching.asking import clocks
from matching.choosing import ranking
from matching.models import Offer
from matching.policy import plans
from matching.policy.plans import Plan
from matching.policy.policies import LIKE_ANY_OTHER
from matching.states import IN_LINE, MAY_BE_RESERVE, OfferState, Reserve
from notifications import outbox
from waitlist import masses, slots, surges
from waitlist.live import hint
from waitlist.models import Appointment, Slot
from waitlist.states import AppointmentStatus, SlotState

IN_RESERVE = Q(reserve__in=IN_LINE, state__in=MAY_BE_RESERVE)
BEING_ASKED = Q(reserve=Reserve.ASKED, state=OfferState.PENDING)


@dataclass(frozen=True)
class Standing:
    """Of a slot's offers: how many can be answered, are asked as reserve, and wait in reserve."""

    waiting: int
    asked: int
    in_line: int


def standing(slot: Slot) -> Standing:
    counts = {"waiting": Q(state=OfferState.PENDING), "asked": BEING_ASKED, "in_line": IN_RESERVE}
    found = Offer.objects.filter(slot=slot).aggregate(**{name: Count("pk", filter=q) for name, q in counts.items()})
    return Standing(**found)


def frees_until(slot: Slot, patient_id: int, *, now: datetime) -> datetime | None:
    """Until when somebody else may still let this time go; None where it is theirs, free, or gone for good."""
    if slot.state == SlotState.HELD and slot.held_until is not None and slot.held_until > now:
        return slot.held_until if slot.held_by_id != patient_id else None
    free_until, visit = terms.free_until(slot), slot.filled_by
    if slot.state != SlotState.FILLED or free_until is None or visit is None:
        return None
    if visit.status != AppointmentStatus.BOOKED or not slot.is_time_of(visit):  # it came free as a slot of its own
        return None
    ends_at = min(free_until, ranking.answers_end_at(slot))
    return ends_at if now < ends_at and ranking.slot_is_answerable(slot, now=now) else None


def may_keep(offer: Offer, *, now: datetime) -> bool:
    """Whether they may be its reserve: they lost it, still wait, and it may come free."""
    may_be = offer.state in MAY_BE_RESERVE and not offer.is_taken_back
    is_lost = may_be and frees_until(offer.slot, offer.patient_id, now=now) is not None
    return is_lost and wanting.waits(offer)


def may_book(slot: Slot, offer: Offer) -> bool:
    """Whether they can be booked without a further word; not where that asks something or gives up a later visit, nor
    while they pause."""
    gives_up = offer.entry is not None and offer.entry.later_visit_id is not None
    asks = bool(slot.service.details_prompt) or offer.link_sent_at is not None
    return not asks and not gives_up and not wanting.is_paused(offer.entry)


@transaction.atomic(durable=True)
def keep(offer_id: int, how: Reserve, *, now: datetime) -> bool:
    """Their place in reserve, in the order of asking for it; False where there is nothing to wait for."""
    slot = lock_slot_of(offer_id)
    offer = Offer.objects.select_related("entry").get(pk=offer_id)
    offer.slot = slot
    if how not in IN_LINE or not may_keep(offer, now=now):
        return False
    since = offer.reserved_at if offer.reserve in IN_LINE else now
    _set(slot, offer, how, "offer.reserved", now=now, reserved_at=since)
    return True


@transaction.atomic(durable=True)
def leave(offer_id: int, *, now: datetime) -> bool:
    """In reserve no more; False if they were not."""
    slot = lock_slot_of(offer_id)
    offer = Offer.objects.get(pk=offer_id)
    if offer.reserve not in IN_LINE:
        return False
    _set(slot, offer, Reserve.NONE, "offer.reserve_left", now=now)
    return True


def book_first(slot: Slot, *, now: datetime) -> bool:
    """Book the free slot for the first in reserve, if that is what they chose. Who is to be asked is asked by the
    cascade, in a transaction of its own: it locks numbers.

    Nobody while staff are asked what becomes of the day, or nobody could be told: then it is the cascade's later."""
    if masses.is_asked_about(slot) or clocks.stopped_by([LIKE_ANY_OTHER]):
        return False
    for offer in _line(slot):
        if offer.reserve != Reserve.BOOK or not may_book(slot, offer):
            return False
        if _book(slot, offer, now=now):
            return True
        _set(slot, offer, Reserve.NONE, "offer.reserve_passed", now=now)
    return False


def come_first(slot: Slot, plan: Plan, stand: Standing, *, now: datetime) -> bool | None:
    """Whether the next wave has to wait: the first in reserve is booked or asked, or is being asked. None: passed over.

    The next one's turn is a transaction of its own, as their number is locked before anybody's offer."""
    if stand.asked or not stand.in_line:
        return bool(stand.asked)
    first, *_ = _line(slot)
    books = first.reserve == Reserve.BOOK and may_book(slot, first)
    if _book(slot, first, now=now) if books else _ask(slot, first, plan, now=now):
        return True
    _set(slot, first, Reserve.NONE, "offer.reserve_passed", now=now)
    return None


def declined(slot: Slot, offer: Offer, *, now: datetime) -> None:
    """Who was asked as reserve says no: what waited for them need not wait any more."""
    if offer.reserve == Reserve.ASKED and slot.next_wave_at == offer.expires_at:
        Slot.objects.filter(pk=slot.pk).update(next_wave_at=now)
        trail.record("slot.reserve_declined", slot, now=now, clinic_id=slot.clinic_id)


def _line(slot: Slot) -> list[Offer]:
    """Those in reserve, in their order; nobody while one of them is being asked."""
    rows = Offer.objects.filter(IN_RESERVE | BEING_ASKED, slot=slot).select_related("patient", "entry")
    line = list(rows.order_by("reserved_at", "pk"))
    return [] if any(offer.reserve == Reserve.ASKED for offer in line) else line


def _book(slot: Slot, offer: Offer, *, now: datetime) -> bool:
    """The one write, for them; False, with nothing of it left, where they are booked elsewhere by now, want it no more
    or could not be told."""
    if not wanting.may_be_booked(slot, offer):
        return False
    ours = replace(trail.current(), kind=ActorKind.SYSTEM, ref=None, user_id=None, user_email="")
    known_at = outbox.known_at(offer.patient, slot, now=now)
    try:
        with transaction.atomic(), trail.acting(ours):
            visit_id = booking.write(slot, offer.pk, via="reserve", known_at=known_at, now=now)
            Offer.objects.filter(pk=offer.pk).update(reserve=Reserve.NONE)
            if offer.wave == 0:  # no text of ours to copy the facts from
                outbox.confirm(offer, Appointment.objects.get(pk=visit_id), now=now)
    except booking.Lost:
        return False
    except IntegrityError as error:
        if not booking.is_double(error):
            raise
        return False
    slot.state = SlotState.FILLED
    return True


def _ask(slot: Slot, offer: Offer, plan: Plan, *, now: datetime) -> bool:
    """Ask them anew, with the time their first wave gave and no less than they have; False where they cannot be told
    now or do not wait any more."""
    until = ranking.answers_end_at(slot)
    found = outbox.find_ways(slot, [offer.patient], until=until, now=now)
    if not outbox.still_hold(found, [offer.patient_id], now=now):  # locked now, so once more is for good
        found = outbox.find_ways(slot, [offer.patient], until=until, now=now)
    ways = found.of[offer.patient_id]
    if isinstance(ways, str) or offer.state not in MAY_BE_RESERVE:
        return False
    if not wanting.may_be_asked(slot, offer):
        return False
    wave = plan.wave_of(offer.wave) or LIKE_ANY_OTHER
    window = plans.window(slot, wave, is_surge=surges.is_surge(slot.location, slot.starts_at), now=now)
    offer.expires_at = min(max(offer.expires_at, outbox.answer_by(slot, offer.patient, ways, window)), until)
    offer.state, offer.rounds = OfferState.PENDING, offer.rounds + 1
    fields: dict[str, Any] = {"state": offer.state, "rounds": F("rounds") + 1, "expires_at": offer.expires_at}
    fields |= {"window_minutes": window // timedelta(minutes=1), "thawed_to": now, "heard_at": None}
    offer.link_sent_at = fields["link_sent_at"] = None  # like anybody: no time is kept for them
    _set(slot, offer, Reserve.ASKED, "offer.asked_again", now=now, **fields)
    outbox.enqueue_offers(slot, [(offer, ways)], now=now)
    if slot.next_wave_at is not None:
        slot.next_wave_at = max(slot.next_wave_at, offer.expires_at)
    if slot.state == SlotState.OFFERING:
        Slot.objects.filter(pk=slot.pk).update(next_wave_at=slot.next_wave_at)
        trail.record("slot.reserve_asked", slot, now=now, clinic_id=slot.clinic_id)
    else:
        at = {"next_wave_at": slot.next_wave_at}
        slots.move_slot(slot, SlotState.OFFERING, now=now, verb="slot.reserve_asked", **at)
    return True


def _set(slot: Slot, offer: Offer, reserve: Reserve, verb: str, *, now: datetime, **fields: object) -> None:
    Offer.objects.filter(pk=offer.pk).update(reserve=reserve, **fields)
    trail.record(verb, offer, now=now, clinic_id=slot.clinic_id, changes={"reserve": reserve})
    hint(slot.clinic_id, "board")
