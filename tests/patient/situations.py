"""One offer in each situation a patient's link can find it in, relative to the real clock the views read."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone, translation

from matching import claims, tokens
from matching.answering.accepted import Accepted
from matching.models import Offer
from matching.states import OfferState
from matching.terms import Due
from matching.views import parting
from tests import factories
from waitlist import fees
from waitlist.models import Appointment, Slot
from waitlist.states import AppointmentStatus, CancelledBy, ClosedBecause, EntryStatus, FeeRule, SlotState

LA = ZoneInfo("America/Los_Angeles")


def at(days: int, hour: int, minute: int = 0) -> datetime:
    """That many days from today, on the clinic's clock."""
    day = (timezone.now().astimezone(LA) + timedelta(days=days)).date()
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=LA)


class Clinic(factories.World):
    """A clinic whose names look like a clinic's, with one patient who was offered one time."""

    def __init__(self, **fields: Any) -> None:
        super().__init__(**{"name": "Radiance Med Spa", "phone": "+14155550123", **fields})
        self.rename(self.practitioner, name="Dr Chen")
        self.rename(self.service, name="Botox")
        self.rename(self.location, name="Downtown", address="500 Market Street, San Francisco, CA 94105")
        self.patient = factories.patient(self.clinic, first_name="Sarah", last_name="Miller")
        self.wish = self.entry(self.patient)

    def rename(self, row: Any, **fields: Any) -> None:
        for name, value in fields.items():
            setattr(row, name, value)
        row.save()

    def offering(self, starts_at: datetime | None = None, **fields: Any) -> Slot:
        fields = {"state": SlotState.OFFERING, "opened_at": timezone.now(), "wave": 1, **fields}
        return self.asked_slot(starts_at or at(4, 14), **fields)

    def offered(self, slot: Slot | None = None, **fields: Any) -> Offer:
        now = timezone.now()
        fields = {"offered_at": now, "expires_at": now + timedelta(minutes=41), **fields}
        return self.offer(slot or self.offering(), self.wish, **fields)

    def others(self) -> list[Slot]:
        """Three more free times with another practitioner."""
        other = factories.practitioner(self.clinic, name="M. Ruiz")
        times = (at(5, 10, 30), at(6, 16), at(8, 9, 15))
        return [self.offering(starts_at, practitioner=other) for starts_at in times]

    def booked(self, slot: Slot, patient: Any = None) -> Appointment:
        visit = self.appointment(slot.starts_at, patient=patient)
        now = timezone.now()
        Slot.objects.filter(pk=slot.pk).update(state=SlotState.FILLED, filled_by=visit, filled_at=now)
        return visit


def link(offer: Offer) -> str:
    return f"/o/{tokens.make(offer.public_id)}"


def _open(clinic: Clinic) -> Offer:
    return clinic.offered()


def _late(clinic: Clinic) -> Offer:
    now = timezone.now()
    return clinic.offered(offered_at=now - timedelta(hours=1), expires_at=now - timedelta(minutes=5))


def _yours(clinic: Clinic) -> Offer:
    offer = clinic.offered(state=OfferState.ACCEPTED)
    clinic.booked(offer.slot, clinic.patient)
    type(clinic.wish).objects.filter(pk=clinic.wish.pk).update(status=EntryStatus.BOOKED)
    return offer


def _cancelled(clinic: Clinic) -> Offer:
    clinic.others()
    offer = _yours(clinic)
    Appointment.objects.filter(filled_slot=offer.slot).update(status=AppointmentStatus.CANCELLED)
    return offer


def _ended(by: str) -> Callable[[Clinic], Offer]:
    """Won, and cancelled after the free minutes: by the patient, who owes half, or by the clinic."""

    def make(clinic: Clinic) -> Offer:
        offer = _yours(clinic)
        now = timezone.now()
        visit = Appointment.objects.get(filled_slot=offer.slot)
        Appointment.objects.filter(pk=visit.pk).update(status="cancelled", cancelled_at=now, cancelled_by=by)
        Offer.objects.filter(pk=offer.pk).update(state=OfferState.RETURNED)
        type(clinic.wish).objects.filter(pk=clinic.wish.pk).update(status=EntryStatus.ACTIVE)
        if by == CancelledBy.PATIENT:
            fees.owe(visit, Due(FeeRule.EARLY, 50, visit.price_cents, 1440), now=now)
        else:
            clinic.others()
        return offer

    return make


