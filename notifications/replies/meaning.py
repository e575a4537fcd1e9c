"""What a text means. Yes and no only where nothing else is said; an opt-out whenever it may be one."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum


class Meaning(StrEnum):
    YES = "yes"
    NO = "no"
    STOP = "stop"
    STOP_OFFERS = "stop_offers"  # reminders stay
    PAUSE = "pause"
    START = "start"
    HELP = "help"
    WHO = "who"  # who is this?
    CONFIRM = "confirm"  # of a reminder
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Said:
    """A meaning, with the number or “all” that came with it, or why it was a no (matching.states.DeclineReason)."""

    meaning: Meaning
    number: int | None = None
    everything: bool = False
    reason: str = ""


# Single words a carrier acts on by itself; Twilio answers them too (FACTS 2).
CARRIER_STOP = frozenset("stop stopall unsubscribe cancel end quit revoke optout".split())
CARRIER_START = frozenset("start unstop".split())
CARRIER_HELP = frozenset("help info".split())
STOP_PHRASES = re.compile(
    r"\bstop\b(?! (?:by|in|over)\b)|\bstop ?all\b|\bunsubscribe\b|\bopt(?:ed|ing)? ?out\b|\bremove me\b|\btake me off\b"
    r"|\bleave me alone\b|\b(?:do not|don ?t|never|quit) (?:text|contact|message|call|write)\b"
    r"|\bno more (?:texts?|messages?)\b"
    r"|\b(?:quit|cease|end) (?:texting|messaging|contacting)\b|\blose my number\b|\bwrong (?:number|person)\b"
    r"|\bno (?:más|mas)\b|\bbasta\b|\bdejen? de\b|\bno me (?:escriban?|manden?|envíen?|envien?|texteen?)\b|\balto\b"
)
YES_WORDS = frozenset("yes y yep yeah yea yup ok okay sure book sí si claro dale 好 好的 是 có vâng 👍".split())
NO_WORDS = frozenset("no n nope nah pass skip decline 不 不要 không 👎".split())
FILLERS = frozenset(
    "please pls plz thanks thank you thx ty gracias por favor great perfect good sounds that this time works it me i ll"
    " d will take want the one for us cool love to".split()
)
POLITE_NO = frozenset("not sorry can t cannot make today now right all any both of them either todas todos".split())
YES_PHRASES = re.compile(r"(?:i ?ll|i will|we ?ll) take it|(?:please )?book (?:it|me)|count me in|sign me up|lo quiero")
NOT_A_NO = frozenset("problem worries prob issue problema".split())
NO_PHRASES = re.compile(
    r"(?:sorry )?(?:i )?(?:can ?t|cannot|can not|won ?t)(?: make| do| come| take)(?: it| that| then| today| this)*"
)
EVERYTHING = frozenset("all both any either todas todos".split())


def understand(text: str) -> Said:
    """The meaning of a reply."""
    letters = unicodedata.normalize("NFC", text).casefold().replace("’", " ").replace("'", " ")
    words = re.findall(r"\d+|[^\W\d_]+|[👍👎]", letters)
    plain = " ".join(words)
    if plain.replace(" ", "") in CARRIER_STOP or STOP_PHRASES.search(plain):
        return Said(Meaning.STOP)
    if plain in CARRIER_START:
        return Said(Meaning.START)
    if plain in CARRIER_HELP:
        return Said(Meaning.HELP)
    number = next((int(word[:9]) for word in words if word.isdecimal()), None)
    rest = {word for word in words if not word.isdecimal()}
    if "?" in text or sum(word.isdecimal() for word in words) > 1 or (number or 0) > 9:
        return Said(Meaning.UNCLEAR)
    if YES_PHRASES.fullmatch(plain) or (rest & YES_WORDS and rest <= YES_WORDS | FILLERS):
        return Said(Meaning.YES, number)
    begins_with_no = words[:1] and words[0] in NO_WORDS and not rest & (YES_WORDS | NOT_A_NO)
    if begins_with_no or NO_PHRASES.fullmatch(plain) or (rest & NO_WORDS and rest <= NO_WORDS | FILLERS | POLITE_NO):
        return Said(Meaning.NO, number, everything=bool(rest & EVERYTHING))
    if number is not None and not rest:
        return Said(Meaning.UNCLEAR, number)  # an answer only where we had asked for a number
    return Said(Meaning.UNCLEAR)


def carrier_answers(text: str) -> bool:
    """Whether Twilio itself has answered this word."""
    return text.strip().casefold() in CARRIER_STOP | CARRIER_START | CARRIER_HELP
