"""What no rule lets go out by any way: one row of each kind for a visit, with the rule, for staff to see."""

from datetime import datetime
from typing import Any

from notifications import rules
from notifications.models import Message
from notifications.outbox.queue import UNTOLD
from notifications.states import WRITTEN_BY, Channel, ContactKind, Kind, MessageStatus, Purpose, Rule
from waitlist.models import Appointment


def refuse(
    kind: Kind, visit: Appointment, *, purpose: Purpose, context: dict[str, Any], now: datetime, **about: Any
) -> Message | None:
    """Keep that its patient cannot be told in writing, by the first rule that forbids it. None: it was kept before; of
    another time or place the row is brought up to date."""
    assert visit.patient is not None
    users = visit.patient.contacts.select_related("contact_point")
    point = next((user.contact_point for user in users), None)
    channel = WRITTEN_BY[ContactKind(point.kind)] if point is not None else Channel.SMS
    rule = rules.forbidden(point, kind, purpose, channel) if point is not None else Rule.NO_CONTACT
    message, is_new = Message.objects.get_or_create(
        dedupe_key=f"{kind}:{visit.pk}{UNTOLD}",
        defaults={
            "kind": kind,
            "clinic": visit.clinic,
            "contact_point": point,
            "channel": channel,
            "purpose": purpose,
            "context": context,
            "patient": visit.patient,
            "appointment": visit,
            "status": MessageStatus.REFUSED,
            "refused_by": rule or Rule.NO_CONSENT,
            "not_after": visit.starts_at,
            "next_attempt_at": now,
            "created_at": now,
            **about,
        },
    )
    if is_new:
        return message
    mine = Message.objects.filter(pk=message.pk, status=MessageStatus.REFUSED)
    if any(message.context.get(name) != context.get(name) for name in ("starts_at", "location")):
        mine.update(context=context, refused_by=rule or Rule.NO_CONSENT, not_after=visit.starts_at, created_at=now)
    return None
