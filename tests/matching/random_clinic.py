"""A clinic and a waitlist drawn at random, where ties, edges and every reason for exclusion are likely."""

import random
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.db import transaction

from matching.models import Offer
from notifications.models import ContactPoint, Message, PatientContact
from tests import factories
from tests.factories import NOW, World
from waitlist.models import Availability, Clinic, Closure, Patient, Service, WaitlistEntry
from waitlist.models.clinic import PARTS

WEIGHTS = ((30, 20, 20, 10, 10, 5, 5), (0, 0, 0, 0, 0, 50, 50), (40, 0, 0, 60, 0, 0, 0), (15, 15, 14, 14, 14, 14, 14))


def forgotten(test: Callable[..., None]) -> Callable[..., None]:
    """Each example's rows go when it ends: thousands of clinics in one transaction would make it slower and slower."""

    @wraps(test)
    def run(*args: Any, **drawn: Any) -> None:
        with transaction.atomic():
            test(*args, **drawn)
            transaction.set_rollback(True)

    return run


def draw(seed: int, people: int = 16) -> World:
    """Rows come in bulk: thousands of such clinics are made in a test run."""
    chance = random.Random(seed)
    weights = dict(zip((f"weight_{part}" for part in PARTS), chance.choice(WEIGHTS), strict=True))
    launch = random.Random(f"launch {seed}").choice(["everyone", "everyone", "platinum"])
    waited, newcomer = chance.choice([0, 30]), chance.choice([70, 0])
    world = World(launch=launch, max_waited_days=waited, newcomer_percent=newcomer, **weights)
    if chance.random() < 0.9:
        world.location.latitude, world.location.longitude = 34.05, -118.24
        world.location.save()
    world.practitioner.specialty = "skin"
    world.practitioner.save()
    staff = [world.practitioner]
    staff += [factories.practitioner(world.clinic, specialty=chance.choice(["skin", "laser", ""])) for _ in range(2)]
    services = [world.service, *(factories.service(world.clinic, minutes=chance.choice([30, 45, 60])) for _ in "ab")]
    world.service.compatible.add(services[1])
    patients = _people(world.clinic, chance, people)
    entries = _wishes(world.clinic, chance, patients, [p.pk for p in staff], services)
    _past(world, chance, patients, entries, staff)
    return world


