"""The facts a wording may use, as its language writes them. Only those its level allows are known to it at all."""

from datetime import datetime
from functools import lru_cache
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
from django.conf import settings
from django.urls import reverse

from matching import codes
from notifications.models import Message
from notifications.rendering import dates, links
from notifications.rendering.words import en

NAMED_FROM = {"first_name": 1, "practitioner": 1, "service": 2}  # from which level on


def of(message: Message, words: ModuleType = en, level: int = 0) -> dict[str, str]:
    """Clinic, phone and, where the message is about a time, that time and the last moment to answer."""
    context = message.context
    facts = {
        "clinic": context.get("clinic_name") or message.clinic.name,
        "phone": national(context.get("clinic_phone") or message.clinic.phone),
        "until": words.TWO_WEEKS,
        "weekly": str(message.clinic.offers_per_week),
    }
    facts |= {name: context[name] for name, least in NAMED_FROM.items() if level >= least and context.get(name)}
    if links.has_one(message):
        facts["link"] = "{link}"
    if code := context.get("code") or _code(message):
        facts["code"] = code
    if context.get("answer") == "joined" and message.clinic.slug:
        facts["mine"] = settings.PUBLIC_URL + reverse("my", args=[message.clinic.slug])  # opens by a code: no secret
    if "passcode" in context:
        facts["passcode"] = "{passcode}"
    if "starts_at" in context:
        facts |= _times(message, words)
    if "until" in context:
        facts["until"] = dates.until(_at(context["until"]), _zone(message), words)
    if "opens_at" in context:
        there = ZoneInfo(context["opens_zone"]) if "opens_zone" in context else _zone(message)
        facts["opens"] = dates.opens(_at(context["opens_at"]), there, words, now=message.next_attempt_at)
    if "choices" in context:
        facts["choices"] = _choices(context["choices"], words, {})
        facts["acts"] = _choices(context["choices"], words, words.CHOICES)
    return facts


def _times(message: Message, words: ModuleType) -> dict[str, str]:
    context, zone = message.context, ZoneInfo(message.context["zone"])
    at = _at(context["starts_at"])
    theirs = dates.their_clock(at, zone, context.get("patient_zone", ""))
    times = {
        "when": dates.moment(at, zone, words),
        "long_when": dates.long_moment(at, zone, words),
        "zone2": dates.write(words.THEIR_CLOCK, theirs, words) if theirs else "",
        "clock2": f"{dates.clock(theirs)} {dates.zone_name(theirs)}" if theirs else "",
    }
    if "expires_at" in context:
        times["deadline"] = dates.deadline(_at(context["expires_at"]), zone, words, sent_at=message.next_attempt_at)
    return times


def _choices(choices: list[dict[str, Any]], words: ModuleType, patterns: dict[str, str]) -> str:
    """1 for Fri …, 2 for …; or what each would do, by its kind."""
    return ", ".join(
        patterns.get("reminder" if "reminder" in choice else "offer", words.CHOICE).format(
            number=number, time=dates.moment(_at(choice["starts_at"]), ZoneInfo(choice["zone"]), words)
        )
        for number, choice in enumerate(choices, 1)
    )


def _code(message: Message) -> str:
    """What they can name the booking by, or the offer while there is none."""
    if message.appointment_id is not None:
        return codes.of_booking(message.appointment_id)
    return codes.of(message.offer) if message.offer is not None else ""


def _zone(message: Message) -> ZoneInfo:
    return ZoneInfo(message.context.get("opens_zone") or message.context.get("zone") or message.clinic.timezone)


def _at(written: str) -> datetime:
    return datetime.fromisoformat(written)


@lru_cache(1000)
def national(number: str) -> str:
    """(415) 555-0100 at home, the number as it was typed where it is none of ours."""
    try:
        parsed = phonenumbers.parse(number, "US")
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
