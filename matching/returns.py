"""After the yes: given back in grace, overruled by the calendar, and what else was on offer taken back."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce

from audit import trail
from matching import lapses, offers, regains, terms
from matching.answering import holds, reserves
from matching.answering.booking import lock_slot_of
from matching.models import Offer
from matching.policy import plans
from matching.states import OfferState
from notifications import outbox
from notifications.states import Kind
from waitlist import calendar, entries, pausing, slots
from waitlist.calendar import Time
from waitlist.live import hint
from waitlist.models import Appointment, Slot, WaitlistEntry, Writeback
from waitlist.nudge import nudge
from waitlist.states import AppointmentStatus, CancelledBy, ClosedBecause, EntryStatus, SlotState, WritebackStatus

OF_A_YES = Offer.objects.select_related(
    *("slot__clinic", "slot__service", "entry", "patient"),
    *("gave_up__clinic__policy", "gave_up__location", "gave_up__practitioner", "gave_up__service"),
)
CONFLICT_REASON = "conflict in the clinic's calendar"


def grace_ends_at(offer: Offer) -> datetime | None:
    """Until when the winner may give it back free; None where it is not theirs, or was moved since."""
    visit = offer.slot.filled_by
    if offer.state != OfferState.ACCEPTED or (visit is not None and not offer.slot.is_time_of(visit)):
        return None
    return terms.free_until(offer.slot)


def cancel_in_grace(offer_id: int, *, only_with_old: bool = False, now: datetime) -> bool:
    """The winner gives it back: the same slot is free again, of the length their visit has in the calendar by now, and
    they keep their place; False once grace is over.

    A visit given up for it is theirs again where its time is free; `only_with_old`: else nothing is given back.
    """
    with transaction.atomic(durable=True):
        live = regains.lock(offer_id)
        slot = lock_slot_of(offer_id)
        offer = OF_A_YES.get(pk=offer_id)
        ends_at = grace_ends_at(offer)
        visit = Appointment.objects.filter(filled_slot=slot).first()
        if ends_at is None or now >= ends_at or visit is None or not slot.is_time_of(visit):
            return False
        if only_with_old and (offer.gave_up is None or not regains.is_free(offer.gave_up, now=now)):
            return False
        if not calendar.cancel(visit, reason="given back in grace", by=CancelledBy.PATIENT, version=None, now=now):
            return False
        offers.give_back(slot, offer, now=now)
        slots.move_slot(
            slot,
            SlotState.OPEN,
            now=now,
            verb="slot.reopened",
            filled_by=None,
            filled_at=None,
            ends_at=visit.ends_at,
            next_wave_at=now if plans.of(slot).goes_by_itself and slot.halted_at is None else None,
            exclusive_until=None,
        )
        _wait_again(offer.entry, now=now)
        regains.take_back(offer, live, now=now)
        outbox.enqueue_news(Kind.CANCELLED, [offer], now=now)
        outbox.write_back(visit, Writeback.Kind.CANCELLED, now=now)
        if calendar.closure_over(offer.slot.clinic, Time.of(slot)) is not None:  # closed since it was won
            lapses.withdraw(slot, ClosedBecause.CLOSURE, Kind.WITHDRAWN, now=now)
        else:
            reserves.book_first(slot, now=now)
        nudge("waitlist.tasks.booking_ended", visit.pk)
        hint(slot.clinic_id, "board")
        nudge("matching.tasks.advance", slot.pk)
        nudge("notifications.tasks.deliver_slot", slot.pk)
        return True


def give_way(writeback_id: int, *, now: datetime) -> bool:
    """The calendar had that time taken: the booking goes, its patient gets an apology and alternatives."""
    with transaction.atomic(durable=True):
        owed = Writeback.objects.select_related("appointment").get(pk=writeback_id)
        slot_id = Slot.objects.filter(filled_by=owed.appointment_id).values_list("pk", flat=True).first()
        won_by = Offer.objects.filter(slot=slot_id, state=OfferState.ACCEPTED).values_list("pk", flat=True).first()
        live = regains.lock(won_by) if won_by else []
        slot = slots.lock_slot(slot_id) if slot_id else None
        won = Writeback.objects.filter(pk=writeback_id, status=WritebackStatus.CONFLICT, resolved_at=None).update(
            resolved_at=now, updated_at=now
        )
        if not won or not calendar.cancel(owed.appointment, reason=CONFLICT_REASON, version=None, now=now):
            return False
        nudge("waitlist.tasks.booking_ended", owed.appointment_id)
        trail.record("writeback.gave_way", owed, now=now, clinic_id=owed.clinic_id)
        offer = OF_A_YES.filter(slot=slot, state=OfferState.ACCEPTED).first()
        if slot is not None and offer is not None:
            offers.give_back(slot, offer, now=now)
            slots.close_slot(slot, SlotState.WITHDRAWN, because=ClosedBecause.REBOOKED, now=now)
            _wait_again(offer.entry, now=now)
            regains.take_back(offer, live, now=now)
            outbox.enqueue_news(Kind.APOLOGY, [offer], now=now)
            nudge("notifications.tasks.deliver_slot", slot.pk)
        hint(owed.clinic_id, "board")
        return True


def tidy(offer_id: int, *, now: datetime) -> int:
    """After a booking: its news goes out, and what else was on offer for the same wish, or at the same time, is taken
    back; how many."""
    won = Offer.objects.select_related("slot__filled_by").get(pk=offer_id)
    nudge("notifications.tasks.deliver_slot", won.slot_id)
    if won.state != OfferState.ACCEPTED:
        return 0
    over = {won.entry_id, *_pause_others(won, now=now)} - {None}  # an offer of no wish is nobody's other one
    rest = Offer.objects.filter(patient_id=won.patient_id, state=OfferState.PENDING).exclude(pk=won.pk)
    taken_back = 0
    for other in rest.select_related("slot").order_by("slot_id"):
        overlaps = other.slot.starts_at < won.slot.ends_at and won.slot.starts_at < other.slot.ends_at
        if other.entry_id in over or overlaps:
            with transaction.atomic(durable=True):
                slot = lock_slot_of(other.pk)
                taken_back += len(offers.retract(slot, Offer.objects.filter(pk=other.pk), now=now))
                holds.give_up(slot, won.patient_id, now=now)
                reserves.declined(slot, other, now=now)
                outbox.drop_unsent(slot, [other], now=now)
                nudge("matching.tasks.advance", slot.pk)
    return taken_back


def _pause_others(won: Offer, *, now: datetime) -> list[int]:
    """The patient's other wishes for the service that was booked."""
    visit, booked_at = won.slot.filled_by, won.slot.filled_at
    if visit is None or booked_at is None or visit.status != AppointmentStatus.BOOKED:
        return []
    with transaction.atomic(durable=True):
        return pausing.pause_others(visit, won.entry_id, booked_at=booked_at, now=now)


