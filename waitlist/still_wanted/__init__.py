"""Acts: whoever has waited long is asked whether they still want it; without an answer the wish rests (docs/adr/0029).

What is due follows from the rows of the wishes, so a sweep may run at any time, twice, or not for a while.
"""

from waitlist.still_wanted.answers import REMEMBERED, keep, leave, of_message, open_for, pause
from waitlist.still_wanted.asking import ask, clinics, due, heard
from waitlist.still_wanted.silence import open_questions, settle
from waitlist.still_wanted.sweeping import sweep

__all__ = [
    "REMEMBERED",
    "ask",
    "clinics",
    "due",
    "heard",
    "keep",
    "leave",
    "of_message",
    "open_for",
    "open_questions",
    "pause",
    "settle",
    "sweep",
]
