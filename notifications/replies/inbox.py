"""A text from somebody: kept once, an opt-out honoured in the same transaction, then acted on and answered."""

from datetime import datetime

from django.db import transaction

from audit import trail
from notifications import consent
from notifications.models import InboundMessage
from notifications.replies import stopping
from notifications.replies.acting import handle
from notifications.replies.meaning import Said, understand
from notifications.states import Channel, ContactKind
from waitlist.models import Clinic


def receive(
    clinic: Clinic,
    *,
    sender: str,
    text: str,
    provider_id: str,
    channel: str = Channel.SMS,
    already_answered: bool = False,
    carrier: str = "",
    now: datetime,
) -> InboundMessage:
    """Heard once, however often it is told. `already_answered`: the carrier has replied to this word itself, and
    `carrier` is what it took it for (OptOutType)."""
    said = understand(text, carrier)
    heard = _keep(clinic, said, sender, text, provider_id, channel, already_answered, now)
    if heard.handled_at is None:
        handle(heard.pk, now=now)
        heard.refresh_from_db()
    return heard


@transaction.atomic(durable=True)
def _keep(
    clinic: Clinic, said: Said, sender: str, text: str, provider_id: str, channel: str, is_answered: bool, now: datetime
) -> InboundMessage:
    point = consent.contact(clinic, ContactKind.PHONE, sender, now=now)
    heard, is_new = InboundMessage.objects.get_or_create(
        provider_id=provider_id,
        defaults={
            "clinic": clinic,
            "contact_point": point,
            "channel": channel,
            "text": text,
            "meaning": said.meaning,
            "already_answered": is_answered,
            "received_at": now,
        },
    )
    if not is_new:
        return heard
    with trail.acting(consent.whoever_uses(point)):
        trail.record("message.received", heard, now=now, clinic_id=clinic.pk, changes={"meaning": said.meaning})
        stopping.hear(heard, now=now)
    return heard