def _people(clinic: Clinic, chance: random.Random, people: int) -> list[Patient]:
    patients = Patient.objects.bulk_create(
        Patient(
            clinic=clinic,
            first_name=f"P{n}",
            created_at=NOW,
            tier=chance.choice(["1platinum", "2gold", "3silver"]),
            **chance.choice([{}, {"latitude": 34.05, "longitude": -118.24}, {"latitude": 34.30, "longitude": -118.24}]),
            spend_cents=chance.choice([0, 0, 90_000]),
        )
        for n in range(people)
    )
    points = ContactPoint.objects.bulk_create(
        ContactPoint(
            clinic=clinic,
            kind=kind,
            value=f"+1628555{n:04d}" if kind == "phone" else f"p{n}@patients.example",
            sms_capability=chance.choice(["unknown", "ok", "no"]),
            granted=chance.choice([["offers:sms", "offers:email"], ["offers:sms", "offers:email"], []]),
            stopped_at=chance.choice([None, None, None, None, NOW]),
            created_at=NOW,
        )
        for n in range(people)
        for kind in ("phone", "email")
    )
    shared = points[0]  # a family's phone
    PatientContact.objects.bulk_create(
        PatientContact(patient=patient, contact_point=point)
        for patient in patients
        for point in dict.fromkeys(
            chance.sample(points, chance.choice([0, 1, 1, 2])) + ([shared] if chance.random() < 0.2 else [])
        )
    )
    Message.objects.bulk_create(
        Message(
            clinic=clinic,
            kind=chance.choice(["offer", "offer", "reminder"]),
            channel="sms" if point.kind == "phone" else "email",
            contact_point=point,
            status=chance.choice(["sent", "delivered", "pending", "refused"]),
            sent_at=chance.choice([None, NOW - timedelta(hours=chance.choice([1, 30, 200, 800]))]),
            next_attempt_at=NOW - timedelta(hours=2),
            dedupe_key=f"{point.pk}:{n}",
            created_at=NOW,
        )
        for point in chance.sample(points, people // 4)
        for n in range(chance.randint(1, 4))
    )
    return patients


def _wishes(
    clinic: Clinic, chance: random.Random, patients: list[Patient], staff: list[int], services: list[Service]
) -> list[WaitlistEntry]:
    """One to three wishes each, of different services."""
    sets = [[services[0]], [services[1]], [services[2]], services[:2], services[1:]]
    entries = []
    for patient in patients:
        for wanted in chance.sample(sets, chance.choice([1, 1, 2, 3])):
            answered = chance.choice([0, 3, 7])
            entries.append(
                WaitlistEntry(
                    clinic=clinic,
                    patient=patient,
                    services=sorted(service.pk for service in wanted),
                    practitioners=chance.sample(staff, chance.choice([0, 0, 1])),
                    excluded_practitioners=chance.sample(staff, chance.choice([0, 0, 0, 1])),
                    max_travel_minutes=chance.choice([None, 20, 60]),
                    notice_minutes=chance.choice([60, 900, 1080, 2000]),
                    earliest_on=chance.choice([None, None, NOW.date() + timedelta(days=2)]),
                    latest_on=chance.choice([None, None, NOW.date() + timedelta(days=3)]),
                    status=chance.choice(["active"] * 6 + ["paused", "removed"]),
                    waited_days=chance.choice([0, 7, 30, 40]),
                    offers_received=chance.choice([0, 0, 4]),
                    offers_answered=answered,
                    offers_accepted=chance.randint(0, answered),
                    added_at=NOW - timedelta(days=chance.choice([1, 1, 5])),
                    priority=chance.choice(["", "", "1platinum"]),
                )
            )
    made = WaitlistEntry.objects.bulk_create(entries)
    Availability.objects.bulk_create(
        Availability(entry=entry, days=days, from_minute=start, until_minute=end)
        for entry in made
        for days, start, end in [
            (
                chance.choice([0b1111111, 0b0000010, 0b0000101]),
                chance.choice([0, 480, 555, 600, 660]),
                chance.choice([720, 765, 1440]),
            ),
            (0b0000010, 660, 760),
            (0b0000110, 0, 1440),
        ][: chance.choice([0, 1, 1, 1, 2, 3])]
    )
    return made


def _past(
    world: World, chance: random.Random, patients: list[Patient], entries: list[WaitlistEntry], staff: list
) -> None:
    """Visits, offers of other slots, and now and then a closure."""
    for patient in chance.sample(patients, len(patients) // 5):
        at = NOW + timedelta(hours=chance.choice([10, 26, 50]))
        other = chance.choice(list(world.clinic.services.all()))
        world.appointment(at, patient=patient, practitioner=staff[1], service=other, is_exclusive=False)
    holding = {entry.patient_id: entry for entry in chance.sample(entries, 3)}
    for entry in holding.values():
        at = NOW + timedelta(hours=chance.choice([20, 27, 28, 70]))
        fields = {"status": chance.choice(["booked", "booked", "cancelled"]), "is_exclusive": False}
        other = chance.choice(list(world.clinic.services.all()))
        held = world.appointment(at, patient=entry.patient, practitioner=staff[1], service=other, **fields)
        WaitlistEntry.objects.filter(pk=entry.pk).update(later_visit=held)
    elsewhere = [world.slot(NOW + timedelta(days=20 + day)) for day in range(2)]
    Offer.objects.bulk_create(
        Offer(
            slot=slot,
            patient_id=entry.patient_id,
            entry=entry,
            wave=1,
            offered_at=NOW,
            expires_at=NOW + timedelta(minutes=chance.choice([-1, 30])),
            state=chance.choice(["pending", "pending", "expired"]),
        )
        for slot in elsewhere
        for entry in {entry.patient_id: entry for entry in chance.sample(entries, 4)}.values()
    )
    if chance.random() < 0.1:
        Closure.objects.create(
            clinic=world.clinic,
            location=chance.choice([None, world.location]),
            practitioner=chance.choice([None, world.practitioner, staff[1]]),
            starts_at=NOW,
            ends_at=NOW + timedelta(hours=27),
            reason="course",
        )
