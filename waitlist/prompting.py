"""Acts: where patients and staff come by anyway, one answer puts somebody on the list for another time, or an earlier.

Whoever may be asked waits at once. Whose number has allowed nothing yet agrees on the page and is asked for START, as
on the join page. What they wait for already stays as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import transaction
from django.db.models import F, QuerySet

from matching import losses
from matching.models import Offer
from notifications import askable, consent
from notifications.models import ContactPoint
from waitlist import entries, joining, live, pausing, slots
from waitlist.allowing import ConsentGiven, allow
from waitlist.entries import Wish
from waitlist.joins import Agreed
from waitlist.models import Appointment, Patient, Service, Slot, WaitlistEntry
from waitlist.states import LIVE_SLOT_STATES, WAITING_STATUSES, AppointmentStatus, CancelledBy, Origin
from waitlist.vacancies import Refused

TOPIC = "waitlist"
SAID = "Said by the patient, on a page of theirs"


class How(StrEnum):
    """What a page can do for somebody who does not wait yet: put them down, ask their number first, or nothing."""

    AT_ONCE = "at_once"
    BY_START = "by_start"
    NOT = ""


class Answer(StrEnum):
    WAITS = "waits"
    ASKED = "asked"  # their number is asked for START
    NOBODY = "nobody"  # there is no way to ask them
    OVER = "over"  # the visit is not as it has to be for this


@dataclass(frozen=True)
class Standing:
    """How a patient stands on the list for a service, beside a visit of theirs; `how` they could come onto it. Of what
    rests, they are asked as if it were not there."""

    is_waiting: bool
    is_joining: bool
    waits_for_earlier: bool
    is_booked_again: bool
    how: How

    @property
    def may_ask(self) -> bool:
        """Whether a page asks them: they wait for nothing like it, and something can be done about it."""
        return not self.is_waiting and bool(self.how)


@dataclass(frozen=True)
class AtDesk:
    """The wish staff put down, or the one there was: `is_anew`, it rested or was closing, and waits again."""

    entry: WaitlistEntry
    is_new: bool
    is_anew: bool
    may_be_asked: bool


def standing(patient: Patient, service: Service, visit: Appointment | None = None, *, now: datetime) -> Standing:
    """Of this patient, as it is."""
    found = [one for one in _waiting(patient, service) if one.silent_since is None or _is_joining(one)]
    booked = Appointment.objects.filter(patient=patient, service=service, status=AppointmentStatus.BOOKED)
    return Standing(
        is_waiting=bool(found),
        is_joining=bool(found) and all(map(_is_joining, found)),
        waits_for_earlier=visit is not None and any(one.later_visit_id == visit.pk for one in found),
        is_booked_again=booked.filter(starts_at__gt=now).exclude(pk=visit.pk if visit else 0).exists(),
        how=_how(patient, service, now=now),
    )


@transaction.atomic(durable=True)
def another(visit_id: int, *, origin: Origin, agreed: Agreed | None, now: datetime) -> Answer:
    """Another time for what a cancelled visit was for. They are not asked for the time they gave up."""
    visit, freed = _given_up(visit_id)
    if visit.status != AppointmentStatus.CANCELLED or visit.patient is None:
        return Answer.OVER
    wish = Wish((visit.service_id,), note=SAID)
    answer, _ = _put_down(visit.patient, visit.service, wish, origin=origin, agreed=agreed, now=now)
    if answer in (Answer.WAITS, Answer.ASKED):
        _not_that_one(visit, freed, now=now)
    return answer


@transaction.atomic(durable=True)
def earlier_than(visit_id: int, *, origin: Origin, agreed: Agreed | None, now: datetime) -> Answer:
    """An earlier time than a visit they hold and keep until they say yes (decision R20)."""
    visit = _visit(visit_id)
    if visit.status != AppointmentStatus.BOOKED or visit.starts_at <= now or visit.patient is None:
        return Answer.OVER
    wish = Wish((visit.service_id,), note=SAID)
    answer, entry = _put_down(visit.patient, visit.service, wish, origin=origin, agreed=agreed, now=now)
    if entry is not None and entry.services == [visit.service_id] and entry.later_visit_id != visit.pk:
        entries.hold(entry, visit, now=now)
    return answer


@transaction.atomic(durable=True)
def like_offered(offer_id: int, *, origin: Origin, agreed: Agreed | None, now: datetime) -> Answer:
    """Another time for what somebody was offered without waiting for it."""
    offer = Offer.objects.select_related("patient__clinic", "slot__service").get(pk=offer_id)
    service = offer.slot.service
    return _put_down(offer.patient, service, Wish((service.pk,), note=SAID), origin=origin, agreed=agreed, now=now)[0]


@transaction.atomic(durable=True)
def at_the_desk(visit_id: int, wish: Wish, consents: Sequence[ConsentGiven] = (), *, now: datetime) -> AtDesk:
    """At the word of staff who cancel a visit: its patient's wish for another time. Refused where there is nobody, or
    the service is no more."""
    visit, freed = _given_up(visit_id)
    if visit.patient is None:
        raise Refused("The calendar names no patient for this visit.")
    if visit.service.retired_at is not None:
        raise Refused(f"{visit.service.name} is not offered any more.")
    if consents:
        _allow(visit.patient, consents, now=now)
    entry, is_new = entries.join(visit.patient, wish, origin=Origin.CANCEL_DESK, now=now)
    is_anew = not is_new and pausing.ask_anew(entry, now=now)
    if visit.status == AppointmentStatus.CANCELLED:
        _not_that_one(visit, freed, now=now)
    live.hint(visit.clinic_id, TOPIC)
    return AtDesk(entry, is_new, is_anew, askable.may_be_asked(visit.patient))


def _put_down(
    patient: Patient, service: Service, wish: Wish, *, origin: Origin, agreed: Agreed | None, now: datetime
) -> tuple[Answer, WaitlistEntry | None]:
    """The wish, at once or once their number says START; the one there is stays as it is, but wakes if it rested."""
    point = askable.number_to_confirm(patient)
    if point is not None:
        consent.lock_line(point)  # what it allows stays so meanwhile, and who taps twice waits here
    how = _how(patient, service, now=now)
    known = _waiting(patient, service).select_related("clinic", "patient").first()
    live.hint(patient.clinic_id, TOPIC)
    if known is not None and (known.silent_since is None or _is_joining(known)):
        pausing.keep_asked(known, now=now)
        return (Answer.ASKED if _is_joining(known) else Answer.WAITS), known
    if not how or (how == How.BY_START and (agreed is None or point is None)):
        return Answer.NOBODY, None
    if known is not None and how == How.AT_ONCE:
        pausing.wake(known, now=now)
        return Answer.WAITS, known
    if known is not None and agreed is not None and point is not None:
        joining.ask_known(point, known, agreed, is_new=False, now=now)
        return Answer.ASKED, known
    entry, is_new = entries.join(patient, wish, origin=origin, now=now)
    if how == How.BY_START and is_new and agreed is not None and point is not None:
        joining.ask_known(point, entry, agreed, now=now)
        return Answer.ASKED, entry
    return Answer.WAITS, entry


def _waiting(patient: Patient, service: Service) -> QuerySet[WaitlistEntry]:
    """Their wishes for it, what is offered times before what rests."""
    waits = WaitlistEntry.objects.filter(patient=patient, status__in=WAITING_STATUSES)
    rows = waits.filter(services__contains=[service.pk]).annotate(is_joining=joining.awaiting_start())
    return rows.order_by(F("silent_since").asc(nulls_first=True), "added_at", "pk")


def _is_joining(one: WaitlistEntry) -> bool:
    return bool(getattr(one, "is_joining", False))  # of `_waiting`


def _how(patient: Patient, service: Service, *, now: datetime) -> How:
    if service.retired_at is not None:
        return How.NOT
    if askable.may_be_asked(patient):
        return How.AT_ONCE
    point = askable.number_to_confirm(patient)
    return How.BY_START if point is not None and joining.may_ask(point, now=now) else How.NOT


def _allow(patient: Patient, consents: Sequence[ConsentGiven], *, now: datetime) -> None:
    """On the first number and the first address they use."""
    first: dict[str, ContactPoint] = {}
    uses = patient.contacts.select_related("contact_point__clinic").order_by("position", "pk")
    for point in (use.contact_point for use in uses):
        first.setdefault(point.kind, point)
    consent.lock_lines(first.values())
    allow([ContactPoint.objects.get(pk=point.pk) for point in first.values()], consents, now=now)


def _visit(visit_id: int) -> Appointment:
    return Appointment.objects.select_related("clinic", "patient__clinic", "service").get(pk=visit_id)


def _given_up(visit_id: int) -> tuple[Appointment, list[Slot]]:
    """The visit, and the slot its time became, locked, while somebody can have it."""
    freed = Slot.objects.filter(freed_by=visit_id, state__in=LIVE_SLOT_STATES).order_by("pk")
    locked = [slots.lock_slot(pk) for pk in freed.values_list("pk", flat=True)]
    return _visit(visit_id), [slot for slot in locked if slot is not None and slot.is_live]


def _not_that_one(visit: Appointment, freed: Sequence[Slot], *, now: datetime) -> None:
    """Nobody is asked for the time they gave up."""
    for slot in freed:
        if not Offer.objects.filter(slot=slot, patient=visit.patient).exists():
            losses.set_aside(slot, visit, CancelledBy(visit.cancelled_by), now=now)
