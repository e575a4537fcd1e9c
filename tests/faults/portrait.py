"""The end state of one clinic without ids and times: what two runs must have in common."""

from collections import Counter
from datetime import timedelta
from typing import Any

from django.db.models import Count, F, Q

from audit.models import Entry
from matching.models import ExpressBooking, Offer
from matching.states import OfferState
from notifications.models import InboundMessage, Message, Outage, SimulatedText
from waitlist.models import (
    Appointment,
    Clinic,
    Closure,
    InboundEvent,
    MassCancellation,
    Slot,
    WaitlistEntry,
    Writeback,
)
from waitlist.states import AppointmentStatus

Portrait = Counter[tuple[Any, ...]]
BY_WHOM = "patient__first_name"
NOBODYS = Q(practitioner=None)
WANTED = {"is_asked_after": Q(still_asked_at__isnull=False), "rests": Q(silent_since__isnull=False)}
TEN_MINUTES = timedelta(minutes=10)


def paint(clinic: Clinic, webhook_ids: list[str], handed: list[str]) -> Portrait:
    """Every row that matters, as often as it is there; how a message got there may differ, that it did may not. So may
    the word for an event whose act was done already when it was applied once more: applied, or ignored.

    `webhook_ids` is what the calendar heard: it drops an id it knows. `handed` is what the carrier was handed.
    """
    slots = Slot.objects.filter(clinic=clinic)
    slot = ("starts_at", "state", "closed_because", "wave", "paused_for", f"filled_by__{BY_WHOM}")
    offers = Offer.objects.filter(slot__clinic=clinic)
    messages = Message.objects.filter(clinic=clinic)
    texts = SimulatedText.objects.filter(message__clinic=clinic)
    visits = Appointment.objects.filter(clinic=clinic)
    wishes = WaitlistEntry.objects.filter(clinic=clinic)
    owed = Writeback.objects.filter(clinic=clinic)
    told = InboundEvent.objects.filter(connection__clinic=clinic)
    replies = InboundMessage.objects.filter(clinic=clinic)
    lines = Entry.objects.filter(clinic_id=clinic.pk).exclude(verb__regex=r"^(message|event)\.|\.clock_moved$")
    closed = Closure.objects.filter(clinic=clinic)
    asked = MassCancellation.objects.filter(clinic=clinic)
    out = Outage.objects.annotate(open=Q(ended_at=None))  # everybody's
    counts = ("offers_received", "offers_answered", "offers_accepted")
    return Counter(
        [
            *_rows("slot", slots, *slot),
            *_rows("offer", offers, "slot__starts_at", BY_WHOM, "state", "wave", "answered_by"),
            *_rows("message", messages, "kind", "channel", BY_WHOM, "status"),
            *_rows("text", texts, "message__kind", f"message__{BY_WHOM}"),
            *[row for one in handed for row in _rows("text", messages.filter(public_id=one), "kind", BY_WHOM)],
            *_rows("visit", visits, "starts_at", BY_WHOM, "status", "cancel_reason"),
            *_rows("entry", wishes.annotate(**WANTED), BY_WHOM, "status", *counts, *WANTED),
            *_rows("writeback", owed.annotate(open=Q(resolved_at=None)), "kind", "status", "open"),
            *_rows("event", told.annotate(open=Q(status="received")), "kind", "open"),
            *_rows("reply", replies.annotate(open=Q(handled_at=None)), "meaning", "open"),
            *_rows("accepted", ExpressBooking.objects.filter(clinic=clinic), f"offer__{BY_WHOM}", "terms_sha256"),
            *_rows("trail", lines, "verb"),
            *_rows("closure", closed.annotate(all=NOBODYS), "all", "starts_at", "ends_at"),
            *_rows("mass cancellation", asked.annotate(all=NOBODYS), "all", "answer"),
            *_rows("outage", out, "channel", "cause", "open"),
            *_put_off(offers),
            *_rows("heard", _heard(messages, webhook_ids), "writeback__kind"),
        ]
    )


def _rows(noun: str, rows: Any, *columns: str) -> list[tuple[Any, ...]]:
    return [(noun, *row) for row in rows.values_list(*columns)]


def _put_off(offers: Any) -> list[tuple[Any, ...]]:
    """By how many tens of minutes an outage has put each deadline off."""
    thawed = offers.exclude(thawed_to=None).select_related("patient")
    windows = [(one, timedelta(minutes=one.window_minutes)) for one in thawed]
    late = [(one.patient.first_name, one.expires_at - one.offered_at - window) for one, window in windows]
    return [("put off", name, by // TEN_MINUTES) for name, by in late]


def _heard(messages: Any, webhook_ids: list[str]) -> Any:
    heard = {webhook_id.removeprefix("msg_") for webhook_id in webhook_ids}
    known = [message.pk for message in messages.filter(channel="webhook") if message.public_id.hex in heard]
    return messages.filter(pk__in=known)


def handed_over_twice(clinic: Clinic, handed: list[str]) -> int:
    """Messages a carrier was given more than once."""
    texts = SimulatedText.objects.filter(message__clinic=clinic).values("message")
    twice = texts.annotate(times=Count("pk")).filter(times__gt=1).count()
    return twice + sum(times > 1 for times in Counter(handed).values())


def promised_twice(clinic: Clinic) -> int:
    """Times that two people have: overlapping bookings, or two yeses to one slot."""
    booked = Appointment.objects.filter(clinic=clinic, status=AppointmentStatus.BOOKED)
    overlaps = sum(
        booked.filter(practitioner=one.practitioner_id, pk__gt=one.pk, starts_at__lt=one.ends_at)
        .filter(ends_at__gt=one.starts_at)
        .count()
        for one in booked.filter(ends_at__gt=F("starts_at"))
    )
    yes = Count("offers", filter=Q(offers__state=OfferState.ACCEPTED))
    return overlaps + Slot.objects.filter(clinic=clinic).annotate(yes=yes).filter(yes__gt=1).count()
