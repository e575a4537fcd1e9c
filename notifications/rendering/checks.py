"""Whether a clinic's own wording may go out: every reason against it, as a sentence at its field."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from notifications.rendering import needs, words
from notifications.rendering.mentions import mentioned
from notifications.rendering.needs import MEANS, Place
from notifications.rendering.own import EARLIER
from notifications.rendering.placeholders import PLACEHOLDER, is_whole, names
from notifications.rendering.plain import is_plain, plain, segments
from notifications.rendering.sms import room
from notifications.states import Channel

LONGEST_SUBJECT = 120
OTHER_WAYS_OUT = "STOPALL|UNSUBSCRIBE|CANCEL|END|QUIT|REVOKE|OPTOUT"  # Twilio's own: they opt out of everything
SAYS = r"(?:reply|text|send|answer|respond|write|responda|conteste|env[ií]e|escriba|mande)"
ASKS_FOR_THEM = re.compile(
    rf"\b(?:{OTHER_WAYS_OUT})\b|(?i:\b{SAYS}\s+(?:with\s+|con\s+)?[\"'“‘]?({OTHER_WAYS_OUT})\b)"
)
SELLS = re.compile(
    r"\d\s?%|[$€]\s?\d|\d\s?(?:dollars?|bucks|d[óo]lares)\b|(?<!become )(?<!becomes )(?<!became )(?<!came )(?<!comes )"
    r"\bfree\b|\b(?:discount(?:s|ed)?|special(?:s|ly)?|deals?|"
    r"sale|promo\w*|coupons?|save|cheap\w*|price[sd]?|gratis|gratuit[oa]s?|descuentos?|especial(?:es)?|rebajas?|"
    r"promoci[óo]n\w*|cup[óo]n\w*|ahorr\w+|barat[oa]s?|precios?)\b",
    re.IGNORECASE,
)
PRESSES = re.compile(
    r"\b(?:last|hurry|act now|urgent\w*|rush|limited|scarce|running out|(?:fill|go|going|sell)\w* fast|only \w+ left|"
    r"\w+ left|don'?t (?:miss|wait|delay)|(?:most|many|thousands of) (?:patients|people)|popular|"
    r"everybody|everyone|rated|stars?|[úu]ltim[oa]s?|ap[úu]re\w*|d[ée]se prisa|urgente\w*|limitad[oa]s?|"
    r"s[óo]lo qued\w+|qued\w+ poc\w+|no (?:se )?(?:lo |la )?pierda|no espere|"
    r"(?:muchos|miles de) pacientes|estrellas?)\b",
    re.IGNORECASE,
)
STATES_A_TIME = re.compile(
    r"\b\d{1,2}(?::\d\d)?\s?(?:[ap]\.?\s?m\b\.?)|\b\d{1,2}:\d\d\b|\b\d+\s?(?:min\w*|hours?|hrs?|days?|horas?|d[íi]as?)\b|"
    r"\b(?:today|tonight|tomorrow|hoy|mañana|esta noche)\b",
    re.IGNORECASE,
)
ADDRESS = re.compile(r"https?://|\bwww\.|\b[a-z0-9-]+\.(?:com|net|org|co|ly|io|me|link)\b", re.IGNORECASE)
MOVES = re.compile(r"\b(?:mov|muev|cambi|instead|swap|en lugar)\w*", re.IGNORECASE)
EMPTY = "This needs a text."


@dataclass(frozen=True)
class Draft:
    """A wording as somebody typed it."""

    kind: str
    channel: str
    language: str
    level: int
    text: str
    subject: str = ""

    @property
    def place(self) -> Place:
        """Where it is used."""
        return self.kind, self.channel, self.language, self.level

    @property
    def is_mail(self) -> bool:
        return self.channel == Channel.EMAIL


@dataclass(frozen=True)
class Fault:
    """Why it may not go out, and at which field."""

    field: str
    reason: str


def faults(draft: Draft, *, named: Sequence[str], longest: str) -> list[Fault]:
    """Everything against it. `named`: whom and what no wording may name itself; `longest`: the text with the longest
    facts this clinic has."""
    if not draft.text.strip():
        return [Fault("text", EMPTY)]
    found = [*_of_names(draft), *_missing(draft), *_words(draft, named), *_of_the_link(draft)]
    if draft.is_mail:
        found += _of_the_subject(draft)
    elif not found:
        found += _too_long(draft, longest)
    return found


def _fields(draft: Draft) -> Iterator[tuple[str, str]]:
    yield "text", draft.text
    if draft.is_mail:
        yield "subject", draft.subject


def _of_names(draft: Draft) -> Iterator[Fault]:
    """Facts that are none, or more than this level may say."""
    allowed = needs.variables(draft.kind, draft.channel, draft.level)
    for field, said in _fields(draft):
        if not is_whole(said):
            yield Fault(field, "A { or } belongs to no fact: write facts as {clinic}, and use braces for nothing else.")
        for name in dict.fromkeys(names(said)):
            least = needs.FROM_LEVEL.get(name, 0)
            if least > (0 if field == "subject" else draft.level):
                where = "A subject, which a locked phone shows," if field == "subject" else f"Level {draft.level}"
                yield Fault(field, f"{{{name}}} says {MEANS[name]}. {where} must not.")
            elif name not in allowed:
                known = ", ".join(f"{{{one}}}" for one in allowed)
                yield Fault(field, f"{{{name}}} is no fact this message has. It has {known}.")


def _missing(draft: Draft) -> Iterator[Fault]:
    """What it has to hold, and in which order."""
    speaks = words.of(draft.language)
    places = []
    for part in needs.parts(draft.kind, draft.channel, speaks):
        found = re.search(part.pattern, draft.text)
        if found is None:
            yield Fault("text", f"It has to hold {part.called}.")
        else:
            places.append((found.start(), part))
    if not draft.is_mail:
        for (at, part), (earlier, before) in zip(places[1:], places, strict=False):
            if at < earlier:
                yield Fault("text", f"First {before.called}, then {part.called}: a preview shows the beginning only.")
    if draft.kind == EARLIER and not MOVES.search(draft.text):
        yield Fault("text", "It has to say that a yes moves the visit they hold.")


def _words(draft: Draft, named: Sequence[str]) -> Iterator[Fault]:
    """Words that name somebody, ask for the wrong reply, sell, or press."""
    for field, said in _fields(draft):
        literal = PLACEHOLDER.sub(" ", said)
        for name in mentioned(said, named):
            yield Fault(field, f"It names “{name}”, whoever it goes to. {_instead(draft)}")
        if found := ASKS_FOR_THEM.search(literal):
            word = (found[1] or found[0]).upper()
            yield Fault(field, f"{word} as a reply opts people out of everything at the carrier: ask for STOP only.")
        if found := SELLS.search(literal):
            yield Fault(field, f"“{found[0].strip()}” advertises: that needs consent to marketing, which this has not.")
        if found := PRESSES.search(literal):
            yield Fault(field, f"“{found[0].strip()}” presses or praises: only facts may say what is scarce or liked.")
        if found := STATES_A_TIME.search(literal):
            yield Fault(field, f"“{found[0].strip()}” is a time of its own: write {{when}} and {{deadline}}.")


def _instead(draft: Draft) -> str:
    if draft.level == 0:
        return "At level 0 nobody and nothing is named."
    return "Write {practitioner}" + (" or {service}." if draft.level > 1 else ".")


def _of_the_link(draft: Draft) -> Iterator[Fault]:
    """Ours only, and neither first nor last, where a phone would preview it."""
    if found := ADDRESS.search(draft.text):
        yield Fault("text", f"“{found[0]}” is a link of its own: the only link is {{link}}.")
    if draft.is_mail:
        return
    said = draft.text.strip()
    if said.startswith("{link}") or re.search(r"\{link\}\W*$", said):
        yield Fault("text", "A link at the start or the end is previewed by phones: put words before and after {link}.")
    if said.count("{link}") > 1:
        yield Fault("text", "Once is enough for {link}.")


def _of_the_subject(draft: Draft) -> Iterator[Fault]:
    if not draft.subject.strip():
        yield Fault("subject", "An e-mail needs a subject.")
    if len(draft.subject) > LONGEST_SUBJECT or "\n" in draft.subject or "\r" in draft.subject:
        yield Fault("subject", f"One line of {LONGEST_SUBJECT} characters at most.")


def _too_long(draft: Draft, longest: str) -> Iterator[Fault]:
    """With the longest facts it has to fit."""
    most, takes = room(draft.level, words.of(draft.language)), segments(longest)
    if takes <= most:
        return
    odd = [letter for letter in dict.fromkeys(plain(draft.text)) if not is_plain(letter)]
    why = f" “{odd[0]}” is no letter of plain texts and halves the room." if odd else ""
    yield Fault(
        "text",
        f"With your longest names and times it takes {takes} segments ({len(longest)} characters); "
        f"{'one is' if most == 1 else f'{most} are'} the most.{why}",
    )
