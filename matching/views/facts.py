"""A time as a patient reads it: on the location's clock, and on their own where the two differ."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.dateformat import format as write
from django.utils.translation import npgettext, pgettext, pgettext_lazy

from waitlist.models import Appointment, Patient, Slot

ZONE_WORDS = {
    "P": pgettext_lazy("clock", "Pacific"),
    "M": pgettext_lazy("clock", "Mountain"),
    "C": pgettext_lazy("clock", "Central"),
    "E": pgettext_lazy("clock", "Eastern"),
    "AK": pgettext_lazy("clock", "Alaska"),
    "H": pgettext_lazy("clock", "Hawaii"),
}


def zone_word(at: datetime, zone: ZoneInfo) -> str:
    """“Pacific” for the zones of the United States, “GMT+2” elsewhere: what nobody can misread."""
    local = at.astimezone(zone)
    name = local.tzname() or ""
    if zone.key.startswith(("America/", "US/", "Pacific/Honolulu")) and name[:-2] in ZONE_WORDS:
        return str(ZONE_WORDS[name[:-2]])
    minutes = round((local.utcoffset() or timedelta()).total_seconds() / 60)
    if not minutes:
        return "GMT"
    hours, rest = divmod(abs(minutes), 60)
    return f"GMT{'+' if minutes > 0 else '−'}{hours}{f':{rest:02d}' if rest else ''}"


def clock(at: datetime, zone: ZoneInfo) -> str:
    """2:00 PM."""
    return write(at.astimezone(zone), "g:i A")


def moment(at: datetime, zone: ZoneInfo, *, now: datetime) -> str:
    """A deadline: “2:41 PM Pacific”, with the day where it is not today."""
    local = at.astimezone(zone)
    said = {"clock": clock(at, zone), "zone": zone_word(at, zone)}
    if local.date() == now.astimezone(zone).date():  # one o'clock is singular in Spanish
        return npgettext("deadline", "{clock} {zone}", "{clock} {zone}", local.hour % 12 or 12).format(**said)
    day = write(local, pgettext("date", "D, M j"))
    return pgettext("deadline", "{day}, {clock} {zone}").format(day=day, **said)


def for_both(at: datetime, zone: ZoneInfo, patient: Patient, *, now: datetime) -> str:
    """A deadline on the clinic's clock, with the patient's own beside it where that shows another time."""
    own = patient.zone()
    if own is None or at.astimezone(own).utcoffset() == at.astimezone(zone).utcoffset():
        return moment(at, zone, now=now)
    return f"{moment(at, zone, now=now)} ({moment(at, own, now=now)})"


@dataclass(frozen=True)
class Facts:
    """One time in a patient's words."""

    slot: Slot | Appointment
    starts_at: str
    day: str
    time: str
    zone: str
    own_time: str
    own_zone: str
    minutes: int
    short: str
    terms: str = ""  # what is owed for cancelling it, where that has to be said before a yes


def of(slot: Slot | Appointment, patient: Patient) -> Facts:
    """The facts of a slot or a visit for this patient; their own clock is named only where it shows another time."""
    zone, own = slot.location.zone, patient.zone()
    local = slot.starts_at.astimezone(zone)
    own_time = own_zone = ""
    if own is not None and (theirs := slot.starts_at.astimezone(own)).utcoffset() != local.utcoffset():
        own_time = write(theirs, "g:i A" if theirs.date() == local.date() else pgettext("date", "l, g:i A"))
        own_zone = zone_word(slot.starts_at, own)
    return Facts(
        slot=slot,
        starts_at=slot.starts_at.astimezone(UTC).isoformat(timespec="seconds"),
        day=write(local, pgettext("date", "l, M j")),
        time=write(local, "g:i A"),
        zone=zone_word(slot.starts_at, zone),
        own_time=own_time,
        own_zone=own_zone,
        minutes=round((slot.ends_at - slot.starts_at).total_seconds() / 60),
        short=write(local, pgettext("date", "D g:i A")),
    )
