"""Act: what was entered in the clinic's own calendar stands in ours, too."""

from datetime import datetime

from django.db import transaction

from matching import losses
from matching.states import OfferState
from notifications import outbox
from waitlist import calendar, mirrors, pausing
from waitlist.calendar import Time
from waitlist.live import hint
from waitlist.models import Appointment, Clinic, Connection, Patient
from waitlist.vacancies import Refused, end_over


@transaction.atomic(durable=True)
def mirror(
    clinic: Clinic,
    *,
    connection: Connection | None,
    external_id: str,
    version: int,
    time: Time,
    patient: Patient | None,
    now: datetime,
) -> Appointment:
    """A booking made in the clinic's calendar, or made again. Its own double booking is kept, marked not exclusive."""
    live = calendar.lock_live_over(time)
    source = {"connection": connection, "external_id": external_id, "version": version}
    price_cents = time.service.price_cents
    made = calendar.book(clinic, time, patient, price_cents=price_cents, now=now, **source)
    if made is None:
        made = calendar.book(clinic, time, patient, price_cents=price_cents, now=now, is_exclusive=False, **source)
    if made is None:
        made = _put_on_again(clinic, external_id, time, version=version, now=now)
    if made is None:
        raise Refused(f"external_id: an appointment “{external_id}” exists already.")
    end_over(live, time, now=now)
    hint(clinic.pk, "board")
    return made


def _put_on_again(clinic: Clinic, external_id: str, time: Time, *, version: int, now: datetime) -> Appointment | None:
    """A visit that was cancelled is booked again, and what its patient waits for in its stead leaves the list; whoever
    had won it through us has it back, and whoever else was told by us when it was hears when it is."""
    places = ("location__clinic", "practitioner", "service")
    known = Appointment.objects.filter(clinic=clinic, external_id=external_id).select_related(*places).first()
    lost = losses.lock(known.pk, OfferState.RETURNED) if known is not None else None
    made = mirrors.rebook(external_id, time, clinic_id=clinic.pk, version=version, now=now)
    if made is not None and known is not None:
        pausing.on_after_all(known, known.cancelled_at, now=now)
    if made is not None and lost is not None:
        losses.regain(lost, made, now=now)
    elif made is not None and known is not None:
        outbox.tell_move(made, Time.of(known), None, now=now)
    return made
