"""By which ways somebody may be told of a slot, or which rule forbids it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.db.models import QuerySet

from notifications import rules
from notifications.models import ContactPoint, PatientContact
from notifications.rules.places import states
from notifications.states import KIND_OF, Channel, Kind, Purpose, Rule
from waitlist.models import Patient, Slot

EMAIL_TOO_FROM = timedelta(hours=24)
LEADING = tuple(KIND_OF)  # the first they hear of it


@dataclass(frozen=True)
class Route:
    """One way to tell one person, and when it may be used."""

    contact_point_id: int
    channel: str
    send_at: datetime
    number: str = field(default="", compare=False, repr=False)  # of a text or a call


@dataclass(frozen=True)
class _Time:
    """What somebody is to be told of, until when it is of use, and what is left of the month's money."""

    slot: Slot
    until: datetime
    left_mills: int | None
    now: datetime


@dataclass
class _Mailbox:
    """A contact point with what it has had so far."""

    point: ContactPoint
    so_far: rules.Spent


@dataclass(frozen=True)
class Ways:
    """Per patient the ways to tell them, or the rule that forbids all of them; and what of their contact points this
    rests on, to be looked at again under their locks."""

    of: dict[int, list[Route] | str]
    points_of: dict[int, list[int]]
    seen: dict[int, "_Seen"]


_Seen = tuple[datetime | None, tuple[str, ...], str, rules.Spent]


def find_ways(
    slot: Slot, patients: Sequence[Patient], *, channels: Collection[str] = (), until: datetime, now: datetime
) -> Ways:
    """The ways between now and `until`, only by these channels, where any are named. Locks nothing: whoever writes
    calls `still_hold` first. A month whose money is spent leaves e-mail."""
    time = _Time(slot, until, rules.left_mills(slot.clinic, now=now), now)
    users = PatientContact.objects.filter(patient__in=patients, contact_point__clinic=slot.clinic_id)
    pairs = list(users.order_by("position", "pk").values_list("patient_id", "contact_point_id"))
    ids = {point_id for _, point_id in pairs}
    seen = _look(ContactPoint.objects.filter(pk__in=ids), now=now)
    boxes = {point.pk: _Mailbox(point, replace(so_far)) for point, so_far in seen}
    theirs: dict[int, list[_Mailbox]] = {}
    points_of: dict[int, list[int]] = {}
    for patient_id, point_id in pairs:
        theirs.setdefault(patient_id, []).append(boxes[point_id])
        points_of.setdefault(patient_id, []).append(point_id)
    found: dict[int, list[Route] | str] = {}
    for patient in patients:
        allowed = _allowed_ways(time, patient, theirs.get(patient.pk, ()), channels)
        found[patient.pk] = allowed
        if not isinstance(allowed, str):
            for way in allowed:
                boxes[way.contact_point_id].so_far.add_offer(way.channel)
    return Ways(found, points_of, {point.pk: _facts(point, so_far) for point, so_far in seen})


def still_hold(found: Ways, patient_ids: Collection[int], *, now: datetime) -> bool:
    """Lock the contact points of these patients; whether all that their ways rest on is as it was.

    So two slots cannot both spend a number's last offer: the second finds that it has had one more.
    """
    ids = {point_id for patient_id in patient_ids for point_id in found.points_of.get(patient_id, ())}
    locked = ContactPoint.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    now_there = {point.pk: _facts(point, so_far) for point, so_far in _look(locked, now=now)}
    return now_there == {point_id: found.seen[point_id] for point_id in ids}


def _look(points: QuerySet[ContactPoint], *, now: datetime) -> list[tuple[ContactPoint, rules.Spent]]:
    """Each with what it has had, counted after all of them were read."""
    read = list(points.only("kind", "value", "sms_capability", "granted", "stopped_at"))
    spent = rules.spent([point.pk for point in read], now=now)
    return [(point, spent[point.pk]) for point in read]


def _facts(point: ContactPoint, so_far: rules.Spent) -> _Seen:
    return point.stopped_at, tuple(point.granted), point.sms_capability, so_far


def _allowed_ways(
    time: _Time, patient: Patient, mine: Sequence[_Mailbox], channels: Collection[str]
) -> list[Route] | str:
    """The ways by these channels; who could be told by others only is refused for that reason."""
    ways = _ways(time, patient, mine, channels or LEADING)
    if channels and isinstance(ways, str):
        others = _ways(time, patient, mine, LEADING)
        return others if isinstance(others, str) else str(Rule.OTHER_CHANNEL)
    return ways


def _ways(time: _Time, patient: Patient, mine: Sequence[_Mailbox], channels: Collection[str]) -> list[Route] | str:
    """The channel they prefer, else a text, else a call; an e-mail beside it for a slot a day away, or instead of it
    where neither may go."""
    tried = {
        channel: _first(time, patient, mine, channel)
        for channel in LEADING
        if channel in channels or not mine
    }
    open_ways = {channel: way for channel, way in tried.items() if isinstance(way, Route)}
    if not open_ways:
        whys = [why for why in tried.values() if why != Rule.NO_CONTACT]
        return str(whys[0] if whys else Rule.NO_CONTACT)
    preferred = open_ways.get(Channel(patient.preferred_channel)) if patient.preferred_channel in LEADING else None
    leading = preferred or next(iter(open_ways.values()))
    mail = open_ways.get(Channel.EMAIL)
    if mail is None or leading is mail or time.slot.starts_at - time.now < EMAIL_TOO_FROM:
        return [leading]
    return [leading, Route(mail.contact_point_id, mail.channel, leading.send_at)]  # the night is nobody's time


def _first(time: _Time, patient: Patient, mine: Sequence[_Mailbox], channel: Channel) -> Route | Rule:
    """The first contact point that may be used by this channel, or why the first of them may not."""
    why: Rule | None = None
    for box in mine:
        if box.point.kind == KIND_OF[channel]:
            way = _way(time, patient, box, channel)
            if isinstance(way, Route):
                return way
            why = why or way
    return why or Rule.NO_CONTACT


def _way(time: _Time, patient: Patient, box: _Mailbox, channel: Channel) -> Route | Rule:
    slot, now, point, by_phone = time.slot, time.now, box.point, channel in rules.PHONE
    state = slot.location.state
    if rule := rules.forbidden(point, Kind.OFFER, Purpose.OFFERS, channel):
        return rule
    where = states(patient, point.value, state) if by_phone else ()
    if rule := rules.over_cap(slot.clinic, box.so_far, Kind.OFFER, channel, where):
        return rule
    if rule := rules.too_dear(Kind.OFFER, channel, rules.cost_mills(slot.clinic, channel, 1), time.left_mills):
        return rule
    if channel == Channel.EMAIL and rules.mail_too_slow(slot.clinic, slot, now=now):
        return Rule.MAIL_TOO_SLOW
    send_at: datetime | None = now
    if by_phone:
        send_at = rules.next_open(slot.clinic, patient, point.value, place_state=state, now=now)
    if send_at is None or send_at >= time.until:
        return Rule.OUTSIDE_HOURS
    return Route(point.pk, channel, send_at, point.value if by_phone else "")


def answer_by(slot: Slot, patient: Patient, ways: Sequence[Route], window: timedelta) -> datetime:
    """Until when they may answer: `window` from the first message on, the nights of a phone not counted."""
    first = min(ways, key=lambda way: way.send_at)
    if not first.number:
        return first.send_at + window
    return rules.answer_by(
        slot.clinic, patient, first.number, place_state=slot.location.state, start=first.send_at, window=window
    )
