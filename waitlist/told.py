"""Acts: what somebody told staff about messages to them, on the phone or at the desk, by their own word."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from notifications import consent
from notifications.consent import texts
from notifications.models import Consent, ContactPoint
from notifications.states import Purpose
from waitlist import live
from waitlist.models import User

TOPIC = "waitlist"


@transaction.atomic(durable=True)
def stop(point: ContactPoint, *, said_by: str, by: User, remote_addr: str | None, now: datetime) -> bool:
    """They asked for no more messages there at all; False: they had said so before."""
    live.hint(point.clinic_id, TOPIC)
    return consent.stop(point, now=now, **_told(said_by, by, remote_addr))


@transaction.atomic(durable=True)
def stop_offers(point: ContactPoint, *, said_by: str, by: User, remote_addr: str | None, now: datetime) -> bool:
    """They asked for no more openings there; reminders stay. False: none were allowed."""
    live.hint(point.clinic_id, TOPIC)
    line = consent.lock_line(point)
    return sum(consent.withdraw(one, Purpose.OFFERS, now=now, **_told(said_by, by, remote_addr)) for one in line) > 0


@transaction.atomic(durable=True)
def renew(
    point: ContactPoint,
    purposes: Sequence[str],
    *,
    said_by: str,
    said_at: datetime,
    by: User,
    remote_addr: str | None,
    now: datetime,
) -> bool:
    """They asked for messages again, after the sentence was read to them; False: they have stopped it since."""
    live.hint(point.clinic_id, TOPIC)
    about = {"remote_addr": remote_addr, "text_version": texts.READ_ALOUD, "note": f"Said by {said_by}"}
    return consent.renew(point, purposes, at=said_at, by=by, now=now, **about) is not None


def _told(said_by: str, by: User, remote_addr: str | None) -> dict[str, Any]:
    return {
        "source": Consent.Source.STAFF,
        "recorded_by": by,
        "remote_addr": remote_addr,
        "note": f"Said by {said_by}",
    }
