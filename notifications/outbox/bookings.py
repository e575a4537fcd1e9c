"""Who has to hear of a booking or its end: the patient wherever they let us, and the calendar of record."""

from datetime import datetime

from matching.models import Offer
from matching.states import OfferState
from notifications import rules, whom
from notifications.models import ContactPoint, Message
from notifications.outbox.queue import enqueue, freeze, key
from notifications.outbox.refusals import refuse
from notifications.states import UNFINISHED, WRITTEN_BY, Channel, ContactKind, Kind, MessageStatus, Purpose
from waitlist import writebacks
from waitlist.models import Appointment, Patient, Slot, Writeback
from waitlist.states import WritebackStatus


def confirm(offer: Offer, appointment: Appointment, *, now: datetime) -> None:
    """Tell the patient of a booking they chose themselves, wherever they let us write to."""
    slot = Slot.objects.select_related("clinic", "location__clinic", "practitioner", "service").get(pk=offer.slot_id)
    ways = reachable(offer.patient)
    if not ways:
        context, about = freeze(slot, offer.patient, offer), {"offer": offer, "slot": slot}
        refuse(Kind.BOOKED, appointment, purpose=Purpose.OFFERS, context=context, now=now, **about)
    for channel, point in ways:
        enqueue(
            Kind.BOOKED,
            clinic=slot.clinic,
            contact_point=point,
            channel=channel,
            purpose=Purpose.OFFERS,
            dedupe_key=key(Kind.BOOKED, offer.pk, appointment.pk, channel),
            context=freeze(slot, offer.patient, offer, level=whom.level(slot.clinic, point, channel)),
            patient=offer.patient,
            offer=offer,
            slot=slot,
            appointment=appointment,
            not_after=slot.starts_at,
            now=now,
        )


def tell_change(appointment: Appointment, owed: Writeback, *, now: datetime) -> None:
    """Patient and calendar hear that it is for another service now; each change once, in whatever order they go."""
    told = Message.objects.filter(appointment=appointment, kind=Kind.CHANGED).count()
    won = Offer.objects.filter(slot__filled_by=appointment, state=OfferState.ACCEPTED)
    offer = won.select_related("patient").first()
    if offer is not None:
        slot = Slot.objects.select_related("clinic", "location__clinic", "practitioner").get(pk=offer.slot_id)
        slot.service, slot.price_cents = appointment.service, appointment.price_cents  # as frozen, not as it was opened
        ways = reachable(offer.patient)
        if not ways:
            context, about = freeze(slot, offer.patient, offer), {"offer": offer, "slot": slot}
            refuse(Kind.CHANGED, appointment, purpose=Purpose.OFFERS, context=context, now=now, **about)
        for channel, point in ways:
            enqueue(
                Kind.CHANGED,
                clinic=slot.clinic,
                contact_point=point,
                channel=channel,
                purpose=Purpose.OFFERS,
                dedupe_key=f"{Kind.CHANGED}:{appointment.pk}:{told}:{channel}",
                context=freeze(slot, offer.patient, offer, level=whom.level(slot.clinic, point, channel)),
                patient=offer.patient,
                offer=offer,
                slot=slot,
                appointment=appointment,
                not_after=appointment.starts_at,
                now=now,
            )
    if owed.status == WritebackStatus.QUEUED:  # one more than there were: what is on its way says what was before
        enqueue(
            Kind.WRITEBACK,
            clinic=appointment.clinic,
            contact_point=None,
            channel=Channel.WEBHOOK,
            dedupe_key=f"{Kind.WRITEBACK}:{owed.pk}:changed:{owed.messages.count()}",
            context={},
            appointment=appointment,
            writeback=owed,
            now=now,
        )


def write_back(appointment: Appointment, kind: str, *, now: datetime) -> None:
    """The calendar of record has to hear of it: by a webhook where there is one, else it is a task for staff."""
    if kind == Writeback.Kind.CANCELLED and writebacks.cancels_out(appointment, now=now):
        return
    owed = writebacks.open_for(appointment, kind, now=now)
    if owed.status == WritebackStatus.QUEUED:
        rounds = owed.messages.exclude(status__in=UNFINISHED).count()  # it may be owed again after it was settled
        enqueue(
            Kind.WRITEBACK,
            clinic=appointment.clinic,
            contact_point=None,
            channel=Channel.WEBHOOK,
            dedupe_key=f"{Kind.WRITEBACK}:{owed.pk}:{rounds}" if rounds else f"{Kind.WRITEBACK}:{owed.pk}",
            context={},
            appointment=appointment,
            writeback=owed,
            now=now,
        )


def take_cancellation_back(appointment: Appointment, *, now: datetime) -> None:
    """The calendar of record need not hear of a cancellation it has not heard of; else it hears of a booking again."""
    owed = writebacks.unheard_cancellation(appointment)
    if owed is not None and (owed.status == WritebackStatus.TASK or _drop(owed)):
        writebacks.take_back(owed, now=now)
    else:
        write_back(appointment, Writeback.Kind.BOOKED, now=now)


def _drop(owed: Writeback) -> bool:
    """Whether its webhook was never tried, and is not sent any more."""
    unsent = Message.objects.filter(writeback=owed, status=MessageStatus.PENDING, attempts=0)
    return bool(unsent.update(status=MessageStatus.DROPPED))


def known_at(patient: Patient, slot: Slot, *, now: datetime) -> datetime:
    """When they can know of what they did not do themselves: a text waits for the morning, and so does their time."""
    number = next((point.value for channel, point in reachable(patient) if channel == Channel.SMS), None)
    if number is None:
        return now
    return rules.next_open(slot.clinic, patient, number, place_state=slot.location.state, now=now) or now


def reachable(
    patient: Patient, kind: Kind = Kind.BOOKED, purpose: Purpose = Purpose.OFFERS
) -> list[tuple[Channel, ContactPoint]]:
    """The first number and the first address that may be used to write to them of this, each with its channel."""
    ways: dict[Channel, ContactPoint] = {}
    for user in patient.contacts.select_related("contact_point"):
        point, channel = user.contact_point, WRITTEN_BY[ContactKind(user.contact_point.kind)]
        if channel not in ways and rules.forbidden(point, kind, purpose, channel) is None:
            ways[channel] = point
    return list(ways.items())
