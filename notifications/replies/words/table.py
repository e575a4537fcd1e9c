"""What one language has to say: single words, and patterns of several."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Set = frozenset[str]
NONE: Set = frozenset()


@dataclass(frozen=True)
class Words:
    """One language. Patterns see lower case, words one space apart and “.” where a clause ends.

    `is_accented` False: accents were taken off the text first, so its patterns have none.
    """

    is_accented: bool = False
    yes: Set = NONE
    no: Set = NONE
    fillers: Set = NONE  # beside a yes or a no they change nothing
    polite_no: Set = NONE  # beside a no only
    not_a_no: Set = NONE  # “no problem”
    everything: Set = NONE
    confirm: Set = NONE
    start: Set = NONE
    help: Set = NONE
    stop: Set = NONE  # said alone, or with `courtesy`
    courtesy: Set = NONE
    stop_parts: tuple[str, ...] = ()  # an opt-out wherever they stand
    harmless: tuple[str, ...] = ()  # has a word of an opt-out in it and is none
    offers_only: tuple[str, ...] = ()  # no more openings, and reminders stay
    keeps: tuple[str, ...] = ()  # beside those: that reminders stay
    pause: tuple[str, ...] = ()
    who: tuple[str, ...] = ()
    yes_phrases: tuple[str, ...] = ()  # these three: the whole text
    no_phrases: tuple[str, ...] = ()
    confirm_phrases: tuple[str, ...] = ()
    keep_phrases: tuple[str, ...] = ()  # the whole text, too: they want what they wait for
    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # matching.states.DeclineReason
