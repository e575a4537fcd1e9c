"""Edges: what a worker does to look after the whole."""

from celery import shared_task
from django.utils import timezone

from audit import heart
from ops import doctor
from waitlist.models import Clinic

CHECKED_EVERY_SECONDS = 300


@shared_task
def sweep_checkups() -> None:
    """Every clinic in a task of its own: one that fails keeps no other waiting."""
    heart.beat("ops.tasks.sweep_checkups", now=timezone.now())
    for clinic_id in Clinic.objects.order_by("pk").values_list("pk", flat=True):
        check_up.apply_async((clinic_id,), expires=CHECKED_EVERY_SECONDS)


@shared_task
def check_up(clinic_id: int) -> None:
    """What the doctor finds is counted for the board."""
    now = timezone.now()
    found = [*doctor.examine_machine(now=now), *doctor.examine(Clinic.objects.get(pk=clinic_id), now=now)]
    heart.checked(clinic_id, violations=len(found), now=now)
