"""When each sweep last ran."""

from datetime import datetime

from audit.models import Heartbeat


def beat(name: str, *, now: datetime) -> None:
    """Note that the sweep called `name` ran now."""
    Heartbeat.objects.update_or_create(name=name, defaults={"beat_at": now})