def unpaused(*, now: datetime, limit: int) -> list[int]:
    """Accepted offers of the last day whose patient still waits for the same service, and was not kept on."""
    others = WaitlistEntry.objects.filter(
        ~Q(paused_for=OuterRef("slot__filled_by")) | Q(paused_for=None),
        ~Q(pk=Coalesce(OuterRef("entry"), 0)),
        patient=OuterRef("patient"),
        status=EntryStatus.ACTIVE,
        services__contains=[OuterRef("slot__filled_by__service")],
        added_at__lte=OuterRef("slot__filled_at"),
    )
    lately = Offer.objects.filter(state=OfferState.ACCEPTED, slot__filled_at__gt=now - pausing.CLOSES_AFTER)
    rows = lately.filter(Exists(others), slot__filled_by__status=AppointmentStatus.BOOKED)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:limit])


def _wait_again(entry: WaitlistEntry | None, *, now: datetime) -> None:
    if entry is not None and entry.status == EntryStatus.BOOKED:
        entries.wait_again(entry, now=now)


def conflicts(*, limit: int) -> list[int]:
    """Conflicts with the calendar that nobody has turned into an apology yet."""
    rows = Writeback.objects.filter(status=WritebackStatus.CONFLICT, resolved_at=None)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:limit])


def untidy(*, limit: int) -> list[int]:
    """Accepted offers whose patient is still asked for the same wish or the same time: what a lost nudge left."""
    same_time = Q(slot__starts_at__lt=OuterRef("slot__ends_at"), slot__ends_at__gt=OuterRef("slot__starts_at"))
    elsewhere = Offer.objects.filter(
        Q(entry=OuterRef("entry")) | same_time, patient=OuterRef("patient"), state=OfferState.PENDING
    )
    rows = Offer.objects.filter(
        Exists(elsewhere), state=OfferState.ACCEPTED, slot__filled_by__status=AppointmentStatus.BOOKED
    )
    return list(rows.order_by("pk").values_list("pk", flat=True)[:limit])
