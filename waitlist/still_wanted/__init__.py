"""Acts: whoever has waited long is asked whether they still want it; without an answer the wish rests (docs/adr/0029).

What is due follows from the rows of the wishes, so a sweep may run at any time, twice, or not for a while.
"""

from waitlist.still_wanted.answers import keep, leave, of_message, open_for, pause
from waitlist.still_wanted.asking import ask, clinics, due
from waitlist.still_wanted.silence import open_questions, settle
from waitlist.still_wanted.sweeping import sweep

__all__ = [
    "ask",
    "clinics",
    "due",
    "keep",
    "leave",
    "of_message",
    "open_for",
    "open_questions",
    "pause",
    "settle",
    "sweep",
]
