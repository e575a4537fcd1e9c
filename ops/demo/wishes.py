"""What the waiting patients want: services, times, people, distance and notice."""

from collections import defaultdict
from datetime import datetime, timedelta
from random import Random

from ops.demo.plans import FILLED, ClinicPlan
from waitlist.models import Availability, Clinic, Patient, Practitioner, Service, WaitlistEntry
from waitlist.states import EntryStatus, Tier

WEEKDAYS, SATURDAY, ALL_WEEK = 0b0011111, 0b0100000, 0b1111111
HOUR = 60
# (days, from, until) windows, and how many of a hundred wishes have them
TIMES: tuple[tuple[int, tuple[tuple[int, int, int], ...]], ...] = (
    (44, ((ALL_WEEK, 0, 24 * HOUR),)),
    (24, ((WEEKDAYS | SATURDAY, 9 * HOUR, 18 * HOUR),)),
    (10, ((WEEKDAYS, 8 * HOUR, 14 * HOUR),)),
    (10, ((WEEKDAYS, 12 * HOUR, 20 * HOUR),)),
    (7, ((0b0010101, 9 * HOUR, 19 * HOUR), (SATURDAY, 9 * HOUR, 15 * HOUR))),
    (5, ((0b0001010, 8 * HOUR, 12 * HOUR), (0b0001010, 15 * HOUR, 20 * HOUR))),
)
NOTICE_MINUTES = (30, 60, 60, 60, 120, 120, 120, 240, 720, 1440)
TRAVEL_MINUTES = (None, None, None, 60, 45, 45, 30, 20)
NOTES = ("", "", "", "", "Works nearby", "Flexible this month", "Wants to be done before a trip", "Call first")
PAUSED = 3  # of the wishes of each clinic


def make_wishes(plan: ClinicPlan, clinic: Clinic, patients: list[Patient], random: Random, *, now: datetime) -> None:
    """As many wishes as the plan says, plus one for each opening the history will have filled."""
    wanted = plan.wishes + plan.history.count(FILLED)
    second = wanted // 8  # so many people wait for two different things
    who = random.sample(patients, wanted - second)
    services = by_category(clinic)
    givers = by_specialty(clinic)
    taken: dict[int, set[str]] = defaultdict(set)
    entries = []
    for patient in [*who, *random.sample(who, second)]:
        category = random.choice(sorted(set(services) - taken[patient.pk]))
        taken[patient.pk].add(category)
        entries.append(make_wish(clinic, patient, services[category], givers[category], random, now=now))
    for entry in entries[:PAUSED]:
        entry.status, entry.paused_until = EntryStatus.PAUSED, now + timedelta(days=14)
    WaitlistEntry.objects.bulk_create(entries)
    clinic.max_waited_days = max(entry.waited_days for entry in entries)
    clinic.save(update_fields=["max_waited_days"])
    Availability.objects.bulk_create(
        Availability(entry=entry, days=days, from_minute=start, until_minute=end)
        for entry in entries
        for days, start, end in random.choices([windows for _, windows in TIMES], [share for share, _ in TIMES])[0]
    )


def by_category(clinic: Clinic) -> dict[str, list[Service]]:
    found: dict[str, list[Service]] = defaultdict(list)
    for service in clinic.services.order_by("pk"):
        found[service.category].append(service)
    return found


def by_specialty(clinic: Clinic) -> dict[str, list[Practitioner]]:
    found: dict[str, list[Practitioner]] = defaultdict(list)
    for practitioner in clinic.practitioners.order_by("pk"):
        found[practitioner.specialty].append(practitioner)
    return found


def make_wish(
    clinic: Clinic,
    patient: Patient,
    alike: list[Service],
    givers: list[Practitioner],
    random: Random,
    *,
    now: datetime,
) -> WaitlistEntry:
    """One wish: one or more services that are alike, most with anybody, some with somebody, a few without."""
    added_at = now - timedelta(minutes=random.randint(60, 60 * 24 * 60))
    answered = random.choice((0, 0, 0, 1, 2, 3, 5))
    today, chance = now.astimezone(clinic.zone).date(), random.random()
    wanted = [random.choice(givers).pk] if random.random() < 0.3 else []
    shunned = [who.pk for who in givers if who.pk not in wanted] if random.random() < 0.12 else []
    return WaitlistEntry(
        clinic=clinic,
        patient=patient,
        services=sorted(
            service.pk for service in random.sample(alike, random.randint(min(2, len(alike) - 1), len(alike)))
        ),
        practitioners=wanted,
        excluded_practitioners=sorted(shunned[:1]) if len(givers) > 1 else [],
        max_travel_minutes=random.choice(TRAVEL_MINUTES),
        notice_minutes=random.choice(NOTICE_MINUTES),
        earliest_on=today + timedelta(days=random.randint(2, 6)) if chance < 0.05 else None,
        latest_on=today + timedelta(days=random.randint(20, 60)) if chance > 0.9 else None,
        priority=Tier.PLATINUM if random.random() < 0.04 else "",
        offers_answered=answered,
        offers_accepted=random.randint(0, answered),
        waited_days=(today - added_at.astimezone(clinic.zone).date()).days,
        note=random.choice(NOTES),
        added_at=added_at,
    )
