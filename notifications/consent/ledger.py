"""Rows: the ledger of one contact point. Lines are only added, and the latest word counts."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from audit.trail import record as record_trail
from notifications.models import Consent, ContactPoint
from notifications.states import WRITTEN_BY, ContactKind
from waitlist.models import User


@transaction.atomic
def record(
    point: ContactPoint,
    *,
    purpose: str,
    channel: str,
    granted: bool,
    source: str,
    at: datetime,
    now: datetime,
    recorded_by: User | None = None,
    remote_addr: str | None = None,
    text_version: str = "",
    note: str = "",
) -> Consent:
    """Add a line to the ledger. What is allowed from then on follows the latest word, not the latest line."""
    point = lock(point)
    line = Consent.objects.create(
        contact_point=point,
        purpose=purpose,
        channel=channel,
        granted=granted,
        source=source,
        at=at,
        recorded_by=recorded_by,
        remote_addr=remote_addr,
        text_version=text_version,
        note=note,
        recorded_at=now,
    )
    latest = point.consents.filter(purpose=purpose, channel=channel).latest("at", "pk")
    allowed = set(point.granted) - {f"{purpose}:{channel}"}
    if latest.granted:
        allowed.add(f"{purpose}:{channel}")
    save(point, "consent.granted" if granted else "consent.withdrawn", now, granted=sorted(allowed))
    return line


@transaction.atomic
def withdraw(point: ContactPoint, purpose: str, *, source: str, now: datetime, **about: Any) -> bool:
    """No more of one purpose here, by any channel; the others stay. False: nothing of it was allowed. `about`:
    said_on, too, where that is another number; what only such a word has ended ends by this one then, for good."""
    point = lock(point)
    taken = [grant for grant in point.granted if grant.startswith(f"{purpose}:")]
    words = last_words(point) if about.get("said_on") is None else {}
    for_good = [grant for grant, word in words.items() if word.purpose == purpose and _was_said_elsewhere(word)]
    add_lines(point, [*taken, *for_good], granted=False, source=source, now=now, **about)
    if taken or for_good:
        save(point, "consent.withdrawn", now, granted=sorted(set(point.granted) - set(taken)))
    return bool(taken)


@transaction.atomic
def renew(
    point: ContactPoint, purposes: Iterable[str], *, at: datetime, by: User, now: datetime, **about: Any
) -> list[str] | None:
    """By their own word, said to staff at `at`, they may be written to again; None where they stopped it since."""
    point = lock(point)
    if (point.stopped_at is not None and point.stopped_at >= at) or point.consents.filter(at__gt=at).exists():
        return None
    again = [f"{purpose}:{WRITTEN_BY[ContactKind(point.kind)]}" for purpose in purposes]
    add_lines(point, again, granted=True, source=Consent.Source.STAFF, now=now, at=at, recorded_by=by, **about)
    save(point, "contact.started", now, granted=sorted(set(point.granted) | set(again)), stopped_at=None)
    return again


def last_words(point: ContactPoint) -> dict[str, Consent]:
    """Of each purpose:channel that was ever spoken of here the latest line."""
    latest = point.consents.order_by("purpose", "channel", "-at", "-pk").distinct("purpose", "channel")
    return {f"{line.purpose}:{line.channel}": line for line in latest}


def _was_said_elsewhere(word: Consent) -> bool:
    return not word.granted and word.said_on_id is not None


def lock(point: ContactPoint) -> ContactPoint:
    return ContactPoint.objects.select_for_update(no_key=True).get(pk=point.pk)


def add_lines(
    point: ContactPoint,
    grants: Iterable[str],
    *,
    granted: bool,
    source: str,
    now: datetime,
    at: datetime | None = None,
    **about: Any,
) -> None:
    """A line for each purpose:channel, said now unless `at` says when. `about`: by whom, from where, with what note."""
    Consent.objects.bulk_create(
        Consent(
            contact_point=point,
            purpose=grant.split(":")[0],
            channel=grant.split(":")[1],
            granted=granted,
            source=source,
            at=at or now,
            recorded_at=now,
            **about,
        )
        for grant in grants
    )


def save(point: ContactPoint, verb: str, now: datetime, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(point, name, value)
    point.save(update_fields=list(fields))
    record_trail(verb, point, now=now, clinic_id=point.clinic_id, changes={"allowed": point.granted})
