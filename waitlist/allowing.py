"""Rows: what somebody allowed, as the ledger takes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError

from notifications import consent
from notifications.models import Consent, ContactPoint
from notifications.states import Channel, ContactKind, Purpose
from waitlist.models import User


@dataclass(frozen=True)
class ConsentGiven:
    """What somebody allowed, when, and how we know."""

    channel: str
    at: datetime
    source: str = Consent.Source.STAFF
    purpose: str = Purpose.OFFERS
    recorded_by: User | None = None
    remote_addr: str | None = None
    text_version: str = ""
    note: str = ""


def allow(points: Sequence[ContactPoint], consents: Sequence[ConsentGiven], *, now: datetime) -> None:
    """Record each consent on the contact point its channel uses, unless the ledger has later word of it."""
    by_kind = {point.kind: point for point in points}
    for given in consents:
        email = given.channel == Channel.EMAIL
        point = by_kind.get(ContactKind.EMAIL if email else ContactKind.PHONE)
        if point is None:
            field = "email" if email else "phone"
            raise ValidationError({field: "There is a consent for it, so it cannot be empty."})
        later = point.consents.filter(purpose=given.purpose, channel=given.channel, at__gte=given.at)
        stopped = point.stopped_at is not None and point.stopped_at >= given.at
        if stopped or later.exists():
            continue
        if point.stopped_at is not None and given.recorded_by is not None:
            _renew(point, given, given.recorded_by, now=now)
        else:
            consent.record(
                point,
                purpose=given.purpose,
                channel=given.channel,
                granted=True,
                source=given.source,
                at=given.at,
                now=now,
                recorded_by=given.recorded_by,
                remote_addr=given.remote_addr,
                text_version=given.text_version,
                note=given.note,
            )


def _renew(point: ContactPoint, given: ConsentGiven, by: User, *, now: datetime) -> None:
    """Said to staff after a STOP, by their own word: it brings them back."""
    about = {"remote_addr": given.remote_addr, "text_version": given.text_version, "note": given.note}
    consent.renew(point, [given.purpose], at=given.at, by=by, now=now, **about)
