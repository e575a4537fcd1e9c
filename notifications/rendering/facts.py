"""The facts a template may use, written as people read them. None of them names a patient, provider or service."""

from datetime import datetime
from zoneinfo import ZoneInfo

import phonenumbers

from notifications.models import Message


def of(message: Message) -> dict[str, str]:
    """Clinic, phone and, where the message is about a time, that time and the last moment to answer."""
    context = message.context
    facts = {
        "clinic": context.get("clinic_name") or message.clinic.name,
        "phone": national(context.get("clinic_phone") or message.clinic.phone),
        "link": "{link}",
    }
    if "starts_at" in context:
        zone = ZoneInfo(context["zone"])
        facts["when"] = moment(context["starts_at"], zone)
        facts["long_when"] = long_moment(context["starts_at"], zone)
        facts["deadline"] = deadline(context["expires_at"], zone, sent_at=message.next_attempt_at)
    if "opens_at" in context:
        facts["opens"] = moment(context["opens_at"], ZoneInfo(context["opens_zone"]))
    if "choices" in context:
        times = [moment(choice["starts_at"], ZoneInfo(choice["zone"])) for choice in context["choices"]]
        facts["choices"] = ", ".join(f"{number} for {time}" for number, time in enumerate(times, 1))
    return facts


def moment(at: str, zone: ZoneInfo) -> str:
    """Fri Dec 11 2:00 PM PST."""
    local = datetime.fromisoformat(at).astimezone(zone)
    return f"{local:%a %b} {local.day} {clock(local)} {zone_name(local)}"


def long_moment(at: str, zone: ZoneInfo) -> str:
    """Friday, December 11 at 2:00 PM PST."""
    local = datetime.fromisoformat(at).astimezone(zone)
    return f"{local:%A, %B} {local.day} at {clock(local)} {zone_name(local)}"


def deadline(at: str, zone: ZoneInfo, *, sent_at: datetime) -> str:
    """2:41 PM, with the day where it is not the day of sending."""
    local = datetime.fromisoformat(at).astimezone(zone)
    if local.date() == sent_at.astimezone(zone).date():
        return clock(local)
    return f"{local:%a} {clock(local)}"


def clock(local: datetime) -> str:
    """2:00 PM."""
    return f"{local.hour % 12 or 12}:{local:%M} {local:%p}"


def zone_name(local: datetime) -> str:
    """PST where the zone has a name, GMT+3 where it has none."""
    name = f"{local:%Z}"
    if name[:1] not in "+-":
        return name
    return f"GMT{name[0]}{name[1:].lstrip('0')}" if name.strip("+-0") else "GMT"


def national(number: str) -> str:
    """(415) 555-0100 at home, the number as it was typed where it is none of ours."""
    try:
        parsed = phonenumbers.parse(number, "US")
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
