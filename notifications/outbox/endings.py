"""What a winner hears when their visit ends after all: at their wish, or at the clinic's."""

from datetime import datetime

from matching.models import Offer
from notifications.outbox.bookings import reachable
from notifications.outbox.queue import enqueue, freeze, key
from notifications.states import Kind, Purpose
from waitlist.models import Appointment, Slot


def tell_end(kind: Kind, offer: Offer, visit: Appointment, *, now: datetime) -> int:
    """ENDED, LOST or GONE, wherever they let us write to, about the time as it stood last; how many messages."""
    slot = Slot.objects.select_related("clinic", "location__clinic", "practitioner", "service").get(pk=offer.slot_id)
    at = {"starts_at": visit.starts_at.isoformat(), "zone": visit.location.zone.key}
    ways = reachable(offer.patient)
    for channel, point in ways:
        enqueue(
            kind,
            clinic=slot.clinic,
            contact_point=point,
            channel=channel,
            purpose=Purpose.OFFERS,
            dedupe_key=key(kind, offer.pk, visit.pk, channel),
            context=freeze(slot, offer.patient, offer) | at,
            patient=offer.patient,
            offer=offer,
            slot=slot,
            appointment=visit,
            not_after=visit.starts_at,
            now=now,
        )
    return len(ways)
