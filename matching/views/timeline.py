"""What happened to one slot, from the trail and its messages: lines of one moment that say the same become one.

For staff of the clinic it names everybody; the trail itself, which compliance reads, names no patient.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from audit import words
from audit.actor import ActorKind
from audit.models import Entry
from audit.trail import content_type_id
from matching.models import Offer
from matching.states import Override
from matching.views.card import Card
from notifications.states import Channel
from waitlist.models import Appointment, Slot, User

LIMIT = 300
WORDS = {
    "slot.opened": "The time became free",
    "slot.kept_empty": "The time was freed and stays empty",
    "slot.wave": "Wave {wave}: asked {people}",
    "slot.picked": "Wave {wave}: staff chose {people}",
    "slot.exclusive_ended": "No longer kept for those asked: all said no",
    "slot.let_ask": "To be refilled, as staff said",
    "slot.anew": "Opened anew: the dry run is over",
    "slot.started": "Asked to go on now",
    "slot.taken_in": "Left out before, and may be asked again: {back}",
    "slot.halted": "Paused: nobody else is asked by itself",
    "slot.resumed": "The asking goes on",
    "slot.nobody_asked": "Nobody is waiting to answer",
    "slot.offers_over": "Too late to ask more people",
    "slot.override": "Although others had an offer for it: {reason}",
    "slot.held": "The time is kept for them",
    "slot.link_sent": "The time is kept for them meanwhile",
    "slot.link_lapsed": "The booking link was not completed in time: the time is free again",
    "slot.link_taken_back": "The booking link was taken back: the time is free again",
    "slot.hold_given_up": "The time is not kept any more: they let it go",
    "slot.reserve_asked": "The reserve comes before the next wave",
    "slot.reserve_declined": "The next wave need not wait for the reserve",
    "slot.hold_lapsed": "A booking was not finished in time",
    "slot.filled": "Filled",
    "slot.expired": "The time to take it was over",
    "slot.withdrawn": "The asking was stopped",
    "slot.reopened": "Open again",
    "offer.made": "Asked {people}",
    "offer.seen": "{people} saw it",
    "offer.clock_moved": "{people} {have} more time to answer",
    "offer.chosen": "{people} chose this time among others",
    "offer.made_by_hand": "{people} chosen by hand",
    "offer.accepted": "{people} said yes",
    "offer.given": "Booked by hand for {people}",
    "offer.link_sent": "A booking link was sent to {people}",
    "offer.terms_accepted": "{people} accepted the terms",
    "offer.held": "{people} said yes and is finishing the booking",
    "offer.reserved": "{people} in reserve",
    "offer.reserve_left": "{people} no longer in reserve",
    "offer.reserve_passed": "{people}, in reserve, could not be told or booked now",
    "offer.asked_again": "{people} asked first, as reserve",
    "offer.swapped": "{people} gave up a later visit for it",
    "offer.declined": "{people} said no",
    "offer.expired": "{people} did not answer in time",
    "offer.retracted": "The offer to {people} was taken back",
    "offer.returned": "{people} gave it back",
    "offer.too_late": "{people} said yes, too late",
    "offer.carried_over": "{people} not asked for it anew either",
    "offer.left_out": "{people} left out: not asked for it",
    "offer.set_aside": "{people} gave this time up: not asked for it",
    "appointment.cancelled": "The appointment was cancelled",
    "appointment.uncancelled": "The cancellation was taken back",
    "appointment.moved": "The appointment was moved",
    "appointment.told": "Staff told the patient of it",
    "appointment.booked": "The appointment was booked",
}


WAVES = ("slot.wave", "slot.picked")
STANDBY = str(ActorKind.SYSTEM.label)


@dataclass(frozen=True)
class Moment:
    """One line of the timeline."""

    at: datetime
    text: str
    by: str


def of_slot(card: Card) -> list[Moment]:
    """The slot's own lines, those of its offers and of the appointments that freed and filled it, and when each message
    that asked somebody was sent and delivered."""
    slot = card.slot
    names = {asked.offer.pk: asked.offer.patient.short_name for asked in card.people}
    booked = [pk for pk in (slot.freed_by_id, slot.filled_by_id) if pk]
    about = Q(content_type_id=content_type_id(Slot), object_id=slot.pk)
    about |= Q(content_type_id=content_type_id(Offer), object_id__in=list(names))
    about |= Q(content_type_id=content_type_id(Appointment), object_id__in=booked)
    rows = list(Entry.objects.filter(about, clinic_id=slot.clinic_id).order_by("timestamp", "pk")[:LIMIT])
    actors = _actors(card, rows)
    together: dict[tuple[datetime, str, str], list[Entry]] = {}
    for row in rows:
        together.setdefault((row.timestamp, row.verb, actors[row.pk]), []).append(row)
    lines = [
        Moment(at, _words(verb, lines, _of_wave(together, at, verb, by), names), by)
        for (at, verb, by), lines in together.items()
        if not (verb == "offer.made" and any((at, wave, by) in together for wave in WAVES))
    ]
    return sorted([*lines, *_told(card)], key=lambda moment: moment.at)


def _of_wave(
    together: dict[tuple[datetime, str, str], list[Entry]], at: datetime, verb: str, by: str
) -> list[Entry]:
    """Whom the wave asked, who are lines of their own in the trail."""
    return together.get((at, "offer.made", by), []) if verb in WAVES else []


def _actors(card: Card, rows: list[Entry]) -> dict[int, str]:
    """Patients and staff by name where they are known, else as the trail has them; by row."""
    visits = [visit for visit in (card.slot.freed_by, card.slot.filled_by) if visit is not None]
    patients = [asked.offer.patient for asked in card.people] + [one.patient for one in visits if one.patient]
    of_patients = {patient.pk: patient.short_name for patient in patients}
    staff = {row.actor_id for row in rows if row.actor_kind == ActorKind.STAFF and row.actor_id}
    users = User.objects.filter(pk__in=staff).exclude(name="").values_list("pk", "name") if staff else []
    of_users = dict(users)
    found = {}
    for row in rows:
        known = of_patients.get(row.actor_ref or 0) if row.actor_kind == ActorKind.PATIENT else None
        known = of_users.get(row.actor_id or 0) if row.actor_kind == ActorKind.STAFF else known
        found[row.pk] = known or words.actor(row)
    return found


def _told(card: Card) -> list[Moment]:
    """When each message that asked somebody went out and arrived, to the millisecond: what a dispute turns on."""
    by_moment: dict[tuple[datetime, str, str], list[str]] = {}
    for asked in card.people:
        for message in asked.messages:
            way = str(Channel(message.channel).label)
            for at, done in ((message.sent_at, "sent"), (message.delivered_at, "delivered")):
                if at is not None:
                    by_moment.setdefault((at, way, done), []).append(asked.offer.patient.short_name)
    return [
        Moment(at, f"{way} {done} to {_people(whom)}" if done == "sent" else f"{way} {done}: {_people(whom)}", STANDBY)
        for (at, way, done), whom in by_moment.items()
    ]


def _people(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= 6 else f"{len(names)} people"


def _words(verb: str, lines: list[Entry], asked: list[Entry], names: dict[int, str]) -> str:
    about = [line for line in (*lines, *asked) if line.verb.startswith("offer.")]
    people = [names[line.object_id] for line in about if line.object_id in names]
    changes = lines[0].changes or {}
    facts = {
        "people": _people(people) or "nobody",
        "have": "has" if len(people) == 1 else "have",
        "wave": changes.get("wave", "?"),
        "back": changes.get("back", 0),
        "reason": dict(Override.choices).get(changes.get("reason", ""), "no reason").lower(),
    }
    return WORDS.get(verb, words.happened(verb)).format(**facts)
