"""Express booking: staff keep a time for one patient and send the link by which they complete it (docs/adr/0028).

It ends by itself like any hold, and the offer in it like any other; whoever sends looks before the slot is locked, and
once more under its lock.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Max

from audit import trail
from matching import lapses, offers
from matching.answering import holds, softlock, unasked
from matching.answering.outcomes import holds_no_later
from matching.choosing import ranking
from matching.models import Offer, SentWave
from matching.states import MAY_ANSWER, OFFER_MOVES, OfferState
from notifications import outages, outbox
from notifications.outbox import Route
from notifications.states import Channel, Kind, Rule
from waitlist import slots, vacancies
from waitlist.live import hint
from waitlist.models import Patient, Slot, WaitlistEntry
from waitlist.nudge import nudge
from waitlist.states import LAUNCHED, EntryStatus, Launch, SlotState
from waitlist.vacancies import OffersOut, Refused

BY = (Channel.SMS, Channel.EMAIL)  # a link cannot be said
LEAST = timedelta(minutes=3)  # less is no time to open it and read
AT_ONCE = timedelta(seconds=1)  # what waits for the morning would be held for nobody
REHEARSAL = "This clinic is in a dry run, so nothing is sent: the link was not, and the time is not kept."
TOO_LATE = "Too little time is left to complete a link: book by hand."
NOT_FREE = "This slot is not free any more."
NO_LATER = "They hold a visit that is no later than this."
BOOKED = "Their wish is booked already: book by hand if they want this time, too."


class NotTold(Refused):
    """A rule of contact forbids to write to them now, so nothing is kept: the message is the rule."""


def send(slot_id: int, patient: Patient, *, override: str | None = None, now: datetime) -> datetime:
    """Keep the slot for this patient and send them the link; until when. Refused: why not, and nothing was done.

    `override`: why, over offers that are out (matching.states.Override); OffersOut where it is needed and not said.
    """
    lapses.clear_up(slots.read_slot(slot_id), now=now)
    slot = slots.read_slot(slot_id)
    if slot is None or not slot.is_live:
        raise Refused(NOT_FREE)
    wish = unasked.wish_for(slot_id, patient)
    excluded = ranking.excluded(slot, asked=[patient.pk], now=now)
    scored = ranking.why(slot, wish, now=now) if wish is not None else None
    as_new = Offer(slot=slot, patient=patient, entry=wish, wave=0)
    if scored is not None:
        as_new.score, as_new.parts = scored.score, scored.parts
    return _send(as_new, excluded, override=override, now=now)


@transaction.atomic(durable=True)
def _send(as_new: Offer, excluded: dict[str, int], *, override: str | None, now: datetime) -> datetime:
    slot, patient = slots.lock_slot(as_new.slot_id), as_new.patient
    if slot is None or not slot.is_live:
        raise Refused(NOT_FREE)
    if holds.is_on(slot, now=now):
        raise Refused(vacancies.busy(slot.pk))
    before = Offer.objects.select_related("entry__later_visit").filter(slot=slot, patient=patient).first()
    offer = before or as_new
    offer.slot, offer.patient = slot, patient
    until = _until(slot, now=now)
    _refuse_if_not_theirs(slot, offer, is_new=before is None, now=now)
    if not softlock.allows(slot, patient.pk, override or "", now=now):
        raise OffersOut("Others were asked for this time: say why it is kept for one of them all the same.")
    ways = _ways(slot, patient, offer.entry, now=now)
    if offer.wave == 0:  # no wave asked them: this is one of its own, chosen by staff
        offer.wave = 1 + max(slot.wave, slot.waves.aggregate(last=Max("number"))["last"] or 0)
        facts = {"step": 0, "sent_at": now, "told_at": now, "asked": 1, "excluded": excluded}
        SentWave.objects.create(slot=slot, number=offer.wave, **facts)
    _ask(slot, offer, until=until, now=now)
    told: dict[str, Any] = {"wave": max(slot.wave, offer.wave)}
    told |= {} if slot.wave else {"may_ask_at": min(now, slot.may_ask_at or now)}
    if not holds.keep(slot, patient.pk, until=until, verb="slot.link_sent", now=now, **told):
        raise Refused(NOT_FREE)
    outbox.enqueue_offers(slot, [(offer, ways)], now=now)
    hint(slot.clinic_id, "board")
    return until


def _until(slot: Slot, *, now: datetime) -> datetime:
    """For so long as the clinic says, and never past the last moment for a yes."""
    until = min(now + timedelta(minutes=slot.clinic.express_minutes), ranking.answers_end_at(slot))
    if until - now < LEAST:
        raise Refused(TOO_LATE)
    return until


def _refuse_if_not_theirs(slot: Slot, offer: Offer, *, is_new: bool, now: datetime) -> None:
    """Whoever cannot have it in the end is not sent a link to it."""
    if slot.clinic.launch == Launch.REHEARSAL:
        raise Refused(REHEARSAL)
    if slot.is_exclusive(now) and (is_new or offer.state not in MAY_ANSWER):
        raise Refused(vacancies.kept(slot, now=now))
    if not is_new and offer.state not in OFFER_MOVES[OfferState.PENDING]:
        raise Refused(NOT_FREE)
    if offer.entry is not None and offer.entry.status == EntryStatus.BOOKED:
        raise Refused(BOOKED)
    if holds_no_later(offer):
        raise Refused(NO_LATER)
    if holds.is_taken(slot, offer):
        raise Refused(vacancies.clash(slot.pk, offer.patient))


def _ways(slot: Slot, patient: Patient, wish: WaitlistEntry | None, *, now: datetime) -> list[Route]:
    """The ways that may be used now; their numbers are locked from here on."""
    tiers = LAUNCHED.get(Launch(slot.clinic.launch))
    if tiers is not None and ((wish.priority if wish else "") or patient.tier) not in tiers:
        raise NotTold(Rule.NOT_LAUNCHED)
    found = outbox.find_ways(slot, [patient], channels=BY, until=now + AT_ONCE, now=now)
    if not outbox.still_hold(found, [patient.pk], now=now):  # locked now, so once more is for good
        found = outbox.find_ways(slot, [patient], channels=BY, until=now + AT_ONCE, now=now)
    ways = found.of[patient.pk]
    if isinstance(ways, str):
        raise NotTold(ways)
    out = outages.out()
    open_ways = [way for way in ways if way.channel not in out]
    if not open_ways:
        raise Refused(f"{Channel(ways[0].channel).label}s do not go out at the moment, so the time is not kept.")
    return open_ways


def _ask(slot: Slot, offer: Offer, *, until: datetime, now: datetime) -> None:
    """Their offer is open until the hold ends: a new one, or once more the one they had, whose own time to answer is
    never made shorter."""
    changes = {"wave": offer.wave, "until": until.isoformat()}
    if offer._state.adding:
        offer.offered_at, offer.expires_at, offer.link_sent_at = now, until, now
        offer.save(force_insert=True)
        WaitlistEntry.objects.filter(pk=offer.entry_id or 0).update(offers_received=F("offers_received") + 1)
    else:
        outbox.drop_unsent(slot, [offer], now=now)  # of the time they were asked before
        fields: dict[str, Any] = {"wave": offer.wave, "state": OfferState.PENDING, "rounds": offer.rounds + 1}
        fields |= {"link_sent_at": now, "seen_at": None, "reserve": "", "expires_at": until}
        if offer.state == OfferState.PENDING:
            fields["expires_at"] = max(offer.expires_at, until)
        else:
            fields |= {"window_minutes": 0, "heard_at": None, "thawed_to": now}
            fields |= {"answered_at": None, "answered_by": "", "decline_reason": ""}
        Offer.objects.filter(pk=offer.pk).update(**fields)
        for name, value in fields.items():
            setattr(offer, name, value)
    trail.record("offer.link_sent", offer, now=now, clinic_id=slot.clinic_id, changes=changes)


@transaction.atomic(durable=True)
def take_back(slot_id: int, *, now: datetime) -> Offer | None:
    """Staff keep it for them no more, and they are told; the offer, or None where nothing was kept by a link."""
    slot = slots.lock_slot(slot_id)
    offer = waiting(slot) if slot is not None else None
    if slot is None or offer is None:
        return None
    offers.retract(slot, Offer.objects.filter(pk=offer.pk), now=now)
    Offer.objects.filter(pk=offer.pk).update(answered_by="staff")
    offer.refresh_from_db(fields=["state", "answered_by"])
    holds.give_up(slot, offer.patient_id, verb="slot.link_taken_back", now=now)
    outbox.enqueue_news(Kind.WITHDRAWN, [offer], now=now)
    nudge("matching.tasks.advance", slot.pk)
    return offer


def waiting(slot: Slot) -> Offer | None:
    """The offer whose link has yet to be completed, while the time is kept for it."""
    if slot.state != SlotState.HELD:
        return None
    theirs = Offer.objects.filter(slot=slot, patient=slot.held_by_id, link_sent_at__isnull=False)
    return theirs.select_related("slot", "patient").exclude(state=OfferState.ACCEPTED).first()
