"""Other systems, as they really call us: signed requests over the test client, and what they then caused."""

import hashlib
import hmac
import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import Client
from standardwebhooks.webhooks import Webhook

from waitlist import events
from waitlist.models import Connection, InboundEvent

_ids = itertools.count(1)


def url(connection: Connection, source: str | None = None) -> str:
    return f"/api/intake/{source or connection.source}/{connection.public_id}/"


def post(connection: Connection, raw: bytes, headers: dict[str, str], **options: Any) -> Any:
    client = Client(raise_request_exception=False)
    return client.post(url(connection, **options), raw, content_type="application/json", headers=headers)


def standard_headers(secret: str, raw: bytes, *, event_id: str = "", at: datetime | None = None) -> dict[str, str]:
    event_id, at = event_id or f"msg_{next(_ids)}", at or datetime.now(UTC)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(event_id, at, raw.decode(errors="replace")),
    }


def calcom_headers(secret: str, raw: bytes) -> dict[str, str]:
    return {"X-Cal-Signature-256": hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()}


def send(connection: Connection, body: object, **options: Any) -> Any:
    """One signed request, as this connection's source signs it."""
    raw = json.dumps(body).encode()
    if connection.source == Connection.Source.CALCOM:
        return post(connection, raw, calcom_headers(connection.secret, raw))
    return post(connection, raw, standard_headers(connection.secret, raw, **options))


def tell(connection: Connection, body: object, *, now: datetime, **options: Any) -> InboundEvent:
    """Send one event and let the worker apply it; the event as it then is."""
    answer = send(connection, body, **options)
    assert answer.status_code == 202, answer.content
    event = InboundEvent.objects.get(pk=answer.json()["event"])
    events.apply(event.pk, now=now)
    event.refresh_from_db()
    return event


def iso(at: datetime) -> str:
    return at.isoformat()


def standard(kind: str, external_id: str, version: int | None, world: Any, **data: Any) -> dict[str, Any]:
    """An event in our own schema; a cancellation is bare."""
    whole = {}
    if kind != "cancelled":
        starts_at = data.pop("starts_at")
        whole = {
            "starts_at": iso(starts_at),
            "ends_at": iso(starts_at + timedelta(minutes=45)),
            "practitioner": world.practitioner.name,
            "service": world.service.name,
        }
    known = {"external_id": external_id} | ({} if version is None else {"version": version})
    return {"type": f"appointment.{kind}", "data": known | whole | data}


def calcom(trigger: str, uid: str, created_at: datetime, starts_at: datetime, world: Any, **payload: Any) -> dict:
    """A booking webhook with the field names of Cal.com's real ones."""
    return {
        "triggerEvent": trigger,
        "createdAt": created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "payload": {
            "type": world.service.name,
            "title": "A visit",
            "startTime": iso(starts_at),
            "endTime": iso(starts_at + timedelta(minutes=45)),
            "organizer": {"name": world.practitioner.name, "email": "dr@clinic.example", "timeZone": "UTC"},
            "attendees": [{"name": "Ana Pérez", "email": "ana@example.com", "timeZone": "America/Los_Angeles"}],
            "uid": uid,
            "location": "integrations:daily",
            "status": "ACCEPTED",
            **payload,
        },
    }
