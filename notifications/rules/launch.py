"""How far the clinic has let its messages out: the last rule, asked of what every other would let go."""

from notifications.models import Message
from notifications.rules.caps import OFFERS
from notifications.states import Channel, Kind, Rule
from waitlist.models import Clinic
from waitlist.states import LAUNCHED, Launch

TO_STAFF = (Kind.ALERT, Kind.TEST)


def held_back(message: Message, clinic: Clinic) -> Rule | None:
    """In a dry run nothing goes to a patient or a calendar; nor does later what was written before it ended, be it
    that nobody had come to send it. With Platinum only, no offer goes to anybody else,
    nor a question whether they still want one."""
    if message.kind in TO_STAFF or message.channel == Channel.STAFF:
        return None
    if clinic.launch == Launch.REHEARSAL or (clinic.live_since and message.created_at < clinic.live_since):
        return Rule.REHEARSAL
    tiers = LAUNCHED.get(Launch(clinic.launch))
    if tiers is not None and message.kind in (*OFFERS, Kind.STILL) and _tier(message) not in tiers:
        return Rule.NOT_LAUNCHED
    return None


def _tier(message: Message) -> str:
    """As waves go by it: the word of staff on the wish, else the patient's own."""
    entry = message.offer.entry if message.offer is not None else None
    on_the_wish = entry.priority if entry else str(message.context.get("priority") or "")
    return on_the_wish or (message.patient.tier if message.patient is not None else "")
