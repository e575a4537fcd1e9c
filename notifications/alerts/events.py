"""What staff may be told of, how each member hears of it unless they choose otherwise, and where it waits for them."""

from django.db.models import TextChoices

from waitlist.states import Role


class Event(TextChoices):
    """One kind of thing staff are told of."""

    APPROVAL = "approval", "A free time waits for your OK"
    EXHAUSTED = "exhausted", "A free time ran out of people"
    JOIN = "join", "A patient joined the waitlist by themselves"
    INBOUND = "inbound", "A patient wrote what nobody understood"
    OUTREACH = "outreach", "A patient has to be called"
    MONEY = "money", "The month’s money for messages is used up"


class How(TextChoices):
    """How a member hears of it by e-mail; Today and the bar show it either way."""

    AT_ONCE = "at_once", "At once"
    DAILY = "daily", "Once a day, at 8 AM"
    NOT = "not", "No e-mail"


DEFAULTS: dict[str, dict[Event, How]] = {  # what is not named is not mailed
    Role.FRONT_DESK: {
        Event.APPROVAL: How.AT_ONCE,
        Event.OUTREACH: How.AT_ONCE,
        Event.INBOUND: How.AT_ONCE,
    },
    Role.MANAGER: {
        Event.EXHAUSTED: How.AT_ONCE,
        Event.MONEY: How.AT_ONCE,
        Event.JOIN: How.DAILY,
    },
    Role.ADMIN: {Event.MONEY: How.AT_ONCE},
    Role.COMPLIANCE: {},
}
PAGES = {  # address by name: behind the sign-in
    Event.APPROVAL: "board",
    Event.EXHAUSTED: "board",
    Event.JOIN: "waitlist",
    Event.INBOUND: "inbox",
    Event.OUTREACH: "calls",
    Event.MONEY: "board",
}
ONLY = {Event.JOIN: "state=joined"}  # of that page, as its address says it
WORDS = {  # one, more than one; nothing of anybody or anything but how many
    Event.APPROVAL: ("{n} free time waits for your OK", "{n} free times wait for your OK"),
    Event.EXHAUSTED: ("{n} free time ran out of people to ask", "{n} free times ran out of people to ask"),
    Event.JOIN: ("{n} patient joined the waitlist", "{n} patients joined the waitlist"),
    Event.INBOUND: ("{n} message from a patient is to be read", "{n} messages from patients are to be read"),
    Event.OUTREACH: ("{n} patient is to be called", "{n} patients are to be called"),
    Event.MONEY: ("the month’s money for messages is used up", "the month’s money for messages is used up"),
}

SHORT = {  # after the number, on the board
    Event.APPROVAL: "waiting for your OK",
    Event.EXHAUSTED: "ran out of people",
    Event.JOIN: "new on the waitlist",
    Event.INBOUND: "to read in the inbox",
    Event.OUTREACH: "to call",
    Event.MONEY: "The month’s money for messages is used up",
}


def usual(role: str, event: str) -> How:
    """How a member of this role hears of it unless they choose otherwise."""
    return DEFAULTS[role].get(Event(event), How.NOT)


def words(event: str, n: int) -> str:
    """“3 free times wait for your OK”."""
    return WORDS[Event(event)][n != 1].format(n=n)


def sentence(event: str, n: int) -> str:
    """The same as a line of its own."""
    text = words(event, n)
    return text[:1].upper() + text[1:]
