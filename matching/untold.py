"""Visits won through us and lost since, whose patient nothing tells in time: for staff to ring them up."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from audit import trail
from matching.models import Offer
from matching.states import OfferState
from notifications.models import Message, Outage
from notifications.states import UNFINISHED, Kind, MessageStatus
from waitlist.live import hint
from waitlist.models import Clinic
from waitlist.states import AppointmentStatus, CancelledBy

IN_TIME = timedelta(hours=2)  # before the start: whoever hears of it later is on the way
HANDED_OVER = (MessageStatus.SENT, MessageStatus.DELIVERED)


def of_clinic(clinic: Clinic, *, now: datetime) -> QuerySet[Offer]:
    """Their offers, by the start of the visit: not told yet, nor by a text that still goes out in time."""
    lost = {"slot__filled_by__status": AppointmentStatus.CANCELLED, "slot__filled_by__starts_at__gt": now}
    not_theirs = Q(slot__filled_by__cancelled_by__in=(CancelledBy.CLINIC, CancelledBy.UNKNOWN))
    news = Message.objects.filter(
        offer=OuterRef("pk"),
        kind__in=(Kind.LOST, Kind.GONE),
        appointment=OuterRef("slot__filled_by"),
        created_at__gte=OuterRef("slot__filled_by__cancelled_at"),
    )
    in_time = Q(status__in=UNFINISHED, next_attempt_at__lte=OuterRef("slot__filled_by__starts_at") - IN_TIME)
    out = Outage.objects.filter(ended_at=None).values("channel")
    comes = news.filter(Q(status__in=HANDED_OVER) | in_time & ~Q(channel__in=out))
    was_called = Q(called_at__gte=F("slot__filled_by__cancelled_at"))
    rows = Offer.objects.filter(not_theirs, ~Exists(comes), slot__clinic=clinic, state=OfferState.RETURNED, **lost)
    visit = ("slot__filled_by__service", "slot__filled_by__practitioner", "slot__filled_by__location__clinic")
    untold = rows.filter(slot__filled_by__patient=F("patient")).exclude(was_called)
    return untold.select_related("patient", *visit).order_by("slot__filled_by__starts_at", "pk")


@transaction.atomic
def called(offer: Offer, *, now: datetime) -> bool:
    """Staff have told them; False where somebody had before, or it is not lost any more."""
    seen = of_clinic(offer.slot.clinic, now=now).filter(pk=offer.pk).first()
    # of two at once the one who waits for the row finds it said
    if seen is None or not Offer.objects.filter(pk=seen.pk, called_at=seen.called_at).update(called_at=now):
        return False
    trail.record("offer.called", offer, now=now, clinic_id=offer.slot.clinic_id)
    hint(offer.slot.clinic_id, "board")
    return True
