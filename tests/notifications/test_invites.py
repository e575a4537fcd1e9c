"""The visit as calendars read it: invitations, their changes and their ends (RFC 5546), over a real mail server."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from notifications import outbox
from notifications.models import ContactPoint, Message
from notifications.outbox import endings
from notifications.states import Kind
from tests.factories import NOW, World
from tests.fakes import FakeMailServer
from tests.notifications.conftest import minutes, tell
from waitlist import ics
from waitlist.models import Appointment, Writeback
from waitlist.states import AppointmentStatus, WritebackStatus

pytestmark = pytest.mark.django_db
SAMPLE = Path(__file__).resolve().parents[3] / "shared/samples/icalendar/libical-2446-vevent-REQUEST-CANCEL.ics"


@pytest.fixture(autouse=True)
def server(settings):
    with FakeMailServer() as running:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.port
        settings.DEFAULT_FROM_EMAIL = "Standby <standby@clinic.example>"
        settings.PUBLIC_URL = "https://standby.example"
        yield running


@pytest.fixture
def told(world):
    """Somebody with an address, who has said yes."""
    told = tell(world, email="ana@example.com")
    ContactPoint.objects.filter(kind="phone").update(granted=[])
    told.visit = world.appointment(told.slot.starts_at, patient=told.patient)
    outbox.confirm(told.offer, told.visit, now=NOW)
    return told


def send(at=NOW) -> None:
    for pk in Message.objects.filter(channel="email", status="pending").order_by("pk").values_list("pk", flat=True):
        outbox.deliver(pk, now=at)


def end(told, kind: Kind, at=NOW) -> None:
    told.visit.status = AppointmentStatus.CANCELLED
    told.visit.save()
    if kind in (Kind.CANCELLED, Kind.APOLOGY):
        outbox.enqueue_news(kind, [told.offer], now=at)
    else:
        endings.tell_end(kind, told.offer, told.visit, now=at)
    send(at)


def change(told, at=NOW) -> None:
    told.slot.state, told.slot.filled_by, told.slot.filled_at = "filled", told.visit, NOW
    told.slot.save()
    told.offer.state = "accepted"
    told.offer.save()
    owed = Writeback(clinic=told.world.clinic, appointment=told.visit, status=WritebackStatus.TASK)
    outbox.tell_change(told.visit, owed, now=at)
    send(at)


def parts(mail) -> list[tuple[str, Calendar]]:
    """Method in the part's head, and the calendar in it; those of the alternative and of further files."""
    found = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    return [(part.get_param("method"), Calendar.from_ical(part.get_content())) for part in found]


def only(mail) -> tuple[str, Calendar]:
    (part,) = parts(mail)
    return part


def event_of(calendar: Calendar):
    (event,) = calendar.walk("VEVENT")
    return event


# What an iTIP object has to have (RFC 5546, 3.2.2 and 3.2.5), as far as one event without repetition goes


def faults(calendar: Calendar, event) -> list[str]:
    method = str(calendar["METHOD"])
    needed = {
        "REQUEST": ("UID", "DTSTAMP", "ORGANIZER", "ATTENDEE", "DTSTART", "SUMMARY"),
        "CANCEL": ("UID", "DTSTAMP", "ORGANIZER", "SEQUENCE"),
        "PUBLISH": ("UID", "DTSTAMP", "ORGANIZER", "DTSTART", "SUMMARY"),
    }[method]
    found = [f"{name} is missing" for name in needed if name not in event]
    found += [f"{name} twice" for name in needed if name != "ATTENDEE" and isinstance(event.get(name), list)]
    if method == "PUBLISH" and "ATTENDEE" in event:
        found.append("PUBLISH has an ATTENDEE")
    if str(event.get("STATUS", "CANCELLED" if method == "CANCEL" else "CONFIRMED")) != {
        "CANCEL": "CANCELLED"
    }.get(method, "CONFIRMED"):
        found.append(f"{method} with the status {event['STATUS']}")
    if "SEQUENCE" in event and int(event["SEQUENCE"]) < 0:
        found.append("SEQUENCE below 0")
    return found


@pytest.mark.skipif(not SAMPLE.exists(), reason="no ../shared/samples beside the project: iTIP samples not read")
def test_the_rules_accept_the_samples_of_the_rfc():
    calendars = Calendar.from_ical(SAMPLE.read_text(), multiple=True)
    assert {str(one["METHOD"]) for one in calendars} == {"REQUEST", "CANCEL"}
    assert [faults(one, event) for one in calendars for event in one.walk("VEVENT") if faults(one, event)] == []


