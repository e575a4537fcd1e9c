"""A booked time as a calendar file. It says where and when, and nothing that a shared calendar should not show."""

from datetime import UTC, datetime

from icalendar import Calendar, Event

from waitlist.models import Appointment


def write(appointment: Appointment, *, now: datetime) -> bytes:
    """One event, named after the clinic; the same uid whenever it is written again."""
    event = Event()
    event.add("uid", f"{appointment.external_id}@standby")
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", appointment.starts_at.astimezone(UTC))
    event.add("dtend", appointment.ends_at.astimezone(UTC))
    event.add("summary", appointment.clinic.name)
    place = [appointment.location.name, appointment.location.address]
    event.add("location", ", ".join(part for part in place if part))
    event.add("description", f"Questions or changes: {appointment.clinic.phone}")
    event.add("status", "CONFIRMED")
    calendar = Calendar()
    calendar.add("prodid", "-//Standby//Standby//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    return calendar.to_ical()
