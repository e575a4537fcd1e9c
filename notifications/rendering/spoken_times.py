"""A time as people say it on the phone: Friday, December 11 at 2 PM, Pacific time."""

from datetime import date, datetime

_ZONES = {
    ("Eastern time", "hora del Este"): (
        *("America/New_York", "America/Detroit", "America/Indiana/Indianapolis", "America/Kentucky/Louisville"),
        *("America/Toronto", "US/Eastern"),
    ),
    ("Central time", "hora del Centro"): ("America/Chicago", "America/Menominee", "America/Winnipeg", "US/Central"),
    ("Mountain time", "hora de la Montaña"): ("America/Denver", "America/Boise", "America/Edmonton", "US/Mountain"),
    ("Arizona time", "hora de Arizona"): ("America/Phoenix", "US/Arizona"),
    ("Pacific time", "hora del Pacífico"): ("America/Los_Angeles", "America/Vancouver", "US/Pacific"),
    ("Alaska time", "hora de Alaska"): ("America/Anchorage", "America/Juneau", "US/Alaska"),
    ("Hawaii time", "hora de Hawái"): ("Pacific/Honolulu", "US/Hawaii"),
    ("Puerto Rico time", "hora de Puerto Rico"): ("America/Puerto_Rico",),
}
ZONE_NAMES = {key: names for names, keys in _ZONES.items() for key in keys}
WEEKDAYS = "lunes martes miércoles jueves viernes sábado domingo".split()
MONTHS = "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split()


def moment(local: datetime, zone: str, language: str, *, today: date) -> str:
    """Day, time and zone, with today and tomorrow said first."""
    return (_spanish if language == "es" else _english)(local, zone, (local.date() - today).days)


def _english(local: datetime, zone: str, days: int) -> str:
    near = {0: "today, ", 1: "tomorrow, "}.get(days, "")
    hour = local.hour % 12 or 12
    clock = f"{hour}:{local:%M} {local:%p}" if local.minute else f"{hour} {local:%p}"
    clock = {(0, 0): "midnight", (12, 0): "noon"}.get((local.hour, local.minute), clock)
    return f"{near}{local:%A}, {local:%B} {local.day} at {clock}, {_zone(zone, 0)}"


def _spanish(local: datetime, zone: str, days: int) -> str:
    near = {0: "hoy ", 1: "mañana "}.get(days, "el ")
    day = f"{near}{WEEKDAYS[local.weekday()]} {local.day} de {MONTHS[local.month - 1]}"
    return f"{day} {_hora(local)}, {_zone(zone, 1)}"


def _hora(local: datetime) -> str:
    if (local.hour, local.minute) in ((0, 0), (12, 0)):
        return "al mediodía" if local.hour else "a la medianoche"
    hour = local.hour % 12 or 12
    part = "de la mañana" if local.hour < 12 else "de la tarde" if local.hour < 20 else "de la noche"
    minute = f":{local:%M}" if local.minute else ""
    return f"{'a la' if hour == 1 else 'a las'} {hour}{minute} {part}"


def _zone(zone: str, language: int) -> str:
    """The zone by its name; elsewhere by its city, which no two zones share."""
    if zone in ZONE_NAMES:
        return ZONE_NAMES[zone][language]
    city = zone.rpartition("/")[2].replace("_", " ")
    return f"hora de {city}" if language else f"{city} time"
