"""Our answers: through the outbox like every message, once per text heard, and never an endless conversation."""

from datetime import datetime, timedelta
from typing import Any

from matching.models import Offer
from matching.states import OfferState
from notifications import outbox, whom
from notifications.models import InboundMessage, Message
from notifications.states import Channel, Kind, Purpose
from waitlist.models import Appointment

GOOD_FOR = {Kind.ANSWER: timedelta(minutes=15), Kind.STOPPED: timedelta(minutes=5)}
CONFIRMS_AN_END = ("offers_stopped", "paused")
PER_HOUR = 6  # two machines answering each other end here


def answer(
    heard: InboundMessage,
    kind: Kind,
    *,
    now: datetime,
    offer: Offer | None = None,
    visit: Appointment | None = None,
    **context: Any,
) -> None:
    """Put the answer to this text into the outbox. `visit`: the one it is about, where no offer is."""
    point = heard.contact_point
    lately = Message.objects.filter(contact_point=point, kind=Kind.ANSWER, created_at__gt=now - timedelta(hours=1))
    if kind == Kind.ANSWER and lately.count() >= PER_HOUR:
        return
    facts = _facts(offer) if offer is not None else {}
    whose = offer or visit
    outbox.enqueue(
        kind,
        clinic=heard.clinic,
        contact_point=point,
        channel=Channel.SMS,
        purpose=Purpose.OFFERS,
        dedupe_key=f"{kind}:{heard.pk}",
        context={
            "clinic_name": heard.clinic.name,
            "clinic_phone": heard.clinic.phone,
            "language": whom.language(point),
            **facts,
            **context,
        },
        offer=offer,
        slot=offer.slot if offer is not None else None,
        appointment=visit,
        patient=whose.patient if whose is not None else None,
        not_after=now + GOOD_FOR[Kind.STOPPED if context.get("answer") in CONFIRMS_AN_END else kind],
        now=now,
    )


def _facts(offer: Offer) -> dict[str, Any]:
    """As the offer was told, and of a visit that has been moved since when it is."""
    told = Message.objects.filter(offer=offer, kind=Kind.OFFER).order_by("pk").first()
    visit = offer.slot.filled_by if offer.state == OfferState.ACCEPTED else None
    moved = {"starts_at": visit.starts_at.isoformat(), "zone": visit.location.zone.key} if visit is not None else {}
    return {**told.context, **moved} if told is not None else {}
