"""Edges: what workers do for the waitlist."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from audit.heart import beat
from waitlist import events, roster
from waitlist.models import Clinic, InboundEvent
from waitlist.states import EventStatus

BATCH = 100
NUDGED_WITHIN = timedelta(seconds=5)  # an event younger than this has its own nudge on the way


@shared_task
def apply_event(event_id: int) -> None:
    """One event from outside becomes an act."""
    events.apply(event_id, now=timezone.now())


@shared_task
def sweep_events() -> None:
    """Events whose nudge was lost are applied, each in a task of its own so that none holds up the others."""
    now = timezone.now()
    lost = InboundEvent.objects.filter(status=EventStatus.RECEIVED, received_at__lt=now - NUDGED_WITHIN)
    for event_id in lost.order_by("received_at", "pk").values_list("pk", flat=True)[:BATCH]:
        apply_event.apply_async(args=[event_id], expires=10)
    beat("waitlist.tasks.sweep_events", now=now)


@shared_task
def refresh_waiting() -> None:
    """Waits are counted in whole days, and pauses that have run out end."""
    now = timezone.now()
    for clinic in Clinic.objects.order_by("pk"):
        roster.refresh(clinic, now=now)
    beat("waitlist.tasks.refresh_waiting", now=now)
