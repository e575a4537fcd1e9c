"""Questions that are out: answered in another way, not delivered, or met with silence, after which the wish rests."""

from datetime import datetime, timedelta

from django.db import transaction

from notifications.models import Message
from notifications.states import REACHED_CARRIER, UNFINISHED, Kind
from waitlist import live, wanted
from waitlist.models import Clinic, WaitlistEntry
from waitlist.states import EntryStatus
from waitlist.still_wanted.asking import TOPIC, heard, is_offered, ways

TRIED_AGAIN = timedelta(days=7)  # after a question that did not reach them


def open_questions(clinic: Clinic) -> list[int]:
    """Wishes for which an answer is due, the longest first."""
    rows = WaitlistEntry.objects.filter(clinic=clinic, status=EntryStatus.ACTIVE, still_asked_at__isnull=False)
    return list(rows.order_by("still_asked_at", "pk").values_list("pk", flat=True))


@transaction.atomic(durable=True)
def settle(entry_id: int, *, now: datetime) -> bool:
    """What the rows say by now of a question that is out; whether anything changed. Safe to repeat."""
    rows = WaitlistEntry.objects.select_related("clinic", "patient").select_for_update(no_key=True, of=("self",))
    entry = rows.filter(pk=entry_id, status=EntryStatus.ACTIVE, still_asked_at__isnull=False).first()
    if entry is None or entry.still_asked_at is None:
        return False
    heard_at = WaitlistEntry.objects.annotate(heard_at=heard()).get(pk=entry.pk).heard_at
    if heard_at > entry.still_asked_at:  # an offer for it was answered
        changed = wanted.confirm(entry, at=heard_at, now=now)
    else:
        changed = _silent(entry, asked_at=entry.still_asked_at, now=now)
    if changed:
        live.hint(entry.clinic_id, TOPIC)
    return changed


def _silent(entry: WaitlistEntry, *, asked_at: datetime, now: datetime) -> bool:
    questions = Message.objects.filter(patient=entry.patient_id, kind=Kind.STILL, created_at__gte=asked_at)
    if questions.filter(status__in=UNFINISHED).exists():
        return False
    told_at = [one.sent_at or one.created_at for one in questions.filter(status__in=REACHED_CARRIER)]
    if not told_at:
        return asked_at <= now - TRIED_AGAIN and wanted.unask(entry, now=now)
    if min(told_at) > now - timedelta(days=entry.clinic.still_rests_after_days):
        return False
    if is_offered(entry.patient, now=now) or not ways(entry.patient):  # who said STOP was not silent
        return False
    return wanted.rest(entry, now=now)
