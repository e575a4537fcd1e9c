"""Who is due to be asked, and the question: one message for all that a person waits for."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Greatest, NullIf

from matching.models import Offer
from matching.states import OfferState
from notifications import askable, outbox, whom
from notifications.models import ContactPoint, Message, PatientContact
from notifications.states import Channel, Kind, MessageStatus, Purpose
from waitlist import live, wanted
from waitlist.models import Clinic, Patient, WaitlistEntry
from waitlist.states import LAUNCHED, EntryStatus, Launch

TOPIC = "waitlist"
ALSO = timedelta(days=7)  # what would be due so soon is asked in the same message
GOOD_FOR = timedelta(days=5)  # as far as the rules look for an hour at which they may be texted
IN_VAIN = (MessageStatus.FAILED, MessageStatus.UNDELIVERED)


def clinics() -> list[int]:
    """Those that ask."""
    return list(Clinic.objects.filter(asks_still_wanted=True).order_by("pk").values_list("pk", flat=True))


def heard() -> Greatest:
    """For a query of wishes: when they came onto the list, said that they want it, or last answered an offer for it."""
    answered = Offer.objects.filter(entry=OuterRef("pk"), answered_at__isnull=False).order_by("-answered_at")
    return Greatest(Coalesce("confirmed_at", "added_at"), Subquery(answered.values("answered_at")[:1]))


def due(clinic: Clinic, *, now: datetime) -> list[int]:
    """Patients with a wish of which nothing was heard for as long as the clinic says, the longest first: those who can
    be asked as things are, so that nobody who cannot stands before them each hour."""
    if not clinic.asks_still_wanted:
        return []
    rows = _unasked(clinic).annotate(heard_at=heard()).filter(heard_at__lte=_before(clinic, now))
    answers = WaitlistEntry.objects.filter(patient=OuterRef("patient"), status=EntryStatus.ACTIVE)
    rows = rows.filter(Exists(_usable()), ~Exists(answers.exclude(still_asked_at=None)), ~Exists(_offered(now)))
    return list(dict.fromkeys(rows.order_by("heard_at", "pk").values_list("patient", flat=True)))


@transaction.atomic(durable=True)
def ask(patient_id: int, *, now: datetime) -> Message | None:
    """The question goes into the outbox; None where another sweep was first, or it is not the moment: a time is
    offered to them, an answer is due already, or there is no way that may be used."""
    patient = Patient.objects.select_related("clinic").get(pk=patient_id)
    clinic = patient.clinic
    mine = WaitlistEntry.objects.filter(patient=patient, status=EntryStatus.ACTIVE)
    locked = list(mine.select_for_update(no_key=True).order_by("pk"))
    unasked = _unasked(clinic).filter(pk__in=[entry.pk for entry in locked])
    waiting = list(unasked.annotate(heard_at=heard()).order_by("pk"))
    before = _before(clinic, now)
    is_due = any(entry.heard_at <= before for entry in waiting)
    if not clinic.asks_still_wanted or not is_due or any(entry.still_asked_at is not None for entry in locked):
        return None
    way = _way(patient)
    if way is None or is_offered(patient, now=now):
        return None
    asked = [entry for entry in waiting if entry.heard_at <= before + ALSO]
    wanted.ask(asked, now=now)
    live.hint(clinic.pk, TOPIC)
    return _enqueue(patient, way, asked, now=now)


def _enqueue(
    patient: Patient, way: tuple[Channel, ContactPoint], asked: Sequence[WaitlistEntry], *, now: datetime
) -> Message | None:
    """Its wishes are locked, so that nobody else counts the same questions before."""
    clinic, (channel, point) = patient.clinic, way
    before = Message.objects.filter(patient=patient, kind=Kind.STILL).count()
    return outbox.enqueue(
        Kind.STILL,
        clinic=clinic,
        contact_point=point,
        channel=channel,
        purpose=Purpose.OFFERS,
        dedupe_key=f"{Kind.STILL}:{patient.pk}:{before}",
        context={
            "clinic_name": clinic.name,
            "clinic_phone": clinic.phone,
            "first_name": patient.first_name,
            "level": whom.level(clinic, point, channel),
            "language": patient.language,
            "entries": [entry.pk for entry in asked],
            "priority": next((entry.priority for entry in asked if entry.priority), ""),
        },
        patient=patient,
        not_after=now + GOOD_FOR,
        now=now,
    )


def is_offered(patient: Patient, *, now: datetime) -> bool:
    """Whether a time waits for their answer: that comes first."""
    return Offer.objects.filter(patient=patient, state=OfferState.PENDING, expires_at__gt=now).exists()


def ways(patient: Patient) -> list[tuple[Channel, ContactPoint]]:
    """By which they may be asked, what they like best first."""
    found = outbox.reachable(patient, Kind.STILL, Purpose.OFFERS)
    return sorted(found, key=lambda way: (way[0] != patient.preferred_channel, way[0] != Channel.SMS))


def _way(patient: Patient) -> tuple[Channel, ContactPoint] | None:
    """The first by which the last question did not fail to arrive."""
    for channel, point in ways(patient):
        last = Message.objects.filter(patient=patient, kind=Kind.STILL, contact_point=point).order_by("-pk").first()
        if last is None or last.status not in IN_VAIN:
            return channel, point
    return None


def _usable() -> QuerySet[PatientContact]:
    """For a query of wishes: what their patient may be asked at, where the last question did not fail to arrive."""
    asked = Message.objects.filter(patient=OuterRef("patient"), contact_point=OuterRef("contact_point"))
    last = asked.filter(kind=Kind.STILL).order_by("-pk").values("status")[:1]
    mine = askable.ways().filter(patient=OuterRef("patient")).annotate(last=Subquery(last))
    return mine.filter(Q(last=None) | ~Q(last__in=IN_VAIN))


def _offered(now: datetime) -> QuerySet[Offer]:
    """For a query of wishes: what waits for their patient's answer."""
    return Offer.objects.filter(patient=OuterRef("patient"), state=OfferState.PENDING, expires_at__gt=now)


def _unasked(clinic: Clinic) -> QuerySet[WaitlistEntry]:
    """Wishes that wait, of those whom the clinic writes to as far as it has launched."""
    rows = WaitlistEntry.objects.filter(clinic=clinic, status=EntryStatus.ACTIVE, still_asked_at=None)
    tiers = LAUNCHED.get(Launch(clinic.launch))
    if tiers is None:
        return rows
    return rows.annotate(of_tier=Coalesce(NullIf(F("priority"), Value("")), F("patient__tier"))).filter(
        of_tier__in=tiers
    )


def _before(clinic: Clinic, now: datetime) -> datetime:
    return now - timedelta(days=clinic.still_after_days)
