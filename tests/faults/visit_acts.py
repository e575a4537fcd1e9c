"""Acts about a visit nobody is asked for: its reminders, and what its patient says or does."""

from datetime import timedelta

from notifications import reminders
from tests.factories import NOW
from tests.faults.acts import Act, Ids, Scene
from waitlist import attendance, whereabouts
from waitlist.models import Appointment
from waitlist.states import AppointmentStatus, ConfirmedVia


def tomorrow(scene: Scene) -> Ids:
    """A visit whose reminder of the day before is due, at a clinic that reminds."""
    scene.clinic.sends_reminders = True
    scene.clinic.save()
    visit = scene.appointment(NOW + timedelta(hours=23), patient=scene.people[0])
    return {"visit": visit.pk, "patient": visit.patient_id}


def begun(scene: Scene) -> Ids:
    return {"visit": scene.appointment(NOW - timedelta(hours=1), patient=scene.people[0]).pk}


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
    "did not come": Act(
        begun, lambda ids, now: attendance.mark(ids["visit"], AppointmentStatus.NOSHOW, now=now), by_hand=True
    ),
}
