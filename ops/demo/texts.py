"""What patients have texted lately: a question to answer, and one that was answered."""

from datetime import datetime, timedelta
from random import Random

from notifications.models import ContactPoint, InboundMessage, Message
from notifications.states import Channel, ContactKind, Kind, MessageStatus, Purpose
from ops.demo.clinics import staff_email
from waitlist.models import Clinic, User
from waitlist.states import Role

TO_READ = ("Is there parking near you?", timedelta(minutes=35))
ASKED = ("Can I bring my daughter along?", timedelta(hours=5))
ANSWER = "Of course, there is a corner with books for her. See you soon!"
LATER = timedelta(minutes=6)


def write(clinic: Clinic, random: Random, *, now: datetime) -> None:
    """Two conversations with patients who may be texted."""
    points = ContactPoint.objects.filter(clinic=clinic, kind=ContactKind.PHONE, stopped_at=None)
    allowed = points.filter(granted__contains=[f"{Purpose.OFFERS}:{Channel.SMS}"], users__isnull=False)
    first, second = random.sample(list(allowed.distinct().order_by("pk")), 2)
    _heard(first, *TO_READ, random, now=now)
    asked = _heard(second, *ASKED, random, now=now)
    at = asked.received_at + LATER
    InboundMessage.objects.filter(pk=asked.pk).update(read_at=at)
    Message.objects.create(
        clinic=clinic,
        kind=Kind.DESK,
        channel=Channel.SMS,
        contact_point=second,
        user=User.objects.get(email=staff_email(Role.FRONT_DESK, clinic)),
        dedupe_key=f"{Kind.DESK}:{second.pk}:0",
        context={"clinic_name": clinic.name, "text": ANSWER},
        text=f"{clinic.name}: {ANSWER}",
        status=MessageStatus.DELIVERED,
        attempts=1,
        next_attempt_at=at,
        created_at=at,
        sent_at=at,
        delivered_at=at,
    )


def _heard(point: ContactPoint, text: str, ago: timedelta, random: Random, *, now: datetime) -> InboundMessage:
    return InboundMessage.objects.create(
        clinic=point.clinic,
        contact_point=point,
        channel=Channel.SMS,
        provider_id=f"demo-{random.getrandbits(96):024x}",
        text=text,
        meaning="unclear",
        received_at=now - ago,
        handled_at=now - ago,
    )
