"""Staff leave people out of one slot, or take them back in, before anybody has asked them."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from audit import trail
from matching import offers
from matching.models import Offer
from matching.states import LEFT_OUT
from waitlist import slots
from waitlist.live import hint
from waitlist.models import Patient, WaitlistEntry


@dataclass(frozen=True)
class Decided:
    """Who is left out from now on, who may be asked again, and who had been asked before."""

    out: list[Patient] = field(default_factory=list)
    back: list[Patient] = field(default_factory=list)
    too_late: list[Patient] = field(default_factory=list)


@transaction.atomic(durable=True)
def decide(slot_id: int, *, out: Collection[int] = (), back: Collection[int] = (), now: datetime) -> Decided:
    """Leave out the patients of these wishes (`out`), and take back in those of these offers (`back`).

    Under the slot's lock, as a wave is sent: nobody is left out and asked. Nothing where the slot is over.
    """
    slot = slots.lock_slot(slot_id)
    if slot is None or not slot.is_live:
        return Decided()
    of_slot = Offer.objects.filter(slot=slot).select_related("patient").order_by("pk")
    known = {offer.patient_id: offer for offer in of_slot}
    rows = WaitlistEntry.objects.filter(clinic=slot.clinic_id, pk__in=out).select_related("patient").order_by("pk")
    wishes = {wish.patient_id: wish for wish in rows}
    new = [wish for wish in wishes.values() if wish.patient_id not in known]
    late = [offer.patient for offer in known.values() if offer.patient_id in wishes and not offer.is_left_out]
    again = list(of_slot.filter(pk__in=back, **LEFT_OUT))
    if new:
        offers.leave_out(slot, new, now=now)
    if again:
        offers.take_in(slot, again, now=now)
        trail.record("slot.taken_in", slot, now=now, clinic_id=slot.clinic_id, changes={"back": len(again)})
    hint(slot.clinic_id, "board")
    return Decided([wish.patient for wish in new], [offer.patient for offer in again], late)
