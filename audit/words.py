"""The trail in plain words: what happened to what, and who did it."""

from collections.abc import Mapping
from typing import Any

from audit.actor import ActorKind
from audit.models import Entry

NOUNS = {
    "slot": "Free time",
    "entry": "Waitlist entry",
    "waitlistentry": "Waitlist entry",
    "join": "Form of the join page",
    "passcode": "Code to a patient’s own page",
    "contact": "Number or address",
    "contactpoint": "Number or address",
    "event": "Calendar event",
    "inboundevent": "Calendar event",
    "writeback": "Word to the calendar",
    "connection": "Calendar connection",
    "mapping": "Calendar mapping",
    "tierrules": "Tier rules",
    "messagetemplate": "Wording of a message",
    "policyversion": "Policy",
    "membership": "Role",
    "user": "Sign-in",
    "setupdone": "First-run step",
    "surgeday": "Surge day",
    "workedholiday": "Public holiday they work",
    "masscancellation": "Many cancelled at once",
    "fee": "Cancellation fee",
    "cancellationfee": "Cancellation fee",
    "callattempt": "Call by staff",
    "patientnote": "Note about a patient",
    "note": "Note about a patient",
    "trail": "Trail",
    "waitlist": "Waitlist",
}
DONE = {
    "slot.wave": "Free time offered to the next people",
    "slot.picked": "Free time offered to people staff chose",
    "slot.exclusive_ended": "Free time open to others early: nobody left who could answer",
    "slot.places_lost": "Somebody asked could not be told of a free time",
    "slot.refilled": "Next people asked in their place",
    "slot.paused": "Asking paused: nothing goes out to people",
    "slot.clock_moved": "Asking goes on, put off by as long as nothing went out",
    "slot.halted": "Asking paused by staff",
    "slot.resumed": "Asking goes on",
    "slot.taken_in": "People left out may be asked again",
    "slot.let_ask": "Free time to be refilled, as staff said",
    "slot.anew": "Free time opened anew, as the dry run is over",
    "slot.started": "Free time to be asked for at once",
    "slot.nobody_asked": "Nobody left to answer for a free time",
    "slot.held": "Free time kept for one who is finishing",
    "slot.link_sent": "Free time kept for one whom staff sent a booking link",
    "slot.link_lapsed": "Booking link not completed in time",
    "slot.link_taken_back": "Booking link taken back by staff",
    "slot.hold_given_up": "Hold on a free time given up",
    "slot.reserve_asked": "Free time offered to the reserve first",
    "slot.reserve_declined": "Reserve said no: the next people may be asked",
    "slot.hold_lapsed": "Hold on a free time ran out",
    "slot.override": "Booked by hand, or kept by a link, over offers that were out",
    "masscancellation.noticed": "Many cancelled at once: staff are asked",
    "masscancellation.forgotten": "Many cancelled at once: all taken back or filled, so staff are asked no more",
    "masscancellation.refill": "Many cancelled at once: to be refilled",
    "masscancellation.keep_empty": "Many cancelled at once: kept empty",
    "appointment.uncancelled": "Cancellation taken back",
    "appointment.confirmed": "Patient will be there",
    "appointment.fulfilled": "Patient came",
    "appointment.noshow": "Patient did not come",
    "patient.zone_chosen": "Patient said which time zone they are in",
    "slot.offers_over": "Too late to ask more people for a free time",
    "slot.withdrawn": "Asking for a free time stopped",
    "slot.expired": "Free time not taken by anybody",
    "offer.held": "Offer answered with yes, a question left to answer",
    "offer.carried_over": "Not asked for a free time opened anew either",
    "offer.reserved": "Place in reserve taken",
    "offer.reserve_handed_on": "Place in reserve goes on at the slot the time is now",
    "offer.reserve_left": "Place in reserve given up",
    "offer.reserve_passed": "Reserve could not be told or booked",
    "offer.asked_again": "Offered again, as reserve",
    "offer.declined": "Offer answered with no",
    "offer.chosen": "Time chosen among others",
    "offer.made_by_hand": "Patient chosen by hand",
    "offer.accepted": "Offer answered with yes",
    "offer.given": "Time given by hand",
    "offer.expired": "Offer not answered in time",
    "offer.retracted": "Offer taken back",
    "offer.returned": "Booked time given back",
    "offer.on_again": "Booked time on again in the calendar",
    "offer.swapped": "Later visit given up for an earlier time",
    "offer.clock_moved": "More time to answer",
    "outage.began": "Nothing goes out by this channel",
    "outage.ended": "It goes out again by this channel",
    "offer.seen": "Offer seen",
    "offer.link_sent": "Booking link sent by staff",
    "offer.terms_accepted": "Terms accepted with a booking link",
    "offer.too_late": "Yes that came too late",
    "offer.left_out": "Left out of this time by staff",
    "offer.taken_in": "Left out no longer",
    "offer.set_aside": "Not asked for the time they had",
    "offer.called": "Told on the phone that it is cancelled",
    "fee.owed": "Cancellation fee owed",
    "fee.settled": "Cancellation fee settled at the desk",
    "fee.waived": "Cancellation fee let go",
    "patient.tier_changed": "Tier changed with the figures or the rules",
    "patient.tier_chosen": "Tier chosen by hand",
    "patient.tier_follows": "Tier follows the figures again",
    "appointment.service_changed": "Appointment: another service at the same time",
    "entry.joined": "Waitlist joined",
    "entry.booked": "Waitlist entry fulfilled",
    "entry.holds_visit": "Waiting for a time before a visit held",
    "entry.pauses_for_booking": "Waitlist entry pauses: the same service was booked",
    "entry.taught": "Waitlist entry changed by the reason of a no",
    "entry.not_taught": "Reason of a no not taken in: it would leave nothing to wait for",
    "entry.untaught": "Waitlist entry as before that reason",
    "entry.kept": "Waitlist entry kept in spite of a booking",
    "entry.asked_after": "Asked whether they still want it",
    "entry.not_asked_after": "Whether they still want it could not be asked: to be tried again",
    "entry.confirmed": "Still wanted",
    "entry.rests": "Waitlist entry rests: no answer whether it is still wanted",
    "entry.woken": "Waitlist entry rests no more: still wanted",
    "entry.closed": "Waitlist entry closed by itself",
    "entry.waits_again": "Waitlist entry waiting again",
    "contact.stopped": "Opted out of everything",
    "contact.started": "Opted in again",
    "join.asked": "Joined on the web: their number is asked to confirm",
    "join.confirmed": "Joined on the web: confirmed by their number",
    "join.accepted": "Joined on the web: accepted by staff",
    "join.expired": "Joined on the web: not confirmed in time",
    "passcode.asked": "Code to a patient’s own page asked for",
    "passcode.sent": "Code to a patient’s own page on its way",
    "passcode.refused": "Code to a patient’s own page: a wrong one typed",
    "passcode.opened": "Patient opened their own page by a code",
    "passcode.forgotten": "Old code to a patient’s own page deleted",
    "passcode.closed": "Patient closed their own page",
    "patient.language_chosen": "Patient said which language they read",
    "patient.proof_exported": "Proof of consent taken out",
    "consent.granted": "Consent given",
    "consent.withdrawn": "Consent withdrawn",
    "contact.learned": "Number or address: learned what it can receive",
    "writeback.owed": "Calendar to be told of a booking",
    "writeback.opened": "Calendar to be told",
    "appointment.told": "The patient told of it by staff",
    "message.sent_again": "Sent again by staff",
    "message.fell_back": "Not reached by one way: told by the next",
    "membership.notices_chosen": "Own notices chosen",
    "message.written": "Text written by staff",
    "call.noted": "Rung up by staff: not settled yet",
    "note.written": "Note about a patient written",
    "note.taken_back": "Note about a patient taken back",
    "message.tested": "Test text to one of the team",
    "setupdone.said": "First-run step said to be done",
    "setupdone.taken_back": "First-run step not done after all",
    "message.read": "Text read by staff",
    "message.unread": "Text not read by staff after all",
    "message.understood": "Reply understood",
    "writeback.gave_way": "Booking gave way to the calendar",
}


