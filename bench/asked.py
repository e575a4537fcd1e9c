"""Slots that people were asked for and told of, as many as wanted, for benchmarks of what they answer."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Max

from bench import waiting
from matching.models import Offer, SentWave
from notifications.models import ContactPoint, Message, PatientContact
from waitlist.models import Clinic, Location, Patient, Practitioner, Slot, WaitlistEntry
from waitlist.states import OpenedBecause, SlotState

EACH = 5  # asked for a slot
APART = timedelta(hours=1)


def slots(clinic: Clinic, count: int, *, now: datetime, each: int = EACH) -> list[Slot]:
    """This many slots of a practitioner of their own, each offered to `each` people of their own, all told by text."""
    practitioner = Practitioner.objects.create(clinic=clinic, name=f"Dr {Practitioner.objects.count()}")
    service, place = clinic.services.order_by("pk")[0], Location.objects.select_related("clinic").get(clinic=clinic)
    starts = [now + timedelta(days=2) + APART * n for n in range(count)]
    made = Slot.objects.bulk_create(
        Slot(
            clinic=clinic, location=place, practitioner=practitioner, service=service, starts_at=at,
            ends_at=at + timedelta(minutes=service.minutes), price_cents=20_000, opened_at=now,
            opened_because=OpenedBecause.BY_HAND, policy=clinic.policy, state=SlotState.OFFERING, wave=1,
        )
        for at in starts
    )  # fmt: skip
    SentWave.objects.bulk_create(SentWave(slot=slot, number=1, sent_at=now, told_at=now, asked=each) for slot in made)
    wishes = _people(clinic, count * each, service.pk, now=now)
    until = now + timedelta(hours=4)
    offers = Offer.objects.bulk_create(
        Offer(slot=slot, patient_id=wish.patient_id, entry=wish, wave=1, offered_at=now, expires_at=until)
        for slot, wish in zip((slot for slot in made for _ in range(each)), wishes, strict=True)
    )
    Message.objects.bulk_create(_told(clinic, offers, now=now))
    return made


def _people(clinic: Clinic, count: int, service_id: int, *, now: datetime) -> list[WaitlistEntry]:
    """Patients with a phone and a wish."""
    first = (ContactPoint.objects.aggregate(last=Max("pk"))["last"] or 0) + 1
    people = Patient.objects.bulk_create(
        Patient(clinic=clinic, first_name=f"P{n}", last_name="Asked", created_at=now) for n in range(count)
    )
    points = ContactPoint.objects.bulk_create(
        ContactPoint(
            clinic=clinic, kind="phone", value=f"+1{2_100_000_000 + first + n}", granted=["offers:sms"], created_at=now
        )
        for n in range(count)
    )
    PatientContact.objects.bulk_create(
        PatientContact(patient=person, contact_point=point) for person, point in zip(people, points, strict=True)
    )
    return WaitlistEntry.objects.bulk_create(
        WaitlistEntry(clinic=clinic, patient=person, services=[service_id], notice_minutes=60, added_at=now)
        for person in people
    )


def _told(clinic: Clinic, offers: list[Offer], *, now: datetime) -> Iterator[Message]:
    point_of = dict(PatientContact.objects.filter(patient__clinic=clinic).values_list("patient_id", "contact_point_id"))
    for offer in offers:
        yield Message(
            clinic=clinic, kind="offer", channel="sms", offer=offer, slot=offer.slot, patient_id=offer.patient_id,
            contact_point_id=point_of[offer.patient_id], dedupe_key=f"offer:{offer.pk}:sms", status="sent", sent_at=now,
            next_attempt_at=now, created_at=now,
            context={
                "starts_at": offer.slot.starts_at.isoformat(), "zone": clinic.timezone, "clinic_name": clinic.name,
                "clinic_phone": clinic.phone, "patient_zone": "", "minutes": 30, "service": "Service",
                "practitioner": "Dr", "location": "Here", "price_cents": 20_000, "first_name": "P", "level": 0,
                "language": "en", "expires_at": offer.expires_at.isoformat(),
            },
        )  # fmt: skip


def clinic() -> Clinic:
    """The clinic all of them are of."""
    return waiting.clinic(0)
