"""Cal.com's booking webhooks. A reschedule there makes a new booking: `uid` is new, `rescheduleUid` the old one."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from waitlist.events.told import Envelope, Malformed, Rejected, Told, What, identifier, inner, moment, text
from waitlist.models import Connection
from waitlist.people import Person

NO_SHOW = "BOOKING_NO_SHOW_UPDATED"  # names the booking and the attendees it was set for, and nothing else
TRIGGERS = {
    "BOOKING_CREATED": What.BOOKED,
    "BOOKING_RESCHEDULED": What.MOVED,
    "BOOKING_CANCELLED": What.CANCELLED,
    NO_SHOW: What.NO_SHOW,
}


def is_signed(connection: Connection, headers: Mapping[str, str], raw: bytes) -> bool:
    """Whether X-Cal-Signature-256 is the HMAC-SHA256 of the raw body with the connection's secret."""
    expected = hmac.new(connection.secret.encode(), raw, hashlib.sha256).hexdigest()
    given = headers.get("X-Cal-Signature-256", "").removeprefix("sha256=").strip().lower()
    return hmac.compare_digest(expected.encode(), given.encode(errors="replace"))


def envelope(headers: Mapping[str, str], body: dict[str, Any]) -> Envelope:
    """Cal.com gives an event no id of its own, so its trigger, booking and time are one; the time orders them."""
    trigger = body.get("triggerEvent")
    if not isinstance(trigger, str) or not trigger:
        raise Malformed("triggerEvent is missing.")
    booking = inner(body, "payload") or body
    subject, created = _uid(booking), text(body, "createdAt")
    key = hashlib.sha256(f"{trigger}|{subject}|{created}".encode()).hexdigest()
    if trigger not in TRIGGERS:
        return Envelope(key, trigger[:60], subject)
    if not subject:
        raise Malformed("payload.uid is missing.")
    try:
        at = moment(body, "createdAt")
    except Rejected as wrong:
        raise Malformed(str(wrong)) from None
    if at is None:
        raise Malformed("createdAt is missing.")
    former = identifier(booking, "rescheduleUid") if TRIGGERS[trigger] == What.MOVED else ""
    replaces = former if former != subject else ""
    return Envelope(key, trigger, subject, max(0, int(at.timestamp() * 1000)), replaces)


def told(body: dict[str, Any]) -> Told:
    """The booking in our words: the organizer is the practitioner, the event type is the service."""
    booking = inner(body, "payload")
    what = TRIGGERS.get(body["triggerEvent"], What.NOTHING)
    if what == What.BOOKED and text(booking, "status").upper() == "PENDING":
        what = What.NOTHING  # asked for, not yet confirmed by the organizer
    if what == What.NO_SHOW:
        what = _ended(booking)
    organizer = inner(booking, "organizer")
    uid, former = text(booking, "uid") or text(booking, "bookingUid"), text(booking, "rescheduleUid")
    return Told(
        what=what,
        external_id=uid,
        replaces=former if what == What.MOVED and former != uid else "",
        practitioner=_known(text(organizer, "email"), text(organizer, "name")),
        service=_known(text(booking, "type"), text(booking, "eventTitle"), text(booking, "eventTypeId")),
        location=_known(text(booking, "location")),
        is_location_certain=False,  # often the name of a video service
        starts_at=moment(booking, "startTime"),
        ends_at=moment(booking, "endTime"),
        former_starts_at=moment(booking, "rescheduleStartTime"),
        former_ends_at=moment(booking, "rescheduleEndTime"),
        patient=_attendee(booking),
        reason=text(booking, "cancellationReason"),
    )


def _uid(booking: dict[str, Any]) -> str:
    return identifier(booking, "uid") or identifier(booking, "bookingUid")


def _ended(booking: dict[str, Any]) -> What:
    """Whether the one attendee came; of several we cannot say which of them is ours."""
    attendees = booking.get("attendees")
    marks = [one.get("noShow") for one in attendees if isinstance(one, dict)] if isinstance(attendees, list) else []
    if len(marks) != 1 or not isinstance(marks[0], bool):
        return What.NOTHING
    return What.NO_SHOW if marks[0] else What.CAME


def _known(*words: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in words if word))


def _attendee(booking: dict[str, Any]) -> Person | None:
    attendees = booking.get("attendees")
    first_one = attendees[0] if isinstance(attendees, list) and attendees else None
    if not isinstance(first_one, dict):
        return None
    first, _, last = text(first_one, "name", longest=120).partition(" ")
    if not first:
        return None
    return Person(
        first_name=first[:60],
        last_name=last.strip()[:60],
        phone=text(first_one, "phoneNumber"),
        email=text(first_one, "email"),
        timezone=text(first_one, "timeZone", longest=50),
        language=text(inner(first_one, "language"), "locale", longest=5),
    )
