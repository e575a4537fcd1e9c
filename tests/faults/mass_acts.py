"""More acts whose every step is struck: a sick day is noticed and answered, and what is left of a day cancelled."""

from datetime import datetime, timedelta
from typing import Any

from matching import cascade
from notifications import outbox
from tests.factories import NOW
from tests.faults.acts import TWO_DAYS, Act, Ids, Scene
from waitlist import calendar, closing, events, schedule
from waitlist.models import Appointment, Closure, InboundEvent, MassCancellation
from waitlist.states import CancelledBy

HOUR = timedelta(hours=1)
MANY = 2  # for this clinic
Answer = MassCancellation.Answer


def visits(scene: Scene, count: int = 3, *, after: timedelta = timedelta()) -> list[int]:
    """What a practitioner has on one day, every hour."""
    scene.clinic.mass_cancellation_count = MANY
    scene.clinic.save()
    first = NOW + TWO_DAYS + after
    people = [scene.person(50 + n) for n in range(count)]
    return [scene.appointment(first + n * HOUR, patient=one).pk for n, one in enumerate(people)]


def cancel(visit_id: int, *, now: datetime) -> Any:
    return schedule.cancel(visit_id, reason="ill", by=CancelledBy.CLINIC, now=now).slot


def told_by_calendar(scene: Scene) -> Ids:
    """The calendar says it of one visit after the other."""
    told = [
        InboundEvent(
            connection=scene.calendar,
            event_key=f"e{visit.pk}",
            kind="appointment.cancelled",
            subject=visit.external_id,
            version=5,
            payload={"type": "appointment.cancelled", "data": {"external_id": visit.external_id, "version": 5}},
            received_at=NOW,
        )
        for visit in Appointment.objects.filter(pk__in=visits(scene)).order_by("pk")
    ]
    return {"events": [event.pk for event in InboundEvent.objects.bulk_create(told)]}


def asked_about(scene: Scene) -> Ids:
    """Of four visits three were cancelled: of the first time all were told before staff were asked of the day."""
    first, *others, _ = visits(scene, 4)
    slot = cancel(first, now=NOW)
    cascade.advance(slot.pk, now=NOW)
    outbox.deliver_due(now=NOW)
    for visit_id in others:
        cancel(visit_id, now=NOW)
    return {"mass": MassCancellation.objects.get(clinic=scene.clinic).pk}


def answer(ids: Ids, said: Answer, *, now: datetime) -> Any:
    mass = MassCancellation.objects.select_related("clinic", "practitioner", "location").get(pk=ids["mass"])
    return closing.answer(mass, said, None, now=now)


def away(scene: Scene) -> Ids:
    """A practitioner will be away on a day on which one visit was won through us; of another time all were told."""
    scene.won()
    _, last = visits(scene, 2, after=HOUR)
    scene.clinic.mass_cancellation_count = 100  # cancelled by hand one by one, it is no sick day
    scene.clinic.save()
    slot = cancel(last, now=NOW)
    cascade.advance(slot.pk, now=NOW)
    outbox.deliver_due(now=NOW)
    return {"practitioner": scene.practitioner.pk}


def close_and_cancel(ids: Ids, now: datetime) -> Any:
    """What is left of the day is closed for them, and what is booked then cancelled: both are clicks of staff."""
    visit = Appointment.objects.select_related("clinic", "practitioner").filter(practitioner=ids["practitioner"])[0]
    starts_at, ends_at = calendar.day_span(visit.clinic.zone, (NOW + TWO_DAYS).date())
    day = {"starts_at": starts_at, "ends_at": ends_at, "reason": "ill", "location": None}
    closure, _ = closing.close(visit.clinic, practitioner=visit.practitioner, now=now, **day)
    return closing.cancel_booked(Closure.objects.select_related("clinic").get(pk=closure.pk), now=now)


MASSES: dict[str, Act] = {
    "sick day": Act(
        lambda scene: {"visits": visits(scene)},
        lambda ids, now: [cancel(visit_id, now=now) for visit_id in ids["visits"]],
        by_hand=True,
    ),
    "sick day by the calendar": Act(
        told_by_calendar, lambda ids, now: [events.apply(event_id, now=now) for event_id in ids["events"]]
    ),
    "sick day refilled": Act(asked_about, lambda ids, now: answer(ids, Answer.REFILL, now=now), by_hand=True),
    "sick day kept empty": Act(asked_about, lambda ids, now: answer(ids, Answer.KEEP_EMPTY, now=now), by_hand=True),
    "close and cancel a day": Act(away, close_and_cancel, by_hand=True),
}
