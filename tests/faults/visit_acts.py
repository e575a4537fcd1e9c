"""Acts about a visit nobody is asked for: its reminders, and what its patient says or does."""

from datetime import timedelta

from matching import unwritten
from notifications import reminders
from notifications.models import Message
from tests import factories
from tests.factories import NOW
from tests.faults.acts import Act, Ids, Scene
from waitlist import attendance, whereabouts
from waitlist.models import Appointment, User
from waitlist.states import AppointmentStatus, ConfirmedVia


def tomorrow(scene: Scene) -> Ids:
    """A visit whose reminder of the day before is due, at a clinic that reminds."""
    scene.clinic.sends_reminders = True
    scene.clinic.save()
    visit = scene.appointment(NOW + timedelta(hours=23), patient=scene.people[0])
    return {"visit": visit.pk, "patient": visit.patient_id}


def begun(scene: Scene) -> Ids:
    return {"visit": scene.appointment(NOW - timedelta(hours=1), patient=scene.people[0]).pk}


def unheard(scene: Scene) -> Ids:
    """A visit of whose booking a rule let nothing go out in writing."""
    visit = scene.appointment(NOW + timedelta(hours=23), patient=scene.people[0])
    Message.objects.create(
        clinic=scene.clinic, kind="booked", channel="sms", patient=visit.patient, appointment=visit, status="refused",
        refused_by="no_contact", dedupe_key=f"booked:{visit.pk}:untold", next_attempt_at=NOW, created_at=NOW,
    )  # fmt: skip
    return {"visit": visit.pk, "user": factories.user(scene.clinic).pk}


def they_know(ids: Ids) -> bool:
    word = Message.objects.get(appointment=ids["visit"], kind="booked", user=None)
    return unwritten.told(ids["visit"], unwritten.name_of(word), by=User.objects.get(pk=ids["user"]), now=NOW)


def confirm(ids: Ids) -> bool:
    visit = Appointment.objects.get(pk=ids["visit"])
    return attendance.confirm(visit, visit.starts_at, via=ConfirmedVia.LINK, now=NOW)


VISITS: dict[str, Act] = {
    "remind": Act(tomorrow, lambda ids, now: reminders.remind(ids["visit"], now=now)),
    "will be there": Act(tomorrow, lambda ids, now: confirm(ids), by_hand=True),
    "is elsewhere": Act(
        tomorrow,
        lambda ids, now: whereabouts.choose_zone(ids["patient"], "America/New_York", now=now),
        by_hand=True,
    ),
    "they know": Act(unheard, lambda ids, now: they_know(ids), by_hand=True),
    "did not come": Act(
        begun, lambda ids, now: attendance.mark(ids["visit"], AppointmentStatus.NOSHOW, now=now), by_hand=True
    ),
}
