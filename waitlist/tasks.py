"""Edges: what workers do for the waitlist."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from audit.heart import beat
from notifications import passcodes
from waitlist import events, joining, keeping, kept, roster, still_wanted
from waitlist.models import Clinic, InboundEvent
from waitlist.states import EventStatus

BATCH = 100
SWEPT_EVERY_SECONDS = 10
REFRESHED_EVERY_SECONDS = 3600
STILL_WANTED_EVERY_SECONDS = 3600
NUDGED_WITHIN = timedelta(seconds=5)  # an event younger than this has its own nudge on the way


@shared_task
def apply_event(event_id: int) -> None:
    """One event from outside becomes an act."""
    events.apply(event_id, now=timezone.now())


@shared_task
def sweep_events() -> None:
    """Events whose nudge or worker was lost are applied, each in its own task so that none holds up the others."""
    now = timezone.now()
    lost = InboundEvent.objects.filter(status=EventStatus.RECEIVED, received_at__lt=now - NUDGED_WITHIN)
    for events_due in (lost, events.kept()):
        for event_id in events_due.order_by("received_at", "pk").values_list("pk", flat=True)[:BATCH]:
            apply_event.apply_async(args=[event_id], expires=SWEPT_EVERY_SECONDS)
    beat("waitlist.tasks.sweep_events", now=now)


@shared_task
def booking_ended(appointment_id: int) -> None:
    """What paused for a booking waits again; the hourly refresh finds what a lost nudge left."""
    kept.booking_ended(appointment_id, now=timezone.now())


@shared_task
def sweep_still_wanted() -> None:
    """Every clinic that asks, in a task of its own."""
    for clinic_id in still_wanted.clinics():
        ask_still_wanted.apply_async(args=[clinic_id], expires=STILL_WANTED_EVERY_SECONDS)
    beat("waitlist.tasks.sweep_still_wanted", now=timezone.now())


@shared_task
def ask_still_wanted(clinic_id: int) -> None:
    """Whoever has waited long is asked, and who did not answer rests."""
    still_wanted.sweep(Clinic.objects.get(pk=clinic_id), now=timezone.now())


@shared_task
def refresh_waiting() -> None:
    """Every clinic in a task of its own: one that fails keeps no other waiting."""
    for clinic_id in Clinic.objects.order_by("pk").values_list("pk", flat=True):
        refresh_clinic.apply_async(args=[clinic_id], expires=REFRESHED_EVERY_SECONDS)
    beat("waitlist.tasks.refresh_waiting", now=timezone.now())


@shared_task
def refresh_clinic(clinic_id: int) -> None:
    """Waits are counted in whole days, tiers follow their rules, pauses run out, public holidays to come close, and old
    codes go."""
    clinic, now = Clinic.objects.get(pk=clinic_id), timezone.now()
    roster.refresh(clinic, now=now)
    joining.expire(clinic, now=now)
    keeping.refresh_holidays(clinic, now=now)
    passcodes.forget(clinic, now=now)
