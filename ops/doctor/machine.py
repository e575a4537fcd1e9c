"""Checks of the whole installation: is everything that runs by the clock running? Reads only."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Max

from audit.models import AuditSeal, Entry
from ops.doctor.found import Found
from ops.health import late_sweeps

UNSEALED_AT_MOST = timedelta(hours=3)


def late_heartbeat(*, now: datetime) -> Iterator[Found]:
    for name in late_sweeps(now=now):
        yield Found(name, "This has not run for too long.")


def trail_not_sealed(*, now: datetime) -> Iterator[Found]:
    """Once sealing has begun: old entries without a seal, and no seal made lately either."""
    late = now - UNSEALED_AT_MOST
    newest = AuditSeal.objects.aggregate(entry=Max("last_entry_id"), at=Max("sealed_at"))
    if newest["at"] is None or newest["at"] > late:
        return
    first = Entry.objects.filter(pk__gt=newest["entry"], timestamp__lte=late).order_by("pk").first()
    if first is not None:
        yield Found(f"entry {first.pk} of the trail", "It and what came after it are not sealed yet.")
