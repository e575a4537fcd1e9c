"""Act: a clinic lets its offers out, or holds them back again.

Edited as an object, so django-auditlog writes its line of the trail.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from matching import anew
from notifications.models import Message
from notifications.states import UNFINISHED
from waitlist.live import hint
from waitlist.models import Clinic
from waitlist.nudge import nudge
from waitlist.states import Launch


@transaction.atomic(durable=True)
def turn(clinic: Clinic, to: Launch, *, seen: Launch, now: datetime) -> bool:
    """From now on offers reach so many. False where it stood elsewhere than whoever turns it has `seen`.

    Locked as a whole: whatever is just written for this clinic, or put on its way, is through before, or comes after.
    What waits to go when a dry run ends is older than `live_since`, and never goes; times it had asked for that are
    still open are opened anew by the cascade, each under its own locks (`matching.anew`).
    """
    clinic = Clinic.objects.select_for_update().get(pk=clinic.pk)
    if clinic.launch != seen:
        return False
    if clinic.launch == to:
        return True
    if clinic.launch == Launch.REHEARSAL:
        waiting = Message.objects.filter(clinic=clinic, status__in=UNFINISHED).aggregate(last=Max("created_at"))["last"]
        clinic.live_since = max(now, waiting + timedelta(microseconds=1)) if waiting else now
    clinic.launch = to
    clinic.save(update_fields=["launch", "live_since"])
    for slot_id in anew.of(clinic).values_list("pk", flat=True):
        nudge("matching.tasks.advance", slot_id)
    hint(clinic.pk, "board")
    return True
