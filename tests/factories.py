"""Rows for tests: one call each, sensible defaults, real constraints."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any

from django.contrib.auth.hashers import make_password

from matching.models import Offer, PolicyVersion, SentWave
from matching.policy import policies, presets
from matching.policy.policies import Policy
from notifications.models import ContactPoint, PatientContact
from waitlist.models import (
    Appointment,
    Availability,
    Clinic,
    Connection,
    Location,
    Membership,
    Patient,
    Practitioner,
    Service,
    Slot,
    User,
    WaitlistEntry,
)
from waitlist.states import OpenedBecause, Role

NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)  # a Monday, 10:00 in Los Angeles
_numbers = count(1)
ALL_WEEK = 0b1111111
PASSWORD = "correct horse battery"


def clinic(policy: Policy | None = None, **fields: Any) -> Clinic:
    """A clinic; fields of Policy, such as autopilot="suggest", go into the document of its policy."""
    n = next(_numbers)
    ours = {name: fields.pop(name) for name in list(fields) if name in Policy.__dataclass_fields__ and name != "name"}
    policy = replace(policy or presets.scored(), **ours)
    made = Clinic.objects.create(
        **{
            "name": f"Clinic {n}",
            "slug": f"clinic-{n}",
            "phone": "+14155550100",
            "timezone": "America/Los_Angeles",
            "sms_sender": f"+1415555{n % 10000:04d}",
            **fields,
        }
    )
    made.policy = PolicyVersion.objects.create(
        clinic=made, name=policy.name, version=1, document=policies.dump(policy), created_at=NOW
    )
    made.save(update_fields=["policy"])
    return made


def user(of: Clinic, role: str = Role.FRONT_DESK, **fields: Any) -> User:
    n = next(_numbers)
    made = User(email=f"user{n}@clinic.example", password=hashed_password(), **{"name": f"User {n}", **fields})
    made.save()
    Membership.objects.create(user=made, clinic=of, role=role)
    return made


@cache
def hashed_password() -> str:
    """PASSWORD as the database keeps it; slow to make, as it must be, so made once."""
    return make_password(PASSWORD)


def location(of: Clinic, **fields: Any) -> Location:
    return Location.objects.create(**{"clinic": of, "name": f"Place {next(_numbers)}", "state": "CA", **fields})


def practitioner(of: Clinic, **fields: Any) -> Practitioner:
    return Practitioner.objects.create(**{"clinic": of, "name": f"Dr {next(_numbers)}", **fields})


def service(of: Clinic, **fields: Any) -> Service:
    return Service.objects.create(
        **{"clinic": of, "name": f"Service {next(_numbers)}", "minutes": 45, "price_cents": 32000, **fields}
    )


def patient(of: Clinic, phone: str | None = "auto", email: str | None = None, **fields: Any) -> Patient:
    """A patient with a consenting phone, unless phone=None."""
    n = next(_numbers)
    made = Patient.objects.create(
        **{"clinic": of, "first_name": f"Pat{n}", "last_name": f"Tester{n}", "created_at": NOW, **fields}
    )
    if phone == "auto":
        phone = f"+1628555{n % 10000:04d}"
    for position, (kind, value, channel) in enumerate((("phone", phone, "sms"), ("email", email, "email"))):
        if value:
            point, _ = ContactPoint.objects.get_or_create(
                clinic=of,
                kind=kind,
                value=value,
                defaults={"granted": [f"offers:{channel}", f"reminders:{channel}"], "created_at": NOW},
            )
            PatientContact.objects.create(patient=made, contact_point=point, position=position)
    return made


def entry(of: Clinic, services: list[Service], who: Patient | None = None, **fields: Any) -> WaitlistEntry:
    """An active entry, free all week all day unless availability=[(days, from, until), …]."""
    windows = fields.pop("availability", [(ALL_WEEK, 0, 24 * 60)])
    made = WaitlistEntry.objects.create(
        **{
            "clinic": of,
            "patient": who or patient(of),
            "services": sorted(s.pk for s in services),
            "notice_minutes": 60,
            "added_at": NOW - timedelta(days=3),
            **fields,
        }
    )
    for days, start, end in windows:
        Availability.objects.create(entry=made, days=days, from_minute=start, until_minute=end)
    return made


class World:
    """One clinic with a place, a practitioner and a service: `World().slot()` and so on."""

    def __init__(self, **fields: Any) -> None:
        self.clinic = clinic(**fields)
        self.location = location(self.clinic)
        self.practitioner = practitioner(self.clinic)
        self.service = service(self.clinic)

    def appointment(self, starts_at: datetime | None = None, **fields: Any) -> Appointment:
        starts_at = starts_at or NOW + timedelta(hours=30)
        return Appointment.objects.create(
            **{
                "clinic": self.clinic,
                "location": self.location,
                "practitioner": self.practitioner,
                "service": self.service,
                "starts_at": starts_at,
                "ends_at": starts_at + timedelta(minutes=self.service.minutes),
                "price_cents": self.service.price_cents,
                "created_at": NOW - timedelta(days=7),
                **fields,
            }
        )

    def slot(self, starts_at: datetime | None = None, **fields: Any) -> Slot:
        starts_at = starts_at or NOW + timedelta(hours=30)
        return Slot.objects.create(
            **{
                "clinic": self.clinic,
                "location": self.location,
                "practitioner": self.practitioner,
                "service": self.service,
                "starts_at": starts_at,
                "ends_at": starts_at + timedelta(minutes=self.service.minutes),
                "price_cents": self.service.price_cents,
                "opened_at": NOW,
                "opened_because": OpenedBecause.BY_HAND,
                "policy": self.clinic.policy,
                "next_wave_at": NOW,
                **fields,
            }
        )

    def asked_slot(self, starts_at: datetime | None = None, **fields: Any) -> Slot:
        """A live slot whose cascade has begun."""
        made = self.slot(starts_at, **{"next_wave_at": None, **fields})
        SentWave.objects.create(slot=made, number=1, sent_at=NOW, asked=0)
        return made

    def entry(self, who: Patient | None = None, **fields: Any) -> WaitlistEntry:
        return entry(self.clinic, [self.service], who, **fields)

    def offer(self, slot: Slot, made_for: WaitlistEntry | None = None, **fields: Any) -> Offer:
        made_for = made_for or self.entry()
        return Offer.objects.create(
            **{
                "slot": slot,
                "patient": made_for.patient,
                "entry": made_for,
                "wave": 1,
                "offered_at": NOW,
                "expires_at": NOW + timedelta(hours=1),
                **fields,
            }
        )

    def connection(self, **fields: Any) -> Connection:
        return Connection.objects.create(
            **{
                "clinic": self.clinic,
                "source": "standard",
                "name": "Calendar",
                "default_location": self.location,
                "created_at": NOW,
                **fields,
            }
        )
