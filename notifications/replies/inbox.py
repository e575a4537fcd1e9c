"""A text from somebody: kept once, an opt-out honoured in the same transaction, then acted on and answered."""

from datetime import datetime

from django.db import transaction

from audit import trail
from audit.models import ActorKind
from audit.trail import Actor
from notifications import consent
from notifications.models import Consent, ContactPoint, InboundMessage
from notifications.replies.acting import handle
from notifications.replies.answers import answer
from notifications.replies.meaning import Meaning, understand
from notifications.states import Channel, ContactKind, Kind
from waitlist.models import Clinic


def receive(
    clinic: Clinic,
    *,
    sender: str,
    text: str,
    provider_id: str,
    channel: str = Channel.SMS,
    already_answered: bool = False,
    now: datetime,
) -> InboundMessage:
    """Heard once, however often it is told. `already_answered`: the carrier has replied to this word itself."""
    heard = _keep(clinic, sender, text, provider_id, channel, already_answered, now)
    if heard.handled_at is None:
        handle(heard.pk, now=now)
        heard.refresh_from_db()
    return heard


@transaction.atomic(durable=True)
def _keep(
    clinic: Clinic, sender: str, text: str, provider_id: str, channel: str, already_answered: bool, now: datetime
) -> InboundMessage:
    point = consent.contact(clinic, ContactKind.PHONE, sender, now=now)
    said = understand(text)
    heard, is_new = InboundMessage.objects.get_or_create(
        provider_id=provider_id,
        defaults={
            "clinic": clinic,
            "contact_point": point,
            "channel": channel,
            "text": text,
            "meaning": said.meaning,
            "already_answered": already_answered,
            "received_at": now,
        },
    )
    if not is_new:
        return heard
    with trail.acting(whoever_uses(point)):
        trail.record("message.received", heard, now=now, clinic_id=clinic.pk, changes={"meaning": said.meaning})
        if said.meaning == Meaning.START:
            consent.start(point, source=Consent.Source.KEYWORD, now=now, note="replied by text")
    if said.meaning == Meaning.STOP and _stop(point, now=now) and not already_answered:
        answer(heard, Kind.STOPPED, now=now)
    return heard


def _stop(point: ContactPoint, *, now: datetime) -> bool:
    """Nothing goes to this number any more from any clinic behind the sender it answered; False if so before."""
    is_first = False
    for one in consent.on_one_line(point):
        with trail.acting(whoever_uses(one)):
            is_first |= consent.stop(one, source=Consent.Source.KEYWORD, now=now, note="replied by text")
    return is_first


def whoever_uses(point: ContactPoint) -> Actor:
    """The patient behind a number; where a family shares it, the patient is not named."""
    patient_ids = list(point.users.values_list("patient_id", flat=True)[:2])
    return Actor(kind=ActorKind.PATIENT, ref=patient_ids[0] if len(patient_ids) == 1 else None)
