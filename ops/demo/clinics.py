"""The clinics themselves: places, practitioners, services, closures, staff sign-ins and connections."""

import hashlib
import hmac
import uuid
from base64 import b64encode
from dataclasses import replace
from datetime import datetime, time, timedelta
from functools import cache
from itertools import combinations

from django.conf import settings
from django.contrib.auth.hashers import make_password

from matching.policy import policybook, presets
from matching.policy.presets import PRESETS
from ops.demo.plans import ClinicPlan
from waitlist.models import (
    Clinic,
    Closure,
    Connection,
    Location,
    Mapping,
    Membership,
    Practitioner,
    Service,
    User,
)
from waitlist.states import Role

PASSWORD = "an-hour-has-opened"
OWNER = "owner@example.com"
STAFF = {
    Role.FRONT_DESK: ("frontdesk", "Robin Desk"),
    Role.MANAGER: ("manager", "Morgan Lead"),
    Role.COMPLIANCE: ("compliance", "Casey Ledger"),
    Role.ADMIN: ("admin", "Alex Root"),
}
HIGH_TICKET_CENTS = 60_000  # from here on a treatment is cancelled two days ahead, or it is late
NO_LIMIT = 500  # open offers of one patient
MOST_A_WEEK = 20  # a tester cancels fifty times in a row and must still find somebody
HOLIDAY_IN_DAYS, TRAINING_IN_DAYS = 9, 5
# What Cal.com's own sample payloads say, so that one of them works once its times are in the future.
SAMPLE_ORGANIZER, SAMPLE_TYPES = "mo@example.com", ("30 Min Meeting", "217780")


def staff_email(role: Role, clinic: Clinic) -> str:
    return f"{STAFF[role][0]}.{clinic.slug}@example.com"


def make_clinic(plan: ClinicPlan, *, now: datetime) -> Clinic:
    """The clinic with its policy, places, people and services; it sends at any hour and asks at once."""
    clinic = Clinic.objects.create(
        name=plan.name,
        slug=plan.slug,
        phone=plan.phone,
        sms_sender=plan.sms_sender,
        takes_joins=True,
        email=f"hello.{plan.slug}@example.com",
        timezone=plan.timezone,
        is_open_any_hour=True,
        cancel_fee_percent_early=50,
        cancel_fee_percent_late=100,
        max_live_offers=NO_LIMIT,
        offers_per_day=MOST_A_WEEK,
        offers_per_week=MOST_A_WEEK,
        offers_per_month=3 * MOST_A_WEEK,
        sms_per_day=2 * MOST_A_WEEK,
        sends_reminders=True,
        asks_still_wanted=True,
    )
    clinic.policy = policybook.save(clinic, presets.scored(clinic.threshold), after=0, now=now)
    clinic.save(update_fields=["policy"])
    Location.objects.bulk_create(
        Location(
            clinic=clinic,
            name=place.name,
            address=place.address,
            state=plan.state,
            latitude=place.latitude,
            longitude=place.longitude,
            opens_minute=place.opens_minute,
            closes_minute=place.closes_minute,
        )
        for place in plan.places
    )
    Practitioner.objects.bulk_create(
        Practitioner(clinic=clinic, name=doctor.name, specialty=doctor.specialty) for doctor in plan.doctors
    )
    make_services(plan, clinic)
    make_policy_to_choose(clinic, now=now)
    make_closures(clinic, now=now)
    make_staff(clinic)
    make_connections(plan, clinic, now=now)
    return clinic


def make_services(plan: ClinicPlan, clinic: Clinic) -> None:
    """Services of one category stand in for each other."""
    made = Service.objects.bulk_create(
        Service(
            clinic=clinic,
            name=treatment.name,
            category=treatment.category,
            minutes=treatment.minutes,
            price_cents=treatment.price_cents,
            window_minutes=treatment.window_minutes,
            notice_minutes=treatment.notice_minutes,
            cancel_notice_minutes=2880 if treatment.price_cents >= HIGH_TICKET_CENTS else None,
        )
        for treatment in plan.treatments
    )
    alike = [(a.pk, b.pk) for a, b in combinations(made, 2) if a.category == b.category]
    links = Service.compatible.through
    links.objects.bulk_create(
        links(from_service_id=one, to_service_id=other) for a, b in alike for one, other in ((a, b), (b, a))
    )


