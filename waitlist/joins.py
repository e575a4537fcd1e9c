"""Rows: what somebody agreed to as they put themselves on the list, until their number confirms it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from audit import trail
from notifications import outbox
from notifications.models import ContactPoint, Join, Message
from notifications.states import Channel, Kind
from waitlist import entries
from waitlist.models import Patient, WaitlistEntry

OPEN = Q(confirmed_at=None, expired_at=None)
STANDS_FOR = timedelta(days=7)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Agreed:
    """What stood on the page, which version of it, and from where it was sent."""

    text: str
    text_version: str
    remote_addr: str | None


def begin(
    point: ContactPoint,
    entry: WaitlistEntry,
    agreed: Agreed,
    *,
    email_point: ContactPoint | None = None,
    is_new: bool,
    now: datetime,
) -> Join:
    """What they agreed to, written down; a wish that is new pauses until it is confirmed."""
    if is_new:
        entries.pause(entry, None, now=now)
    about = {"clinic": entry.clinic, "contact_point": point, "email_point": email_point, "entry": entry}
    join = Join.objects.create(**about, is_new=is_new, asked_at=now, **vars(agreed))
    changes = {"entry": entry.pk, "is_new": is_new}
    trail.record("join.asked", join, now=now, clinic_id=entry.clinic_id, changes=changes)
    return join


def ask_for_start(join: Join, patient: Patient, *, now: datetime) -> None:
    """A text to their number, once an hour at most."""
    asked = Message.objects.filter(contact_point=join.contact_point, kind=Kind.OPT_IN, created_at__gt=now - HOUR)
    if asked.exists():
        return
    outbox.enqueue(
        Kind.OPT_IN,
        clinic=join.clinic,
        contact_point=join.contact_point,
        channel=Channel.SMS,
        dedupe_key=f"{Kind.OPT_IN}:{join.pk}",
        context={"clinic_name": join.clinic.name, "clinic_phone": join.clinic.phone, "language": patient.language},
        patient=patient,
        not_after=now + STANDS_FOR,
        now=now,
    )


def is_open(entry: WaitlistEntry) -> bool:
    """Whether the form this wish began with has yet to be confirmed."""
    return Join.objects.filter(OPEN, entry=entry, is_new=True).exists()


def end(join: Join, verb: str, *, now: datetime, **fields: object) -> None:
    """Confirmed, accepted or over: once."""
    Join.objects.filter(OPEN, pk=join.pk).update(**fields)
    trail.record(verb, join, now=now, clinic_id=join.clinic_id, changes={"entry": join.entry_id})
