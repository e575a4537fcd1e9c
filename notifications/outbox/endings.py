"""What a winner hears when their visit ends after all, at their wish or the clinic's, and when it is on again."""

from datetime import datetime

from matching.models import Offer
from notifications import rules, whom
from notifications.models import ContactPoint, Message
from notifications.outbox.bookings import reachable
from notifications.outbox.queue import enqueue, freeze, key
from notifications.outbox.refusals import refuse
from notifications.states import Channel, Kind, Purpose
from waitlist.models import Appointment, Slot


def tell_end(kind: Kind, offer: Offer, visit: Appointment, *, now: datetime) -> None:
    """ENDED, LOST, GONE or BOOKED (again), wherever they let us write to, about the time as it stands. Once for each
    time it ends or is on again; too late for that time, it stays unsent (matching.untold finds who has to be called).
    """
    slot = Slot.objects.select_related("clinic", "location__clinic", "practitioner", "service").get(pk=offer.slot_id)
    at = {"starts_at": visit.starts_at.isoformat(), "zone": visit.location.zone.key}
    before = Message.objects.filter(kind=kind, offer=offer, appointment=visit)
    ways = reachable(offer.patient)
    if not ways:
        context, about = freeze(slot, offer.patient, offer) | at, {"offer": offer, "slot": slot}
        refuse(kind, visit, purpose=Purpose.OFFERS, context=context, now=now, **about)
    for channel, point in ways:
        rounds = before.filter(channel=channel).count()
        goes_at = _goes_at(slot, offer, channel, point, now=now)
        enqueue(
            kind,
            clinic=slot.clinic,
            contact_point=point,
            channel=channel,
            purpose=Purpose.OFFERS,
            dedupe_key=key(kind, offer.pk, visit.pk, channel) + (f":{rounds}" if rounds else ""),
            context=freeze(slot, offer.patient, offer, level=whom.level(slot.clinic, point, channel)) | at,
            patient=offer.patient,
            offer=offer,
            slot=slot,
            appointment=visit,
            not_after=visit.starts_at,
            next_attempt_at=min(goes_at, visit.starts_at),
            now=now,
        )


def _goes_at(slot: Slot, offer: Offer, channel: str, point: ContactPoint, *, now: datetime) -> datetime:
    """E-mail at any hour, a text when they may be texted; if ever."""
    if channel != Channel.SMS:
        return now
    place_state = slot.location.state
    return rules.next_open(slot.clinic, offer.patient, point.value, place_state=place_state, now=now) or slot.ends_at
