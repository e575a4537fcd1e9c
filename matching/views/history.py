"""What one patient was offered: when they were told, how far that got, what they said, and how late."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Prefetch, prefetch_related_objects

from matching.models import ExpressBooking, Offer
from matching.states import OfferState
from matching.views.looks import Asked
from notifications.models import Message
from notifications.states import Channel, Kind
from waitlist.models import Patient

SHOWN = 10
ANSWERED_BY = {
    "link": "by the link",
    "reply": "by text",
    "call": "in an automated call",
    "staff": "told to staff",
    "reserve": "by itself, as they were in reserve",
}


@dataclass(frozen=True)
class Past:
    """One offer as their page shows it."""

    asked: Asked

    @property
    def offer(self) -> Offer:
        return self.asked.offer

    @property
    def by_wave(self) -> str:
        """Wave 2; by hand; chose it."""
        if self.offer.link_sent_at is not None:
            return "booking link"
        return f"wave {self.offer.wave}" if self.offer.wave else self.asked.unasked

    @property
    def accepted(self) -> list[ExpressBooking]:
        """What they accepted with a booking link for it."""
        return list(self.offer.express_bookings.all()) if self.offer.link_sent_at is not None else []

    @property
    def told_at(self) -> datetime | None:
        """When the first message to them went out."""
        return min((m.sent_at for m in self._to_them if m.sent_at), default=None)

    @property
    def delivered_at(self) -> datetime | None:
        return min((m.delivered_at for m in self._to_them if m.delivered_at), default=None)

    @property
    def is_untold(self) -> bool:
        """Whether there was something to tell, and none of it went out."""
        return self.told_at is None and bool(self._to_them)

    @property
    def has_answered(self) -> bool:
        """By any way, while not booked over their head."""
        return self.offer.answered_at is not None and self.offer.state not in (OfferState.EXPIRED, OfferState.RETRACTED)

    @property
    def answered_how(self) -> str:
        return ANSWERED_BY.get(self.offer.answered_by, "")

    @property
    def took(self) -> timedelta | None:
        """From the first message to the answer."""
        heard_at = self.told_at
        if not self.has_answered or heard_at is None or self.offer.answered_at is None:
            return None
        return self.offer.answered_at - heard_at if self.offer.answered_at > heard_at else None

    @property
    def late(self) -> timedelta | None:
        """How long after their time to answer was over; None in time, and where staff answered for them."""
        at = self.offer.answered_at
        if not self.has_answered or at is None or self.offer.answered_by in ("staff", "reserve"):
            return None
        return at - self.offer.expires_at if at > self.offer.expires_at else None

    @property
    def _to_them(self) -> list[Message]:
        return [m for m in self.asked.messages if m.channel != Channel.STAFF]


def of(patient: Patient, *, everything: bool = False) -> tuple[list[Past], bool]:
    """The latest first, in two queries, and one for what booking links had accepted; and whether there are more."""
    told = Prefetch("messages", Message.objects.filter(kind=Kind.OFFER).order_by("pk"), to_attr="told")
    rows = Offer.objects.filter(patient=patient, slot__clinic=patient.clinic_id).select_related(
        "patient", "slot__service", "slot__practitioner", "slot__location__clinic"
    )
    found = list(rows.prefetch_related(told).order_by("-offered_at", "-pk")[: None if everything else SHOWN + 1])
    shown = found if everything else found[:SHOWN]
    by_link = [offer for offer in shown if offer.link_sent_at is not None]
    if by_link:
        prefetch_related_objects(by_link, "express_bookings")
    return [Past(Asked(0, offer, offer.told)) for offer in shown], len(found) > len(shown)
