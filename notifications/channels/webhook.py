"""What the clinic's own calendar has to hear of, as a signed Standard Webhook (standardwebhooks.com).

The webhook-id is the same on every try, so that a receiver can drop what comes twice.
"""

import json
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

import requests
from standardwebhooks import Webhook

from notifications.channels.base import Outcome, Result
from notifications.models import Message
from notifications.states import ContactKind
from waitlist.models import Appointment, Connection, Mapping, Patient, Writeback

TIMEOUT_SECONDS = 10
CONFLICT = 409
TRY_AGAIN = {408, 425, 429}  # of the 4xx; every 5xx but 501 too


def send(message: Message, *, now: datetime) -> Result:
    """One request. Whatever is not a clear yes or no may be tried again, since the id stays the same."""
    owed = message.writeback
    if owed is None or owed.connection is None or not owed.connection.writeback_url:
        return Result(Outcome.FAILED, code="no_receiver", detail="No calendar is connected.")
    body = json.dumps(payload(owed, now=now))
    webhook_id = f"msg_{message.public_id.hex}"
    headers = {
        "content-type": "application/json",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": _signer(owed.connection.secret).sign(webhook_id, now.astimezone(UTC), body),
    }
    try:
        answer = requests.post(
            owed.connection.writeback_url,
            data=body.encode(),
            headers=headers,
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
        )
    except requests.RequestException as trouble:
        name = type(trouble).__name__
        return Result(Outcome.NOT_SENT, code=name[:20], detail=f"The calendar could not be reached ({name}).")
    return _judge(answer.status_code, webhook_id)


def find(message: Message, *, taken: Collection[str], now: datetime) -> Result:
    """No need to look: the same id may be sent again."""
    return Result(Outcome.ABSENT)


def payload(owed: Writeback, *, now: datetime) -> dict[str, Any]:
    """Our documented schema, in the other system's own words where a mapping knows them."""
    visit = owed.appointment
    words = {mapping.kind: mapping.external for mapping in _mappings(owed.connection, visit)}
    return {
        "type": f"appointment.{owed.kind}",
        "timestamp": now.astimezone(UTC).isoformat(),
        "data": {
            "external_id": visit.external_id,
            "version": visit.version,
            "starts_at": visit.starts_at.isoformat(),
            "ends_at": visit.ends_at.isoformat(),
            "practitioner": words.get(Mapping.Kind.PRACTITIONER, visit.practitioner.name),
            "service": words.get(Mapping.Kind.SERVICE, visit.service.name),
            "location": words.get(Mapping.Kind.LOCATION, visit.location.name),
            "patient": _person(visit.patient),
            "reason": visit.cancel_reason,
        },
    }


def _mappings(connection: Connection | None, visit: Appointment) -> list[Mapping]:
    if connection is None:
        return []
    ours = {"practitioner": visit.practitioner_id, "service": visit.service_id, "location": visit.location_id}
    rows = sorted(connection.mappings.all(), key=lambda row: -row.pk)  # of several words for one thing the oldest stays
    return [row for row in rows if getattr(row, f"{row.kind}_id") == ours[row.kind]]


def _person(patient: Patient | None) -> dict[str, str] | None:
    if patient is None:
        return None
    person = {
        "external_id": patient.external_id,
        "first_name": patient.first_name,
        "last_name": patient.last_name,
        "phone": "",
        "email": "",
    }
    for user in reversed(patient.contacts.all()):
        point = user.contact_point
        person["phone" if point.kind == ContactKind.PHONE else "email"] = point.value
    return person


def _signer(secret: str) -> Webhook:
    """Secrets of the standard form are base64; any other is taken as it stands."""
    return Webhook(secret if secret.startswith("whsec_") else secret.encode())


def _judge(status: int, webhook_id: str) -> Result:
    if 200 <= status < 300:
        return Result(Outcome.DELIVERED, webhook_id)
    if status == CONFLICT:
        return Result(Outcome.CONFLICT, webhook_id, str(status), "The calendar had that time taken.")
    again = status in TRY_AGAIN or (status >= 500 and status != 501)
    outcome = Outcome.NOT_SENT if again else Outcome.FAILED
    return Result(outcome, code=str(status), detail=f"The calendar answered {status}.")
