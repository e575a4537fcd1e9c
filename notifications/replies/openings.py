"""What is open for somebody who writes with no offer to answer. Reads only; names no time, for anybody may read it."""

from datetime import datetime

from matching.answering.outcomes import Claim, outcome
from matching.choosing import ranking
from matching.models import Offer
from notifications.models import ContactPoint, InboundMessage
from notifications.replies import told
from notifications.replies.finishing import finish
from waitlist.models import WaitlistEntry
from waitlist.states import EntryStatus

WISHES = 5
PAGE_SHOWS_OTHERS = (Claim.LOST, Claim.TAKEN, Claim.EXPIRED, Claim.WITHDRAWN, Claim.CONFLICT)


def say(heard: InboundMessage, *, now: datetime) -> None:
    """Nothing waits for their answer; what they might like to know is whether anything is open."""
    name, offer = words(heard.contact_point, now=now)
    finish(heard, name, offer=offer, now=now)


def words(point: ContactPoint, *, now: datetime) -> tuple[str, Offer | None]:
    """Which answer says it, and the offer whose page shows them the times. Who has filled in the join page and says
    anything but START hears first that this is the word: nothing else agrees to texts."""
    if point.joins.filter(confirmed_at=None, expired_at=None).exists():
        return "to_join", None
    if not _is_any_open(point, now=now):
        return "nothing", None
    lately = told.offers(point).filter(entry__status=EntryStatus.ACTIVE).order_by("-offered_at", "-pk")[:WISHES]
    rows = Offer.objects.select_related("slot__policy", "slot__filled_by", "entry", "patient")
    for offer in rows.filter(pk__in=[one.pk for one in lately]).order_by("-offered_at", "-pk"):
        if outcome(offer, now=now) in PAGE_SHOWS_OTHERS:
            return "open", offer
    return "open_call", None


def _is_any_open(point: ContactPoint, *, now: datetime) -> bool:
    mine = WaitlistEntry.objects.filter(patient__contacts__contact_point=point, clinic=point.clinic_id)
    waiting = mine.filter(status=EntryStatus.ACTIVE).select_related("clinic", "patient").distinct().order_by("pk")
    return any(
        not slot.is_exclusive(now)
        for wish in waiting[:WISHES]
        for slot in ranking.slots_for(wish, now=now, limit=ranking.LOOKED_AT)
    )
