"""Putting messages into the outbox, in the transaction of whatever causes them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from matching.models import Offer
from notifications import asked, whom
from notifications.models import ContactPoint, Message, PatientContact
from notifications.outbox.ways import Route
from notifications.states import REACHED_CARRIER, Channel, Kind, MessageStatus, Purpose, Rule
from waitlist.models import Clinic, Patient, Slot, WaitlistEntry
from waitlist.nudge import nudge
from waitlist.states import AppointmentStatus

# About a booking they made: wherever they heard of it, however the offer itself fared.
ABOUT_A_BOOKING = (Kind.CANCELLED, Kind.APOLOGY)
UNTOLD = ":untold"  # ends the key of a row that only keeps why nothing goes out
OF_A_VISIT = (Kind.BOOKED, Kind.ENDED, Kind.LOST, Kind.GONE, *ABOUT_A_BOOKING)


def enqueue_offers(slot: Slot, pairs: Sequence[tuple[Offer, list[Route]]], *, now: datetime) -> None:
    """One message per offer and way, its facts frozen; each exists once, however often this runs."""
    Message.objects.bulk_create(offer_messages(slot, pairs, now=now), ignore_conflicts=True)
    nudge("notifications.tasks.deliver_slot", slot.pk)


def offer_messages(slot: Slot, pairs: Sequence[tuple[Offer, list[Route]]], *, now: datetime) -> list[Message]:
    """The same rows, for whoever writes them by a statement of their own; the offers have their ids."""
    people = Patient.objects.in_bulk([offer.patient_id for offer, _ in pairs])
    moving = _moving([offer for offer, _ in pairs])
    levels = whom.levels(slot.clinic, [(way.contact_point_id, way.channel) for _, ways in pairs for way in ways])
    return [
        Message(
            clinic_id=slot.clinic_id,
            kind=Kind.OFFER,
            purpose=Purpose.OFFERS,
            channel=way.channel,
            contact_point_id=way.contact_point_id,
            patient_id=offer.patient_id,
            offer=offer,
            slot=slot,
            round=offer.rounds,
            dedupe_key=key(Kind.OFFER, offer.pk, None, way.channel, offer.rounds),
            context=freeze(slot, people[offer.patient_id], offer, level=levels[way.contact_point_id, way.channel])
            | moving.get(offer.entry_id, {})
            | _link(slot, offer),
            not_after=offer.expires_at,
            next_attempt_at=way.send_at,
            created_at=now,
        )
        for offer, ways in pairs
        for way in ways
    ]


def _moving(offers: Sequence[Offer]) -> dict[int | None, dict[str, Any]]:
    """By wish, what the words of an offer have to know where a yes moves a visit they hold."""
    mine = WaitlistEntry.objects.filter(pk__in=[offer.entry_id for offer in offers if offer.entry_id])
    holding = mine.filter(later_visit__status=AppointmentStatus.BOOKED)
    return {pk: {"moves_visit": True} for pk in holding.values_list("pk", flat=True)}


def _link(slot: Slot, offer: Offer) -> dict[str, Any]:
    """What the words of a booking link have to know: until when the time is kept."""
    if offer.link_sent_at is None or slot.held_until is None:
        return {}
    return {"is_booking_link": True, "expires_at": slot.held_until.isoformat()}


def enqueue_news(kind: Kind, offers: Sequence[Offer], *, now: datetime) -> None:
    """Tell those who were told of these offers, the last time, what became of them; what was not sent is dropped."""
    if not offers:
        return
    _drop(Message.objects.filter(offer__in=offers))
    told = Message.objects.filter(offer__in=offers).order_by("pk")
    if kind in ABOUT_A_BOOKING:
        told = told.filter(kind__in=(Kind.OFFER, Kind.BOOKED)).exclude(dedupe_key__endswith=UNTOLD)
    else:
        told = asked.of(offers).filter(status__in=REACHED_CARRIER)
    told = told.exclude(channel=Channel.STAFF)
    ends_at: dict[int | None, datetime] = {offer.pk: end_is_news_until(offer) for offer in offers}
    booked = Message.objects.filter(offer__in=offers, kind=Kind.BOOKED).order_by("appointment_id")
    visits: dict[int | None, int | None] = {}
    if kind in ABOUT_A_BOOKING:
        visits = dict(booked.values_list("offer_id", "appointment_id"))  # the latest of each
    ways = {heard.pk: in_writing(heard.channel) for heard in told}
    Message.objects.bulk_create(
        (
            Message(
                clinic_id=heard.clinic_id,
                kind=kind,
                purpose=heard.purpose,
                channel=ways[heard.pk],
                contact_point_id=heard.contact_point_id,
                patient_id=heard.patient_id,
                offer_id=heard.offer_id,
                slot_id=heard.slot_id,
                appointment_id=visits.get(heard.offer_id),
                round=heard.round,
                dedupe_key=key(kind, heard.offer_id, visits.get(heard.offer_id), ways[heard.pk], heard.round),
                context=heard.context,
                not_after=datetime.fromisoformat(heard.context["starts_at"])
                if kind in ABOUT_A_BOOKING
                else ends_at[heard.offer_id],
                next_attempt_at=now,
                created_at=now,
            )
            for heard in told
        ),
        ignore_conflicts=True,
    )
    for slot_id in {offer.slot_id for offer in offers}:
        nudge("notifications.tasks.deliver_slot", slot_id)


def enqueue(
    kind: Kind,
    *,
    clinic: Clinic,
    contact_point: ContactPoint | None,
    channel: str,
    purpose: str = Purpose.OFFERS,
    dedupe_key: str,
    context: dict[str, Any],
    now: datetime,
    **about: Any,
) -> Message | None:
    """One message, sent after commit. `about` names its rows and times. None: it was there already."""
    message, is_new = Message.objects.get_or_create(
        dedupe_key=dedupe_key,
        defaults={
            "kind": kind,
            "clinic": clinic,
            "contact_point": contact_point,
            "channel": channel,
            "purpose": purpose,
            "context": context,
            "next_attempt_at": now,
            "created_at": now,
            **about,
        },
    )
    if not is_new:
        return None
    nudge("notifications.tasks.deliver", message.pk)
    return message


def in_writing(channel: str) -> str:
    """Only an offer is worth a call: who was called hears by text what became of it."""
    return Channel.SMS if channel == Channel.VOICE else channel


def end_is_news_until(offer: Offer) -> datetime:
    """As long as it could be answered; who said yes and had to finish may believe until the start that it is theirs."""
    return offer.slot.starts_at if offer.holds else offer.expires_at


def drop_unsent(slot: Slot, offers: Iterable[Offer], *, now: datetime) -> int:
    """Offers of this slot that nobody has been sent yet are not sent any more; how many."""
    return _drop(Message.objects.filter(slot=slot, offer__in=offers))


def drop_offers_to(points: Sequence[ContactPoint]) -> int:
    """Offers that wait to go to these numbers, or to whoever uses them, are not sent any more; how many."""
    users = PatientContact.objects.filter(contact_point__in=points).values("patient")
    return _drop(Message.objects.filter(Q(contact_point__in=points) | Q(patient__in=users)))


def freeze(slot: Slot, patient: Patient, offer: Offer, *, level: int = 0) -> dict[str, Any]:
    """All a wording may need, as it was when the message was written; `level`: how much of it may be said."""
    return {
        "clinic_name": slot.clinic.name,
        "clinic_phone": slot.clinic.phone,
        "starts_at": slot.starts_at.isoformat(),
        "zone": slot.location.zone.key,
        "patient_zone": patient.timezone,
        "minutes": int((slot.ends_at - slot.starts_at).total_seconds() // 60),
        "service": slot.service.name,
        "practitioner": slot.practitioner.name,
        "location": slot.location.name,
        "price_cents": slot.price_cents,
        "first_name": patient.first_name,
        "expires_at": offer.expires_at.isoformat(),
        "level": level,
        "language": patient.language,
    }


def key(kind: str, offer_id: int | None, appointment_id: int | None, channel: str, time: int = 1) -> str:
    """One message of a kind per offer, channel and time they are asked; of a booking one per visit: a time given back
    may be had again."""
    if kind in OF_A_VISIT:
        return f"{kind}:{offer_id}:{appointment_id or 0}:{channel}"
    return f"{kind}:{offer_id}:{channel}:{time}" if time > 1 else f"{kind}:{offer_id}:{channel}"


def _drop(messages: QuerySet[Message]) -> int:
    unsent = messages.filter(kind=Kind.OFFER, status=MessageStatus.PENDING)
    return unsent.update(status=MessageStatus.DROPPED, refused_by=Rule.OFFER_OVER)