def _taken(clinic: Clinic) -> Offer:
    clinic.others()
    offer = clinic.offered(state=OfferState.RETRACTED)
    clinic.booked(offer.slot, factories.patient(clinic.clinic))
    return offer


def _gone(state: str, because: str, offer_state: str) -> Callable[[Clinic], Offer]:
    def make(clinic: Clinic) -> Offer:
        clinic.others()
        now = timezone.now()
        slot = clinic.offering(state=state, closed_because=because, closed_at=now, next_wave_at=None)
        return clinic.offered(slot, state=offer_state, expires_at=now - timedelta(minutes=5))

    return make


def _held(by_them: bool) -> Callable[[Clinic], Offer]:
    def make(clinic: Clinic) -> Offer:
        who = clinic.patient if by_them else factories.patient(clinic.clinic)
        until = timezone.now() + timedelta(minutes=3)
        return clinic.offered(clinic.offering(state=SlotState.HELD, held_by=who, held_until=until))

    return make


def _earlier(clinic: Clinic) -> Offer:
    """They hold a visit next week, and this one would be sooner."""
    other = factories.practitioner(clinic.clinic, name="M. Ruiz")
    clinic.wish.later_visit = clinic.appointment(at(9, 15), patient=clinic.patient, practitioner=other)
    clinic.wish.save()
    return clinic.offered()


def _swapped(clinic: Clinic) -> Offer:
    """They said yes to it; they also wait for something else, and could have another service."""
    offer = _earlier(clinic)
    facial = factories.service(clinic.clinic, name="Facial", minutes=30, price_cents=28000)
    factories.service(clinic.clinic, name="Filler", minutes=60, price_cents=54000)
    factories.entry(clinic.clinic, [clinic.service, facial], clinic.patient)
    assert claims.claim(offer.pk, via="link", now=timezone.now()) == "booked"
    return offer


def _linked(clinic: Clinic) -> Offer:
    """Staff sent them a booking link a moment ago."""
    now = timezone.now()
    slot = clinic.offering(state=SlotState.HELD, held_by=clinic.patient, held_until=now + timedelta(minutes=12))
    return clinic.offered(slot, link_sent_at=now, expires_at=slot.held_until)


def _link_lapsed(clinic: Clinic) -> Offer:
    """They did not complete it in time, and nobody has it yet."""
    now = timezone.now()
    over = {"state": OfferState.EXPIRED, "expires_at": now - timedelta(minutes=5)}
    return clinic.offered(link_sent_at=now - timedelta(minutes=20), **over)


def _link_taken_back(clinic: Clinic) -> Offer:
    clinic.others()
    return clinic.offered(link_sent_at=timezone.now(), state=OfferState.RETRACTED, answered_by="staff")


def _link_completed(clinic: Clinic) -> Offer:
    offer, language = _linked(clinic), clinic.patient.language
    with translation.override(language):
        terms = parting.in_full(offer.slot, clinic.patient)
    accepts = Accepted(terms=terms, language=language, name="Sarah Miller")
    done = claims.finish(offer.pk, details="", accepts=accepts, via="link", now=timezone.now())
    assert done == "booked"
    return offer


SITUATIONS: dict[str, tuple[str, Callable[[Clinic], Offer]]] = {  # name → data-outcome, how to get there
    "open": ("open", _open),
    "late": ("open", _late),
    "earlier": ("open", _earlier),
    "swapped": ("yours", _swapped),
    "yours": ("yours", _yours),
    "cancelled": ("withdrawn", _cancelled),
    "left": ("declined", _ended(CancelledBy.PATIENT)),
    "lost": ("lost", _ended(CancelledBy.CLINIC)),
    "gone": ("lost", _ended(CancelledBy.UNKNOWN)),
    "taken": ("taken", _taken),
    "expired": ("expired", _gone("expired", ClosedBecause.PAST, OfferState.EXPIRED)),
    "withdrawn": ("withdrawn", _gone("withdrawn", ClosedBecause.STOPPED, OfferState.RETRACTED)),
    "conflict": ("conflict", _gone("withdrawn", ClosedBecause.REBOOKED, OfferState.RETURNED)),
    "busy": ("busy", _held(by_them=False)),
    "held": ("held", _held(by_them=True)),
    "link": ("held", _linked),
    "link lapsed": ("open", _link_lapsed),
    "link taken back": ("withdrawn", _link_taken_back),
    "link completed": ("yours", _link_completed),
    "declined": ("declined", lambda clinic: clinic.offered(state=OfferState.DECLINED)),
    "returned": ("declined", lambda clinic: clinic.offered(state=OfferState.RETURNED)),
}
