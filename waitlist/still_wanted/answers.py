"""What they say to it, by link, by text or at the desk."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from notifications.models import ContactPoint, Message
from notifications.states import REACHED_CARRIER, Kind
from waitlist import entries, live, roster, wanted
from waitlist.lessons import PAUSED_FOR
from waitlist.models import WaitlistEntry
from waitlist.states import WAITING_STATUSES
from waitlist.still_wanted.asking import TOPIC

REMEMBERED = timedelta(days=180)  # how long a bare yes may still wake what rests


def keep(entry_id: int, *, now: datetime) -> bool:
    """They still want it: it waits, in its old place, also one they had put off; False where it is off the list."""
    return _answer(entry_id, lambda entry: _keep(entry, now=now))


def pause(entry_id: int, *, now: datetime) -> bool:
    """Wanted, and asked for nothing for two weeks, or for as long as it pauses already; False where it is off the
    list."""
    return _answer(entry_id, lambda entry: _pause(entry, now=now))


def leave(entry_id: int, *, now: datetime) -> bool:
    """They want it no more: it is off the list; False where it was before."""
    return roster.remove(entry_id, now=now)


def of_message(message: Message) -> list[WaitlistEntry]:
    """What this question was about, as it stands now, the longest wait first."""
    rows = WaitlistEntry.objects.filter(pk__in=message.context["entries"], patient=message.patient_id)
    return list(rows.select_related("clinic", "patient").order_by("added_at", "pk"))


def open_for(point: ContactPoint, *, now: datetime) -> list[tuple[Message, list[WaitlistEntry]]]:
    """Questions this number had that nobody has answered, the latest of each person, with what still waits or rests
    for the answer."""
    asked = Message.objects.filter(
        contact_point=point, kind=Kind.STILL, status__in=REACHED_CARRIER, created_at__gt=now - REMEMBERED
    )
    latest = {message.patient_id: message for message in asked.select_related("patient").order_by("pk")}
    found = [(message, _unanswered(message)) for message in latest.values()]
    return [(message, wishes) for message, wishes in found if wishes]


def _keep(entry: WaitlistEntry, *, now: datetime) -> bool:
    is_put_off = entry.paused_until is not None and entry.closes_at is None
    if is_put_off and entries.resume(entry, now=now):
        return True
    has_said_so = entry.still_asked_at is None  # no answer is due any more: a second tap is none
    return has_said_so or wanted.confirm(entry, now=now)


def _pause(entry: WaitlistEntry, *, now: datetime) -> bool:
    is_wanted = wanted.confirm(entry, now=now)
    return entries.pause(entry, now + PAUSED_FOR, now=now) or is_wanted


def _unanswered(message: Message) -> list[WaitlistEntry]:
    waits = Q(status__in=WAITING_STATUSES, still_asked_at__isnull=False)
    rows = WaitlistEntry.objects.filter(waits, pk__in=message.context["entries"], patient=message.patient_id)
    return list(rows.order_by("pk"))


@transaction.atomic(durable=True)
def _answer(entry_id: int, act: Callable[[WaitlistEntry], bool]) -> bool:
    entry = roster.locked(entry_id)
    live.hint(entry.clinic_id, TOPIC)
    return entry.status in WAITING_STATUSES and act(entry)