def test_the_rules_refuse_what_is_none(told):
    event = event_of(Calendar.from_ical(ics.request(told.visit, "a@example.com", sequence=0, at=NOW)))
    calendar = Calendar.from_ical(ics.cancel(told.visit, "a@example.com", sequence=1, at=NOW))
    assert faults(calendar, event) == ["CANCEL with the status CONFIRMED"]


# Booked, changed, ended, on again


def test_a_booking_is_an_invitation(server, told):
    told.world.clinic.email = "desk@clinic.example"
    told.world.clinic.save()
    send()
    (mail,) = server.mails
    method, calendar = only(mail)
    event = event_of(calendar)
    assert method == str(calendar["METHOD"]) == "REQUEST"
    assert faults(calendar, event) == []
    assert event["ORGANIZER"] == "mailto:desk@clinic.example"
    assert event["ATTENDEE"] == "mailto:ana@example.com" and event["ATTENDEE"].params["RSVP"] == "TRUE"
    assert event["ATTENDEE"].params["PARTSTAT"] == "NEEDS-ACTION"
    assert (int(event["SEQUENCE"]), str(event["STATUS"])) == (0, "CONFIRMED")
    assert event["DTSTART"].dt == told.visit.starts_at
    assert event["DTEND"].dt == told.visit.starts_at + timedelta(minutes=45)
    assert event["DTSTAMP"].dt == NOW
    assert str(event["SUMMARY"]) == told.world.clinic.name


def test_gmail_outlook_and_apple_find_it_where_they_look(server, told):
    send()
    (mail,) = server.mails
    assert mail.get_content_type() == "multipart/mixed"
    ways, attached = mail.iter_parts()
    assert [part.get_content_type() for part in ways.iter_parts()] == ["text/plain", "text/html", "text/calendar"]
    part = list(ways.iter_parts())[-1]
    assert (part.get_param("method"), part.get_content_charset()) == ("REQUEST", "utf-8")
    assert (attached.get_content_type(), attached.get_filename()) == ("application/ics", "appointment.ics")
    file = attached.get_content()
    assert file.replace(b"\r\n", b"\n").strip() == part.get_content().replace("\r\n", "\n").strip().encode()


def test_without_an_address_of_its_own_the_clinic_asks_from_ours(told):
    event = event_of(Calendar.from_ical(ics.publish(told.visit, sequence=0, now=NOW)))
    assert event["ORGANIZER"] == "mailto:standby@clinic.example"


@pytest.mark.parametrize(("language", "says"), [("en", "Questions"), ("es", "Preguntas"), ("vi", "Questions")])
def test_it_speaks_the_language_of_its_e_mail(server, told, language, says):
    (message,) = Message.objects.filter(channel="email")
    message.context["language"] = language
    message.save()
    send()
    (mail,) = server.mails
    assert str(event_of(only(mail)[1])["DESCRIPTION"]).startswith(f"{says} ")


def test_a_change_replaces_it(server, told):
    send()
    told.visit.starts_at += timedelta(minutes=15)
    told.visit.ends_at += timedelta(minutes=15)
    told.visit.save()
    change(told)
    first, second = (event_of(only(mail)[1]) for mail in server.mails)
    assert only(server.mails[1])[0] == "REQUEST"
    assert str(first["UID"]) == str(second["UID"])
    assert int(second["SEQUENCE"]) > int(first["SEQUENCE"])
    assert second["DTSTART"].dt == told.visit.starts_at


@pytest.mark.parametrize("kind", [Kind.CANCELLED, Kind.ENDED, Kind.LOST, Kind.GONE, Kind.APOLOGY])
def test_an_end_takes_it_out_of_the_calendar(server, told, kind):
    send()
    end(told, kind, minutes(5))
    booked, ended = server.mails
    method, calendar = only(ended)
    event = event_of(calendar)
    assert method == str(calendar["METHOD"]) == "CANCEL"
    assert faults(calendar, event) == []
    assert str(event["STATUS"]) == "CANCELLED"
    assert str(event["UID"]) == str(event_of(only(booked)[1])["UID"])
    assert int(event["SEQUENCE"]) > 0
    assert event["ATTENDEE"] == "mailto:ana@example.com" and "RSVP" not in event["ATTENDEE"].params


def test_who_never_had_the_invitation_has_nothing_to_cancel(server, told):
    Message.objects.filter(kind="booked").update(status="dropped")
    end(told, Kind.LOST)
    (mail,) = server.mails
    assert parts(mail) == []


