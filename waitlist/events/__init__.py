"""A stored event from outside becomes an act: one at a time for each booking, and the newest version wins."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import blake2b

from django.db import connection as database
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from audit import trail
from audit.models import ActorKind
from audit.trail import Actor
from waitlist import live, schedule
from waitlist.events import calcom, names, standard
from waitlist.events.apply import NotYet, Outcome, act, free_former
from waitlist.events.told import Envelope, Malformed, Rejected, Told, What, parse
from waitlist.models import Appointment, Connection, InboundEvent
from waitlist.nudge import nudge
from waitlist.states import EventStatus

FORMATS = {Connection.Source.STANDARD: standard, Connection.Source.CALCOM: calcom}
TOPIC = "connections"
TASK = "waitlist.tasks.apply_event"
KEPT = "The booking is not known here yet; kept until it arrives."


def store(connection: Connection, envelope: Envelope, body: dict[str, object], *, now: datetime) -> InboundEvent:
    """Keep the event and have it applied; one that came before is the one that is kept."""
    with trail.acting(_actor(connection)), transaction.atomic():
        event, is_new = InboundEvent.objects.get_or_create(
            connection=connection,
            event_key=envelope.event_key,
            defaults={
                "kind": envelope.kind,
                "subject": envelope.subject,
                "version": envelope.version,
                "replaces": envelope.replaces,
                "payload": body,
                "received_at": now,
            },
        )
        if is_new:
            trail.record("event.received", event, now=now, clinic_id=connection.clinic_id)
            live.hint(connection.clinic_id, TOPIC)
        if event.status == EventStatus.RECEIVED:
            nudge(TASK, event.pk)
    return event


def apply(event_id: int, *, now: datetime) -> EventStatus:
    """Apply one event, and with it those that were waiting for the booking it brings. Safe to run twice."""
    event = _get(event_id)
    with trail.acting(_actor(event.connection)), _alone(event):
        event = _get(event_id)
        if event.status != EventStatus.RECEIVED and not kept().filter(pk=event.pk).exists():
            return EventStatus(event.status)
        status = _apply(event, now=now)
        for waiting in _same_booking(event).filter(pk__in=kept()):
            _apply(waiting, now=now)
    return status


def kept() -> QuerySet[InboundEvent]:
    """Events that came before their booking, and it is known by now. None stays so unless a worker died in between."""
    booking = Appointment.objects.filter(clinic=OuterRef("connection__clinic"), external_id=OuterRef("subject"))
    return InboundEvent.objects.filter(Exists(booking), status=EventStatus.IGNORED, applied_at=None)


@transaction.atomic
def again(connection: Connection, *, now: datetime) -> int:
    """Every refused event of the connection is to be applied once more; how many."""
    refused = list(connection.events.filter(status=EventStatus.REJECTED).order_by("version", "pk"))
    connection.events.filter(pk__in=[event.pk for event in refused]).update(status=EventStatus.RECEIVED, reason="")
    trail.record("event.retried", refused, now=now, clinic_id=connection.clinic_id)
    for event in refused:
        nudge(TASK, event.pk)
    live.hint(connection.clinic_id, TOPIC)
    return len(refused)


def unknown_words(connection: Connection, events: list[InboundEvent]) -> list[tuple[str, str]]:
    """The (kind, word) pairs of these events that mean nothing here yet, each once."""
    found: dict[tuple[str, str], None] = {}
    for event in events:
        try:
            told = FORMATS[Connection.Source(connection.source)].told(event.payload)
        except Rejected:
            continue  # its times cannot be read: no name would help
        found |= dict.fromkeys(pair for pair in names.unknown(connection, told) if pair[1])
    return sorted(found)


def _apply(event: InboundEvent, *, now: datetime) -> EventStatus:
    is_kept = False
    try:
        status, reason = _outcome(event, _told(event), now=now)
    except NotYet:
        status, reason, is_kept = EventStatus.IGNORED, KEPT, True
    except (Rejected, schedule.Refused) as why:
        status, reason, is_kept = EventStatus.REJECTED, str(why), True
    _settle(event, status, reason, None if is_kept else now, now=now)
    return status


def _outcome(event: InboundEvent, told: Told, *, now: datetime) -> Outcome:
    too_late = _too_late(event)
    if not too_late:
        return act(event, told, now=now)
    if not event.replaces:
        return EventStatus.IGNORED, too_late
    free_former(event, told, now=now)
    return EventStatus.APPLIED, too_late


def _told(event: InboundEvent) -> Told:
    return FORMATS[Connection.Source(event.connection.source)].told(event.payload)


def _too_late(event: InboundEvent) -> str:
    """Why the event comes too late to say anything about its booking; empty if it does not."""
    if not event.subject:
        return ""
    successor = event.connection.events.filter(replaces=event.subject, status=EventStatus.APPLIED).first()
    if successor is not None:
        return f"The booking was rescheduled and is “{successor.subject[:100]}” now."
    newer = _same_booking(event).filter(version__gt=event.version).exclude(applied_at=None)
    return "A newer version was applied before." if event.version and newer.exists() else ""


def _same_booking(event: InboundEvent) -> QuerySet[InboundEvent]:
    rows = InboundEvent.objects.select_related("connection__clinic", "connection__default_location")
    same = rows.filter(connection=event.connection, subject=event.subject).exclude(pk=event.pk)
    return same.exclude(subject="").order_by("version", "pk")


@transaction.atomic
def _settle(event: InboundEvent, status: str, reason: str, applied_at: datetime | None, *, now: datetime) -> None:
    InboundEvent.objects.filter(pk=event.pk).update(status=status, reason=reason[:300], applied_at=applied_at)
    clinic_id = event.connection.clinic_id
    trail.record(f"event.{status}", event, now=now, clinic_id=clinic_id)
    live.hint(clinic_id, TOPIC)


def _get(event_id: int) -> InboundEvent:
    rows = InboundEvent.objects.select_related("connection__clinic", "connection__default_location__clinic")
    return rows.get(pk=event_id)


def _actor(connection: Connection) -> Actor:
    caller = trail.current()
    return Actor(
        kind=ActorKind.CONNECTION,
        ref=connection.pk,
        remote_addr=caller.remote_addr,
        correlation_id=caller.correlation_id,
    )


@contextmanager
def _alone(event: InboundEvent) -> Iterator[None]:
    """Nobody else applies an event of the same booking meanwhile. Held by the session: acts commit inside."""
    subjects = {event.subject, event.replaces} - {""}
    keys = sorted(_key(f"{event.connection_id}:{subject}") for subject in subjects)
    with database.cursor() as cursor:
        held = []
        try:
            for key in keys:
                cursor.execute("SELECT pg_advisory_lock(%s)", [key])
                held.append(key)
            yield
        finally:
            for key in held:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


def _key(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True)


__all__ = ["FORMATS", "Malformed", "Rejected", "What", "again", "apply", "kept", "parse", "store", "unknown_words"]
