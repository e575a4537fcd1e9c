"""The offer or booking that a text names by its code. Reads only."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from matching import codes
from matching.models import Offer
from matching.states import OfferState
from notifications.models import ContactPoint
from notifications.replies import told
from waitlist.models import Appointment
from waitlist.states import AppointmentStatus


@dataclass(frozen=True)
class Named:
    """What the code is of, and the words beside it. `visit`: it is booked for somebody who uses this number."""

    rest: str
    offer: Offer | None = None
    visit: Appointment | None = None


def find(point: ContactPoint, text: str, *, now: datetime) -> Named | None:
    """None where the text has no code, or none of anything this number knows of."""
    code, rest = codes.find(text)
    if not code:
        return None
    visit_id = int(code) if code.isdecimal() else 0
    visit = _visits(point, now=now).filter(pk=visit_id).first()
    booked = Q(slot__filled_by=visit_id, state=OfferState.ACCEPTED)
    coming = told.offers(point).filter(slot__starts_at__gt=now)
    found = list(coming.filter(Q(public_id__istartswith=code) if len(code) == codes.LENGTH else booked)[:2])
    if not found and visit is not None:
        found = list(coming.filter(booked)[:1])
    if len(found) == 1:
        of_offer = found[0].slot.filled_by_id if found[0].state == OfferState.ACCEPTED else 0
        return Named(rest, found[0], visit or _visits(point, now=now).filter(pk=of_offer or 0).first())
    return Named(rest, visit=visit) if visit is not None and not found else None


def _visits(point: ContactPoint, *, now: datetime) -> QuerySet[Appointment]:
    mine = Appointment.objects.filter(patient__contacts__contact_point=point, clinic=point.clinic_id)
    coming = mine.filter(status=AppointmentStatus.BOOKED, starts_at__gt=now)
    return coming.select_related("location__clinic", "patient").distinct()
