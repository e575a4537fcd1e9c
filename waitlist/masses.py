"""Rows of cancellations en masse (a sick day): noticed once, answered once, and which slots one pauses."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from audit import trail
from matching.models import Offer
from waitlist import calendar
from waitlist.live import hint
from waitlist.models import Clinic, MassCancellation, Slot
from waitlist.states import LIVE_SLOT_STATES, ClosedBecause, OpenedBecause

WITHIN = timedelta(minutes=10)
SAID_ALREADY = (ClosedBecause.KEPT_EMPTY, ClosedBecause.CLOSURE, ClosedBecause.UNCANCELLED)


def is_paused(slot: Slot, *, now: datetime) -> bool:
    """Whether staff have yet to say what becomes of it, as so many times were freed at once for that day.

    Asked when a time is freed and again before anybody is told: by then all that was freed at the same moment is
    committed.
    """
    if slot.freed_by_id is None:
        return False
    if slot.opened_because == OpenedBecause.ANEW:  # freed long before, and noticed then
        return is_asked_about(slot)
    asked = [mass for mass in _over_slot(slot) if not (_is_pointless(mass, slot) and _forget(mass, now=now))]
    return any(not mass.answer for mass in asked) if asked else _notice(slot, now=now)


def is_asked_about(slot: Slot) -> bool:
    """The same of what was noticed already: a look under the slot's lock."""
    return slot.freed_by_id is not None and _over_slot(slot).filter(answer="").exists()


def pausing() -> Q:
    """The same for a query of slots, of what was noticed."""
    theirs = (OuterRef(name) for name in ("clinic_id", "practitioner_id", "location_id", "starts_at"))
    return Q(Exists(_over(*theirs).filter(answer="")), freed_by__isnull=False)


def unanswered(clinic: Clinic, *, now: datetime) -> list[tuple[MassCancellation, list[Slot]]]:
    """What staff are asked, the soonest day first, and the times that wait for it."""
    rows = MassCancellation.objects.filter(clinic=clinic, answer="", ends_at__gt=now).order_by("starts_at", "pk")
    found = [(row, list(slots_of(row))) for row in rows.select_related("practitioner", "location")]
    return [(row, waiting) for row, waiting in found if waiting]


def slots_of(mass: MassCancellation) -> QuerySet[Slot]:
    """The live slots that were freed there for that day, by time."""
    whose = {"location": mass.location_id} if mass.practitioner_id is None else {"practitioner": mass.practitioner_id}
    live = Slot.objects.filter(clinic=mass.clinic_id, state__in=LIVE_SLOT_STATES, freed_by__isnull=False, **whose)
    day = live.filter(starts_at__gte=mass.starts_at, starts_at__lt=mass.ends_at)
    return day.select_related("location__clinic", "practitioner", "service").order_by("starts_at", "pk")


def answer(mass: MassCancellation, said: str, user_id: int | None, *, now: datetime) -> bool:
    """What staff say becomes of them; False if it was said before."""
    waits = MassCancellation.objects.filter(pk=mass.pk, answer="")
    if not waits.update(answer=said, answered_at=now, answered_by=user_id):
        return False
    trail.record(f"masscancellation.{said}", mass, now=now, clinic_id=mass.clinic_id, changes={"answer": ["", said]})
    hint(mass.clinic_id, "board")
    return True


def _over_slot(slot: Slot) -> QuerySet[MassCancellation]:
    return _over(slot.clinic_id, slot.practitioner_id, slot.location_id, slot.starts_at)


def _over(clinic: Any, practitioner: Any, location: Any, starts_at: Any) -> QuerySet[MassCancellation]:
    """Those of this practitioner's or this location's day, answered or not."""
    day = MassCancellation.objects.filter(clinic_id=clinic, starts_at__lte=starts_at, ends_at__gt=starts_at)
    return day.filter(Q(practitioner_id=practitioner) | Q(location_id=location))


def _is_pointless(mass: MassCancellation, slot: Slot) -> bool:
    """Whether all it was asked about had been taken back or filled before this one was freed."""
    return not mass.answer and mass.noticed_at < slot.opened_at and not slots_of(mass).exclude(pk=slot.pk).exists()


@transaction.atomic
def _forget(mass: MassCancellation, *, now: datetime) -> bool:
    """The question is asked no more, and may be anew; False where it was answered meanwhile."""
    if not MassCancellation.objects.filter(pk=mass.pk, answer="").delete()[0]:
        return False
    trail.record("masscancellation.forgotten", mass, now=now, clinic_id=mass.clinic_id)
    return True


@transaction.atomic
def _notice(slot: Slot, *, now: datetime) -> bool:
    """Whether its practitioner, else its location, has lost so many times of that day that staff are asked now."""
    day = slot.starts_at.astimezone(slot.location.zone).date()
    starts_at, ends_at = calendar.day_span(slot.location.zone, day)
    for_an_earlier_time = Offer.objects.filter(gave_up=OuterRef("freed_by"))
    freed = Slot.objects.filter(
        ~Exists(for_an_earlier_time),
        clinic=slot.clinic_id,
        freed_by__isnull=False,
        starts_at__gte=starts_at,
        starts_at__lt=ends_at,
        opened_at__range=(slot.opened_at - WITHIN, slot.opened_at + WITHIN),
    ).exclude(Q(closed_because__in=SAID_ALREADY) | Q(opened_because=OpenedBecause.ANEW))
    theirs = freed.filter(practitioner=slot.practitioner_id)
    if _are_many(theirs, slot.clinic):
        whose: dict[str, Any] = {"practitioner": slot.practitioner}
    elif _are_many(freed.filter(_unasked(), location=slot.location_id), slot.clinic):
        whose = {"location": slot.location}
    else:
        return False
    try:
        with transaction.atomic():
            mass = MassCancellation.objects.create(
                clinic=slot.clinic, day=day, starts_at=starts_at, ends_at=ends_at, noticed_at=now, **whose
            )
    except IntegrityError:  # somebody noticed it at the same moment
        return MassCancellation.objects.filter(clinic=slot.clinic_id, day=day, answer="", **whose).exists()
    trail.record("masscancellation.noticed", mass, now=now, clinic_id=slot.clinic_id)
    hint(slot.clinic_id, "board")
    return True


def _unasked() -> Q:
    """Times of practitioners of whose day staff were not asked by itself."""
    theirs = MassCancellation.objects.filter(
        practitioner=OuterRef("practitioner_id"),
        starts_at__lte=OuterRef("starts_at"),
        ends_at__gt=OuterRef("starts_at"),
    )
    return ~Q(Exists(theirs))


def _are_many(freed: QuerySet[Slot], clinic: Clinic) -> bool:
    """Whether as many as the clinic says were freed within ten minutes."""
    moments: Iterable[datetime] = freed.order_by("opened_at").values_list("opened_at", flat=True)
    opened = list(moments)
    pairs = zip(opened, opened[clinic.mass_cancellation_count - 1 :], strict=False)
    return any(last - first <= WITHIN for first, last in pairs)
