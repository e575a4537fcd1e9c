"""Checks of slots, offers, wishes and bookings against one another. Reads only; each is one statement."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from matching.models import Offer
from matching.states import OfferState
from notifications import asked
from ops.doctor.found import AT_MOST, Found, of_slot, on_the_clock
from waitlist.models import Appointment, Clinic, Slot, WaitlistEntry, Writeback
from waitlist.states import (
    LIVE_SLOT_STATES,
    WAITING_STATUSES,
    AppointmentStatus,
    EntryStatus,
    SlotState,
)

BOOKED = AppointmentStatus.BOOKED
STILL_THEIRS = Q(state=OfferState.ACCEPTED, slot__filled_by__status=BOOKED)


def live_slot_over_booked_time(clinic: Clinic, *, now: datetime) -> Iterator[Found]:
    booked = Appointment.objects.filter(
        practitioner=OuterRef("practitioner"),
        status=BOOKED,
        is_exclusive=True,
        starts_at__lt=OuterRef("ends_at"),
        ends_at__gt=OuterRef("starts_at"),
    )
    for slot in _slots(clinic).filter(Exists(booked), state__in=LIVE_SLOT_STATES)[:AT_MOST]:
        yield of_slot(clinic, slot, "{time} is being offered, and its practitioner is booked then.")


def filled_time_given_up_unseen(clinic: Clinic, *, now: datetime) -> Iterator[Found]:
    """A time still to come whose booking was cancelled or moved away, and that nobody opened again or booked."""
    same_time = {
        "practitioner": OuterRef("practitioner"),
        "starts_at__lt": OuterRef("ends_at"),
        "ends_at__gt": OuterRef("starts_at"),
    }
    taken_up = Slot.objects.filter(**same_time).exclude(pk=OuterRef("pk"))
    taken_up = taken_up.filter(Q(state__in=LIVE_SLOT_STATES) | Q(opened_at__gte=OuterRef("filled_at")))
    gone = Q(filled_by__status=AppointmentStatus.CANCELLED) | (
        Q(filled_by__status=BOOKED)
        & (
            ~Q(filled_by__practitioner=F("practitioner"))
            | Q(filled_by__starts_at__gte=F("ends_at"))
            | Q(filled_by__ends_at__lte=F("starts_at"))
        )
    )
    booked = Appointment.objects.filter(**same_time, status=BOOKED)
    rows = _slots(clinic).filter(gone, ~Exists(taken_up), ~Exists(booked), state=SlotState.FILLED, starts_at__gt=now)
    for slot in rows[:AT_MOST]:
        yield of_slot(clinic, slot, "{time} counts as filled, but its booking is gone and nobody is asked.")


def filled_without_a_yes(clinic: Clinic, *, now: datetime) -> Iterator[Found]:
    """A yes that was given up with its visit was one, also where the calendar has put the visit on again since."""
    said_yes = Offer.objects.filter(slot=OuterRef("pk"), state=OfferState.ACCEPTED)
    given_up = Offer.objects.filter(slot=OuterRef("pk"), state=OfferState.RETURNED)
    ended = Q(filled_by__status=AppointmentStatus.CANCELLED) | Q(filled_by__version__gt=0)
    rows = _slots(clinic).filter(~Exists(said_yes), ~(ended & Exists(given_up)), state=SlotState.FILLED)
    for slot in rows[:AT_MOST]:
        yield of_slot(clinic, slot, "{time} is filled, and no offer of it was accepted.")


def yes_without_the_time(clinic: Clinic, *, now: datetime) -> Iterator[Found]:
    theirs = Q(slot__state=SlotState.FILLED, slot__filled_by__patient=F("patient"))
    rows = _offers(clinic).filter(~theirs, state=OfferState.ACCEPTED)
    for offer in rows[:AT_MOST]:
        when = on_the_clock(clinic, offer.slot.starts_at)
        sentence = f"It was accepted, but {when} is not filled by its patient."
        yield Found(f"offer {offer.pk}", sentence, offer.slot_id)


def asked_for_a_time_that_is_over(clinic: Clinic, *, now: datetime) -> Iterator[Found]:
    rows = _offers(clinic).filter(state=OfferState.PENDING).exclude(slot__state__in=LIVE_SLOT_STATES)
    for offer in rows[:AT_MOST]:
        when = on_the_clock(clinic, offer.slot.starts_at)
        sentence = f"Its patient is still asked about {when}, which is not to be had."
        yield Found(f"offer {offer.pk}", sentence, offer.slot_id)


def asked_and_never_told(clinic: Clinic, *, now: datetime) -> Iterator[Found]:
    rows = _offers(clinic).filter(~Exists(asked.of_each()), state=OfferState.PENDING, wave__gt=0)
    for offer in rows[:AT_MOST]:
        when = on_the_clock(clinic, offer.slot.starts_at)
        yield Found(f"offer {offer.pk}", f"No message tells its patient of {when}.", offer.slot_id)


def booked_wish_without_a_yes(clinic: Clinic, *, now: datetime) -> Iterator[Found]:
    said_yes = Offer.objects.filter(entry=OuterRef("pk"), state=OfferState.ACCEPTED)
    rows = WaitlistEntry.objects.filter(~Exists(said_yes), clinic=clinic, status=EntryStatus.BOOKED)
    for entry in rows.order_by("pk")[:AT_MOST]:
        yield Found(f"entry {entry.pk}", "It counts as booked, and no offer of it stands accepted.")


def waiting_though_booked(clinic: Clinic, *, now: datetime) -> Iterator[Found]:
    got_it = Offer.objects.filter(STILL_THEIRS, entry=OuterRef("pk"), slot__starts_at__gt=now)
    rows = WaitlistEntry.objects.filter(Exists(got_it), clinic=clinic, status__in=WAITING_STATUSES)
    for entry in rows.order_by("pk")[:AT_MOST]:
        yield Found(f"entry {entry.pk}", "It is still waiting, and has a booking already.")


def one_wish_booked_twice(clinic: Clinic, *, now: datetime) -> Iterator[Found]:
    twice = Count("offers", filter=Q(offers__state=OfferState.ACCEPTED, offers__slot__filled_by__status=BOOKED))
    rows = WaitlistEntry.objects.filter(clinic=clinic).annotate(bookings=twice).filter(bookings__gt=1)
    for entry in rows.order_by("pk")[:AT_MOST]:
        yield Found(f"entry {entry.pk}", "It has more than one booking.")


def booking_the_calendar_was_never_owed(clinic: Clinic, *, now: datetime) -> Iterator[Found]:
    owed = Writeback.objects.filter(appointment=OuterRef("filled_by"), kind=Writeback.Kind.BOOKED)
    rows = _slots(clinic).filter(~Exists(owed), state=SlotState.FILLED, filled_by__status=BOOKED, starts_at__gt=now)
    for slot in rows[:AT_MOST]:
        yield of_slot(clinic, slot, "{time} is booked here, and nobody is to tell the calendar.")


def offer_across_clinics(clinic: Clinic, *, now: datetime) -> Iterator[Found]:
    """The one thing a foreign key cannot hold: whose patient, whose wish."""
    rows = _offers(clinic).filter(~Q(patient__clinic=clinic) | ~Q(entry=None) & ~Q(entry__patient=F("patient")))
    for offer in rows[:AT_MOST]:
        yield Found(f"offer {offer.pk}", "Its patient is not this clinic’s, or not the one of its wish.", offer.slot_id)


def _slots(clinic: Clinic) -> QuerySet[Slot]:
    return Slot.objects.filter(clinic=clinic).order_by("pk")


def _offers(clinic: Clinic) -> QuerySet[Offer]:
    return Offer.objects.filter(slot__clinic=clinic).select_related("slot").order_by("pk")
