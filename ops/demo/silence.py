"""Whoever has waited for more than a month was asked whether they still want it: most said yes, two nothing."""

from datetime import datetime, timedelta

from django.db.models import F

from notifications.models import ContactPoint, Message
from notifications.states import Channel, ContactKind, Kind, MessageStatus, Purpose
from waitlist.models import Clinic, WaitlistEntry
from waitlist.states import EntryStatus

SILENT = 2  # of each clinic
A_MONTH, ASKED, RESTING = timedelta(days=31), timedelta(days=20), timedelta(days=6)


def begin(clinic: Clinic, *, now: datetime) -> None:
    """What would have been asked before there was a demo is not asked on its first day, all at once."""
    waiting = WaitlistEntry.objects.filter(clinic=clinic, status=EntryStatus.ACTIVE)
    old = waiting.filter(added_at__lt=now - A_MONTH).order_by("added_at", "pk")
    by_text = f"{Purpose.OFFERS}:{Channel.SMS}"
    points = ContactPoint.objects.filter(clinic=clinic, kind=ContactKind.PHONE, stopped_at=None)
    reached = points.filter(granted__contains=[by_text])
    silent = list(old.filter(patient__contacts__contact_point__in=reached).distinct()[:SILENT])
    old.exclude(pk__in=[entry.pk for entry in silent]).update(confirmed_at=F("added_at") + A_MONTH)
    for entry in silent:
        point = reached.filter(users__patient=entry.patient_id).order_by("pk")[0]
        _ask(entry, point, at=now - ASKED)
    resting = {"status": EntryStatus.PAUSED, "still_asked_at": now - ASKED, "silent_since": now - RESTING}
    WaitlistEntry.objects.filter(pk__in=[entry.pk for entry in silent]).update(**resting)


def _ask(entry: WaitlistEntry, point: ContactPoint, *, at: datetime) -> None:
    clinic, patient = entry.clinic, entry.patient
    Message.objects.create(
        clinic=clinic,
        kind=Kind.STILL,
        channel=Channel.SMS,
        contact_point=point,
        patient=patient,
        dedupe_key=f"{Kind.STILL}:{patient.pk}:0",
        context={
            "clinic_name": clinic.name,
            "clinic_phone": clinic.phone,
            "language": patient.language,
            "entries": [entry.pk],
        },
        text=f"{clinic.name}: still want your place on our waitlist? Reply YES or NO, or see {{link}} STOP to end.",
        status=MessageStatus.DELIVERED,
        attempts=1,
        next_attempt_at=at,
        created_at=at,
        sent_at=at,
        delivered_at=at,
    )
