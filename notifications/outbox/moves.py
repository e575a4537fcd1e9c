"""Word that a visit is at another time: to whoever had been told when it was, once for where it ends up."""

from datetime import datetime
from typing import Any

from django.db.models import Q

from matching.models import Offer
from notifications import whom
from notifications.models import ContactPoint, Message
from notifications.outbox.bookings import reachable
from notifications.outbox.moved import SAYS_WHEN, is_as_told
from notifications.outbox.queue import enqueue
from notifications.outbox.refusals import refuse
from notifications.states import REACHED_CARRIER, UNFINISHED, Channel, Kind, MessageStatus, Purpose, Rule
from waitlist.calendar import Time
from waitlist.models import Appointment

TELLS = (Kind.BOOKED, Kind.MOVED)  # another service (CHANGED) says that the time stays
SAYS_AT = (*TELLS, Kind.REMINDER)


def tell_move(visit: Appointment, before: Time, won: Offer | None, *, now: datetime) -> None:
    """The visit, locked, has just been moved from there. `won`: the offer of ours that it was booked by, if any.

    What waits to go says the new time by itself; where nothing does, one message more is written for each way.
    """
    if (visit.starts_at, visit.location) == (before.starts_at, before.location):
        return
    if visit.patient is None or visit.starts_at <= now:
        return
    rows = Message.objects.filter(appointment=visit, kind__in=(*SAYS_WHEN, Kind.REMINDER))
    unsent = list(rows.select_for_update(no_key=True).filter(status=MessageStatus.PENDING).order_by("pk"))
    if not (won or _heard_of(visit)):  # whoever was just sending one of those has it on its way by now
        return
    waiting = [one for one in unsent if one.kind in SAYS_WHEN]
    rows.filter(pk__in=[one.pk for one in waiting]).update(not_after=visit.starts_at)
    says_it = {one.channel for one in waiting if one.kind in TELLS}
    ways = _ways(visit, won)
    if not ways:
        purpose, about = Purpose.OFFERS if won else Purpose.REMINDERS, _won(won)
        refuse(Kind.MOVED, visit, purpose=purpose, context=facts_of(visit, level=0), now=now, **about)
    for channel, (point, purpose) in ways.items():
        if channel not in says_it:
            _write(visit, won, channel, point, purpose, now=now)


def known(message: Message) -> Rule | None:
    """Why word of a move need not go: a newer word goes or has gone this way, or it is then as they last heard it, this
    way and of all ways."""
    said = Message.objects.filter(appointment=message.appointment_id, status__in=REACHED_CARRIER)
    newer = Message.objects.filter(appointment=message.appointment_id, channel=message.channel, pk__gt=message.pk)
    if newer.filter(kind__in=TELLS, status__in=(MessageStatus.PENDING, *REACHED_CARRIER)).exists():
        return Rule.VISIT_MOVED
    to_calendar = message.channel == Channel.EMAIL and message.offer_id is not None
    by_this_way = said.filter(channel=message.channel, kind__in=TELLS if to_calendar else SAYS_AT)
    last_words = [rows.order_by("-pk").first() for rows in (by_this_way, said.filter(kind__in=SAYS_AT))]
    is_known = all(last is not None and is_as_told(message.appointment, last) for last in last_words)
    return Rule.KNOWN if is_known else None


def goes_first(message: Message) -> bool:
    """Whether an older word of when the visit is has not gone yet: it may say the same."""
    mine = Message.objects.filter(appointment=message.appointment_id, channel=message.channel, kind__in=TELLS)
    return mine.filter(pk__lt=message.pk, status__in=(MessageStatus.PENDING, MessageStatus.SENDING)).exists()


def facts_of(visit: Appointment, *, level: int) -> dict[str, Any]:
    """All a wording about a visit may need, as it was when the message was written."""
    assert visit.patient is not None
    return {
        "clinic_name": visit.clinic.name,
        "clinic_phone": visit.clinic.phone,
        "starts_at": visit.starts_at.isoformat(),
        "expires_at": visit.starts_at.isoformat(),
        "zone": visit.location.zone.key,
        "patient_zone": visit.patient.timezone,
        "minutes": int((visit.ends_at - visit.starts_at).total_seconds() // 60),
        "service": visit.service.name,
        "practitioner": visit.practitioner.name,
        "location": visit.location.name,
        "price_cents": visit.price_cents,
        "first_name": visit.patient.first_name,
        "level": level,
        "language": visit.patient.language,
    }


def _heard_of(visit: Appointment) -> bool:
    """A reminder of ours has told them when it was, or word of a move has, or is about to."""
    rows = Message.objects.filter(appointment=visit, kind__in=(Kind.REMINDER, Kind.MOVED))
    return rows.filter(Q(status__in=REACHED_CARRIER) | Q(kind=Kind.MOVED, status__in=UNFINISHED)).exists()


def _ways(visit: Appointment, won: Offer | None) -> dict[Channel, tuple[ContactPoint, Purpose]]:
    """Each with the purpose they agreed to: who takes no more offers still hears of their visits."""
    assert visit.patient is not None
    found: dict[Channel, tuple[ContactPoint, Purpose]] = {}
    for channel, point in reachable(visit.patient, Kind.MOVED, Purpose.OFFERS if won else Purpose.REMINDERS):
        offers, visits = (f"{purpose}:{channel}" in point.granted for purpose in (Purpose.OFFERS, Purpose.REMINDERS))
        found[channel] = (point, Purpose.REMINDERS if visits and not (won and offers) else Purpose.OFFERS)
    return found


def _write(
    visit: Appointment, won: Offer | None, channel: Channel, point: ContactPoint, purpose: Purpose, *, now: datetime
) -> None:
    before = Message.objects.filter(appointment=visit, kind=Kind.MOVED, channel=channel).count()
    enqueue(
        Kind.MOVED,
        clinic=visit.clinic,
        contact_point=point,
        channel=channel,
        purpose=purpose,
        dedupe_key=f"{Kind.MOVED}:{visit.pk}:{before}:{channel}",
        context=facts_of(visit, level=whom.level(visit.clinic, point, channel)),
        patient=visit.patient,
        appointment=visit,
        not_after=visit.starts_at,
        now=now,
        **_won(won),
    )


def _won(offer: Offer | None) -> dict[str, Any]:
    return {"offer": offer, "slot_id": offer.slot_id if offer is not None else None}
