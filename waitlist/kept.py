"""Acts: somebody goes on waiting in spite of a booking, or because it came to nothing."""

from datetime import datetime

from django.db import transaction

from waitlist import live, pausing
from waitlist.models import Appointment, WaitlistEntry

TOPIC = "waitlist"


@transaction.atomic(durable=True)
def keep(entry_id: int, visit: Appointment, *, now: datetime) -> bool:
    """Asked again, whatever is booked; False where the wish is off the list, or another patient's."""
    live.hint(visit.clinic_id, TOPIC)
    return pausing.keep(entry_id, visit, now=now)


def keep_on(entry: WaitlistEntry, *, now: datetime) -> bool:
    """The same at the desk, for a wish that is about to close; False where it is not."""
    return entry.paused_for is not None and entry.closes_at is not None and keep(entry.pk, entry.paused_for, now=now)


@transaction.atomic(durable=True)
def booking_ended(appointment_id: int, *, now: datetime) -> int:
    """What paused for this booking waits again, if it was cancelled; how many."""
    visits = Appointment.objects.filter(pk=appointment_id)
    for clinic_id in visits.values_list("clinic_id", flat=True):
        live.hint(clinic_id, TOPIC)
    return pausing.booking_ended(visits, now=now)