def test_one_that_perhaps_arrived_is_cancelled(server, told):
    Message.objects.filter(kind="booked").update(status="unknown")
    end(told, Kind.LOST)
    assert only(server.mails[-1])[0] == "CANCEL"


def test_on_again_is_a_higher_invitation_though_the_calendar_renamed_it(server, told):
    send()
    end(told, Kind.GONE, minutes(5))
    Appointment.objects.update(status=AppointmentStatus.BOOKED, external_id="renamed")
    told.visit.refresh_from_db()
    endings.tell_end(Kind.BOOKED, told.offer, told.visit, now=minutes(10))
    send(minutes(10))
    events = [event_of(only(mail)[1]) for mail in server.mails]
    assert [str(only(mail)[1]["METHOD"]) for mail in server.mails] == ["REQUEST", "CANCEL", "REQUEST"]
    assert len({str(event["UID"]) for event in events}) == 1
    numbers = [int(event["SEQUENCE"]) for event in events]
    assert numbers == sorted(set(numbers))


def test_out_of_order_the_older_stays_older(server, told):
    change(told, minutes(1))  # the booking goes out after it
    numbers = {}
    for kind in ("changed", "booked"):
        row = Message.objects.get(kind=kind, channel="email")
        Message.objects.filter(pk=row.pk).update(status="pending", attempts=0)
        outbox.deliver(row.pk, now=minutes(2))
        numbers[kind] = int(event_of(only(server.mails[-1])[1])["SEQUENCE"])
    assert numbers["booked"] < numbers["changed"]


def test_moving_up_ends_the_later_visit_in_the_calendar(server, told):
    send()
    earlier = tell(told.world)
    again = earlier.offer
    again.patient, again.gave_up = told.patient, told.visit
    again.save()
    told.visit.status = AppointmentStatus.CANCELLED
    told.visit.save()
    new = told.world.appointment(NOW + timedelta(hours=26), patient=told.patient)
    outbox.confirm(again, new, now=minutes(5))
    Message.objects.filter(channel="sms").update(status="dropped")
    send(minutes(5))
    (first, invited), (second, ended) = parts(server.mails[-1])
    assert (first, second) == ("REQUEST", "CANCEL")
    assert str(event_of(invited)["UID"]) == ics.uid(new)
    assert str(event_of(ended)["UID"]) == ics.uid(told.visit)
    assert int(event_of(ended)["SEQUENCE"]) == 1
    assert faults(ended, event_of(ended)) == []
    Appointment.objects.filter(pk=new.pk).update(status=AppointmentStatus.CANCELLED)
    Appointment.objects.filter(pk=told.visit.pk).update(status=AppointmentStatus.BOOKED)
    told.visit.refresh_from_db()
    endings.tell_end(Kind.BOOKED, told.offer, told.visit, now=minutes(10))
    send(minutes(10))
    assert int(event_of(only(server.mails[-1])[1])["SEQUENCE"]) > 1


def test_the_download_asks_nothing(told):
    calendar = Calendar.from_ical(ics.publish(told.visit, sequence=0, now=NOW))
    assert str(calendar["METHOD"]) == "PUBLISH"
    assert faults(calendar, event_of(calendar)) == []


# As text


PRINTED = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co", "Zl", "Zp"])
ODD = st.text(PRINTED, min_size=1, max_size=60).filter(lambda text: "\\N" not in text)  # a new line to icalendar 7


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=ODD, place=ODD, doctor=ODD, service=ODD)
def test_any_name_comes_back_and_no_other_is_in_it(name, place, doctor, service):
    world = World()
    doctor, service = f"Zq{doctor}", f"Qz{service}"
    world.practitioner.name, world.service.name = doctor, service
    world.clinic.name, world.location.name, world.location.address = name, place, "1, Main; St\\ “x”"
    visit = world.appointment()
    for raw in (
        ics.publish(visit, sequence=0, now=NOW),
        ics.request(visit, "ana@example.com", sequence=3, at=NOW),
        ics.cancel(visit, "ana@example.com", sequence=4, at=NOW),
    ):
        assert raw.endswith(b"\r\n") and not re.search(rb"(?<!\r)\n|\r(?!\n)", raw)
        assert max(map(len, raw.split(b"\r\n"))) <= 75
        event = event_of(Calendar.from_ical(raw))
        assert str(event["SUMMARY"]) == name
        assert str(event["LOCATION"]) == f"{place}, 1, Main; St\\ “x”"
        unfolded = raw.replace(b"\r\n ", b"").decode()
        assert doctor not in unfolded and service not in unfolded
