"""An entry of the waitlist as its row shows it: names instead of ids, words instead of minutes."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import prefetch_related_objects

from notifications.models import ContactPoint
from notifications.states import Capability, Channel, ContactKind, Purpose
from waitlist.lessons import PARTS_OF_DAY
from waitlist.models import Appointment, Availability, Clinic, WaitlistEntry
from waitlist.states import AppointmentStatus, EntryStatus, Origin, Tier
from waitlist.templatetags.standby import minute_of_day
from waitlist.views.answer import stamp

CAME_BY = {
    Origin.WEB: "joined on the web",
    Origin.IMPORT: "imported",
    Origin.CANCEL_DESK: "wanted another time as staff cancelled",
    Origin.CANCEL_PAGE: "wanted another time on the page of a cancelled visit",
    Origin.TAKEN_PAGE: "asked for it on the page of a time that was taken",
    Origin.VISIT_PAGE: "asked for it on the page of their visit",
    Origin.REMINDER: "asked for it after a reminder",
    Origin.OWN_PAGE: "asked for it on their own page",
}
IN_WEEKS_FROM = 14  # days
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class Reach:
    """Whether one channel works for them, and why not."""

    ok: bool
    words: str


@dataclass(frozen=True)
class Row:
    entry: WaitlistEntry
    services: list[str]
    practitioners: list[str]
    excluded: list[str]
    when: list[str]
    grid: list[tuple[int, int, bool]]
    reach: list[Reach]

    @property
    def tier(self) -> str:
        return str(Tier(self.entry.priority or self.entry.patient.tier).label)

    @property
    def later_visit(self) -> Appointment | None:
        """The visit they hold and would give up for an earlier time."""
        held = self.entry.later_visit
        return held if held is not None and held.status != AppointmentStatus.CANCELLED else None

    @property
    def came_by(self) -> str:
        """How the wish began, where somebody's page or a dialog asked for it."""
        return CAME_BY.get(Origin(self.entry.origin), "")

    @property
    def stamp(self) -> str:
        """Changes with whatever the row shows; an open page sends it back to hear whether its list still holds."""
        one, held = self.entry, self.later_visit
        asked = (one.offers_received, one.offers_answered, one.offers_accepted)
        state = (one.status, one.paused_until, one.closes_at, one.still_asked_at, one.silent_since, self.is_joining)
        words = (one.patient.name, self.tier, one.note, self.services, self.practitioners, self.excluded, self.when)
        return f"{one.pk}:{stamp(asked, state, words, self.reach, held and (held.pk, held.starts_at))}"

    @property
    def is_closing(self) -> bool:
        return self.is_paused and self.entry.closes_at is not None

    @property
    def is_joining(self) -> bool:
        """Whether it rests until their number says START; known where the query asked for it."""
        return bool(getattr(self.entry, "is_joining", False))

    @property
    def rests(self) -> bool:
        """Whether it is asked for nothing as nobody said that it is still wanted."""
        return self.entry.silent_since is not None

    @property
    def waited(self) -> str:
        """13 days; 5 weeks."""
        days = self.entry.waited_days
        count, unit = (days // 7, "week") if days >= IN_WEEKS_FROM else (days, "day")
        return f"{count} {unit}{'' if count == 1 else 's'}"

    @property
    def is_paused(self) -> bool:
        return self.entry.status == EntryStatus.PAUSED


@dataclass(frozen=True)
class Names:
    """What a clinic calls its services and practitioners, also those it has no more; by id."""

    services: dict[int, str]
    people: dict[int, str]


def names_of(clinic: Clinic) -> Names:
    """In two queries."""
    services, people = clinic.services.values_list("pk", "name"), clinic.practitioners.values_list("pk", "name")
    return Names(dict(services), dict(people))


def rows(clinic: Clinic, entries: Iterable[WaitlistEntry], names: Names | None = None) -> list[Row]:
    """The entries as rows, in a fixed number of queries however many there are."""
    found = list(entries)
    prefetch_related_objects(found, "availabilities", "patient__contacts__contact_point")
    names = names or names_of(clinic)
    services, people = names.services, names.people
    return [
        Row(
            entry=entry,
            services=[services[pk] for pk in entry.services if pk in services],
            practitioners=[people[pk] for pk in entry.practitioners if pk in people],
            excluded=[people[pk] for pk in entry.excluded_practitioners if pk in people],
            when=[in_words(one) for one in sorted(entry.availabilities.all(), key=lambda one: one.pk)],
            grid=_grid(list(entry.availabilities.all())),
            reach=reach([contact.contact_point for contact in entry.patient.contacts.all()]),
        )
        for entry in found
    ]


def in_words(window: Availability) -> str:
    """Mon–Fri 9:00 AM–5:00 PM; any time where it is the whole day."""
    hours = f"{minute_of_day(window.from_minute)}–{minute_of_day(window.until_minute)}"
    whole = window.from_minute == 0 and window.until_minute == 24 * 60
    return f"{days_in_words(window.days)}, {'any time' if whole else hours.replace(':00', '')}"


def days_in_words(days: int) -> str:
    """Every day, Mon–Fri, or Mon, Wed, Sat."""
    if days == 0b1111111:
        return "Every day"
    chosen = [n for n in range(7) if days & 1 << n]
    if len(chosen) > 2 and chosen[-1] - chosen[0] == len(chosen) - 1:
        return f"{DAYS[chosen[0]]}–{DAYS[chosen[-1]]}"
    return ", ".join(DAYS[n] for n in chosen)


def _grid(windows: list[Availability]) -> list[tuple[int, int, bool]]:
    """Seven days by three parts of the day: x, y and whether some of it suits."""
    return [
        (
            day * 13,
            part * 13,
            any(w.days & 1 << day and w.from_minute < end and w.until_minute > start for w in windows),
        )
        for day in range(7)
        for part, (_, start, end) in enumerate(PARTS_OF_DAY)
    ]


def reach(points: list[ContactPoint]) -> list[Reach]:
    """How they can be asked: by text, by e-mail, by an automated call, or why not at all."""
    calls = [Reach(True, "call") for point in points if _may_be_called(point)]
    return [*(_reach(point) for point in points), *calls] or [Reach(False, "no number")]


def _may_be_called(point: ContactPoint) -> bool:
    return point.stopped_at is None and f"{Purpose.OFFERS}:{Channel.VOICE}" in point.granted


def _reach(point: ContactPoint) -> Reach:
    name = "text" if point.kind == ContactKind.PHONE else "e-mail"
    channel = Channel.SMS if point.kind == ContactKind.PHONE else Channel.EMAIL
    if point.stopped_at:
        return Reach(False, f"{name}: said STOP")
    if channel == Channel.SMS and point.sms_capability == Capability.NO:
        return Reach(False, "takes no texts")
    if f"{Purpose.OFFERS}:{channel}" not in point.granted:
        return Reach(False, f"{name}: no consent")
    return Reach(True, name)
