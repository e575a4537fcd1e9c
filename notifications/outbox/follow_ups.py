"""An e-mail to whoever was texted hours ago and has not answered, while the time is still free (decision R6)."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet, Value

from matching.models import Offer
from matching.policy.ends import answers_end_at
from matching.states import MAY_ANSWER
from notifications import rules
from notifications.models import Message, PatientContact
from notifications.outbox.queue import enqueue, freeze
from notifications.states import Channel, ContactKind, Kind, MessageStatus, Purpose
from waitlist.models import Slot
from waitlist.states import LIVE_SLOT_STATES, EntryStatus

AFTER = timedelta(hours=5)
NO_LONGER_THAN = timedelta(hours=12)  # what no sweep has found by then is left; each looks at these few hours only
WENT_OUT = (MessageStatus.SENT, MessageStatus.DELIVERED)


def to_follow_up(*, now: datetime, limit: int) -> list[int]:
    """Offers to follow up: told by phone five hours ago, silent since, and nothing was written to their address yet."""
    mine = Message.objects.filter(offer=OuterRef("offer"), round=OuterRef("round"), channel=Channel.EMAIL)
    address = PatientContact.objects.filter(
        patient=OuterRef("patient"),
        contact_point__kind=ContactKind.EMAIL,
    )
    rows = _heard_by_phone().filter(
        ~Exists(mine),
        Exists(address),
        sent_at__range=(now - NO_LONGER_THAN, now - AFTER),
        round=F("offer__rounds"),
        offer__state__in=MAY_ANSWER,
        slot__state__in=LIVE_SLOT_STATES,
        slot__starts_at__gt=Value(now) + F("clinic__email_lead_minutes") * timedelta(minutes=1),
    ).exclude(offer__entry__status__in=(EntryStatus.BOOKED, EntryStatus.REMOVED, EntryStatus.PAUSED))
    return list(dict.fromkeys(rows.order_by("sent_at", "pk").values_list("offer", flat=True)[:limit]))


def may_follow(offer: Offer) -> bool:
    """Whether a phone that was told of it still takes offers: STOP there, or no more offers, is an answer."""
    return _heard_by_phone().filter(offer=offer, round=offer.rounds).exists()


def _heard_by_phone() -> QuerySet[Message]:
    told = Message.objects.filter(kind=Kind.OFFER, channel__in=rules.PHONE, status__in=WENT_OUT)
    still = [f"{Purpose.OFFERS}:{way}" for way in rules.PHONE]
    return told.filter(contact_point__granted__overlap=still, contact_point__stopped_at=None)


@transaction.atomic(durable=True)
def follow_up(offer_id: int, *, now: datetime) -> Message | None:
    """Write it, once for each time they are asked; None where it would come too late, was there before, or a rule
    forbids it, which is kept in its place."""
    offer = Offer.objects.select_related("patient").get(pk=offer_id)
    slot = Slot.objects.select_related("clinic", "location__clinic", "practitioner", "service", "policy").get(
        pk=offer.slot_id
    )
    if offer.state not in MAY_ANSWER or not slot.is_live or rules.mail_too_slow(slot.clinic, slot, now=now):
        return None
    if not may_follow(offer):
        return None
    users = offer.patient.contacts.filter(contact_point__kind=ContactKind.EMAIL).select_related("contact_point")
    points = [user.contact_point for user in users]
    whys = [(rules.forbidden(one, Kind.FOLLOW_UP, Purpose.OFFERS, Channel.EMAIL), one) for one in points]
    if not whys:
        return None
    rule, point = next((pair for pair in whys if pair[0] is None), whys[0])
    refused = {"status": MessageStatus.REFUSED, "refused_by": rule} if rule is not None else {}
    written = enqueue(
        Kind.FOLLOW_UP,
        clinic=slot.clinic,
        contact_point=point,
        channel=Channel.EMAIL,
        dedupe_key=f"{Kind.FOLLOW_UP}:{offer.pk}:{Channel.EMAIL}:{offer.rounds}",
        context=freeze(slot, offer.patient, offer),
        patient=offer.patient,
        offer=offer,
        slot=slot,
        round=offer.rounds,
        not_after=answers_end_at(slot),
        now=now,
        **refused,
    )
    return written if rule is None else None
