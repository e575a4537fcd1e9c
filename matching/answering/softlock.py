"""The soft lock: staff may book a time by hand over offers that are out, but are warned first and say why."""

from datetime import datetime, timedelta

from audit import trail
from matching.models import Offer
from matching.policy.policies import Policy
from matching.states import MAY_ANSWER, OfferState, Override
from waitlist.models import Slot


def over(slot: Slot, patient_id: int, *, now: datetime) -> list[Offer]:
    """Offers of others because of which booking this patient by hand needs a reason now, the latest first.

    Those they may answer, and those whose time to answer is over but that were made within the policy's minutes. None
    for somebody who was asked too: a yes on the phone is a yes.
    """
    if Offer.objects.filter(slot=slot, state__in=MAY_ANSWER, patient=patient_id).exists():
        return []
    minutes = slot.policy.document.get("soft_lock_minutes", Policy.soft_lock_minutes)
    since = now - timedelta(minutes=minutes)
    others = Offer.objects.filter(slot=slot, state__in=MAY_ANSWER).exclude(patient=patient_id)
    rows = others.select_related("patient").order_by("-expires_at", "pk")
    return [row for row in rows if row.state == OfferState.PENDING or row.offered_at > since]


def allows(slot: Slot, patient_id: int, override: str | None, *, now: datetime) -> bool:
    """Whether it may be booked: nothing is out, or staff say why, which is recorded. None: whoever asks has no desk.

    Whoever calls holds the slot's lock.
    """
    if override is None:
        return True
    out = over(slot, patient_id, now=now)
    if out and override not in Override.values:
        return False
    if out:
        changes = {"reason": override, "offers": len(out)}
        trail.record("slot.override", slot, now=now, clinic_id=slot.clinic_id, changes=changes)
    return True
