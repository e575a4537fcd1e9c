"""Which conversation of the inbox should be looked at first, and why. Reads only."""

from datetime import datetime

from django.db import models
from django.db.models import Case, Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Value, When

from matching.models import Offer
from matching.states import OfferState
from notifications.inbox import CANNOT_COME, FOR_STAFF
from notifications.models import ContactPoint, InboundMessage
from waitlist.models import Clinic
from waitlist.states import LIVE_SLOT_STATES


class Needs(models.IntegerChoices):
    """Why somebody of the staff should look at a conversation, the most urgent first."""

    ABOUT_AN_OFFER = 0, "An offer to them is open"
    CANNOT_COME = 1, "They cannot come to a visit"
    READING = 2, "Nobody has read it"
    NOTHING = 3, "Needs nothing"


def of_clinic(clinic: Clinic, *, now: datetime) -> QuerySet[ContactPoint]:
    """Every number that ever wrote: what is unread by how much hangs on it (Needs), then the latest."""
    of_staff = Q(inbound_messages__meaning__in=FOR_STAFF, inbound_messages__read_at=None)
    cannot = InboundMessage.objects.filter(contact_point=OuterRef("pk"), meaning=CANNOT_COME, read_at=None)
    live = Offer.objects.filter(
        patient__contacts__contact_point=OuterRef("pk"),
        slot__clinic=clinic,
        slot__state__in=LIVE_SLOT_STATES,
        state=OfferState.PENDING,
        expires_at__gt=now,
    )
    counted = ContactPoint.objects.filter(clinic=clinic, inbound_messages__isnull=False).annotate(
        unread=Count("inbound_messages", filter=of_staff, distinct=True),
        waiting_since=Min("inbound_messages__received_at", filter=of_staff),
        last_at=Max("inbound_messages__received_at"),
        open_until=Subquery(live.order_by("expires_at").values("expires_at")[:1]),
    )
    needs = Case(
        When(unread=0, then=Value(Needs.NOTHING)),
        When(open_until__isnull=False, then=Value(Needs.ABOUT_AN_OFFER)),
        When(Exists(cannot), then=Value(Needs.CANNOT_COME)),
        default=Value(Needs.READING),
    )
    first = Case(
        When(needs=Needs.ABOUT_AN_OFFER, then=F("open_until")),
        When(needs__lt=Needs.NOTHING, then=F("waiting_since")),
        default=None,
    )
    rows = counted.annotate(needs=needs)
    return rows.order_by("needs", first.asc(nulls_last=True), "-last_at", "-pk")
