"""Whether who is in reserve still wants the time, and is to have it; what is read of their wish stays so until this
transaction ends.

Whoever calls holds the slot's lock.
"""

from matching.models import Offer
from notifications import outbox
from waitlist.models import Appointment, Slot, WaitlistEntry
from waitlist.pausing import CLOSING
from waitlist.states import WAITING_STATUSES, AppointmentStatus, EntryStatus


def waits(offer: Offer) -> bool:
    """Whether their wish, as it was read, is open and does not close after a booking; without one they only said so."""
    wish = offer.entry
    return wish is None or (wish.status in WAITING_STATUSES and (not is_paused(wish) or wish.closes_at is None))


def is_paused(wish: WaitlistEntry | None) -> bool:
    """Then they are asked, and nothing is booked for them."""
    return wish is not None and wish.status == EntryStatus.PAUSED


def may_be_asked(slot: Slot, offer: Offer) -> bool:
    """Whether they still wait, and were not booked for the same service since they asked for this."""
    mine = WaitlistEntry.objects.select_for_update(no_key=True).filter(pk=offer.entry_id or 0)
    wish = mine.filter(status__in=WAITING_STATUSES).exclude(CLOSING).first()
    if wish is None and offer.entry_id is not None:
        return False
    beside = wish.paused_for_id if wish is not None else None  # a visit beside which they keep this wish
    visits = Appointment.objects.filter(patient=offer.patient_id, service=slot.service_id)
    same = visits.filter(status=AppointmentStatus.BOOKED, created_at__gte=offer.reserved_at)
    return not same.exclude(pk=beside or 0).exists()


def may_be_booked(slot: Slot, offer: Offer) -> bool:
    """The same of whoever is booked without a further word, which something has to be able to tell them."""
    return may_be_asked(slot, offer) and bool(outbox.reachable(offer.patient))
