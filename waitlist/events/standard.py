"""Our own documented schema, signed as Standard Webhooks (docs/webhooks.md)."""

from collections.abc import Mapping
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from waitlist.events.told import Envelope, Malformed, Told, What, identifier, inner, moment, text, version
from waitlist.models import Connection
from waitlist.people import Person
from waitlist.states import CancelledBy

TYPES = {
    "appointment.booked": What.BOOKED,
    "appointment.moved": What.MOVED,
    "appointment.cancelled": What.CANCELLED,
    "appointment.fulfilled": What.CAME,
    "appointment.noshow": What.NO_SHOW,
    "appointment.status": What.NOTHING,  # as its status says
}
# hl7.org/fhir/R4/valueset-appointmentstatus; the others change nothing here.
STATUSES = {"cancelled": What.CANCELLED, "fulfilled": What.CAME, "noshow": What.NO_SHOW}
CANCELLED_BY = {"patient": CancelledBy.PATIENT, "clinic": CancelledBy.CLINIC}


def is_signed(connection: Connection, headers: Mapping[str, str], raw: bytes) -> bool:
    """Whether the signature over id, time and raw body is right and at most five minutes old."""
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    try:
        given = {name: headers.get(name, "") for name in names}
        Webhook(connection.secret).verify(raw, given, json_parse=False)
    except (WebhookVerificationError, ValueError):  # ValueError: what is no base64, no UTF-8, no pair
        return False
    return True


def envelope(headers: Mapping[str, str], body: dict[str, Any]) -> Envelope:
    """The event's own id is the webhook-id, the same for every retry."""
    kind = body.get("type")
    if not isinstance(kind, str) or not kind:
        raise Malformed("type is missing.")
    key = headers.get("webhook-id", "")
    if len(key) > 200:
        raise Malformed("webhook-id is longer than 200 characters.")
    if kind not in TYPES:
        return Envelope(key, kind[:60])
    data = body.get("data")
    if not isinstance(data, dict):
        raise Malformed("data has to be an object.")
    subject = identifier(data, "external_id")
    if not subject:
        raise Malformed("data.external_id is missing.")
    return Envelope(key, kind, subject, version(data, "version"))


def told(body: dict[str, Any]) -> Told:
    """The event in our words."""
    data = inner(body, "data")
    what = TYPES.get(body["type"], What.NOTHING)
    if body["type"] == "appointment.status":
        what = STATUSES.get(text(data, "status").lower(), What.NOTHING)
    return Told(
        what=what,
        external_id=text(data, "external_id"),
        practitioner=_words(data, "practitioner"),
        service=_words(data, "service"),
        location=_words(data, "location"),
        starts_at=moment(data, "starts_at"),
        ends_at=moment(data, "ends_at"),
        patient=_patient(inner(data, "patient")),
        reason=text(data, "reason"),
        cancelled_by=CANCELLED_BY.get(text(data, "cancelled_by"), CancelledBy.UNKNOWN),
    )


def _words(data: dict[str, Any], name: str) -> tuple[str, ...]:
    """A name, or an object with an id and a name: both count."""
    given = inner(data, name)
    words = (text(given, "id"), text(given, "name")) if given else (text(data, name),)
    return tuple(word for word in words if word)


def _patient(given: dict[str, Any]) -> Person | None:
    first, last = text(given, "first_name", longest=60), text(given, "last_name", longest=60)
    if not first:
        first, _, last = text(given, "name", longest=120).partition(" ")
    external_id = text(given, "external_id", longest=100)
    if not (first or external_id):
        return None
    return Person(
        first_name=first[:60],
        last_name=last.strip()[:60],
        phone=text(given, "phone"),
        email=text(given, "email"),
        external_id=external_id,
        language=text(given, "language", longest=5),
        timezone=text(given, "timezone", longest=50),
    )
