"""The last step with a text: noted that it was acted on, with its answer, in one transaction."""

from datetime import datetime
from typing import Any

from django.db import transaction

from audit import trail
from matching.models import Offer
from notifications.models import InboundMessage
from notifications.replies.answers import answer
from notifications.states import Kind
from waitlist.live import hint
from waitlist.models import Appointment


@transaction.atomic(durable=True)
def finish(
    heard: InboundMessage,
    name: str | None,
    *,
    now: datetime,
    offer: Offer | None = None,
    visit: Appointment | None = None,
    meaning: str | None = None,
    **context: Any,
) -> None:
    """`name`: which answer, none where there is nothing to say; `context`: what it has to know besides the offer."""
    fields = {"handled_at": now, "offer": offer, "meaning": meaning or heard.meaning}
    if not InboundMessage.objects.filter(pk=heard.pk, handled_at=None).update(**fields):
        return
    if fields["meaning"] != heard.meaning:  # “1” means nothing before we know what was asked
        changes = {"meaning": fields["meaning"], "offer": offer.pk if offer else None}
        trail.record("message.understood", heard, now=now, clinic_id=heard.clinic_id, changes=changes)
    if name is not None:
        answer(heard, Kind.ANSWER, offer=offer, visit=visit, answer=name, now=now, **context)
    hint(heard.clinic_id, "board")
