"""Act: another service at a booked time, priced anew (seed S0, 4.5). The time itself stays as long as it is."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext, gettext_noop

from audit import trail
from notifications import outbox
from waitlist import writebacks
from waitlist.live import hint
from waitlist.models import Appointment, Service, Slot
from waitlist.states import AppointmentStatus
from waitlist.vacancies import Refused

WITHIN = timedelta(hours=24)
TOO_LATE = gettext_noop(
    "The service can be changed here for a day after booking, and before the start. Please call us."
)


@dataclass(frozen=True)
class Choice:
    """One service they could have instead; `refused` says why not, `difference_cents` what it costs more."""

    service: Service
    difference_cents: int
    refused: str

    @property
    def less_cents(self) -> int:
        return -self.difference_cents


def ends_at(slot: Slot) -> datetime | None:
    """Until when the patient may change it themselves: a day after the yes, and never past the start."""
    return min(slot.won_at + WITHIN, slot.starts_at) if slot.won_at is not None else None


def choices(visit: Appointment) -> list[Choice]:
    """Every other service of the clinic: those that fit first, and of them those that can stand in for it."""
    others = Service.objects.filter(clinic=visit.clinic_id, retired_at=None).exclude(pk=visit.service_id)
    stand_ins = set(visit.service.compatible.values_list("pk", flat=True))
    made = [Choice(one, one.price_cents - visit.price_cents, too_long(visit, one)) for one in others.order_by("name")]
    return sorted(made, key=lambda choice: (bool(choice.refused), choice.service.pk not in stand_ins))


def too_long(visit: Appointment, service: Service) -> str:
    """Why it does not fit the time, in a sentence; empty if it does."""
    minutes = round((visit.ends_at - visit.starts_at).total_seconds() / 60)
    if service.minutes <= minutes:
        return ""
    words = gettext("{service}, {needed} min, does not fit: {free} minutes are free.")
    return words.format(service=service.name, needed=service.minutes, free=minutes)


@transaction.atomic(durable=True)
def change(appointment_id: int, service_id: int, *, now: datetime) -> Appointment:
    """It is for this service now, at its price; patient and calendar hear of it. Refused with the reason.

    A shorter service frees nothing: the rest stays theirs, so that a change back always fits.
    """
    visit = Appointment.objects.select_for_update(no_key=True, of=("self",)).select_related("clinic", "service")
    booked = visit.get(pk=appointment_id)
    if booked.status != AppointmentStatus.BOOKED or booked.starts_at <= now:
        raise Refused(gettext("This visit is not booked any more, so its service cannot be changed."))
    service = Service.objects.filter(pk=service_id, clinic=booked.clinic_id, retired_at=None).first()
    if service is None:
        raise Refused(gettext("That service is not offered here."))
    if refused := too_long(booked, service):
        raise Refused(refused)
    if service.pk == booked.service_id:
        return booked
    changes = {"service": [booked.service_id, service.pk], "price_cents": [booked.price_cents, service.price_cents]}
    booked.service, booked.price_cents = service, service.price_cents
    booked.save(update_fields=["service", "price_cents"])
    trail.record("appointment.service_changed", booked, now=now, clinic_id=booked.clinic_id, changes=changes)
    outbox.tell_change(booked, writebacks.changed(booked, now=now), now=now)
    hint(booked.clinic_id, "board")
    return booked