def make_policy_to_choose(clinic: Clinic, *, now: datetime) -> None:
    """A second policy that nobody follows yet: every time of the demo is asked for alike until somebody tries it."""
    policybook.save(clinic, replace(presets.sequential(), name=PRESETS["sequential"].label), after=0, now=now)


def make_closures(clinic: Clinic, *, now: datetime) -> None:
    """A holiday for everybody and an afternoon off for one practitioner, both on working days to come."""
    today = now.astimezone(clinic.zone).date()
    holiday, training = (today + timedelta(days=days) for days in (HOLIDAY_IN_DAYS, TRAINING_IN_DAYS))
    if holiday.weekday() == 6:
        holiday += timedelta(days=1)
    if training.weekday() == 6:
        training -= timedelta(days=1)
    first = clinic.practitioners.order_by("pk").first()
    Closure.objects.bulk_create(
        Closure(
            clinic=clinic,
            practitioner=who,
            starts_at=datetime.combine(day, time(opens), clinic.zone),
            ends_at=datetime.combine(day + timedelta(days=closes // 24), time(closes % 24), clinic.zone),
            reason=reason,
        )
        for day, opens, closes, who, reason in (
            (holiday, 0, 24, None, "Staff holiday"),
            (training, 13, 20, first, "Training afternoon"),
        )
    )


@cache
def hashed_password() -> str:
    """Made slow on purpose, so made once."""
    return make_password(PASSWORD)


def make_staff(clinic: Clinic) -> None:
    """One sign-in per role, and an owner who works as admin at both clinics."""
    hashed = hashed_password()
    users = User.objects.bulk_create(
        User(email=staff_email(role, clinic), name=name, password=hashed) for role, (_, name) in STAFF.items()
    )
    owner, _ = User.objects.get_or_create(email=OWNER, defaults={"name": "Sam Owner", "password": hashed})
    Membership.objects.bulk_create(
        Membership(user=user, clinic=clinic, role=role)
        for user, role in [*zip(users, STAFF, strict=True), (owner, Role.ADMIN)]
    )


def derived(purpose: str) -> bytes:
    """32 bytes that only this installation's SECRET_KEY gives, the same at every start."""
    return hmac.digest(settings.SECRET_KEY.encode(), f"demo:{purpose}".encode(), hashlib.sha256)


def make_connections(plan: ClinicPlan, clinic: Clinic, *, now: datetime) -> None:
    """A `standard` and a `calcom` connection, with the words both use for our people and services."""
    place, *_ = clinic.locations.order_by("pk")
    people = list(clinic.practitioners.order_by("pk"))
    services = list(clinic.services.order_by("pk"))
    for source in Connection.Source:
        key = derived(f"secret of {clinic.slug} {source}")
        standard = source == Connection.Source.STANDARD
        connection = Connection.objects.create(
            public_id=uuid.UUID(bytes=derived(f"id of {clinic.slug} {source}")[:16], version=4),
            clinic=clinic,
            source=source,
            name="Practice calendar" if standard else "Online booking",
            secret="whsec_" + b64encode(key[:24]).decode() if standard else key[:24].hex(),
            default_location=place,
            created_at=now,
        )
        words = [(doctor.email, who) for doctor, who in zip(plan.doctors, people, strict=True)]
        words += [(who.name, who) for who in people] + [(SAMPLE_ORGANIZER, people[0])]
        kinds = [(service.name, service) for service in services]
        kinds += [(word, next(s for s in services if s.minutes == 30)) for word in SAMPLE_TYPES]
        Mapping.objects.bulk_create(
            [Mapping(connection=connection, kind="practitioner", external=w, practitioner=p) for w, p in words]
            + [Mapping(connection=connection, kind="service", external=w, service=s) for w, s in kinds]
            + [
                Mapping(connection=connection, kind="location", external=spot.name, location=spot)
                for spot in clinic.locations.order_by("pk")
            ]
        )
