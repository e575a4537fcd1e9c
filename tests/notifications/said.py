"""Messages with the longest values there are, and who may not be named in them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from matching.models import Offer
from notifications.models import ContactPoint, Message
from notifications.rendering import words
from notifications.states import Kind
from waitlist.models import Clinic

STARTS = datetime(2026, 9, 23, 18, 30, tzinfo=UTC)  # Wed Sep 23 10:30 AM AKDT: no moment is written longer
SENT = STARTS - timedelta(hours=30)
LONG_NAME = "Evergreen Dermatology & Laser"
LONG_URL = "https://standby.radiancemedspa.com"
LANGUAGES = list(words.LANGUAGES)
CHOICES = [
    {"starts_at": STARTS.isoformat(), "zone": "America/Anchorage", kind: 1} for kind in ("offer", "reminder")
]
THREE = [*CHOICES, CHOICES[0]]
NAMES = {
    "service": "Hydrafacial Deluxe",
    "practitioner": "Dr Quimby-Vandersloot",
    "location": "Annex",
    "first_name": "Wilhelmina",
}


def facts(**fields: Any) -> dict[str, Any]:
    return {
        "clinic_name": LONG_NAME,
        "clinic_phone": "+14155550123",
        "starts_at": STARTS.isoformat(),
        "zone": "America/Anchorage",
        "patient_zone": "America/New_York",
        "minutes": 45,
        **NAMES,
        "price_cents": 32000,
        "expires_at": (STARTS - timedelta(minutes=19)).isoformat(),
        "level": 0,
        "language": "en",
        "passcode": "00000000-0000-4000-8000-000000000000",
        **fields,
    }


def message(kind: str = "offer", channel: str = "sms", *, may: int = 0, **context: Any) -> Message:
    """One to somebody who allowed detail, of a clinic whose level is `may`."""
    granted = [f"detail:{channel}"] if may else []
    return Message(
        clinic=Clinic(name=LONG_NAME, phone="+14155550123", content_level=may, timezone="America/Anchorage"),
        kind=kind,
        channel=channel,
        context=facts(**{"level": may, **context}),
        next_attempt_at=SENT,
        offer=Offer(public_id="abcd2345"),
        contact_point=ContactPoint(pk=1, granted=granted),
    )


def texts(language: str, **context: Any) -> list[Message]:
    """Every text in this language: each kind, each answer."""
    speaks = words.of(language)
    opens_at = (SENT + timedelta(days=3)).isoformat()
    more = {"language": language, "opens_at": opens_at, "until": opens_at, "code": "WL-123456", **context}
    return [
        *(message(kind, **more) for kind in speaks.TEXTS),
        message(moves_visit=True, **more),
        message("reminder", is_confirmed=True, **more),
        *(message("answer", answer=name, choices=_choices(name), **more) for name in speaks.ANSWERS),
    ]


def _choices(answer: str) -> list[dict[str, Any]]:
    return CHOICES if answer == "which_reminder" else THREE


def mails(language: str, **context: Any) -> list[Message]:
    """Every e-mail in this language but what staff write themselves."""
    kinds = [kind for kind in words.of(language).MAILS if kind != Kind.DESK]
    made = [message(kind, "email", language=language, **context) for kind in kinds]
    return [*made, message("offer", "email", language=language, moves_visit=True, **context)]


def name_of(case: Message) -> str:
    """For a test's id."""
    what = case.context.get("answer") or ("earlier" if case.context.get("moves_visit") else case.kind)
    what = "confirmed_reminder" if case.context.get("is_confirmed") else what
    return f"{case.context['language']}-{what}"
