"""How often: offers a day, a week and a month, and a ceiling on all texts and calls, counted per number or address."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.db.models.functions import Coalesce

from notifications.models import Message
from notifications.states import Channel, Kind, MessageStatus, Rule
from waitlist.models import Clinic

DAY, WEEK, MONTH = timedelta(days=1), timedelta(days=7), timedelta(days=30)
# What answers them, and what they must not miss, is exempt (decision R3).
OFFERS = (Kind.OFFER, Kind.FOLLOW_UP)
CAPPED = (*OFFERS, Kind.OPT_IN, Kind.REMINDER, Kind.STILL, Kind.DESK)
PHONE = (Channel.SMS, Channel.VOICE)
COUNTED = (
    MessageStatus.PENDING,
    MessageStatus.SENDING,
    MessageStatus.SENT,
    MessageStatus.DELIVERED,
    MessageStatus.UNDELIVERED,
    MessageStatus.UNKNOWN,
)
STATE_TEXTS_PER_DAY = {"FL": 3, "OK": 3, "WA": 3}


@dataclass
class Spent:
    """What a number or address has had, and what is on its way there."""

    offers_day: int = 0
    offers_week: int = 0
    offers_month: int = 0
    texts_day: int = 0

    def add_offer(self, channel: str) -> None:
        self.offers_day += 1
        self.offers_week += 1
        self.offers_month += 1
        self.texts_day += channel in PHONE

    def without(self, message: Message, *, now: datetime) -> "Spent":
        """The same, had this message that waits to go not been counted."""
        ago = now - message.next_attempt_at
        is_offer = message.kind in OFFERS and not _continues(message)
        return Spent(
            self.offers_day - (is_offer and ago < DAY),
            self.offers_week - (is_offer and ago < WEEK),
            self.offers_month - (is_offer and ago < MONTH),
            self.texts_day - (message.channel in PHONE and ago < DAY),
        )


def capped(kind: str) -> bool:
    """Whether the caps hold for this kind of message."""
    return kind in CAPPED


def spent(point_ids: Collection[int], *, now: datetime) -> defaultdict[int, Spent]:
    """Counts per contact point; lock those first, so that two slots cannot both spend the last one.

    A call that follows a text of the same offer is no offer more, but counts as one more text does.
    """
    offer = Q(kind__in=OFFERS) & ~Q(channel=Channel.VOICE, after__isnull=False)
    counts = (
        Message.objects.filter(contact_point__in=point_ids, status__in=COUNTED)
        .exclude(Q(channel=Channel.STAFF) | Q(kind=Kind.PASSCODE))  # whoever types a number could use up its offers
        .annotate(at=Coalesce("sent_at", "next_attempt_at"))
        .filter(at__gt=now - MONTH)
        .values("contact_point")
        .annotate(
            offers_day=Count("pk", filter=offer & Q(at__gt=now - DAY)),
            offers_week=Count("pk", filter=offer & Q(at__gt=now - WEEK)),
            offers_month=Count("pk", filter=offer),
            texts_day=Count("pk", filter=Q(channel__in=PHONE, at__gt=now - DAY)),
        )
    )
    found: defaultdict[int, Spent] = defaultdict(Spent)
    for row in counts:
        point_id = row.pop("contact_point")
        found[point_id] = Spent(**row)
    return found


def over_cap(
    clinic: Clinic, so_far: Spent, kind: str, channel: str, states: Collection[str], *, continues: bool = False
) -> Rule | None:
    """The cap that one more message of this kind would break; `continues`: of an offer that was counted before."""
    if not capped(kind):
        return None
    if kind in OFFERS and not continues:
        if so_far.offers_day >= clinic.offers_per_day:
            return Rule.OFFERS_PER_DAY
        if so_far.offers_week >= clinic.offers_per_week:
            return Rule.OFFERS_PER_WEEK
        if so_far.offers_month >= clinic.offers_per_month:
            return Rule.OFFERS_PER_MONTH
    ceiling = min([clinic.sms_per_day, *(STATE_TEXTS_PER_DAY[s] for s in states if s in STATE_TEXTS_PER_DAY)])
    if channel in PHONE and so_far.texts_day >= ceiling:
        return Rule.TEXTS_PER_DAY
    return None


def _continues(message: Message) -> bool:
    """A call that follows a text of the same offer."""
    return message.channel == Channel.VOICE and message.after_id is not None
