"""Reminders of a visit: by e-mail two days before, by text a day and two hours before (decision R21).

What is due follows from the visit's own row, so a sweep may run at any time, twice, or not for a while: each is sent
once for the time the visit has, a moved one is reminded anew, and what has lost its use is left out.
"""

from notifications.reminders.answers import confirm, open_for
from notifications.reminders.sending import remind, waiting

__all__ = ["confirm", "open_for", "remind", "waiting"]
