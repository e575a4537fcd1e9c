"""Messages made up for a clinic: one as patients know it, and one with the longest facts it has."""

from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from matching.models import Offer
from notifications.models import ContactPoint, Message
from notifications.rendering import dates
from notifications.rendering.needs import Place
from notifications.rendering.own import AN_OFFER, EARLIER, LINK
from notifications.states import Kind, Purpose
from waitlist.models import Clinic

EARLY = ZoneInfo("America/Anchorage")
OTHER = ZoneInfo("America/New_York")
LONGEST_DAY = (2026, 9, 23, 10, 30)  # no day or time is written longer
SHORT_NAME, LONG_NAME = "Ana", "Maximiliano"


@dataclass(frozen=True)
class Names:
    """Whom and what a clinic's messages could name, and the clocks of its places."""

    practitioners: tuple[str, ...]
    services: tuple[str, ...]
    locations: tuple[str, ...]
    zones: tuple[str, ...]


def usual(clinic: Clinic, place: Place, names: Names, *, now: datetime) -> Message:
    """About a time two days from now, sent in the early afternoon."""
    zone = clinic.zone
    sent_at = now.astimezone(zone).replace(hour=13, minute=41, second=0, microsecond=0)
    starts_at = (sent_at + timedelta(days=2)).replace(hour=14, minute=0)
    made = _message(clinic, place, starts_at, zone)
    made.next_attempt_at = sent_at
    made.context |= {
        "first_name": SHORT_NAME,
        "practitioner": next(iter(names.practitioners), "Dr. Lee"),
        "service": next(iter(names.services), "Consultation"),
        "expires_at": (sent_at + timedelta(hours=1)).isoformat(),
        "code": "WL-0127",
    }
    return made


def longest(clinic: Clinic, place: Place, names: Names) -> Message:
    """With the longest practitioner, service and moment."""
    zones = [ZoneInfo(name) for name in names.zones] or [clinic.zone]
    zone = max(zones, key=lambda one: len(dates.zone_name(datetime(*LONGEST_DAY, tzinfo=one))))
    starts_at = datetime(*LONGEST_DAY, tzinfo=zone)
    made = _message(clinic, place, starts_at, zone)
    made.next_attempt_at = starts_at - timedelta(days=2)
    made.context |= {
        "first_name": LONG_NAME,
        "practitioner": max(names.practitioners, key=len, default="Dr. Lee"),
        "service": max(names.services, key=len, default="Consultation"),
        "expires_at": (starts_at - timedelta(minutes=19)).isoformat(),
        "patient_zone": (EARLY if zone.key != EARLY.key else OTHER).key,
        "code": "WL-123456",
    }
    return made


def _message(clinic: Clinic, place: Place, starts_at: datetime, zone: ZoneInfo) -> Message:
    kind, channel, language, level = place
    mine = copy(clinic)
    mine.content_level = level
    return Message(
        clinic=mine,
        kind=Kind.OFFER if kind in AN_OFFER else kind,
        channel=channel,
        context={
            "clinic_name": clinic.name,
            "clinic_phone": clinic.phone,
            "starts_at": starts_at.astimezone(UTC).isoformat(),
            "zone": zone.key,
            "level": level,
            "language": language,
            "moves_visit": kind == EARLIER,
            "is_booking_link": kind == LINK,
        },
        offer=Offer(public_id="example2"),
        contact_point=ContactPoint(granted=[f"{Purpose.DETAIL}:{channel}"]),
    )
