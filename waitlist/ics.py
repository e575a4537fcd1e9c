"""A booked time as a calendar file (RFC 5545, and RFC 5546 where it is an invitation or its end).

It says where and when, and nothing that a shared calendar should not show: no patient, practitioner or service.
"""

from datetime import UTC, datetime
from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext
from icalendar import Calendar, Event, vCalAddress

from waitlist.models import Appointment, Clinic


def publish(visit: Appointment, *, sequence: int, now: datetime) -> bytes:
    """To be kept by whoever downloads it; nobody is asked anything. Not older than what an e-mail has brought them."""
    return _calendar("PUBLISH", _event(visit, "CONFIRMED", sequence=sequence, at=now))


def request(visit: Appointment, address: str, *, sequence: int, at: datetime) -> bytes:
    """An invitation, or the same with a higher sequence: it replaces what their calendar had of this visit."""
    event = _event(visit, "CONFIRMED", sequence=sequence, at=at)
    event.add("attendee", _attendee(address, PARTSTAT="NEEDS-ACTION", RSVP="TRUE"))
    return _calendar("REQUEST", event)


def cancel(visit: Appointment, address: str, *, sequence: int, at: datetime) -> bytes:
    """The end of an invitation they have had."""
    event = _event(visit, "CANCELLED", sequence=sequence, at=at)
    event.add("attendee", _attendee(address))
    return _calendar("CANCEL", event)


def uid(visit: Appointment) -> str:
    """The same for ever, whatever the clinic's calendar comes to call the visit."""
    return f"visit-{visit.pk}@{urlsplit(settings.PUBLIC_URL).hostname}"


def _event(visit: Appointment, status: str, *, sequence: int, at: datetime) -> Event:
    event = Event()
    event.add("uid", uid(visit))
    event.add("dtstamp", at.astimezone(UTC).replace(microsecond=0))
    event.add("sequence", sequence)
    event.add("organizer", _organizer(visit.clinic))
    event.add("dtstart", visit.starts_at.astimezone(UTC))
    event.add("dtend", visit.ends_at.astimezone(UTC))
    event.add("summary", visit.clinic.name)
    place = [visit.location.name, visit.location.address]
    event.add("location", ", ".join(part for part in place if part))
    event.add("description", gettext("Questions or changes: {phone}").format(phone=visit.clinic.phone))
    event.add("status", status)
    return event


def _calendar(method: str, event: Event) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", "-//Standby//Standby//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(event)
    return calendar.to_ical()


def _organizer(clinic: Clinic) -> vCalAddress:
    """The clinic, at its own address where it has one: what calendars answer goes there."""
    address = vCalAddress(f"mailto:{clinic.email or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}")
    address.params["CN"] = clinic.name.replace('"', "'")
    return address


def _attendee(address: str, **said: str) -> vCalAddress:
    """The patient by address only: their name is nobody's."""
    attendee = vCalAddress(f"mailto:{address}")
    attendee.params.update({"CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT", **said})
    return attendee
