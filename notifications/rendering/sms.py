"""Texts: the first wording that fits is taken, so that wording gives way before facts do (decision R19)."""

from collections.abc import Iterator, Sequence
from types import ModuleType

from notifications.models import Message, MessageTemplate
from notifications.rendering import facts, levels, own, words
from notifications.rendering.placeholders import write
from notifications.rendering.plain import is_plain, plain, segments
from notifications.states import Kind

TEXTS, ANSWERS = words.en.TEXTS, words.en.ANSWERS
TEST = "{clinic}: this is a test, sent from Standby as your patients’ texts are. It has arrived."  # to one of the team
SHORTEST_NAME = 8
MOST_SEGMENTS = 2  # of a text with details, or one that GSM-7 cannot write


def render(message: Message) -> str:
    """The text with {link} for the link: in as few segments as its level and language allow."""
    if message.kind == Kind.TEST:
        return shortest((TEST,), facts_of(message))
    if message.kind == Kind.DESK:
        return plain(f"{facts.of(message)['clinic']}: {message.context['text']}")
    return said(message, own.wording(message, words.known(language(message)), levels.of(message)))


def said(message: Message, mine: MessageTemplate | None) -> str:
    """The same where the clinic's own wording is this one."""
    speaks, level = words.of(language(message)), levels.of(message)
    known = facts_of(message)
    for wording, most in wordings(message, mine, speaks, level):
        text = write(plain(wording), known)
        if text is not None and fits(text, most=most):
            return text
    return shortest(ours(message, speaks), known)


def facts_of(message: Message) -> dict[str, str]:
    """What its wordings may use, in letters that cost no second segment."""
    speaks, level = words.of(language(message)), levels.of(message)
    known = {name: plain(value) for name, value in facts.of(message, speaks, level).items()}
    if level:
        known["what"] = write(speaks.WHAT[level], known) or ""
    return known


def language(message: Message) -> str:
    """Of whoever it is to, as it was frozen."""
    return str(message.context.get("language") or "en")


def wordings(
    message: Message, mine: MessageTemplate | None, speaks: ModuleType, level: int
) -> Iterator[tuple[str, int]]:
    """The clinic's own, ours with details, ours without, each with the segments it may take."""
    asks = not is_confirmed(message)
    if asks and mine is not None:
        yield mine.text, room(level, speaks)
    if asks and level:
        kind = own.kind_of(message)
        detailed = speaks.DETAILED_EARLIER if kind == own.EARLIER else speaks.DETAILED.get(kind, ())
        detailed = (*(speaks.DETAILED_ASKING if asks_earlier(message) else ()), *detailed)
        yield from ((wording, MOST_SEGMENTS) for wording in detailed)
    yield from ((wording, room(0, speaks)) for wording in ours(message, speaks))


def ours(message: Message, speaks: ModuleType) -> tuple[str, ...]:
    """Our own wordings at level 0, the most said first."""
    if message.kind == Kind.ANSWER:
        said: tuple[str, ...] = speaks.ANSWERS[message.context["answer"]]
    elif is_confirmed(message):
        asking = speaks.ASKING_CONFIRMED if asks_earlier(message) else ()
        said = (*asking, *speaks.CONFIRMED_REMINDER)
    elif asks_earlier(message):
        said = (*speaks.ASKING_REMINDER, *speaks.TEXTS[message.kind])
    else:
        kind = own.kind_of(message)
        said = speaks.EARLIER if kind == own.EARLIER else speaks.TEXTS[kind]
    return said


def shortest(said: Sequence[str], known: dict[str, str]) -> str:
    """The last wording whose facts are known, the clinic's long name cut until it fits."""
    known = {"link": "{link}", **known}  # a wording that cannot do without it is refused when the link is filled in
    for wording in map(plain, reversed(said)):
        if (whole := write(wording, known)) is not None:
            cut = (write(wording, {**known, "clinic": name}) or "" for name in shorter(known["clinic"]))
            return next((text for text in cut if fits(text)), whole)
    raise ValueError("A fact that every wording needs is not known.")


def is_confirmed(message: Message) -> bool:
    """A reminder to somebody who has said that they will be there: it does not ask again."""
    return message.kind == Kind.REMINDER and bool(message.context.get("is_confirmed"))


def asks_earlier(message: Message) -> bool:
    """A reminder to somebody who could wait for an earlier time: its link leads to where they say so."""
    return message.kind == Kind.REMINDER and bool(message.context.get("asks_earlier"))


def room(level: int, speaks: ModuleType) -> int:
    """How many segments a text may take."""
    return MOST_SEGMENTS if level or not speaks.IS_LATIN else 1


def fits(text: str, *, most: int = 1) -> bool:
    """Whether it takes no more segments, with a link of the length ours have; a name in other letters costs one."""
    return segments(text) <= (most if is_plain(text) else MOST_SEGMENTS)


def shorter(name: str) -> list[str]:
    """A name cut at its words' ends, longest first; never below what can be recognised."""
    parts = name.split()
    cuts = [" ".join(parts[:count]) for count in range(len(parts) - 1, 0, -1)]
    return [cut.rstrip(" &,-/") for cut in cuts if len(cut) >= SHORTEST_NAME] + [name[: 2 * SHORTEST_NAME].rstrip()]