def happened(verb: str) -> str:
    """“Offer answered with yes” for offer.accepted; the verb's own words where there are no better."""
    if verb in DONE:
        return DONE[verb]
    noun, _, done = verb.partition(".")
    return f"{NOUNS.get(noun, noun.capitalize())} {done.replace('_', ' ')}".strip()


def noun(model: str) -> str:
    """What a table's row is called."""
    return NOUNS.get(model, model.capitalize())


def row(entry: Entry) -> str:
    """Which row: its table's name, its number, and its own name if it has one that says more."""
    plain = f"{noun(entry.content_type.model)} {entry.object_pk}"
    nameless = entry.object_repr.endswith(f" {entry.object_pk}") or entry.content_type.model == "membership"
    own = "" if nameless else entry.object_repr
    return f"{plain}, {own}" if own else plain


def actor(entry: Entry) -> str:
    """Staff by address; a patient or a calendar by number; else Standby itself."""
    if entry.actor_kind == ActorKind.STAFF:
        return entry.actor_email or "Staff"
    label = str(ActorKind(entry.actor_kind).label)
    return f"{label} {entry.actor_ref}" if entry.actor_ref else label


def changes(written: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """What changed, as (field, “before → after” or the new value)."""
    return [(name.replace("_", " "), _change(value)) for name, value in sorted((written or {}).items())]


def _change(value: Any) -> str:
    if isinstance(value, dict) and value.get("type") == "m2m":
        sign = "added" if value["operation"] == "add" else "removed"
        return f"{sign} {', '.join(map(str, value['objects']))}"
    if isinstance(value, list) and len(value) == 2:
        before, after = (_plain(one) for one in value)
        return after if before == "nothing" else f"{before} → {after}"
    return _plain(value)


def _plain(value: Any) -> str:
    if value in (None, "", "None", [], {}):
        return "nothing"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(one)}" for key, one in sorted(value.items()))
    if isinstance(value, list):
        return ", ".join(_plain(one) for one in value)
    return {"True": "yes", "False": "no"}.get(str(value), str(value))
