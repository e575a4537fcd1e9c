"""Visits to come of which nothing in writing has reached their patient, or of where they were moved: for staff to call.

Whoever was booked by staff has heard it from them; a booking by an automated call, say, may end here.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from audit import trail
from notifications import outbox
from notifications.models import Message
from notifications.states import Channel, Kind, MessageStatus, Rule
from waitlist.live import hint
from waitlist.models import Appointment, Clinic, User
from waitlist.states import AppointmentStatus

NEWS = (Kind.BOOKED, Kind.MOVED)
SAYS_WHEN = (*NEWS, Kind.CHANGED, Kind.REMINDER)
IN_VAIN = Q(status__in=(MessageStatus.REFUSED, MessageStatus.FAILED, MessageStatus.UNDELIVERED)) | Q(
    status=MessageStatus.DROPPED, refused_by=Rule.TOO_LATE
)
NOT_TOLD = IN_VAIN | Q(status=MessageStatus.DROPPED)
BY_STAFF = Q(kind=Kind.BOOKED, offer__answered_by="staff")


def of_clinic(clinic: Clinic, *, now: datetime) -> QuerySet[Appointment]:
    """By their start: no word since went out, or may yet, nor has anybody of the staff told them."""
    to_come = Appointment.objects.filter(clinic=clinic, status=AppointmentStatus.BOOKED, starts_at__gt=now)
    visits = to_come.filter(Exists(_news(patient=OuterRef("patient"), appointment=OuterRef("pk"))))
    return visits.select_related("patient", "practitioner", "service", "location__clinic").order_by("starts_at", "pk")


def last_words(visits: Iterable[Appointment]) -> dict[int | None, Message]:
    """By visit the last that did not reach them."""
    rows = _news(appointment__in=[visit.pk for visit in visits]).order_by("created_at", "pk")
    return {message.appointment_id: message for message in rows}


def name_of(word: Message) -> str:
    """Which word it is; of another time or place it is another."""
    return f"{word.pk}:{int(word.created_at.timestamp() * 1_000_000)}"


@transaction.atomic
def told(visit_id: int, named: str, *, by: User, now: datetime) -> bool:
    """Staff have told them what that word would have; False where somebody had before, or it is another one by now."""
    visit = Appointment.objects.select_for_update(no_key=True).get(pk=visit_id)
    last = last_words(of_clinic(visit.clinic, now=now).filter(pk=visit.pk)).get(visit.pk)
    if last is None or name_of(last) != named:
        return False
    message = outbox.enqueue(
        Kind(last.kind),
        clinic=visit.clinic,
        contact_point=None,
        user=by,
        channel=Channel.STAFF,
        purpose=last.purpose,
        dedupe_key=f"{last.kind}:{visit.pk}:by_staff:{named}",
        context=outbox.facts_of(visit, level=0),
        patient=visit.patient,
        appointment=visit,
        status=MessageStatus.DELIVERED,
        sent_at=now,
        delivered_at=now,
        now=now,
    )
    if message is None:
        return False
    trail.record("appointment.told", visit, now=now, clinic_id=visit.clinic_id)
    hint(visit.clinic_id, "board")
    return True


def _news(**about: Any) -> QuerySet[Message]:
    """Word of a visit that reached nobody, and none after it."""
    since = Message.objects.filter(
        appointment=OuterRef("appointment"), kind__in=SAYS_WHEN, created_at__gte=OuterRef("created_at")
    )
    return Message.objects.filter(~Exists(since.exclude(NOT_TOLD)), IN_VAIN, kind__in=NEWS, **about).exclude(BY_STAFF)
