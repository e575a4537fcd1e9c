"""When each sweep last ran, and what the doctor last found."""

from datetime import datetime

from audit.models import Checkup, Heartbeat


def beat(name: str, *, now: datetime) -> None:
    """Note that the sweep called `name` ran now."""
    Heartbeat.objects.update_or_create(name=name, defaults={"beat_at": now})


def checked(clinic_id: int, *, violations: int, now: datetime) -> None:
    """Note how much was not as it should be at this clinic."""
    Checkup.objects.update_or_create(clinic_id=clinic_id, defaults={"violations": violations, "checked_at": now})


def last_checkup(clinic_id: int) -> Checkup | None:
    return Checkup.objects.filter(pk=clinic_id).first()
