"""What a clinic may reword, which facts it may use, and what has to stand there, in which order (decision R19)."""

import re
from dataclasses import dataclass
from types import ModuleType

from notifications.rendering.own import EARLIER, LINK
from notifications.states import Channel, Kind

Place = tuple[str, str, str, int]  # kind, channel, language, level
LABELS: dict[str, str] = {  # what can be reworded, in this order on the page
    Kind.OFFER: "Offer of a time",
    EARLIER: "Offer of an earlier time",
    LINK: "Booking link",
    Kind.FOLLOW_UP: "Offer still open, hours later",
    Kind.RETRACTED: "Somebody was faster",
    Kind.WITHDRAWN: "A time is no longer offered",
    Kind.BOOKED: "Booking confirmed",
    Kind.REMINDER: "Reminder of a visit",
    Kind.CHANGED: "Another service at the same time",
    Kind.MOVED: "Their visit is at another time",
    Kind.CANCELLED: "Cancellation confirmed",
    Kind.ENDED: "Cancellation after the free minutes",
    Kind.LOST: "You cancelled their visit",
    Kind.GONE: "Cancelled in the calendar",
    Kind.APOLOGY: "The calendar had that time taken",
    Kind.STILL: "Do they still want it?",
    Kind.OPT_IN: "Asking for their consent",
    Kind.STOPPED: "Opt-out confirmed",
}
TEXT_ONLY = (Kind.OPT_IN, Kind.STOPPED)
MAIL_ONLY = (Kind.FOLLOW_UP,)
TIMELESS = (*TEXT_ONLY, Kind.STILL)  # about no time
ASKS = (Kind.OFFER, EARLIER, LINK)
HAS_CODE = (Kind.BOOKED, Kind.CHANGED, Kind.MOVED, Kind.REMINDER)
FROM_LEVEL = {"first_name": 1, "practitioner": 1, "service": 2}
MEANS = {
    "clinic": "your name",
    "when": "day, time and zone",
    "long_when": "day, time and zone in full",
    "zone2": "the same on their own clock, in brackets, where it differs",
    "deadline": "until when they may answer",
    "link": "their page",
    "phone": "your number",
    "weekly": "the most offers in 7 days",
    "code": "the booking code",
    "first_name": "the patient’s first name",
    "practitioner": "whom they see",
    "service": "what for",
}
WAITS = ("clinic", "when")
ORDER: dict[str, tuple[str, ...]] = {  # of a text
    **dict.fromkeys((Kind.OFFER, EARLIER), (*WAITS, "yes", "link", "deadline", "stop")),
    LINK: (*WAITS, "link", "deadline", "stop"),
    **dict.fromkeys((Kind.RETRACTED, Kind.WITHDRAWN, Kind.CANCELLED), WAITS),
    **dict.fromkeys((Kind.BOOKED, Kind.CHANGED, Kind.MOVED, Kind.ENDED), (*WAITS, "link")),
    **dict.fromkeys((Kind.LOST, Kind.GONE, Kind.APOLOGY), (*WAITS, "link")),
    Kind.REMINDER: (*WAITS, "confirm"),
    Kind.STILL: ("clinic", "yes", "no", "link", "stop"),
    Kind.OPT_IN: ("clinic", "start", "stop"),
    Kind.STOPPED: ("clinic", "start"),
}


@dataclass(frozen=True)
class Part:
    """Something a wording must hold: what it is called, and how it is found."""

    called: str
    pattern: str


def kinds(channel: str) -> list[str]:
    """What can be reworded by this channel."""
    return [kind for kind in LABELS if kind not in (MAIL_ONLY if channel == Channel.SMS else TEXT_ONLY)]


def variables(kind: str, channel: str, level: int) -> list[str]:
    """The facts a wording of this kind may use."""
    names = ["clinic", "phone", *(["weekly"] if kind == Kind.OPT_IN else [])]
    if kind not in TIMELESS:
        names += ["when", "zone2"] if channel == Channel.SMS else ["when", "long_when"]
        names += ["deadline"] if kind in ASKS else []
        names += ["code"] if kind in HAS_CODE else []
    if kind not in TEXT_ONLY:
        names += ["link"] if channel == Channel.SMS else []  # an e-mail has its button
        known = ("first_name",) if kind in TIMELESS else tuple(FROM_LEVEL)
        names += [name for name in known if level >= FROM_LEVEL[name]]
    return [name for name in MEANS if name in names]


def parts(kind: str, channel: str, speaks: ModuleType) -> list[Part]:
    """What has to stand in it, in order."""
    if channel == Channel.EMAIL:
        whens: tuple[str, ...] = () if kind in TIMELESS else ("any_when",)
        names = (*whens, *(("deadline",) if kind in ASKS else ()))
    else:
        names = ORDER[kind]
    known = {
        "clinic": Part("your name, {clinic}", r"\{clinic\}"),
        "when": Part("day and time, {when}", r"\{when\}"),
        "any_when": Part("day and time, {when} or {long_when}", r"\{(?:long_)?when\}"),
        "yes": Part(f"the word that says yes, {speaks.YES_WORDS[0]}", _word(speaks.YES_WORDS)),
        "no": Part(f"the word that says no, {speaks.NO_WORDS[0]}", _word(speaks.NO_WORDS)),
        "confirm": Part(f"how to confirm, C or {speaks.CONFIRM_WORDS[0]}", _word(("C", *speaks.CONFIRM_WORDS))),
        "link": Part("the link, {link}", r"\{link\}"),
        "deadline": Part("until when they may answer, {deadline}", r"\{deadline\}"),
        "stop": Part("the way out, STOP", _word(speaks.WAYS_OUT)),
        "start": Part("the word START", _word(("START",))),
    }
    return [known[name] for name in names]


def _word(words: tuple[str, ...]) -> str:
    """One of these words as it has to be typed, in capitals and by itself."""
    return rf"(?<![\w{{])(?:{'|'.join(map(re.escape, words))})(?![\w}}])"
