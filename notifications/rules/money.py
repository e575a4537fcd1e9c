"""What messages cost, and the clinic's own limit on it: so much in a calendar month, then no more paid offers."""

from datetime import datetime

from django.db.models import Sum

from notifications.models import Message
from notifications.rules.caps import COUNTED, OFFERS
from notifications.states import Channel, Kind, MessageStatus, Rule
from waitlist.models import Clinic

PAID = [status for status in COUNTED if status != MessageStatus.PENDING]


def cost_mills(clinic: Clinic, channel: str, segments: int) -> int:
    """In thousandths of a dollar: a text by its segments, a call as a whole; nothing else costs anything."""
    if channel == Channel.SMS:
        return segments * clinic.text_cost_mills
    return clinic.call_cost_mills if channel == Channel.VOICE else 0


def spent_mills(clinic: Clinic, *, now: datetime) -> int:
    """What this calendar month's messages have cost, by the clinic's own clock."""
    began = now.astimezone(clinic.zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    paid = Message.objects.filter(clinic=clinic, cost_mills__gt=0, created_at__gte=began, status__in=PAID)
    return paid.aggregate(sum=Sum("cost_mills"))["sum"] or 0


def left_mills(clinic: Clinic, *, now: datetime) -> int | None:
    """What is left of it; None without a limit. Lock the clinic first where the last of it must be spent once."""
    if clinic.monthly_budget_cents is None:
        return None
    return clinic.monthly_budget_cents * 10 - spent_mills(clinic, now=now)


def too_dear(kind: str, channel: str, mills: int, left: int | None) -> Rule | None:
    """What the month's money does not pay for, of offers and the question whether they want more; whatever people must
    not miss is sent all the same."""
    if left is not None and kind in (*OFFERS, Kind.STILL) and channel in (Channel.SMS, Channel.VOICE) and mills > left:
        return Rule.MONEY_SPENT
    return None


def is_money_spent(clinic: Clinic, *, now: datetime) -> bool:
    """Whether not even one text more is paid for this month."""
    left = left_mills(clinic, now=now)
    return too_dear(OFFERS[0], Channel.SMS, cost_mills(clinic, Channel.SMS, 1), left) is not None
