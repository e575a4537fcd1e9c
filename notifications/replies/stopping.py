"""What ends or pauses messages, and what brings them back: done in the transaction that hears it, confirmed once.

Lock order: the contact points of whoever uses the line, their wishes, then the offers that wait to go. Those that are
out are let go of afterwards (acting).
"""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from notifications import consent, outbox
from notifications.models import Consent, ContactPoint, InboundMessage, Join
from notifications.replies.answers import answer
from notifications.replies.meaning import Meaning
from notifications.states import Kind
from waitlist import entries, joining, live, wanted
from waitlist.lessons import PAUSED_FOR
from waitlist.models import WaitlistEntry
from waitlist.states import WAITING_STATUSES, EntryStatus

ENDINGS = (Meaning.STOP, Meaning.STOP_OFFERS, Meaning.PAUSE)


def hear(heard: InboundMessage, *, now: datetime) -> None:
    """Do what was said, if it is one of these, and put its one confirmation into the outbox."""
    if heard.meaning not in ENDINGS:
        return _do(heard, now=now)
    consent.lock_ways(heard.contact_point)
    _do(heard, now=now)
    # With the word itself: what waits may go the moment this is committed. After the wishes: messages are locked last.
    outbox.drop_offers_to(consent.on_one_line(heard.contact_point))


def _do(heard: InboundMessage, *, now: datetime) -> None:
    point = heard.contact_point
    by_text: dict[str, Any] = {"source": Consent.Source.KEYWORD, "note": str(heard)}
    if heard.meaning == Meaning.STOP:
        if consent.stop_person(point, now=now, **by_text) and not heard.already_answered:
            answer(heard, Kind.STOPPED, now=now)
    elif heard.meaning == Meaning.STOP_OFFERS:
        if consent.stop_offers(point, now=now, **by_text) and point.stopped_at is None:
            answer(heard, Kind.ANSWER, answer="offers_stopped", now=now)
    elif heard.meaning == Meaning.PAUSE:
        if point.stopped_at is None and (said := _pause(point, now=now)):
            answer(heard, Kind.ANSWER, answer=said, now=now)
    elif heard.meaning == Meaning.START:
        joined = joining.confirm(point, heard, now=now)  # first: its lines say what they agreed to
        consent.start_person(point, now=now, **by_text)
        _wake(point, now=now)
        if not joined:
            _resume(point, now=now)


def welcome(heard: InboundMessage) -> str:
    """Which answer greets a START."""
    return "joined" if Join.objects.filter(confirmed_by=heard).exists() else "started"


def _pause(point: ContactPoint, *, now: datetime) -> str:
    """Everybody who uses this number is asked for nothing for two weeks; which answer says so, if any."""
    waiting = _wishes(point).filter(status__in=WAITING_STATUSES)
    if not waiting.exists():
        return "nothing"
    _wake(point, now=now)
    paused = [entry for entry in _locked(point, EntryStatus.ACTIVE) if _is_paused(entry, now=now)]
    return "paused" if paused else ""


def _is_paused(entry: WaitlistEntry, *, now: datetime) -> bool:
    live.hint(entry.clinic_id, "waitlist")
    return entries.pause(entry, now + PAUSED_FOR, now=now)


def _resume(point: ContactPoint, *, now: datetime) -> None:
    """A pause with an end is over; one that staff set without any, or before a wish closes, stays."""
    for entry in _locked(point, EntryStatus.PAUSED):
        if entry.paused_until is not None and entry.closes_at is None:
            entries.resume(entry, now=now)
            live.hint(entry.clinic_id, "waitlist")


def _wake(point: ContactPoint, *, now: datetime) -> None:
    """Whoever writes is there again: nothing of theirs rests for want of an answer."""
    for entry in _locked(point, EntryStatus.PAUSED):
        if entry.silent_since is not None:
            wanted.confirm(entry, now=now)
            live.hint(entry.clinic_id, "waitlist")


def _wishes(point: ContactPoint) -> QuerySet[WaitlistEntry]:
    line = consent.on_one_line(point)
    return WaitlistEntry.objects.filter(patient__contacts__contact_point__in=line)


def _locked(point: ContactPoint, status: str) -> list[WaitlistEntry]:
    consent.lock_line(point)
    ids = list(_wishes(point).filter(status=status).values_list("pk", flat=True))
    rows = WaitlistEntry.objects.filter(pk__in=ids, status=status)
    return list(rows.select_for_update(no_key=True, of=("self",)).order_by("pk"))
