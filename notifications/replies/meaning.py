"""What a text means. Yes and no only where nothing else is said; an opt-out whenever it may be one.

What follows from each is a table in docs/consent.md; the words themselves stand in `words`, a module a language.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from notifications.replies import spelling, words

CARRIER = {"STOP": "stop", "START": "start", "HELP": "help"}  # Twilio's OptOutType


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
    KEEP = "keep"  # they still want it
    KEPT, LEFT = "kept", "left"  # what was answered to the question whether they do
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

YES, NO, CONFIRM, START, HELP = (words.every(name) for name in ("yes", "no", "confirm", "start", "help"))
FILLERS, POLITE_NO, NOT_A_NO = (words.every(name) for name in ("fillers", "polite_no", "not_a_no"))
EVERYTHING, COURTESY, STOP = (words.every(name) for name in ("everything", "courtesy", "stop"))
AGAIN = frozenset("again texts texting messages sending me getting the them".split())
HEDGES = frozenset("but unless if maybe could would pero aunque 但是 如果 nhưng nếu".split())
SEARCHED = ("stop_parts", "harmless", "offers_only", "keeps", "pause", "who")
FOLDED, ACCENTED = ({name: words.pattern(name, accented=accented) for name in SEARCHED} for accented in (False, True))
WHOLE = {name: words.pattern(name) for name in ("yes_phrases", "no_phrases", "confirm_phrases", "keep_phrases")}
REASONS = [words.reasons(accented=accented) for accented in (False, True)]
LEFT_OVER = re.compile(r"\b(?:reminders?|everything|anything|all|recordatorios?|todo)\b")
LEFT_OVER_HAN = re.compile("提醒|全部|所有")
ON_A_DAY = re.compile(
    r"(?<!until )(?<!till )\b(?:that day|then|today|tomorrow|tonight|weekend|hoy|manana|ese dia"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b"
)
SAYS_PAUSE = re.compile(r"\bpaus|暂停|暫停|\btạm ")
ASKS_US_TO = re.compile(r"\b(?:can|could|will|would) you\b|\b(?:pueden?|podrian?) ")


@dataclass(frozen=True)
class _Text:
    """One text as the patterns see it: words one space apart, “.” between clauses; with and without its accents."""

    clauses: str
    folded: str

    @cached_property
    def words(self) -> list[str]:
        return spelling.words_of(self.clauses)

    def says(self, name: str) -> bool:
        return bool(FOLDED[name].search(self.folded) or ACCENTED[name].search(self.clauses))

    def is_whole(self, name: str) -> bool:
        return any(WHOLE[name].fullmatch(text.replace(" . ", " ")) for text in (self.folded, self.clauses))

    def without(self, name: str) -> "_Text":
        """The rest, where what says this is taken out: a clause ends there."""
        left = (ACCENTED[name].sub(" . ", self.clauses), FOLDED[name].sub(" . ", self.folded))
        return _Text(*(" ".join(text.split()).strip(" .") for text in left))


def understand(text: str, carrier: str = "") -> Said:
    """The meaning of a reply. `carrier`: what Twilio took it for (OptOutType), which stands but where we hear a yes."""
    said = _understand(text)
    if carrier in CARRIER and not (carrier == "START" and said.meaning == Meaning.YES):
        return Said(Meaning(CARRIER[carrier]))
    return said


def remembered(text: str, meaning: str) -> Said:
    """A text that was kept with its meaning: what the carrier took it for stands."""
    said = understand(text)
    return Said(Meaning(meaning)) if meaning in CARRIER.values() and meaning != said.meaning else said


def _understand(text: str) -> Said:
    clauses = spelling.clauses(text)
    heard, is_question = _Text(clauses, spelling.fold(clauses)), "?" in text or "？" in text
    if (ending := _an_ending(heard, is_question)) is not None:
        return Said(ending)
    rest = {word for word in heard.words if not word.isdecimal()}
    alone = "".join(heard.words)
    if alone in START or (rest & START and rest <= START | COURTESY | AGAIN):
        return Said(Meaning.START)
    if alone in HELP or (rest & HELP and rest <= HELP | COURTESY):
        return Said(Meaning.HELP)
    if heard.says("who"):
        return Said(Meaning.WHO)
    return Said(Meaning.UNCLEAR) if is_question else _an_answer(heard, rest)


def _an_ending(heard: _Text, is_question: bool) -> Meaning | None:
    """Stop, stop offers or pause. Whatever could be a STOP besides is one."""
    if _is_one_word_for_stop(heard):
        return Meaning.STOP
    meant, asks = heard.without("harmless"), is_question and not ASKS_US_TO.search(heard.folded)
    if meant.says("offers_only") and not asks:
        left = meant.without("offers_only").without("keeps")
        is_more = left.says("stop_parts") or LEFT_OVER.search(left.folded) or LEFT_OVER_HAN.search(left.clauses)
        return Meaning.STOP if is_more else Meaning.STOP_OFFERS
    if meant.says("stop_parts"):
        return Meaning.STOP
    is_about_now = bool(set(heard.words) & YES or ON_A_DAY.search(heard.folded))
    if heard.says("pause") and not asks and (SAYS_PAUSE.search(heard.clauses) or not is_about_now):
        return Meaning.PAUSE
    return None


def _is_one_word_for_stop(heard: _Text) -> bool:
    """A keyword alone or with a please, in any spelling: “s t o p”, “stooop”, “unsubscibe”."""
    alone = "".join(heard.words)
    polite = "".join(word for word in heard.words if word not in COURTESY - STOP)
    return any(one in STOP or spelling.is_like(one, CARRIER_STOP) for one in (alone, polite) if one)


def _an_answer(heard: _Text, rest: set[str]) -> Said:
    numbers = [int(word[:9]) for word in heard.words if word.isdecimal()]
    number = numbers[0] if numbers else None
    is_a_choice = len(numbers) <= 1 and (number or 0) <= 9
    confirms = not rest & YES and bool(rest & CONFIRM) and rest <= CONFIRM | FILLERS
    if confirms or heard.is_whole("confirm_phrases"):
        return Said(Meaning.CONFIRM)
    if heard.is_whole("keep_phrases"):
        return Said(Meaning.KEEP)
    if is_a_choice and (heard.is_whole("yes_phrases") or (rest & YES and rest <= YES | FILLERS | CONFIRM)):
        return Said(Meaning.YES, number)
    if (no := _a_no(heard, rest, number, is_a_choice)) is not None:
        return no
    return Said(Meaning.UNCLEAR, number if is_a_choice and not rest else None)  # where we had asked for a number


def _a_no(heard: _Text, rest: set[str], number: int | None, is_a_choice: bool) -> Said | None:
    """No, and why, if they say. A number in a reason is an hour, and chooses nothing."""
    begins = bool(heard.words) and heard.words[0] in NO and not rest & (YES | NOT_A_NO)
    is_bare = bool(rest & NO) and rest <= NO | FILLERS | POLITE_NO
    reason = _reason(heard) if not rest & YES else ""
    if reason and (begins or is_bare or not rest & HEDGES):
        return Said(Meaning.NO, everything=is_bare and bool(rest & EVERYTHING), reason=reason)
    if not is_a_choice or not (begins or is_bare or heard.is_whole("no_phrases")):
        return None
    return Said(Meaning.NO, number if is_bare else None, everything=bool(rest & EVERYTHING))


def _reason(heard: _Text) -> str:
    for table, text in zip(REASONS, (heard.folded, heard.clauses), strict=True):
        for reason, says in table.items():
            if says.search(text):
                return str(reason)
    return ""


def carrier_answers(text: str) -> bool:
    """Whether Twilio itself has answered this word."""
    return text.strip().casefold() in CARRIER_STOP | CARRIER_START | CARRIER_HELP
