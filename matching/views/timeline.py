"""What happened to one slot, from the trail: lines of one moment that say the same become one."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from audit import words
from audit.models import Entry
from audit.trail import content_type_id
from matching.models import Offer
from matching.states import Override
from matching.views.cards import Card
from waitlist.models import Appointment, Slot

LIMIT = 300
WORDS = {
    "slot.opened": "The time became free",
    "slot.kept_empty": "The time was freed and stays empty",
    "slot.wave": "Wave {wave}: {asked} asked",
    "slot.picked": "Wave {wave}: staff chose {asked}",
    "slot.exclusive_ended": "No longer kept for those asked: all said no",
    "slot.let_ask": "To be refilled, as staff said",
    "slot.anew": "Opened anew: the dry run is over",
    "slot.started": "Asked to go on now",
    "slot.taken_in": "Left out before, and may be asked again: {back}",
    "slot.halted": "Paused: nobody else is asked by itself",
    "slot.resumed": "The asking goes on",
    "slot.nobody_asked": "Nobody is waiting to answer",
    "slot.offers_over": "Too late to ask more people",
    "slot.override": "Booked over offers that were out: {reason}",
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


@dataclass(frozen=True)
class Moment:
    """One line of the timeline."""

    at: datetime
    text: str
    by: str


def of_slot(card: Card) -> list[Moment]:
    """The slot's own lines, those of its offers and of the appointments that freed and filled it."""
    slot = card.slot
    names = {asked.offer.pk: asked.offer.patient.short_name for asked in card.people}
    booked = [pk for pk in (slot.freed_by_id, slot.filled_by_id) if pk]
    about = Q(content_type_id=content_type_id(Slot), object_id=slot.pk)
    about |= Q(content_type_id=content_type_id(Offer), object_id__in=list(names))
    about |= Q(content_type_id=content_type_id(Appointment), object_id__in=booked)
    rows = Entry.objects.filter(about, clinic_id=slot.clinic_id).order_by("timestamp", "pk")[:LIMIT]
    together: dict[tuple[datetime, str, str], list[Entry]] = {}
    for row in rows:
        together.setdefault((row.timestamp, row.verb, words.actor(row)), []).append(row)
    return [Moment(at, _words(verb, lines, names), by) for (at, verb, by), lines in together.items()]


def _words(verb: str, lines: list[Entry], names: dict[int, str]) -> str:
    people = [names[line.object_id] for line in lines if line.object_id in names and verb.startswith("offer.")]
    changes = lines[0].changes or {}
    facts = {
        "people": ", ".join(people) if len(people) <= 6 else f"{len(people)} people",
        "wave": changes.get("wave", "?"),
        "asked": changes.get("asked", 0),
        "back": changes.get("back", 0),
        "reason": dict(Override.choices).get(changes.get("reason", ""), "no reason").lower(),
    }
    return WORDS.get(verb, words.happened(verb)).format(**facts)
