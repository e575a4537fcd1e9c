"""What a visitor of the demo has to know: where it is, who signs in, how calendars speak to it, what to cancel."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password

from matching.choosing import ranking
from ops.demo.clinics import OWNER, PASSWORD, STAFF, staff_email
from ops.demo.plans import CLINICS
from waitlist.models import Appointment, Clinic, Connection, Membership, Slot
from waitlist.states import AppointmentStatus

NOT_SOONER_THAN = timedelta(hours=2)
HOW_MANY = 40
EVERYBODY = 10_000
SLUGS = [plan.slug for plan in CLINICS]


def info(*, now: datetime) -> dict[str, Any]:
    """Everything as plain JSON; clinics are named by their slug."""
    return {
        "url": settings.PUBLIC_URL,
        "staff": staff(),
        "connections": [
            {
                "source": connection.source,
                "id": str(connection.public_id),
                "secret": connection.secret,
                "clinic": connection.clinic.slug,
            }
            for connection in Connection.objects.filter(is_active=True).select_related("clinic").order_by("pk")
        ],
        "appointments": appointments(now=now),
    }


def staff() -> list[dict[str, str]]:
    """The demo's own sign-ins whose password nobody has changed, the front desk first."""
    made = {OWNER} | {staff_email(role, clinic) for role in STAFF for clinic in Clinic.objects.filter(slug__in=SLUGS)}
    rows = Membership.objects.select_related("user", "clinic").filter(user__email__in=made, user__is_active=True)
    is_ours = cache(lambda hashed: check_password(PASSWORD, hashed))
    return [
        {"email": row.user.email, "password": PASSWORD, "role": row.role, "clinic": row.clinic.slug}
        for row in rows.order_by("clinic_id", "pk")
        if is_ours(row.user.password)
    ]


def appointments(*, now: datetime, limit: int = HOW_MANY) -> list[dict[str, Any]]:
    """The next booked ones and how many people on the waitlist could come instead."""
    rows = Appointment.objects.filter(status=AppointmentStatus.BOOKED, starts_at__gt=now + NOT_SOONER_THAN)
    names = ("clinic", "location__clinic", "practitioner", "service")
    return [
        {
            "external_id": row.external_id,
            "clinic": row.clinic.slug,
            "starts_at": row.starts_at.isoformat(),
            "candidates": candidates(row, now=now),
        }
        for row in rows.select_related(*names).order_by("starts_at", "pk")[:limit]
    ]


def candidates(row: Appointment, *, now: datetime) -> int:
    """How many people fit this time now, were it free."""
    slot = Slot(
        clinic=row.clinic,
        location=row.location,
        practitioner=row.practitioner,
        service=row.service,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
    )
    return len(ranking.rank(slot, limit=EVERYBODY, now=now))
