"""Which offers a number was told of, and what it heard last. Reads only."""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from matching.models import Offer
from matching.states import BY_PATIENT, OfferState
from notifications.models import ContactPoint, Message
from notifications.states import REACHED_CARRIER, Kind, MessageStatus
from waitlist.states import LIVE_SLOT_STATES, WAITING_STATUSES

REMEMBERED = timedelta(hours=48)  # how long after an offer a bare yes or no is about it
NEWS = (
    *(Kind.BOOKED, Kind.MOVED, Kind.RETRACTED, Kind.WITHDRAWN),
    *(Kind.CANCELLED, Kind.ENDED, Kind.LOST, Kind.GONE, Kind.APOLOGY),
)
ANY = Q()
MAY_BE_TAKEN = Q(entry=None) | Q(entry__status__in=WAITING_STATUSES) | ~Q(state__in=BY_PATIENT)


def live_offers(point: ContactPoint, only: Q = ANY, *, now: datetime) -> list[Offer]:
    """Offers this number was told of and can still answer, in the order of their times."""
    told = offers(point).filter(only, state=OfferState.PENDING, expires_at__gt=now, slot__state__in=LIVE_SLOT_STATES)
    return list(told.order_by("slot__starts_at", "pk"))


def open_offers(point: ContactPoint, *, of_its_users: bool) -> list[Offer]:
    """What a STOP or a pause lets go of: whatever they may still answer and were, or are yet, to be told of here; or
    `of_its_users` anywhere."""
    asked = Q(pk__in=Message.objects.filter(contact_point=point, kind=Kind.OFFER).values("offer"))
    theirs = Q(patient__in=point.users.values("patient")) if of_its_users else Q(pk__in=())
    waiting = Offer.objects.filter(state=OfferState.PENDING, slot__state__in=LIVE_SLOT_STATES)
    return list(waiting.filter(asked | theirs).order_by("slot__starts_at", "pk"))


def offers(point: ContactPoint) -> QuerySet[Offer]:
    """Every offer this number was told of."""
    messages = Message.objects.filter(contact_point=point, kind=Kind.OFFER, status__in=REACHED_CARRIER)
    return Offer.objects.filter(pk__in=messages.values("offer")).select_related("slot__location__clinic", "patient")


def latest(point: ContactPoint, only: Q = ANY, *, now: datetime) -> Offer | None:
    """The last offer they heard of: a late yes may still be in time."""
    lately = offers(point).filter(only, offered_at__gt=now - REMEMBERED)
    return lately.order_by("-offered_at", "-pk").first()


def news(point: ContactPoint, *, now: datetime) -> Message | None:
    """What became of an offer, if that is the last they were told; also while it is only on its way to them."""
    told = Q(kind=Kind.OFFER, status__in=REACHED_CARRIER) | Q(kind__in=NEWS) & ~Q(status=MessageStatus.DROPPED)
    rows = Message.objects.filter(told, contact_point=point, created_at__gt=now - REMEMBERED)
    by_time = rows.order_by(Coalesce("sent_at", "created_at").desc(), "-pk")
    message = by_time.select_related("offer__slot", "offer__patient").first()
    return message if message is not None and message.kind != Kind.OFFER else None


def last_at(point: ContactPoint, *, now: datetime) -> datetime | None:
    """When they were last told of an offer, or what became of one."""
    kinds = (Kind.OFFER, *NEWS)
    rows = Message.objects.filter(contact_point=point, kind__in=kinds, created_at__gt=now - REMEMBERED)
    told = rows.exclude(status=MessageStatus.DROPPED).annotate(at=Coalesce("sent_at", "created_at"))
    return told.order_by("-at").values_list("at", flat=True).first()
