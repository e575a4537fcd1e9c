"""A yes that came too late changes nothing, and leaves one line, so that staff can show who was first."""

from datetime import datetime

from django.db import transaction

from audit import trail
from audit.models import Entry
from audit.trail import content_type_id
from matching.answering.outcomes import Claim
from matching.models import Offer

VERB = "offer.too_late"
TOO_LATE = (Claim.TAKEN, Claim.BUSY, Claim.CONFLICT, Claim.EXPIRED, Claim.WITHDRAWN)


def note(offer: Offer, found: Claim, *, via: str, now: datetime) -> Claim:
    """What their yes found, as it was. Only the first that was too late is noted, however often they try."""
    if found in TOO_LATE:
        before = Entry.objects.filter(content_type_id=content_type_id(Offer), object_id=offer.pk, verb=VERB)
        with transaction.atomic():
            if not before.exists():
                changes = {"via": via, "got": found}
                trail.record(VERB, offer, now=now, clinic_id=offer.slot.clinic_id, changes=changes)
    return found
